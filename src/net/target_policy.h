#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "net/ip_address.h"
#include "net/target_url.h"

namespace hookline::net {

/// What an address is, as far as a target may or may not be one.
enum class AddressKind {
  kPublic,
  kLoopback,
  kPrivate,
  kUniqueLocal,
  kLinkLocal,
  kShared,  ///< Carrier-grade NAT.
  kMetadata,
  kMulticast,
  kUnspecified,
  kBroadcast,
  kDocumentation,
  kBenchmark,
  kMapped,      ///< IPv4-mapped IPv6.
  kCompatible,  ///< IPv4-compatible IPv6.
  kNat64,
  kSixToFour,
  kTeredo,
  kReserved,
};

AddressKind KindOf(const IpAddress& address);

/// For messages: "a loopback address".
std::string_view Describe(AddressKind kind);

struct TargetPolicyOptions {
  /// Development: loopback, private and unique-local addresses are allowed too. Link-local,
  /// metadata and all translated forms stay refused.
  bool allow_private = false;
  bool allow_http = false;             ///< Plain http URLs.
  std::vector<std::uint16_t> ports;    ///< The only ports allowed; empty: all.
  std::vector<Cidr> allowed_networks;  ///< Allowed whatever their kind.
  std::vector<std::string>
      allowed_hosts;  ///< "name" or "*.name": allowed whatever they resolve to.
};

/// Decides where outgoing calls may go. Immutable, hence thread-safe.
class TargetPolicy {
 public:
  explicit TargetPolicy(TargetPolicyOptions options);

  /// Scheme and port. Addresses are not judged here: a name's address is judged when it is
  /// connected to.
  Result<void> JudgeUrl(const TargetUrl& url) const;

  /// True if the operator has named this host, so that its addresses need no judgement.
  bool TrustsHost(std::string_view host) const;

  bool AllowsAddress(const IpAddress& address) const;

  /// All addresses that a name has resolved to: one that is not allowed condemns them all, since it
  /// could be the one that gets used.
  Result<void> JudgeAddresses(std::string_view host, const std::vector<IpAddress>& addresses) const;

 private:
  const TargetPolicyOptions options_;
};

}  // namespace hookline::net
