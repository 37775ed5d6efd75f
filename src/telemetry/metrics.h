#pragma once

#include <cstdint>
#include <string>

#include "delivery/stats.h"

namespace hookline::telemetry {

/// What the metrics page shows besides delivery's own figures.
struct ServerFigures {
  std::int64_t connections = 0;  ///< API connections open now.
  bool store_healthy = true;
};

/// The page in Prometheus' text format.
std::string RenderMetrics(const delivery::DispatcherStats& delivery, const ServerFigures& server);

}  // namespace hookline::telemetry
