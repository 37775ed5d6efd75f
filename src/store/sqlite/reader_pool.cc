#include "store/sqlite/reader_pool.h"

#include <pthread.h>

#include <utility>

namespace hookline::store::sqlite {

ReaderPool::ReaderPool(std::vector<std::unique_ptr<Connection>> connections, const Clock& clock,
                       Health& health, std::size_t queue_max)
    : queue_max_(queue_max), health_(health), connections_(std::move(connections)) {
  for (const auto& db : connections_) {
    threads_.emplace_back([this, &db = *db, &clock] {
      pthread_setname_np(pthread_self(), "store-reader");
      Loop(db, clock);
    });
  }
}

ReaderPool::~ReaderPool() { Stop(); }

void ReaderPool::Stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    arrived_.notify_all();
  }
  for (std::thread& thread : threads_) {
    if (thread.joinable()) thread.join();
  }
}

void ReaderPool::Post(Run run, Done done) {
  {
    const std::lock_guard lock(mutex_);
    if (!stopping_ && queue_.size() < queue_max_) {
      queue_.push_back({std::move(run), std::move(done)});
      arrived_.notify_one();
      return;
    }
  }
  done(Commit::kRejected);
}

bool ReaderPool::TakeJob(Job& job) {
  std::unique_lock lock(mutex_);
  arrived_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
  if (queue_.empty()) return false;
  job = std::move(queue_.front());
  queue_.pop_front();
  return true;
}

void ReaderPool::Loop(Connection& db, const Clock& clock) {
  ReaderSession session(db, clock);
  Statement begin(db, "BEGIN");
  Statement end(db, "ROLLBACK");
  Job job;
  while (TakeJob(job)) {
    Commit result = Commit::kCommitted;
    try {
      Execute(begin);
      job.run(session);
    } catch (const std::exception& failure) {
      result = ResultOf(failure);
      health_.JobFailed("a read job", failure);
    }
    try {
      if (db.in_transaction()) Execute(end);
    } catch (const Failure& failure) {
      result = Commit::kFailed;
      health_.JobFailed("the end of a read job", failure);
    }
    job.done(result);
    job = {};
  }
}

}  // namespace hookline::store::sqlite
