#pragma once

#include <atomic>
#include <exception>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>

#include "store/sqlite/log_limiter.h"
#include "store/store.h"

namespace hookline::store::sqlite {

/// What a job is told that ended with `failure`: kFault if the job itself is wrong, in this state
/// of the data at least; kFailed if another try may succeed.
Commit ResultOf(const std::exception& failure);

/// The state of the store as a whole, for /readyz and for the log. A job that fails says nothing
/// about it, unless it has met damage. Thread-safe.
class Health {
 public:
  /// `log` may be called from any thread.
  explicit Health(std::function<void(std::string_view)> log) : log_(std::move(log)) {}

  bool ok() const { return writable() && !damaged_.load(std::memory_order_relaxed); }
  bool writable() const { return writable_.load(std::memory_order_relaxed); }

  /// The latest try to commit something has succeeded, or has not because of `why`. The writer's.
  void SetWritable(bool writable, std::string_view why);

  /// A job (`what`: "a write job") ended with `failure`. Logged at most once a minute.
  void JobFailed(std::string_view what, const std::exception& failure);

  /// Pages or rows that contradict each other. Stays so until the store is opened anew.
  void SetDamaged(std::string_view found);

  void Log(std::string_view line) const { log_(line); }

 private:
  const std::function<void(std::string_view)> log_;
  std::atomic<bool> writable_{true};
  std::atomic<bool> damaged_{false};
  LogLimiter outages_;          ///< The writer's.
  bool outage_logged_ = false;  ///< The writer's.
  std::mutex mutex_;
  LogLimiter failures_;  ///< Guarded by mutex_.
};

}  // namespace hookline::store::sqlite
