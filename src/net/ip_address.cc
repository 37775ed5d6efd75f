#include "net/ip_address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <charconv>
#include <cstring>

namespace hookline::net {

std::optional<IpAddress> IpAddress::Parse(std::string_view text) {
  std::array<char, INET6_ADDRSTRLEN + 1> terminated{};
  if (text.size() >= terminated.size()) return std::nullopt;
  std::copy(text.begin(), text.end(), terminated.begin());
  IpAddress address;
  address.is_v4_ = text.find(':') == std::string_view::npos;
  const int family = address.is_v4_ ? AF_INET : AF_INET6;
  if (::inet_pton(family, terminated.data(), address.bytes_.data()) != 1) return std::nullopt;
  return address;
}

std::optional<IpAddress> IpAddress::FromSockaddr(const sockaddr& address) {
  IpAddress result;
  if (address.sa_family == AF_INET) {
    sockaddr_in v4{};
    std::memcpy(&v4, &address, sizeof(v4));
    std::memcpy(result.bytes_.data(), &v4.sin_addr, 4);
    return result;
  }
  if (address.sa_family == AF_INET6) {
    sockaddr_in6 v6{};
    std::memcpy(&v6, &address, sizeof(v6));
    std::memcpy(result.bytes_.data(), &v6.sin6_addr, 16);
    result.is_v4_ = false;
    return result;
  }
  return std::nullopt;
}

std::string IpAddress::ToString() const {
  std::array<char, INET6_ADDRSTRLEN> text{};
  ::inet_ntop(is_v4_ ? AF_INET : AF_INET6, bytes_.data(), text.data(), text.size());
  return text.data();
}

std::optional<Cidr> Cidr::Parse(std::string_view text) {
  const std::size_t slash = text.find('/');
  const auto base = IpAddress::Parse(text.substr(0, slash));
  if (!base) return std::nullopt;
  const int bits_max = base->is_v4() ? 32 : 128;
  int bits = bits_max;
  if (slash != std::string_view::npos) {
    const char* end = text.data() + text.size();
    const auto [stop, ec] = std::from_chars(text.data() + slash + 1, end, bits);
    if (ec != std::errc() || stop != end || bits < 0 || bits > bits_max) return std::nullopt;
  }
  for (int bit = bits; bit < bits_max; ++bit) {
    const auto mask = static_cast<std::uint8_t>(0x80 >> (bit % 8));
    if ((base->bytes()[static_cast<std::size_t>(bit / 8)] & mask) != 0) return std::nullopt;
  }
  return Cidr(*base, bits);
}

bool Cidr::Contains(const IpAddress& address) const {
  if (address.is_v4() != base_.is_v4()) return false;
  const auto whole = static_cast<std::size_t>(prefix_bits_ / 8);
  const auto& a = address.bytes();
  const auto& b = base_.bytes();
  if (!std::equal(a.begin(), a.begin() + static_cast<std::ptrdiff_t>(whole), b.begin())) {
    return false;
  }
  const int rest = prefix_bits_ % 8;
  if (rest == 0) return true;
  const auto mask = static_cast<std::uint8_t>(0xff << (8 - rest));
  return (a[whole] & mask) == (b[whole] & mask);
}

}  // namespace hookline::net
