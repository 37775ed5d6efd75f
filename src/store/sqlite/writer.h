#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "store/sqlite/connection.h"
#include "store/sqlite/writer_session.h"

namespace hookline::store::sqlite {

/// The thread that writes. Takes all jobs that have arrived, up to a bound, runs them in one
/// transaction and commits it; does not wait for more to arrive. Thread-safe.
class Writer {
 public:
  using Run = std::move_only_function<bool(Tx&)>;
  using Done = std::move_only_function<void(Commit)>;

  struct Options {
    std::size_t queue_max = 8192;
    std::size_t batch_max = 256;
    std::chrono::microseconds batch_time_max{4000};
    std::function<void(std::string_view)> log;
  };

  /// `clock` outlives the writer.
  Writer(std::unique_ptr<Connection> db, const Clock& clock, Options options);
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;
  ~Writer();

  void Start();
  /// Finishes what is queued; then every job is rejected. Not to be called from the thread itself.
  void Stop();

  /// If the job is not taken, `done` is told so at once. Internal jobs do not count for the bound
  /// of the queue and are refused only after Stop.
  void Post(Run run, Done done, bool internal);
  void SetCommitListener(delivery::CommitListener* listener) { listener_ = listener; }
  bool healthy() const { return healthy_.load(std::memory_order_relaxed); }

 private:
  struct Job {
    Run run;
    Done done;
    bool internal;
    Commit result = Commit::kFailed;
  };

  void Loop();
  /// Waits for jobs and takes all there are. False when the writer is to end.
  bool TakeJobs();
  /// Runs jobs from `begin` on in one transaction, and tells. Returns the end of what it did.
  std::size_t RunBatch(std::size_t begin);
  std::size_t RunJobs(std::size_t begin);
  /// False if the transaction is gone, and what the jobs from `begin` on wrote with it.
  bool RunJob(Job& job);
  bool EndJob(bool keep);
  bool Begin();
  bool CommitBatch();
  void Rollback();
  /// While the store is out of order, finds out whether it works again.
  void Probe();
  void ContinuePurges();
  void SetHealth(bool healthy, std::string_view why);

  const Options options_;
  std::unique_ptr<Connection> db_;
  WriterSession session_;
  Statement begin_;
  Statement commit_;
  Statement probe_;
  delivery::CommitListener* listener_ = nullptr;
  std::atomic<bool> healthy_{true};
  std::vector<Job> jobs_;      ///< The thread's own.
  bool purge_queued_ = false;  ///< The thread's own.

  std::mutex mutex_;
  std::condition_variable arrived_;
  std::vector<Job> incoming_;  ///< Guarded by mutex_, as are the next three.
  std::size_t queued_ = 0;     ///< Jobs of callers that were taken in and have not ended.
  bool waiting_ = false;
  bool stopping_ = false;

  std::thread thread_;
};

}  // namespace hookline::store::sqlite
