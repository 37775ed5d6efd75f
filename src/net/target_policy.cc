#include "net/target_policy.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace hookline::net {

namespace {

struct Range {
  Cidr cidr;
  AddressKind kind;
};

/// The first match decides; what matches nothing is public (IPv4) or reserved (IPv6).
const std::vector<Range>& Ranges() {
  static const std::vector<Range> ranges = [] {
    using enum AddressKind;
    const std::vector<std::pair<std::string_view, AddressKind>> texts = {
        {"169.254.169.254/32", kMetadata},
        {"168.63.129.16/32", kMetadata},  // A cloud's host agent, on a public-looking address.
        {"100.100.100.200/32", kMetadata},
        {"192.0.0.192/32", kMetadata},
        {"0.0.0.0/8", kUnspecified},
        {"10.0.0.0/8", kPrivate},
        {"100.64.0.0/10", kShared},
        {"127.0.0.0/8", kLoopback},
        {"169.254.0.0/16", kLinkLocal},
        {"172.16.0.0/12", kPrivate},
        {"192.0.0.0/24", kReserved},
        {"192.0.2.0/24", kDocumentation},
        {"192.88.99.0/24", kSixToFour},
        {"192.168.0.0/16", kPrivate},
        {"198.18.0.0/15", kBenchmark},
        {"198.51.100.0/24", kDocumentation},
        {"203.0.113.0/24", kDocumentation},
        {"224.0.0.0/4", kMulticast},
        {"255.255.255.255/32", kBroadcast},
        {"240.0.0.0/4", kReserved},

        {"::/128", kUnspecified},
        {"::1/128", kLoopback},
        {"::/96", kCompatible},
        {"::ffff:0:0/96", kMapped},
        {"64:ff9b::/96", kNat64},
        {"64:ff9b:1::/48", kNat64},
        {"fd00:ec2::254/128", kMetadata},
        {"fd20:ce::254/128", kMetadata},
        {"fc00::/7", kUniqueLocal},
        {"fe80::/10", kLinkLocal},
        {"fec0::/10", kPrivate},
        {"ff00::/8", kMulticast},
        {"2001::/32", kTeredo},
        {"2001:2::/48", kBenchmark},
        {"2001::/23", kReserved},
        {"2001:db8::/32", kDocumentation},
        {"2002::/16", kSixToFour},
        {"3fff::/20", kDocumentation},
        {"2000::/3", kPublic},
        {"::/0", kReserved},
    };
    std::vector<Range> parsed;
    parsed.reserve(texts.size());
    for (const auto& [text, kind] : texts) {
      const auto cidr = Cidr::Parse(text);
      HOOKLINE_CHECK(cidr.has_value());
      parsed.push_back({*cidr, kind});
    }
    return parsed;
  }();
  return ranges;
}

}  // namespace

AddressKind KindOf(const IpAddress& address) {
  for (const Range& range : Ranges()) {
    if (range.cidr.Contains(address)) return range.kind;
  }
  return AddressKind::kPublic;
}

std::string_view Describe(AddressKind kind) {
  switch (kind) {
    case AddressKind::kPublic:
      return "a public address";
    case AddressKind::kLoopback:
      return "a loopback address";
    case AddressKind::kPrivate:
      return "a private address";
    case AddressKind::kUniqueLocal:
      return "a unique-local address";
    case AddressKind::kLinkLocal:
      return "a link-local address";
    case AddressKind::kShared:
      return "a carrier-grade NAT address";
    case AddressKind::kMetadata:
      return "a cloud metadata address";
    case AddressKind::kMulticast:
      return "a multicast address";
    case AddressKind::kUnspecified:
      return "an unspecified address";
    case AddressKind::kBroadcast:
      return "a broadcast address";
    case AddressKind::kDocumentation:
      return "a documentation address";
    case AddressKind::kBenchmark:
      return "a benchmarking address";
    case AddressKind::kMapped:
      return "an IPv4-mapped address";
    case AddressKind::kCompatible:
      return "an IPv4-compatible address";
    case AddressKind::kNat64:
      return "a NAT64 address";
    case AddressKind::kSixToFour:
      return "a 6to4 address";
    case AddressKind::kTeredo:
      return "a Teredo address";
    case AddressKind::kReserved:
      return "a reserved address";
  }
  return "an address of unknown kind";
}

TargetPolicy::TargetPolicy(TargetPolicyOptions options) : options_(std::move(options)) {}

Result<void> TargetPolicy::JudgeUrl(const TargetUrl& url) const {
  if (!url.https && !options_.allow_http) {
    return InputError("plain http targets are not allowed, use https");
  }
  const auto& ports = options_.ports;
  if (!ports.empty() && std::find(ports.begin(), ports.end(), url.port) == ports.end()) {
    return InputError(fmt::format("port {} is not allowed", url.port));
  }
  return {};
}

bool TargetPolicy::TrustsHost(std::string_view host) const {
  for (const std::string& pattern : options_.allowed_hosts) {
    if (pattern == host) return true;
    const bool wildcard = pattern.starts_with("*.");
    const std::string_view suffix = std::string_view(pattern).substr(wildcard ? 1 : 0);
    if (wildcard && host.size() > suffix.size() && host.ends_with(suffix)) return true;
  }
  return false;
}

bool TargetPolicy::AllowsAddress(const IpAddress& address) const {
  const AddressKind kind = KindOf(address);
  if (kind == AddressKind::kPublic) return true;
  const bool local = kind == AddressKind::kLoopback || kind == AddressKind::kPrivate ||
                     kind == AddressKind::kUniqueLocal;
  if (local && options_.allow_private) return true;
  const auto& networks = options_.allowed_networks;
  return std::any_of(networks.begin(), networks.end(),
                     [&](const Cidr& network) { return network.Contains(address); });
}

Result<void> TargetPolicy::JudgeAddresses(std::string_view host,
                                          const std::vector<IpAddress>& addresses) const {
  if (TrustsHost(host)) return {};
  for (const IpAddress& address : addresses) {
    if (!AllowsAddress(address)) {
      return InputError(fmt::format("{} resolves to {} ({}), which is not allowed", host,
                                    address.ToString(), Describe(KindOf(address))));
    }
  }
  return {};
}

}  // namespace hookline::net
