#include "net/target_url.h"

#include <curl/curl.h>
#include <fmt/format.h>
#include <locale.h>
#include <openssl/evp.h>

#include <algorithm>
#include <charconv>
#include <memory>
#include <vector>

namespace hookline::net {

namespace {

constexpr std::size_t kUrlBytesMax = 8 * 1024;

struct CurlUrlDeleter {
  void operator()(CURLU* handle) const { curl_url_cleanup(handle); }
};
using CurlUrl = std::unique_ptr<CURLU, CurlUrlDeleter>;

/// A part of the URL; nothing if it has none, or one that can't be given with these flags.
std::optional<std::string> Part(CURLU* handle, CURLUPart part, unsigned flags = 0) {
  char* text = nullptr;
  if (curl_url_get(handle, part, &text, flags) != CURLUE_OK) return std::nullopt;
  std::string copy(text);
  curl_free(text);
  return copy;
}

CurlUrl Parse(const std::string& url) {
  CurlUrl handle(curl_url());
  if (!handle || curl_url_set(handle.get(), CURLUPART_URL, url.c_str(), 0) != CURLUE_OK) {
    return nullptr;
  }
  return handle;
}

std::string Base64(std::string_view text) {
  std::vector<unsigned char> out(4 * ((text.size() + 2) / 3) + 1);
  const int bytes = EVP_EncodeBlock(out.data(), reinterpret_cast<const unsigned char*>(text.data()),
                                    static_cast<int>(text.size()));
  return std::string(out.begin(), out.begin() + bytes);
}

void LowerCase(std::string& text) {
  for (char& c : text) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
}

bool HasCredentials(CURLU* handle) {
  return Part(handle, CURLUPART_USER).has_value() || Part(handle, CURLUPART_PASSWORD).has_value();
}

/// False if the credentials hold what no header can (control characters).
bool TakeCredentials(CURLU* handle, TargetUrl& target) {
  if (!HasCredentials(handle)) return true;
  const auto user = Part(handle, CURLUPART_USER, CURLU_URLDECODE);
  const auto password = Part(handle, CURLUPART_PASSWORD, CURLU_URLDECODE);
  const bool user_lost = Part(handle, CURLUPART_USER).has_value() != user.has_value();
  const bool password_lost = Part(handle, CURLUPART_PASSWORD).has_value() != password.has_value();
  if (user_lost || password_lost) return false;
  target.authorization = "Basic " + Base64(user.value_or("") + ":" + password.value_or(""));
  return curl_url_set(handle, CURLUPART_USER, nullptr, 0) == CURLUE_OK &&
         curl_url_set(handle, CURLUPART_PASSWORD, nullptr, 0) == CURLUE_OK;
}

/// Makes this thread's text UTF-8 for a while: libcurl takes an international name to be in the
/// encoding of the locale, which a server does not set.
class Utf8Scope {
 public:
  Utf8Scope() : previous_(::uselocale(Utf8())) {}
  ~Utf8Scope() { ::uselocale(previous_); }
  Utf8Scope(const Utf8Scope&) = delete;
  Utf8Scope& operator=(const Utf8Scope&) = delete;

 private:
  static locale_t Utf8() {
    // Null if the system has no such locale; uselocale() then changes nothing.
    static const locale_t locale = ::newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr);
    return locale;
  }

  const locale_t previous_;
};

bool IsAscii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 0x7f; });
}

/// The host with an international name as punycode. It is cut out of the whole URL: asked for the
/// host alone, libcurl loses memory with every name that has no such form.
std::optional<std::string> AsciiHost(CURLU* handle) {
  auto host = Part(handle, CURLUPART_HOST);
  if (!host || IsAscii(*host)) return host;
  const Utf8Scope utf8;
  const auto url = Part(handle, CURLUPART_URL);
  const auto ascii = Part(handle, CURLUPART_URL, CURLU_PUNYCODE);
  if (!url || !ascii) return std::nullopt;
  const std::size_t begin = url->find("://") + 3;
  if (url->compare(begin, host->size(), *host) != 0) return std::nullopt;
  const std::size_t rest = url->size() - begin - host->size();
  if (ascii->size() <= begin + rest) return std::nullopt;
  return ascii->substr(begin, ascii->size() - begin - rest);
}

/// The host in its plain spelling: ASCII, lower case, without one trailing dot. None has a percent
/// sign, which libcurl would leave in the host and escape in the URL.
std::optional<std::string> PlainHost(CURLU* handle) {
  auto host = AsciiHost(handle);
  if (!host) return std::nullopt;
  LowerCase(*host);
  if (host->size() > 1 && host->back() == '.') host->pop_back();
  const bool empty_label = host->empty() || host->front() == '.' || host->back() == '.' ||
                           host->find("..") != std::string::npos;
  const bool escape = host->find('%') != std::string::npos;
  if (empty_label || escape || host->size() > 255 || !IsAscii(*host)) return std::nullopt;
  return host;
}

