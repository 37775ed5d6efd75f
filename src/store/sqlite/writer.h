#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "store/sqlite/connection.h"
#include "store/sqlite/fair_queue.h"
#include "store/sqlite/health.h"
#include "store/sqlite/purger.h"
#include "store/sqlite/writer_session.h"

namespace hookline::store::sqlite {

/// The thread that writes. Takes all jobs that have arrived, up to a bound, runs them in one
/// transaction and commits it; does not wait for more to arrive. If more wait than one batch can
/// take, internal ones get up to half of it, and apps take turns. Thread-safe.
///
/// A transaction that is lost (one job broke it, or it could not be committed) is run again job by
/// job, each in a transaction of its own: who fails then, fails alone, and nobody is told of
/// anything that he saw in a transaction that was not kept.
class Writer {
 public:
  using Run = std::move_only_function<bool(Tx&)>;
  using Done = std::move_only_function<void(Commit)>;

  struct Options {
    std::size_t queue_max = 8192;
    std::size_t queue_bytes_max = std::size_t{64} << 20;
    std::size_t batch_max = 256;
    std::chrono::microseconds batch_time_max{4000};
    Retention retention;
  };

  /// `clock` and `health` outlive the writer.
  Writer(std::unique_ptr<Connection> db, const Clock& clock, Health& health, Options options);
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;
  ~Writer();

  void Start();
  /// Finishes what is queued; then every job is rejected. Not to be called from the thread itself.
  void Stop();

  /// If the job is not taken, `done` is told so at once.
  void Post(Origin origin, Run run, Done done);
  /// Internal jobs do not count for the bounds of the queue and are refused only after Stop.
  void PostInternal(Run run, Done done);
  /// Fills in what is about writes.
  void AddTo(QueueStats& stats) const;
  StorageStats storage() const;
  void SetCommitListener(delivery::CommitListener* listener) { listener_ = listener; }

 private:
  using TimePoint = std::chrono::steady_clock::time_point;

  struct Job {
    Run run;
    Done done;
    std::optional<Origin> origin;  ///< None: internal.
    Commit result = Commit::kFailed;
  };
  enum class Fate {
    kKept,      ///< What the jobs say of themselves is true.
    kLost,      ///< None of what they wrote was kept, and what they saw may not be true.
    kNotBegun,  ///< None of them ran.
  };
  struct Round {
    std::size_t end = 0;  ///< Behind the last job that took part.
    Fate fate = Fate::kKept;
  };

  void Loop();
  bool PostJob(Job& job);
  /// Waits for jobs and takes what goes into one batch. False when the writer is to end.
  bool TakeJobs();
  /// Takes over what has arrived; waits if there is nothing to do. False when the writer is to end.
  bool TakeIncoming();
  /// Runs jobs from `begin` on, and tells. Returns the end of what it did.
  std::size_t RunBatch(std::size_t begin);
  /// Runs jobs from `begin` on in one transaction, up to `limit` or until the time is up.
  Round RunRound(std::size_t begin, std::size_t limit);
  /// Runs the jobs of a lost round again, each alone, and tells.
  void Salvage(std::size_t begin, std::size_t end);
  /// False if the transaction is gone, and what the round's jobs wrote with it.
  bool RunJob(Job& job);
  bool Begin();
  bool CommitRound();
  void Rollback();
  /// Hands out what was committed, and tells the jobs what has become of them.
  void Conclude(std::size_t begin, std::size_t end);
  void Fail(std::size_t begin, std::size_t end);
  void Tell(std::size_t begin, std::size_t end);
  /// Finds out whether the store takes writes.
  bool Probe();
  /// What is to be done besides jobs, and when next.
  void DoChores();
  TimePoint NextChore() const;
  void PostPurge();
  void PostRetention();

  const Options options_;
  Health& health_;
  std::unique_ptr<Connection> db_;
  WriterSession session_;
  Statement begin_;
  Statement commit_;
  Statement probe_;
  delivery::CommitListener* listener_ = nullptr;
  // The thread's own:
  std::vector<Job> taken_;         ///< What has arrived, for a moment.
  std::vector<Job> jobs_;          ///< The batch.
  FairQueue<Job> waiting_jobs_;    ///< Of callers, for the batches after it.
  std::deque<Job> internal_jobs_;  ///< The same of internal ones.
  TimePoint probe_at_;
  Purger purger_;
  Purger retention_;
  RetentionTable::Step retention_step_;

  mutable std::mutex mutex_;
  std::condition_variable arrived_;
  std::vector<Job> incoming_;  ///< Guarded by mutex_, as are the next five.
  QueueShares shares_;         ///< Of callers' jobs that were taken in and have not ended.
  std::int64_t rejected_ = 0;
  StorageStats storage_;
  bool waiting_ = false;
  bool stopping_ = false;

  std::thread thread_;
};

}  // namespace hookline::store::sqlite
