// URLs of hooks and their placeholders: whatever a user is called, the call goes to the host and
// path that the operator wrote. The first line of an input is the URL, the next three are values.
#include "settings/url_template.h"

#include <algorithm>
#include <array>
#include <string>

#include "fuzz/input.h"
#include "net/target_url.h"

namespace hookline::settings {
namespace {

UrlValues Values(const std::array<std::string_view, 3>& given) {
  UrlValues values;
  values.type = values.channel_type = given[0];
  values.product = values.channel_id = values.cid = given[1];
  values.app_id = values.user_id = given[2];
  return values;
}

// How often each delimiter stands in `url`: what a value must not add to.
std::array<std::ptrdiff_t, 8> Delimiters(std::string_view url) {
  std::array<std::ptrdiff_t, 8> counts{};
  std::ranges::transform(std::string_view("/?#&=;:@"), counts.begin(),
                         [&](char c) { return std::ranges::count(url, c); });
  return counts;
}

std::size_t AuthorityEnd(std::string_view url) {
  return std::min(url.find_first_of("/?#", url.find("://") + 3), url.size());
}

// Longer URLs are not called at all.
constexpr std::size_t kCalledBytesMax = 8 * 1024;

// Where the expanded URL leads, against the same URL with values that nobody could object to.
void CheckTarget(const std::string& url, const std::string& expanded) {
  const std::string plain = ExpandUrlTemplate(url, Values({"x", "x", "x"}));
  const auto expected = net::ParseTargetUrl(plain);
  const auto target = net::ParseTargetUrl(expanded);
  if (expanded.size() > kCalledBytesMax) {
    HOOKLINE_CHECK(!target.has_value());
    return;
  }
  HOOKLINE_CHECK(target.has_value() == expected.has_value());
  if (!target) return;
  HOOKLINE_CHECK(target->host == expected->host && target->port == expected->port);
  HOOKLINE_CHECK(target->https == expected->https);
  HOOKLINE_CHECK(target->authorization == expected->authorization);
  HOOKLINE_CHECK(Delimiters(target->url) == Delimiters(expected->url));
}

void CheckExpansion(const std::string& url, const std::array<std::string_view, 3>& given) {
  const std::string expanded = ExpandUrlTemplate(url, Values(given));
  if (!IsUrlTemplate(url)) {
    HOOKLINE_CHECK(expanded == url);
    return;
  }
  const std::size_t authority_end = AuthorityEnd(url);
  HOOKLINE_CHECK(expanded.substr(0, authority_end) == url.substr(0, authority_end));
  HOOKLINE_CHECK(AuthorityEnd(expanded) == authority_end);
  HOOKLINE_CHECK(Delimiters(expanded) == Delimiters(url));
  HOOKLINE_CHECK(expanded.find_first_of("{}\\\" \r\n\t") == std::string::npos);
  // An empty value may leave "." or ".." of the operator's own making.
  if (std::ranges::none_of(given, &std::string_view::empty)) CheckTarget(url, expanded);
}

void CheckUrl(const std::string& url, const std::array<std::string_view, 3>& given) {
  const auto takes = [&](Placeholders allowed, bool allow_http) {
    const auto valid = ValidateUrl("u", url, allowed, allow_http);
    HOOKLINE_CHECK(valid || (valid.error().kind() == ErrorKind::kInput &&
                             valid.error().message().starts_with("u ")));
    return valid.has_value();
  };
  const bool command = takes(Placeholders::kCommand, true);
  const bool hook = takes(Placeholders::kHook, true);
  HOOKLINE_CHECK(hook || !command);
  HOOKLINE_CHECK(!takes(Placeholders::kHook, false) || hook);
  const bool is_template = IsUrlTemplate(url);
  if (takes(Placeholders::kNone, true) && !is_template) HOOKLINE_CHECK(command);
  if (!hook) return;
  HOOKLINE_CHECK(url.size() <= kMaxUrlBytes);
  CheckExpansion(url, given);
}

}  // namespace
}  // namespace hookline::settings

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  hookline::fuzz::Input input(data, size);
  const std::string url(input.Line());
  const std::string_view first = input.Line();
  const std::string_view second = input.Line();
  hookline::settings::CheckUrl(url, {first, second, input.Rest()});
  return 0;
}
