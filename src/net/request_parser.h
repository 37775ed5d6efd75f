#pragma once

#include <boost/beast/http/basic_parser.hpp>
#include <cstddef>
#include <string_view>

#include "net/http_message.h"

namespace hookline::net {

/// Beast's push parser writing straight into an HttpRequest, without Beast's own field container in
/// between. One object per request; one thread.
class RequestParser final : public boost::beast::http::basic_parser<true> {
 public:
  RequestParser(std::size_t header_bytes_max, std::size_t body_bytes_max);

  HttpRequest& request() { return request_; }

  /// Makes room for a body of so many bytes, exactly. The body grows by itself too, but by leaps.
  void ReserveBody(std::size_t bytes);

  /// What comes of the body from now on is checked and thrown away.
  void DropBody() { drops_body_ = true; }
  std::size_t dropped() const { return dropped_; }

  /// Valid once the header is complete.
  bool expects_continue() const { return expects_continue_; }
  bool is_head() const { return request_.method == "HEAD"; }
  int minor_version() const { return version_ - 10; }

 private:
  using string_view = boost::beast::string_view;
  using error_code = boost::beast::error_code;

  void on_request_impl(boost::beast::http::verb method, string_view method_text, string_view target,
                       int version, error_code& ec) override;
  void on_response_impl(int code, string_view reason, int version, error_code& ec) override;
  void on_field_impl(boost::beast::http::field name, string_view name_text, string_view value,
                     error_code& ec) override;
  void on_header_impl(error_code& ec) override;
  void on_body_init_impl(boost::optional<std::uint64_t> const& content_length,
                         error_code& ec) override;
  std::size_t on_body_impl(string_view body, error_code& ec) override;
  void on_chunk_header_impl(std::uint64_t size, string_view extensions, error_code& ec) override;
  std::size_t on_chunk_body_impl(std::uint64_t remain, string_view body, error_code& ec) override;
  void on_finish_impl(error_code& ec) override;

  HttpRequest request_;
  int version_ = 11;
  int hosts_ = 0;
  bool in_trailer_ = false;
  bool has_content_length_ = false;
  bool has_transfer_encoding_ = false;
  bool expects_continue_ = false;
  bool drops_body_ = false;
  std::size_t dropped_ = 0;

  void TakeBody(string_view text);
};

}  // namespace hookline::net
