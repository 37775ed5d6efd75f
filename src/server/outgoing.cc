#include "server/outgoing.h"

#include <fmt/core.h>

#include <algorithm>
#include <cstdlib>
#include <string_view>
#include <thread>
#include <utility>

#include "delivery/shard.h"
#include "hooks/limits.h"
#include "net/dns_resolver.h"

namespace hookline::server {
namespace {

Result<std::shared_ptr<const net::TargetPolicy>> MakePolicy(const Config& config) {
  net::TargetPolicyOptions options;
  options.allow_private = config.dev || config.allow_private_targets;
  options.allow_http = config.dev || config.allow_http_targets;
  for (const std::string& item : config.allow_targets) {
    if (const auto network = net::Cidr::Parse(item)) {
      options.allowed_networks.push_back(*network);
    } else if (item.find('/') != std::string::npos) {
      return InputError(fmt::format("targets.allow: '{}' is not a subnet", item));
    } else {
      options.allowed_hosts.push_back(item);
    }
  }
  return std::make_shared<const net::TargetPolicy>(std::move(options));
}

/// A name alone is a URL too, of an http proxy.
bool IsProxyUrl(std::string_view text) {
  const std::size_t end = text.find("://");
  if (end == std::string_view::npos) return true;
  const std::string_view scheme = text.substr(0, end);
  return scheme == "http" || scheme == "https" || scheme == "socks5" || scheme == "socks5h";
}

Result<net::HttpLoopOptions> MakeOptions(const Config& config) {
  net::HttpLoopOptions options;
  if (!IsProxyUrl(config.proxy)) {
    return InputError("egress.proxy: must be a URL like http://proxy:3128 or socks5://proxy:1080");
  }
  options.proxy = config.proxy;
  options.proxy_judges_targets = config.proxy_judges_targets;
  options.ca_file = config.ca_file;
  if (const char* file = std::getenv("SSL_CERT_FILE"); options.ca_file.empty() && file != nullptr) {
    options.ca_file = file;
  }
  options.localhost_names = config.dev;
  if (!config.source_address.empty()) {
    const auto address = net::IpAddress::Parse(config.source_address);
    if (!address) {
      return InputError(
          fmt::format("egress.source_address: '{}' is not an address", config.source_address));
    }
    (address->is_v4() ? options.source_v4 : options.source_v6) = *address;
  }
  return options;
}

/// A lookup asks one server, mostly; now and then a second one, or the first one again by TCP.
constexpr std::size_t kDescriptorsPerLookup = 2;

Result<net::DnsResolverOptions> MakeResolverOptions(const Config& config, std::size_t descriptors) {
  net::DnsResolverOptions options;
  for (const std::string& server : config.name_servers) {
    if (auto good = net::CheckNameServers(server); !good) {
      return InputError(fmt::format("resolver.servers: '{}' {}", server, good.error().message()));
    }
    if (!options.lookup.servers.empty()) options.lookup.servers += ',';
    options.lookup.servers += server;
  }
  options.queue.under_way_max =
      std::max<std::size_t>(1, descriptors / kDescriptorsPerLookup / net::kLookupLanes);
  return options;
}

/// Connections of a loop beyond its shard's attempts, for test calls.
constexpr std::size_t kTestCalls = 32;
constexpr std::size_t kConnectionsPerLoop = delivery::ShardLimits{}.in_flight + kTestCalls;

}  // namespace

std::size_t DeliveryLoopCount(const Config& config) {
  if (config.delivery_threads > 0) return static_cast<std::size_t>(config.delivery_threads);
  return std::max<std::size_t>(1, std::thread::hardware_concurrency() / 2);
}

std::size_t WantedDeliveryConnections(const Config& config) {
  return DeliveryLoopCount(config) * kConnectionsPerLoop;
}

// Every call that hooks::SyncCaller lets through starts at once.
std::size_t WantedHookConnections() { return hooks::kMaxCallsInFlightTotal; }

std::size_t WantedLookupDescriptors() {
  return net::LookupQueue::Limits{}.under_way_max * net::kLookupLanes * kDescriptorsPerLookup;
}

int AttemptsPerLoop(const Config& config, std::size_t delivery_connections) {
  const std::size_t connections = delivery_connections / DeliveryLoopCount(config);
  const std::size_t spare = std::min(kTestCalls, connections / 4);
  return static_cast<int>(
      std::clamp<std::size_t>(connections - spare, 1, delivery::ShardLimits{}.in_flight));
}

hooks::GateLimits HookCallLimits(std::size_t hook_connections) {
  hooks::GateLimits limits;
  limits.total = static_cast<int>(std::max<std::size_t>(1, hook_connections));
  limits.per_hook = std::min(hooks::kMaxCallsInFlight, limits.total);
  return limits;
}

void Loops::Start() {
  for (const auto& loop : delivery) loop->Start();
  if (hooks) hooks->Start();
}

void Loops::Stop() {
  for (const auto& loop : delivery) loop->Stop();
  if (hooks) hooks->Stop();
}

Result<Loops> MakeLoops(const Config& config, const DescriptorShares& shares) {
  auto policy = MakePolicy(config);
  if (!policy) return std::unexpected(policy.error());
  auto options = MakeOptions(config);
  if (!options) return std::unexpected(options.error());
  auto resolver_options = MakeResolverOptions(config, shares.lookups);
  if (!resolver_options) return std::unexpected(resolver_options.error());
  auto resolver = std::make_shared<net::DnsResolver>(std::move(*resolver_options));
  Loops loops;
  const std::size_t count = DeliveryLoopCount(config);
  options->connections_max = std::max<std::size_t>(1, shares.delivery_connections / count);
  // A shard starts no more attempts than its loop has connections, and shares them by hook and app:
  // none waits for a connection while its time runs, be they to one host.
  options->connections_per_host_max = options->connections_max;
  for (std::size_t i = 0; i < count; ++i) {
    loops.delivery.push_back(std::make_unique<net::HttpLoop>(*options, *policy, resolver));
  }
  // The same goes for hooks::SyncCaller.
  options->connections_max = std::max<std::size_t>(1, shares.hook_connections);
  options->connections_per_host_max = options->connections_max;
  options->lookup_lane = net::LookupLane::kHooks;
  loops.hooks = std::make_unique<net::HttpLoop>(*options, *policy, resolver);
  return loops;
}

}  // namespace hookline::server
