#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "delivery/stats.h"
#include "hooks/sync_caller.h"
#include "store/store.h"

namespace hookline::telemetry {

/// What the metrics page shows besides delivery's own figures.
struct ServerFigures {
  std::int64_t connections = 0;     ///< API connections open now.
  std::int64_t request_memory = 0;  ///< Bytes that requests and answers hold now.
  bool store_healthy = true;
  store::QueueStats queues;
  store::StorageStats storage;
};

/// The page in Prometheus' text format.
std::string RenderMetrics(const delivery::DispatcherStats& delivery, const ServerFigures& server,
                          const std::vector<hooks::HookReport>& sync_hooks);

}  // namespace hookline::telemetry