bool IsHex(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

bool MayStandInPathOrQuery(char c) {
  const bool letter_or_digit =
      (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  return letter_or_digit || std::string_view("-._~!$&'()*+,;=:@/?").find(c) != std::string::npos;
}

/// `url` with every byte of its path and query escaped that RFC 3986 has no place for; escapes that
/// are there stay. Control characters stay too: no URL has them, and its parser says so.
std::string EscapePathAndQuery(std::string_view url) {
  static constexpr std::string_view kHexDigits = "0123456789ABCDEF";
  const std::size_t scheme = url.find("://");
  if (scheme == std::string_view::npos) return std::string(url);
  const std::size_t begin = std::min(url.find_first_of("/?#", scheme + 3), url.size());
  const std::size_t end = std::min(url.find('#', begin), url.size());
  std::string escaped(url.substr(0, begin));
  for (std::size_t i = begin; i < end; ++i) {
    const char c = url[i];
    const auto byte = static_cast<unsigned char>(c);
    const bool is_escape = c == '%' && i + 2 < end && IsHex(url[i + 1]) && IsHex(url[i + 2]);
    if (is_escape || byte < 0x20 || byte == 0x7f || MayStandInPathOrQuery(c)) {
      escaped.push_back(c);
      continue;
    }
    escaped.push_back('%');
    escaped.push_back(kHexDigits[byte >> 4]);
    escaped.push_back(kHexDigits[byte & 15]);
  }
  return escaped;
}

}  // namespace

std::string TargetUrl::Endpoint() const { return fmt::format("{}:{}", host, port); }

Result<TargetUrl> ParseTargetUrl(std::string_view url) {
  if (url.size() > kUrlBytesMax) return InputError("the URL is too long");
  if (url.find('\0') != std::string_view::npos) return InputError("the URL holds a zero byte");
  // libcurl forgives one slash and three, and takes the path for the host.
  const std::string_view slashes = url.substr(std::min(url.find(':'), url.size()));
  if (!slashes.starts_with("://") || slashes.starts_with(":///")) {
    return InputError("the URL has no host");
  }
  CurlUrl handle = Parse(EscapePathAndQuery(url));
  if (!handle) return InputError("not a valid URL");
  TargetUrl target;
  const std::string scheme = Part(handle.get(), CURLUPART_SCHEME).value_or("");
  if (scheme != "http" && scheme != "https") {
    return InputError("the URL's scheme must be https or http");
  }
  target.https = scheme == "https";
  if (!TakeCredentials(handle.get(), target))
    return InputError("the URL's credentials are invalid");
  curl_url_set(handle.get(), CURLUPART_FRAGMENT, nullptr, 0);

  // Asked here, because the first round below drops it.
  if (Part(handle.get(), CURLUPART_ZONEID)) return InputError("the URL's host has a zone");
  // A host needs another look once it is in plain spelling: full-width digits and escaped ones
  // become an address in digits, and without its trailing dot "127.1." is an address. It is settled
  // when what was read from its plain spelling is that spelling again.
  for (int round = 0;; ++round) {
    const auto host = PlainHost(handle.get());
    if (!host) return InputError("the URL's host is invalid");
    const bool settled = round > 0 && Part(handle.get(), CURLUPART_HOST) == host;
    if (settled) {
      target.host = *host;
      break;
    }
    if (round == 3) return InputError("the URL's host is invalid");
    if (curl_url_set(handle.get(), CURLUPART_HOST, host->c_str(), 0) != CURLUE_OK) {
      return InputError("the URL's host is invalid");
    }
    handle = Parse(Part(handle.get(), CURLUPART_URL).value_or(""));
    if (!handle) return InputError("the URL's host is invalid");
  }
  // The rounds above may have uncovered an '@' or another delimiter: then it is not a host.
  if (HasCredentials(handle.get())) return InputError("the URL's host is invalid");

  if (target.host.front() == '[') {
    target.host = target.host.substr(1, target.host.size() - 2);
    target.literal = IpAddress::Parse(target.host);
    if (!target.literal) return InputError("the URL's host is invalid");
  } else {
    target.literal = IpAddress::Parse(target.host);
  }

  const std::string port = Part(handle.get(), CURLUPART_PORT, CURLU_DEFAULT_PORT).value_or("0");
  const auto [end, ec] = std::from_chars(port.data(), port.data() + port.size(), target.port);
  if (ec != std::errc() || end != port.data() + port.size() || target.port == 0) {
    return InputError("the URL's port is invalid");
  }
  const auto normalised = Part(handle.get(), CURLUPART_URL);
  if (!normalised) return InputError("not a valid URL");
  target.url = *normalised;
  return target;
}

}  // namespace hookline::net
