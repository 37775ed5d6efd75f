#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/failure_class.h"
#include "base/ids.h"

struct curl_slist;

namespace hookline::net {

/// Header lines ("Name: value") that many calls share, prepared once. Immutable, hence
/// thread-safe. A line must not hold a line break; such lines are left out.
class HeaderBlock {
 public:
  explicit HeaderBlock(std::vector<std::string> lines);
  ~HeaderBlock();
  HeaderBlock(const HeaderBlock&) = delete;
  HeaderBlock& operator=(const HeaderBlock&) = delete;

 private:
  friend class EasyHandle;
  curl_slist* first() const;

  std::vector<std::string> lines_;
  std::vector<curl_slist> nodes_;
};

/// PEM files for one receiver; an empty name means the default (the system's trust store, no
/// client certificate).
struct TlsFiles {
  std::string ca_file;
  std::string certificate_file;
  std::string key_file;

  friend bool operator==(const TlsFiles&, const TlsFiles&) = default;
};

enum class HttpMethod { kPost, kGet };

/// One outgoing request. The URL's credentials, if any, become basic authentication.
struct HttpCall {
  AppId app;  ///< Whose share of the lookups the call may use.
  std::string url;
  HttpMethod method = HttpMethod::kPost;
  std::vector<std::string> headers;                   ///< Lines of this call: "Name: value".
  std::shared_ptr<const HeaderBlock> common_headers;  ///< May be null.
  std::shared_ptr<const std::string> body;            ///< Null: empty. Not sent with GET.
  std::chrono::milliseconds timeout{6000};            ///< The whole call, resolving included.
  std::size_t response_bytes_max = 64 * 1024;         ///< Kept of the answer's body; rest dropped.
  std::shared_ptr<const TlsFiles> tls;                ///< May be null.

  /// Do not use a kept connection.
  bool fresh_connection = false;
  /// How long the call may wait for a free connection, besides `timeout`, which then begins with
  /// the connection. 0: waiting is part of `timeout`. Either way it is kLocal when none was free.
  std::chrono::milliseconds connection_wait_max{0};
  /// The body is of no interest: a 2xx whose header was complete in time is an answer whatever
  /// becomes of its body, be it cut off, malformed, too large or not sent until the time is up.
  bool header_is_answer = false;
  /// Unpack a body in gzip or deflate although nothing but `identity` is asked for. All limits are
  /// those of the unpacked body. One that does not end as its format says, or is in another coding,
  /// is kHttp.
  bool decode_body = false;
};

struct HttpOutcome {
  FailureClass failure = FailureClass::kNone;
  int status = 0;           ///< Of the final answer, even one that is kTooLarge; 0 without one.
  std::string body;         ///< At most HttpCall::response_bytes_max.
  std::string retry_after;  ///< The header's text, empty without one.
  std::chrono::nanoseconds elapsed{0};  ///< Until the end, or the header that is the answer.
  std::string detail;  ///< For a person, when failed; holds no credentials and no URL.
};

}  // namespace hookline::net
