#pragma once

#include <atomic>
#include <boost/unordered/unordered_flat_map.hpp>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "store/sqlite/connection.h"
#include "store/sqlite/fair_queue.h"
#include "store/sqlite/health.h"
#include "store/sqlite/reader_session.h"

namespace hookline::store::sqlite {

/// Threads that read, each with a connection of its own. Every job sees one state of the database:
/// at least all that was committed before the job was posted. Thread-safe.
///
/// Apps take turns, and no app has more than half of the threads; callers together leave one to
/// internal jobs (unless there is but one).
class ReaderPool {
 public:
  using Run = std::move_only_function<void(Reader&)>;
  using Done = std::move_only_function<void(Commit)>;

  struct Options {
    std::size_t queue_max = 4096;
    std::size_t queue_bytes_max = std::size_t{64} << 20;
    std::chrono::milliseconds run_max{2000};   ///< Then a job is given up: kTimedOut.
    std::chrono::milliseconds wait_max{5000};  ///< Then it is not begun any more: kRejected.
  };

  /// `clock` and `health` outlive the pool. One thread for each connection.
  ReaderPool(std::vector<std::unique_ptr<Connection>> connections, const Clock& clock,
             Health& health, Options options);
  ReaderPool(const ReaderPool&) = delete;
  ReaderPool& operator=(const ReaderPool&) = delete;
  ~ReaderPool();

  void Post(Origin origin, Run run, Done done);
  /// Not bounded in number or time: the server's own work, which is.
  void PostInternal(Run run, Done done);
  /// Fills in what is about reads.
  void AddTo(QueueStats& stats) const;

  /// Interrupts what runs and rejects what waits; then every job is rejected. Not to be called from
  /// its threads.
  void Stop();

 private:
  using TimePoint = std::chrono::steady_clock::time_point;

  struct Job {
    Run run;
    Done done;
    std::optional<Origin> origin;  ///< None: internal.
    TimePoint posted;
  };
  /// What SQLite asks in the midst of a statement; the thread's own.
  struct Watch;

  bool PostJob(Job& job);
  void Loop(Connection& db);
  /// Waits for a job that may run now. None when the thread is to end.
  std::optional<Job> TakeJob();
  std::optional<Job> PickJob();
  Commit RunJob(Job& job, Watch& watch, Statement& begin, ReaderSession& session);
  void OnEnded(const Job& job, Commit result);

  const Options options_;
  const std::size_t app_max_;      ///< Jobs of one app that may run at once.
  const std::size_t callers_max_;  ///< The same of all apps.
  const Clock& clock_;
  Health& health_;
  std::vector<std::unique_ptr<Connection>> connections_;
  std::atomic<bool> stopping_{false};  ///< Set under mutex_.

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  FairQueue<Job> queue_;            ///< Guarded by mutex_, as are the next ones.
  std::deque<Job> internal_queue_;  ///< Goes first.
  QueueShares shares_;              ///< Of callers' jobs that wait or run.
  boost::unordered_flat_map<std::int64_t, std::size_t> running_by_app_;
  std::size_t running_ = 0;  ///< Jobs of callers.
  std::int64_t rejected_ = 0;
  std::int64_t timed_out_ = 0;

  std::vector<std::thread> threads_;
};

}  // namespace hookline::store::sqlite
