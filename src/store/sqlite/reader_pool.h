#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string_view>
#include <thread>
#include <vector>

#include "store/sqlite/connection.h"
#include "store/sqlite/health.h"
#include "store/sqlite/reader_session.h"

namespace hookline::store::sqlite {

/// Threads that read, each with a connection of its own. Every job sees one state of the database:
/// at least all that was committed before the job was posted. Thread-safe.
class ReaderPool {
 public:
  using Run = std::move_only_function<void(Reader&)>;
  using Done = std::move_only_function<void(Commit)>;

  /// `clock` and `health` outlive the pool. One thread for each connection.
  ReaderPool(std::vector<std::unique_ptr<Connection>> connections, const Clock& clock,
             Health& health, std::size_t queue_max);
  ReaderPool(const ReaderPool&) = delete;
  ReaderPool& operator=(const ReaderPool&) = delete;
  ~ReaderPool();

  void Post(Run run, Done done);
  /// Finishes what is queued; then every job is rejected. Not to be called from its threads.
  void Stop();

 private:
  struct Job {
    Run run;
    Done done;
  };

  void Loop(Connection& db, const Clock& clock);
  bool TakeJob(Job& job);

  const std::size_t queue_max_;
  Health& health_;
  std::vector<std::unique_ptr<Connection>> connections_;

  std::mutex mutex_;
  std::condition_variable arrived_;
  std::deque<Job> queue_;  ///< Guarded by mutex_, as is the next one.
  bool stopping_ = false;

  std::vector<std::thread> threads_;
};

}  // namespace hookline::store::sqlite
