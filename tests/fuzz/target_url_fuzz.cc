// URLs that are called: the one spelling that is judged is the one that is connected to, read by
// libcurl or by eye.
#include "net/target_url.h"

#include <curl/curl.h>

#include <memory>
#include <string>

#include "fuzz/input.h"

namespace hookline::net {
namespace {

std::string CurlHost(const std::string& url) {
  const std::unique_ptr<CURLU, decltype(&curl_url_cleanup)> handle(curl_url(), &curl_url_cleanup);
  HOOKLINE_CHECK(curl_url_set(handle.get(), CURLUPART_URL, url.c_str(), 0) == CURLUE_OK);
  char* text = nullptr;
  HOOKLINE_CHECK(curl_url_get(handle.get(), CURLUPART_HOST, &text, 0) == CURLUE_OK);
  std::string host(text);
  curl_free(text);
  if (host.starts_with('[')) host = host.substr(1, host.size() - 2);
  return host;
}

// What stands between the scheme and the path, as plain text.
std::string_view Authority(const TargetUrl& target) {
  const std::string_view scheme = target.https ? "https://" : "http://";
  const std::string_view url = target.url;
  HOOKLINE_CHECK(url.starts_with(scheme));
  const std::size_t end = url.find_first_of("/?#\\", scheme.size());
  return url.substr(scheme.size(), end == std::string_view::npos ? end : end - scheme.size());
}

void CheckSpelling(const TargetUrl& target) {
  for (const char c : target.url) HOOKLINE_CHECK(c > ' ' && c < '\x7f');
  HOOKLINE_CHECK(target.url.find('#') == std::string::npos);
  HOOKLINE_CHECK(!target.host.empty() && target.host.back() != '.' && target.port != 0);
  for (const char c : target.host) HOOKLINE_CHECK(c > ' ' && c < '\x7f' && (c < 'A' || c > 'Z'));
  HOOKLINE_CHECK(target.host.find_first_of("@/?#\\[]") == std::string::npos);
  HOOKLINE_CHECK(target.literal == IpAddress::Parse(target.host));
  const bool v6 = target.host.find(':') != std::string::npos;
  HOOKLINE_CHECK(!v6 || target.literal);
  const std::string host = v6 ? "[" + target.host + "]" : target.host;
  const std::string_view authority = Authority(target);
  const bool usual_port = target.port == (target.https ? 443 : 80);
  HOOKLINE_CHECK(authority == host + ":" + std::to_string(target.port) ||
                 (usual_port && authority == host));
  HOOKLINE_CHECK(CurlHost(target.url) == target.host);
  HOOKLINE_CHECK(target.Endpoint() == target.host + ":" + std::to_string(target.port));
}

void CheckAuthorization(std::string_view text) {
  if (text.empty()) return;
  HOOKLINE_CHECK(text.starts_with("Basic "));
  for (const char c : text) HOOKLINE_CHECK(c >= ' ' && c < '\x7f');
}

void Check(std::string_view url) {
  const auto target = ParseTargetUrl(url);
  if (!target) {
    HOOKLINE_CHECK(target.error().kind() == ErrorKind::kInput);
    return;
  }
  CheckSpelling(*target);
  CheckAuthorization(target->authorization);

  const auto again = ParseTargetUrl(target->url);
  HOOKLINE_CHECK(again.has_value());
  HOOKLINE_CHECK(again->url == target->url && again->https == target->https);
  HOOKLINE_CHECK(again->host == target->host && again->port == target->port);
  HOOKLINE_CHECK(again->literal == target->literal && again->authorization.empty());
}

}  // namespace
}  // namespace hookline::net

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  hookline::net::Check(hookline::fuzz::Input(data, size).Rest());
  return 0;
}
