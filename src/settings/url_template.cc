#include "settings/url_template.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

namespace hookline::settings {
namespace {

constexpr auto kNpos = std::string_view::npos;

struct PlaceholderName {
  std::string_view name;
  std::string_view UrlValues::* value;
};

// {type} is first: it is the only one that a command's URL may hold.
constexpr std::array kPlaceholders = {
    PlaceholderName{"type", &UrlValues::type},
    PlaceholderName{"product", &UrlValues::product},
    PlaceholderName{"app_id", &UrlValues::app_id},
    PlaceholderName{"channel_type", &UrlValues::channel_type},
    PlaceholderName{"channel_id", &UrlValues::channel_id},
    PlaceholderName{"cid", &UrlValues::cid},
    PlaceholderName{"user_id", &UrlValues::user_id},
};

const PlaceholderName* FindPlaceholder(std::string_view name) {
  const auto found = std::ranges::find(kPlaceholders, name, &PlaceholderName::name);
  return found == kPlaceholders.end() ? nullptr : &*found;
}

bool IsAllowed(const PlaceholderName* placeholder, Placeholders allowed) {
  if (placeholder == nullptr || allowed == Placeholders::kNone) return false;
  return allowed == Placeholders::kHook || placeholder == kPlaceholders.data();
}

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsAlnum(char c) { return IsDigit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool IsNonAscii(char c) { return (static_cast<unsigned char>(c) & 0x80) != 0; }

bool StartsWithNoCase(std::string_view text, std::string_view lower_case_prefix) {
  if (text.size() < lower_case_prefix.size()) return false;
  return std::ranges::equal(
      text.substr(0, lower_case_prefix.size()), lower_case_prefix,
      [](char a, char b) { return (a >= 'A' && a <= 'Z' ? a - 'A' + 'a' : a) == b; });
}

/// One `{name}` or `%7Bname%7D` in a URL.
struct Match {
  std::size_t begin = 0;
  std::size_t end = 0;
  std::string_view name;
  bool escaped = false;
};

/// The first pair of braces at or after `from`. An escaped pair counts only if it names a known
/// placeholder: otherwise it is ordinary text of the URL.
std::optional<Match> NextMatch(std::string_view url, std::size_t from) {
  for (std::size_t i = from; i < url.size(); ++i) {
    if (url[i] == '{') {
      const std::size_t close = url.find('}', i);
      if (close == kNpos) return std::nullopt;
      return Match{i, close + 1, url.substr(i + 1, close - i - 1), false};
    }
    if (url[i] == '%' && StartsWithNoCase(url.substr(i), "%7b")) {
      std::size_t close = i + 3;
      while (close < url.size() && url[close] != '%') ++close;
      const std::string_view name = url.substr(i + 3, close - i - 3);
      if (StartsWithNoCase(url.substr(close), "%7d") && FindPlaceholder(name) != nullptr) {
        return Match{i, close + 3, name, true};
      }
    }
  }
  return std::nullopt;
}

void AppendEscaped(std::string& out, std::string_view value) {
  static constexpr char kHex[] = "0123456789ABCDEF";
  // "." and ".." in a path would be resolved away by clients and servers.
  const bool only_dots = value.find_first_not_of('.') == kNpos;
  for (const char c : value) {
    if (IsAlnum(c) || c == '-' || c == '_' || c == '~' || (c == '.' && !only_dots)) {
      out += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      out += '%';
      out += kHex[byte >> 4];
      out += kHex[byte & 0x0F];
    }
  }
}

bool IsHost(std::string_view host) {
  if (host.starts_with('[')) {
    if (!host.ends_with(']')) return false;
    const std::string_view address = host.substr(1, host.size() - 2);
    return address.size() >= 2 && address.find_first_not_of("0123456789abcdefABCDEF:.") == kNpos &&
           address.find(':') != kNpos;
  }
  return !host.empty() && std::ranges::all_of(host, [](char c) {
    return IsAlnum(c) || c == '-' || c == '.' || c == '_' || IsNonAscii(c);
  });
}

bool IsPort(std::string_view port) {
  unsigned number = 0;
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), number);
  return error == std::errc() && end == port.data() + port.size() && port.size() <= 5 &&
         number >= 1 && number <= 65535;
}

bool IsAuthority(std::string_view authority) {
  if (const std::size_t at = authority.find('@'); at != kNpos) authority.remove_prefix(at + 1);
  // A colon inside the brackets of an IPv6 address does not start the port.
  const std::size_t bracket = authority.rfind(']');
  const std::size_t colon = authority.find(':', bracket == kNpos ? 0 : bracket);
  if (colon == kNpos) return IsHost(authority);
  return IsHost(authority.substr(0, colon)) && IsPort(authority.substr(colon + 1));
}

}  // namespace

Result<void> ValidateUrl(std::string_view field, std::string_view url, Placeholders allowed,
                         bool allow_http) {
  const bool https = StartsWithNoCase(url, "https://");
  if (!https && !StartsWithNoCase(url, "http://")) {
    return InputError(fmt::format("{} must be an absolute http or https URL", field));
  }
  if (url.size() > kMaxUrlBytes) {
    return InputError(fmt::format("{} must not be longer than {} bytes", field, kMaxUrlBytes));
  }
  // Clients disagree about what a backslash or a blank means, so that a check of one reading says
  // nothing about the other.
  if (std::ranges::any_of(url, [](char c) {
        const auto byte = static_cast<unsigned char>(c);
        return byte <= 0x20 || byte == 0x7F || c == '\\' || c == '"' || c == '<' || c == '>';
      })) {
    return InputError(fmt::format("{} contains a character that is not allowed in a URL", field));
  }
  const std::size_t host_at = https ? 8 : 7;
  const std::size_t authority_end = std::min(url.find_first_of("/?#", host_at), url.size());
  std::string rest;
  std::size_t copied = 0;
  for (auto match = NextMatch(url, 0); match; match = NextMatch(url, match->end)) {
    if (match->escaped && allowed == Placeholders::kNone) continue;  // Never expanded: plain text.
    if (!IsAllowed(FindPlaceholder(match->name), allowed)) {
      return InputError(
          fmt::format("{} contains an unknown placeholder {{{}}}", field, match->name));
    }
    if (match->begin < authority_end) {
      return InputError(
          fmt::format("{} may contain placeholders only after the host and port", field));
    }
    rest.append(url, copied, match->begin - copied);
    copied = match->end;
  }
  rest.append(url, copied);
  if (rest.find_first_of("{}") != kNpos) {
    return InputError(fmt::format("{} contains an unmatched brace", field));
  }
  const std::string_view authority = url.substr(host_at, authority_end - host_at);
  if (std::ranges::count(authority, '@') > 1 || !IsAuthority(authority)) {
    return InputError(fmt::format("{} must be an absolute http or https URL", field));
  }
  if (!https && !allow_http) {
    return InputError(fmt::format("{} must be an https URL", field));
  }
  return {};
}

bool IsUrlTemplate(std::string_view url) { return NextMatch(url, 0).has_value(); }

std::string ExpandUrlTemplate(std::string_view url, const UrlValues& values) {
  std::string out;
  out.reserve(url.size() + 64);
  std::size_t copied = 0;
  for (auto match = NextMatch(url, 0); match; match = NextMatch(url, match->end)) {
    out.append(url, copied, match->begin - copied);
    copied = match->end;
    if (const PlaceholderName* known = FindPlaceholder(match->name)) {
      AppendEscaped(out, values.*(known->value));
    } else {
      out.append(url, match->begin, match->end - match->begin);
    }
  }
  out.append(url, copied);
  return out;
}

}  // namespace hookline::settings
