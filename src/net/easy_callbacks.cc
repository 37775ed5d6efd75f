// What libcurl calls back into while it makes a call, on the loop's thread.

#include <fmt/format.h>
#include <netinet/in.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstring>

#include "net/easy_handle.h"
#include "net/local_trouble.h"

namespace hookline::net {

namespace {

bool SetSource(int fd, const IpAddress& source) {
  const int on = 1;
  // The port is picked at connect time, when the whole four-tuple can be unique.
  ::setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof(on));
  if (source.is_v4()) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    std::memcpy(&address.sin_addr, source.bytes().data(), 4);
    return ::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0;
  }
  sockaddr_in6 address{};
  address.sin6_family = AF_INET6;
  std::memcpy(&address.sin6_addr, source.bytes().data(), 16);
  return ::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0;
}

std::string_view TrimmedValue(std::string_view line, std::size_t name_bytes) {
  std::string_view value = line.substr(name_bytes);
  while (!value.empty() && (value.front() == ' ' || value.front() == '\t')) value.remove_prefix(1);
  while (!value.empty() && (value.back() == '\r' || value.back() == '\n' || value.back() == ' ')) {
    value.remove_suffix(1);
  }
  return value;
}

/// "timeout=5, max=100" → 5 s.
std::optional<std::chrono::seconds> KeepAliveTimeout(std::string_view value) {
  static constexpr std::string_view kTimeout = "timeout=";
  while (!value.empty()) {
    std::string_view item = value.substr(0, value.find(','));
    value.remove_prefix(std::min(value.size(), item.size() + 1));
    while (item.starts_with(' ')) item.remove_prefix(1);
    if (item.size() <= kTimeout.size() ||
        ::strncasecmp(item.data(), kTimeout.data(), kTimeout.size()) != 0) {
      continue;
    }
    item.remove_prefix(kTimeout.size());
    std::uint32_t seconds = 0;
    const auto [end, error] = std::from_chars(item.data(), item.data() + item.size(), seconds);
    if (error == std::errc()) return std::chrono::seconds(seconds);
  }
  return std::nullopt;
}

}  // namespace

std::size_t EasyHandle::OnBody(char* data, std::size_t size, std::size_t count, void* self) {
  auto& handle = *static_cast<EasyHandle*>(self);
  const std::size_t bytes = size * count;
  handle.packed_bytes_ += bytes;
  if (handle.packed_bytes_ > handle.options_.response_body_bytes_max) {
    handle.too_large_ = true;
    return 0;
  }
  const std::string_view piece(data, bytes);
  const bool packed = !handle.content_encoding_.empty();
  return (packed ? handle.TakePacked(piece) : handle.TakeText(piece)) ? bytes : 0;
}

bool EasyHandle::TakePacked(std::string_view piece) {
  if (!decoder_) {
    const NamedCoding named = CodingOf(content_encoding_);
    if (named.unknown) {
      coding_broken_ = true;
      return false;
    }
    if (!named.coding) return TakeText(piece);
    decoder_.emplace(*named.coding);
  }
  switch (decoder_->Feed(piece, [this](std::string_view text) { return TakeText(text); })) {
    case BodyDecoder::Step::kMore:
      return true;
    case BodyDecoder::Step::kStopped:
      return false;
    case BodyDecoder::Step::kBroken:
      coding_broken_ = true;
      return false;
    case BodyDecoder::Step::kFailed:
      local_ = "out of memory";
      return false;
  }
  return false;
}

bool EasyHandle::TakeText(std::string_view piece) {
  body_bytes_ += piece.size();
  if (body_bytes_ > options_.response_body_bytes_max) {
    too_large_ = true;
    return false;
  }
  const std::size_t room = transfer_.call->response_bytes_max - body_.size();
  body_.append(piece.substr(0, room));
  return true;
}

std::size_t EasyHandle::OnHeader(char* data, std::size_t size, std::size_t count, void* self) {
  auto& handle = *static_cast<EasyHandle*>(self);
  const std::size_t bytes = size * count;
  // Interim answers and trailers count too, or an endless row of them would be free.
  handle.header_bytes_ += bytes;
  if (handle.header_bytes_ > handle.options_.response_header_bytes_max) {
    handle.too_large_ = true;
    return 0;
  }
  handle.TakeHeaderLine({data, bytes});
  return bytes;
}

bool EasyHandle::IsSuccess() const {
  long status = 0;
  curl_easy_getinfo(easy_, CURLINFO_RESPONSE_CODE, &status);
  return status >= 200 && status <= 299;
}

