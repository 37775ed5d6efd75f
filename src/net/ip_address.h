#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

struct sockaddr;

namespace hookline::net {

/// An IPv4 or IPv6 address; a plain value. An IPv4-mapped IPv6 address is an IPv6 address.
class IpAddress {
 public:
  /// Dotted decimal, or IPv6 text without brackets and zone. Nothing else ("0x7f.1", "127.1").
  static std::optional<IpAddress> Parse(std::string_view text);

  /// Nothing if the family is neither AF_INET nor AF_INET6.
  static std::optional<IpAddress> FromSockaddr(const sockaddr& address);

  bool is_v4() const { return is_v4_; }

  /// 4 or 16 bytes in network order, the rest zero.
  const std::array<std::uint8_t, 16>& bytes() const { return bytes_; }

  std::string ToString() const;

  friend bool operator==(const IpAddress&, const IpAddress&) = default;

 private:
  IpAddress() = default;

  std::array<std::uint8_t, 16> bytes_{};
  bool is_v4_ = true;
};

/// A range of addresses of one family.
class Cidr {
 public:
  /// "10.0.0.0/8", "fd00::/8", or a single address. Bits behind the prefix must be zero.
  static std::optional<Cidr> Parse(std::string_view text);

  bool Contains(const IpAddress& address) const;

 private:
  Cidr(const IpAddress& base, int prefix_bits) : base_(base), prefix_bits_(prefix_bits) {}

  IpAddress base_;
  int prefix_bits_;
};

}  // namespace hookline::net
