#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <mutex>

namespace hookline::net {

/// Counts what is still running, and lets somebody wait until nothing is. Thread-safe.
class Gate {
 public:
  void Enter() {
    const std::lock_guard lock(mutex_);
    ++count_;
  }

  void Leave() {
    const std::lock_guard lock(mutex_);
    --count_;
    if (count_ == 0) empty_.notify_all();
  }

  std::size_t count() const {
    const std::lock_guard lock(mutex_);
    return count_;
  }

  /// False if something still runs at `deadline`.
  bool WaitEmpty(std::chrono::steady_clock::time_point deadline) {
    std::unique_lock lock(mutex_);
    return empty_.wait_until(lock, deadline, [this] { return count_ == 0; });
  }

 private:
  mutable std::mutex mutex_;
  std::condition_variable empty_;
  std::size_t count_ = 0;
};

}  // namespace hookline::net
