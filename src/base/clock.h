#pragma once

#include <chrono>

#include "base/time.h"

namespace hookline {

/// Time as an object, so that tests can set it. Thread-safe.
class Clock {
 public:
  virtual ~Clock() = default;

  /// The wall clock: what users see (created_at …). May jump.
  virtual Timestamp WallNow() const = 0;

  /// Monotonic time for deadlines and waits. Never jumps.
  virtual std::chrono::steady_clock::time_point SteadyNow() const = 0;

  /// Wall time as it was when the process started, plus the monotonic time since. Comparable with
  /// stored times after a restart, yet immune to clock jumps while the process runs: retries are
  /// scheduled by it.
  virtual Timestamp ScheduleNow() const = 0;
};

/// The real clocks of this machine.
class SystemClock final : public Clock {
 public:
  SystemClock();
  Timestamp WallNow() const override;
  std::chrono::steady_clock::time_point SteadyNow() const override;
  Timestamp ScheduleNow() const override;

 private:
  const Timestamp wall_at_start_;
  const std::chrono::steady_clock::time_point steady_at_start_;
};

}  // namespace hookline