void EasyHandle::TakeHeaderLine(std::string_view line) {
  static constexpr std::string_view kRetryAfter = "retry-after:";
  static constexpr std::size_t kRetryAfterBytesMax = 100;
  static constexpr std::string_view kKeepAlive = "keep-alive:";
  static constexpr std::string_view kContentEncoding = "content-encoding:";
  if (line.empty()) return;
  const char first = line.front();
  if (first == '\r' || first == '\n') {
    header_complete_ = true;
    if (transfer_.call->header_is_answer && !answered_at_ && IsSuccess()) {
      answered_at_ = std::chrono::steady_clock::now();
    }
  } else if (first == 'H' && line.starts_with("HTTP/")) {
    retry_after_.clear();  // It belonged to an interim answer.
    content_encoding_.clear();
    header_complete_ = false;
  } else if ((first == 'R' || first == 'r') && line.size() > kRetryAfter.size() &&
             ::strncasecmp(line.data(), kRetryAfter.data(), kRetryAfter.size()) == 0) {
    retry_after_ = TrimmedValue(line, kRetryAfter.size()).substr(0, kRetryAfterBytesMax);
  } else if ((first == 'K' || first == 'k') && line.size() > kKeepAlive.size() &&
             ::strncasecmp(line.data(), kKeepAlive.data(), kKeepAlive.size()) == 0) {
    if (const auto seconds = KeepAliveTimeout(TrimmedValue(line, kKeepAlive.size()))) {
      keep_alive_ = seconds;
    }
  } else if ((first == 'C' || first == 'c') && transfer_.call->decode_body && !header_complete_ &&
             line.size() > kContentEncoding.size() &&
             ::strncasecmp(line.data(), kContentEncoding.data(), kContentEncoding.size()) == 0) {
    content_encoding_.append(TrimmedValue(line, kContentEncoding.size())).append(",");
  }
}

int EasyHandle::OnSeek(void*, curl_off_t, int) {
  // Going back means sending again.
  return CURL_SEEKFUNC_FAIL;
}

void EasyHandle::PinIsLoaded(bool loaded) {
  if (transfer_.pin_loaded != nullptr) *transfer_.pin_loaded = loaded;
}

int EasyHandle::OnBeforeRequest(void* self, char*, char*, int, int) {
  auto& handle = *static_cast<EasyHandle*>(self);
  handle.PinIsLoaded(true);
  ++handle.requests_;
  if (handle.requests_ == 1) {
    handle.kept_connection_ = handle.tried_.empty();
    return CURL_PREREQFUNC_OK;
  }
  handle.resend_refused_ = true;
  return CURL_PREREQFUNC_ABORT;
}

int EasyHandle::OnResolverStart(void*, void*, void* self) {
  // Everything but a literal address has been resolved and pinned already; if libcurl finds no
  // pin it must not ask somebody else.
  auto& handle = *static_cast<EasyHandle*>(self);
  if (handle.transfer_.target->literal || !handle.options_.proxy.empty()) return 0;
  handle.PinIsLoaded(false);
  return 1;
}

curl_socket_t EasyHandle::OnOpenSocket(void* self, curlsocktype, curl_sockaddr* address) {
  auto& handle = *static_cast<EasyHandle*>(self);
  handle.PinIsLoaded(true);
  if (handle.requests_ > 0) {
    handle.resend_refused_ = true;
    return CURL_SOCKET_BAD;
  }
  // Behind a proxy it is the proxy that is connected to, which the operator has named.
  if (handle.options_.proxy.empty() && !handle.transfer_.trusted_host) {
    const auto ip = IpAddress::FromSockaddr(address->addr);
    if (!ip || !handle.policy_.AllowsAddress(*ip)) {
      handle.blocked_ = ip ? fmt::format("{} ({}) is not an allowed target", ip->ToString(),
                                         Describe(KindOf(*ip)))
                           : "not an internet address";
      return CURL_SOCKET_BAD;
    }
  }
  const int fd = ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
  if (fd < 0) {
    if (IsLocalTrouble(errno)) handle.local_ = std::strerror(errno);
    return CURL_SOCKET_BAD;
  }
  if (!handle.BindToSource(fd, address->family)) {
    ::close(fd);
    return CURL_SOCKET_BAD;
  }
  sockaddr_storage& tried = handle.tried_.emplace_back();
  std::memcpy(&tried, &address->addr, std::min<std::size_t>(address->addrlen, sizeof(tried)));
  return fd;
}

bool EasyHandle::BindToSource(int fd, int family) {
  const std::string& name = options_.interface;
  if (!name.empty() && ::setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, name.c_str(),
                                    static_cast<socklen_t>(name.size())) != 0) {
    local_ = fmt::format("cannot use network interface {}: {}", name, std::strerror(errno));
    return false;
  }
  const auto& source = family == AF_INET ? options_.source_v4 : options_.source_v6;
  if (source) {
    if (SetSource(fd, *source)) return true;
    local_ =
        fmt::format("cannot use source address {}: {}", source->ToString(), std::strerror(errno));
    return false;
  }
  return !options_.source_v4 && !options_.source_v6;
}

}  // namespace hookline::net
