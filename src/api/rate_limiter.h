#pragma once

#include <cstdint>
#include <mutex>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/ids.h"
#include "base/time.h"

namespace hookline::api {

/// Where an app stands with one operation.
struct RateStatus {
  std::int64_t limit = 0;
  std::int64_t remaining = 0;
  std::int64_t reset = 0;  ///< Unix seconds at which the window ends.
  bool exceeded = false;
};

/// Counts requests per app and operation in windows of a minute. Thread-safe.
class RateLimiter {
 public:
  /// `limit` is per minute, app and operation. `operations` is how many operations there are.
  RateLimiter(std::int64_t limit, std::size_t operations)
      : limit_(limit), operations_(operations) {}

  /// Counts one request; over the limit nothing is counted.
  RateStatus Take(AppId app, std::size_t operation, Timestamp now);
  /// Looks without counting.
  RateStatus Peek(AppId app, std::size_t operation, Timestamp now);

 private:
  struct Window {
    std::int64_t minute = 0;
    std::int64_t used = 0;
  };
  Window& Find(AppId app, std::size_t operation, std::int64_t minute);

  const std::int64_t limit_;
  const std::size_t operations_;
  std::mutex mutex_;
  std::unordered_map<AppId, std::vector<Window>> apps_;
};

}  // namespace hookline::api
