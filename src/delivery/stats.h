#pragma once

#include <array>
#include <atomic>
#include <cstdint>

#include "base/failure_class.h"

namespace hookline::delivery {

/// Figures since the start, summed over the shards.
struct DispatcherStats {
  std::int64_t in_memory = 0;    ///< Deliveries loaded now.
  std::int64_t event_bytes = 0;  ///< Of the events in memory, each counted once.
  std::int64_t in_flight = 0;    ///< Attempts under way now.
  std::int64_t unrecorded = 0;   ///< Outcomes that are not committed yet.
  std::int64_t lanes = 0;        ///< Hooks with something to do, and some that had.
  std::int64_t attempts = 0;     ///< Recorded ones.
  std::int64_t delivered = 0;
  std::int64_t dead = 0;
  std::int64_t cancelled = 0;
  std::int64_t hooks_disabled = 0;   ///< By 410 Gone.
  std::int64_t record_failures = 0;  ///< Times that writing outcomes down failed.
  /// By FailureClass; at kStatus those that were answered with a status outside 200–299.
  std::array<std::int64_t, kFailureClasses> failed_attempts{};
};

/// One shard's counters: written by its thread (and the writer's), read by any.
struct ShardCounters {
  std::atomic<std::int64_t> in_memory{0};
  std::atomic<std::int64_t> in_flight{0};
  std::atomic<std::int64_t> unrecorded{0};
  std::atomic<std::int64_t> lanes{0};
  std::atomic<std::int64_t> attempts{0};
  std::atomic<std::int64_t> delivered{0};
  std::atomic<std::int64_t> dead{0};
  std::atomic<std::int64_t> cancelled{0};
  std::atomic<std::int64_t> hooks_disabled{0};
  std::atomic<std::int64_t> record_failures{0};
  std::array<std::atomic<std::int64_t>, kFailureClasses> failed_attempts{};

  void AddTo(DispatcherStats& sum) const {
    constexpr auto kRelaxed = std::memory_order_relaxed;
    sum.in_memory += in_memory.load(kRelaxed);
    sum.in_flight += in_flight.load(kRelaxed);
    sum.unrecorded += unrecorded.load(kRelaxed);
    sum.lanes += lanes.load(kRelaxed);
    sum.attempts += attempts.load(kRelaxed);
    sum.delivered += delivered.load(kRelaxed);
    sum.dead += dead.load(kRelaxed);
    sum.cancelled += cancelled.load(kRelaxed);
    sum.hooks_disabled += hooks_disabled.load(kRelaxed);
    sum.record_failures += record_failures.load(kRelaxed);
    for (std::size_t i = 0; i < kFailureClasses; ++i) {
      sum.failed_attempts[i] += failed_attempts[i].load(kRelaxed);
    }
  }
};

}  // namespace hookline::delivery
