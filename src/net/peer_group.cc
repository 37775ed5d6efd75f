#include "net/peer_group.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <span>

#include "net/ip_address.h"

namespace hookline::net {

namespace {

constexpr std::size_t kTextBytesMax = 64;

/// The IPv4 address in an IPv4-mapped one.
std::optional<std::span<const std::uint8_t>> V4Bytes(const IpAddress& address) {
  const std::span<const std::uint8_t> bytes(address.bytes());
  if (address.is_v4()) return bytes.first(4);
  const bool mapped = std::ranges::all_of(bytes.first(10), [](auto b) { return b == 0; }) &&
                      bytes[10] == 0xFF && bytes[11] == 0xFF;
  if (!mapped) return std::nullopt;
  return bytes.subspan(12);
}

}  // namespace

std::string PeerGroup(std::string_view text) {
  const auto address = IpAddress::Parse(text);
  if (!address) return std::string(text.substr(0, kTextBytesMax));
  if (const auto v4 = V4Bytes(*address)) return fmt::format("{}", fmt::join(*v4, "."));
  return fmt::format("{:02x}/64", fmt::join(std::span(address->bytes()).first(8), ""));
}

bool IsLoopback(std::string_view text) {
  const auto address = IpAddress::Parse(text);
  if (!address) return false;
  if (const auto v4 = V4Bytes(*address)) return v4->front() == 127;
  const std::span<const std::uint8_t> bytes(address->bytes());
  return std::ranges::all_of(bytes.first(15), [](auto b) { return b == 0; }) && bytes[15] == 1;
}

}  // namespace hookline::net
