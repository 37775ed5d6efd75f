#include "base/clock.h"

namespace hookline {

SystemClock::SystemClock()
    : wall_at_start_(SystemClock::WallNow()), steady_at_start_(std::chrono::steady_clock::now()) {}

Timestamp SystemClock::WallNow() const {
  return {std::chrono::duration_cast<std::chrono::nanoseconds>(
              std::chrono::system_clock::now().time_since_epoch())
              .count()};
}

std::chrono::steady_clock::time_point SystemClock::SteadyNow() const {
  return std::chrono::steady_clock::now();
}

Timestamp SystemClock::ScheduleNow() const {
  return wall_at_start_ + std::chrono::duration_cast<std::chrono::nanoseconds>(
                              std::chrono::steady_clock::now() - steady_at_start_);
}

}  // namespace hookline
