#include "server/outgoing.h"

#include <fmt/core.h>

#include <algorithm>
#include <thread>
#include <utility>

#include "delivery/shard.h"
#include "hooks/limits.h"

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

Result<net::HttpLoopOptions> MakeOptions(const Config& config) {
  net::HttpLoopOptions options;
  options.proxy = config.proxy;
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

std::size_t LoopCount(const Config& config) {
  if (config.delivery_threads > 0) return static_cast<std::size_t>(config.delivery_threads);
  return std::max<std::size_t>(1, std::thread::hardware_concurrency() / 2);
}

}  // namespace

void Loops::Start() {
  for (const auto& loop : delivery) loop->Start();
  if (hooks) hooks->Start();
}

void Loops::Stop() {
  for (const auto& loop : delivery) loop->Stop();
  if (hooks) hooks->Stop();
}

Result<Loops> MakeLoops(const Config& config) {
  auto policy = MakePolicy(config);
  if (!policy) return std::unexpected(policy.error());
  auto options = MakeOptions(config);
  if (!options) return std::unexpected(options.error());
  auto resolver = std::make_shared<net::SystemResolver>();
  // A shard starts no more attempts than its loop can run at once, be it to one host, so that none
  // waits for a connection while its time runs. A few more are for test calls.
  constexpr std::size_t kTestCalls = 32;
  options->connections_max =
      static_cast<std::size_t>(delivery::ShardLimits{}.in_flight) + kTestCalls;
  options->connections_per_host_max = options->connections_max;
  Loops loops;
  for (std::size_t i = 0; i < LoopCount(config); ++i) {
    loops.delivery.push_back(std::make_unique<net::HttpLoop>(*options, *policy, resolver));
  }
  // Every call that hooks::SyncCaller lets through starts at once.
  options->connections_per_host_max = hooks::kMaxCallsInFlight * 2;
  options->connections_max = hooks::kMaxCallsInFlight * 4;
  loops.hooks = std::make_unique<net::HttpLoop>(*options, *policy, resolver);
  return loops;
}

}  // namespace hookline::server
