#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "base/clock.h"
#include "store/store.h"

namespace hookline::server {

/// Removes what has expired (ephemeral messages, mutes, bans) from time to time, in chunks so small
/// that the jobs between them wait for a moment only. A thread of its own, which mostly sleeps.
class Sweeper {
 public:
  /// `store` and `clock` outlive the sweeper. `interval` is between the end of one sweep and the
  /// start of the next.
  Sweeper(store::Store& store, const Clock& clock, std::chrono::milliseconds interval);
  Sweeper(const Sweeper&) = delete;
  Sweeper& operator=(const Sweeper&) = delete;
  ~Sweeper();

  /// Ends the thread; to be called before the store stops. May be called twice.
  void Stop();

 private:
  void Loop();
  /// Waits for the next sweep. False if the thread is to end.
  bool Wait();
  /// Removes one chunk. True if there may be more.
  bool SweepChunk();

  store::Store& store_;
  const Clock& clock_;
  const std::chrono::milliseconds interval_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool stopping_ = false;  ///< Guarded by mutex_.
  std::thread thread_;
};

}  // namespace hookline::server
