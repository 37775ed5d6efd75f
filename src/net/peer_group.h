#pragma once

#include <string>
#include <string_view>

namespace hookline::net {

/// What counts as one peer: an IPv4 address, or the /64 network of an IPv6 one, because whoever has
/// one address of it has all. `address` is the text of an address; anything else stands for itself,
/// cut to 64 bytes.
std::string PeerGroup(std::string_view address);

/// True for addresses of this machine: 127.0.0.0/8, ::1, also mapped to IPv6.
bool IsLoopback(std::string_view address);

}  // namespace hookline::net
