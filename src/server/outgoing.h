#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "base/error.h"
#include "hooks/call_gate.h"
#include "net/http_loop.h"
#include "server/config.h"
#include "server/process.h"

namespace hookline::server {

/// The loops that make outgoing calls, all with the operator's policy for targets. `threads` 0: one
/// per two cores. Fails with kInput if the configuration names no valid subnet or address.
struct Loops {
  std::vector<std::unique_ptr<net::HttpLoop>> delivery;
  /// For synchronous hooks alone: a send waits for them, so no delivery may take their place.
  std::unique_ptr<net::HttpLoop> hooks;

  void Start();
  void Stop();
};
/// `shares.delivery_connections` are shared by the delivery loops, `shares.hook_connections` are
/// the hook loop's.
Result<Loops> MakeLoops(const Config& config, const DescriptorShares& shares);

/// How many threads send webhooks.
std::size_t DeliveryLoopCount(const Config& config);
/// What the loops take if there are descriptors enough.
std::size_t WantedDeliveryConnections(const Config& config);
std::size_t WantedHookConnections();
std::size_t WantedLookupDescriptors();

/// How many attempts the shard of each delivery loop, and how many calls hooks::SyncCaller may have
/// under way with so many connections in all: no more than can run.
int AttemptsPerLoop(const Config& config, std::size_t delivery_connections);
hooks::GateLimits HookCallLimits(std::size_t hook_connections);

}  // namespace hookline::server
