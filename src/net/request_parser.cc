#include "net/request_parser.h"

#include <algorithm>
#include <utility>

namespace hookline::net {

namespace http = boost::beast::http;

namespace {
bool IsNumber(std::string_view text) {
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}
}  // namespace

RequestParser::RequestParser(std::size_t header_bytes_max, std::size_t body_bytes_max) {
  header_limit(static_cast<std::uint32_t>(header_bytes_max));
  body_limit(body_bytes_max);
}

void RequestParser::on_request_impl(http::verb, string_view method_text, string_view target,
                                    int version, error_code&) {
  version_ = version;
  request_.method.assign(method_text.data(), method_text.size());
  request_.target.assign(target.data(), target.size());
  // Now, because who refuses the rest wants to know what was asked for.
  SplitTarget(request_);
}

void RequestParser::on_response_impl(int, string_view, int, error_code& ec) {
  ec = http::error::bad_method;
}

void RequestParser::on_field_impl(http::field name, string_view name_text, string_view value,
                                  error_code& ec) {
  // Trailer fields could otherwise pose as header fields that were checked before.
  if (in_trailer_) return;
  const std::string_view text(value.data(), value.size());
  if (name == http::field::host) ++hosts_;
  // Two readings of one length are how a second request hides in a body: one plain number only.
  if (name == http::field::content_length) {
    if (has_content_length_ || !IsNumber(text)) {
      ec = http::error::bad_content_length;
      return;
    }
    has_content_length_ = true;
  }
  if (name == http::field::transfer_encoding) {
    if (has_transfer_encoding_ || !EqualsIgnoringCase(text, "chunked")) {
      ec = http::error::bad_transfer_encoding;
      return;
    }
    has_transfer_encoding_ = true;
  }
  if (name == http::field::expect) expects_continue_ = EqualsIgnoringCase(text, "100-continue");
  request_.headers.Add({name_text.data(), name_text.size()}, text);
}

void RequestParser::on_header_impl(error_code& ec) {
  // A coding that we can't delimit would let the body pass for the next request.
  if (has_transfer_encoding_ && (!chunked() || version_ < 11)) {
    ec = http::error::bad_transfer_encoding;
    return;
  }
  if (hosts_ > 1 || (hosts_ == 0 && version_ >= 11)) {
    ec = http::error::bad_field;
    return;
  }
  if (version_ < 11) expects_continue_ = false;
}

// An announcement costs nothing; room is made as the bytes come.
void RequestParser::on_body_init_impl(boost::optional<std::uint64_t> const&, error_code&) {
  in_trailer_ = true;
}

void RequestParser::ReserveBody(std::size_t bytes) {
  std::string body;
  body.reserve(bytes);
  body.append(request_.body);
  request_.body = std::move(body);
}

void RequestParser::TakeBody(string_view text) {
  if (drops_body_) {
    dropped_ += text.size();
  } else {
    request_.body.append(text.data(), text.size());
  }
}

std::size_t RequestParser::on_body_impl(string_view body, error_code&) {
  TakeBody(body);
  return body.size();
}

void RequestParser::on_chunk_header_impl(std::uint64_t, string_view, error_code&) {}

std::size_t RequestParser::on_chunk_body_impl(std::uint64_t, string_view body, error_code&) {
  TakeBody(body);
  return body.size();
}

void RequestParser::on_finish_impl(error_code&) {}

}  // namespace hookline::net
