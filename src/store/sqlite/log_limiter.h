#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

namespace hookline::store::sqlite {

/// Lets one line a minute through and counts the others, so that trouble that repeats itself does
/// not fill the log. One thread at a time.
class LogLimiter {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;
  static constexpr std::chrono::minutes kQuiet{1};

  /// Whether to log now; then the number of lines that were held back since the last one.
  std::optional<std::int64_t> Admit(TimePoint now) {
    if (last_ && now - *last_ < kQuiet) {
      ++held_back_;
      return std::nullopt;
    }
    last_ = now;
    const std::int64_t count = held_back_;
    held_back_ = 0;
    return count;
  }

 private:
  std::optional<TimePoint> last_;
  std::int64_t held_back_ = 0;
};

}  // namespace hookline::store::sqlite
