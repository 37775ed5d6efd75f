#include "store/sqlite/reader_pool.h"

#include <pthread.h>

#include <algorithm>
#include <utility>

namespace hookline::store::sqlite {
namespace {

// Of SQLite's virtual machine, between two looks at the clock: well under a millisecond.
constexpr int kStepsPerLook = 1000;

}  // namespace

struct ReaderPool::Watch {
  const Clock& clock;
  const std::atomic<bool>& stopping;
  std::optional<TimePoint> deadline;  ///< None: no limit.
  bool late = false;                  ///< The deadline has passed in the midst of a statement.

  static int Look(void* self) {
    auto& watch = *static_cast<Watch*>(self);
    if (watch.stopping.load(std::memory_order_relaxed)) return 1;
    watch.late = watch.deadline && watch.clock.SteadyNow() >= *watch.deadline;
    return watch.late ? 1 : 0;
  }
};

ReaderPool::ReaderPool(std::vector<std::unique_ptr<Connection>> connections, const Clock& clock,
                       Health& health, Options options)
    : options_(options),
      app_max_(std::max<std::size_t>(1, connections.size() / 2)),
      callers_max_(std::max<std::size_t>(2, connections.size()) - 1),
      clock_(clock),
      health_(health),
      connections_(std::move(connections)),
      shares_(options.queue_max, options.queue_bytes_max) {
  for (const auto& db : connections_) {
    threads_.emplace_back([this, &db = *db] {
      pthread_setname_np(pthread_self(), "store-reader");
      Loop(db);
    });
  }
}

ReaderPool::~ReaderPool() { Stop(); }

void ReaderPool::Stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_.store(true, std::memory_order_relaxed);
    changed_.notify_all();
  }
  for (std::thread& thread : threads_) {
    if (thread.joinable()) thread.join();
  }
}

void ReaderPool::Post(Origin origin, Run run, Done done) {
  Job job{std::move(run), std::move(done), origin, clock_.SteadyNow()};
  if (!PostJob(job)) job.done(Commit::kRejected);
}

void ReaderPool::PostInternal(Run run, Done done) {
  Job job{std::move(run), std::move(done), std::nullopt, {}};
  if (!PostJob(job)) job.done(Commit::kRejected);
}

bool ReaderPool::PostJob(Job& job) {
  const std::lock_guard lock(mutex_);
  if (stopping_ || (job.origin && !shares_.Admit(*job.origin))) {
    if (job.origin) ++rejected_;
    return false;
  }
  if (job.origin) {
    const AppId app = job.origin->app;
    queue_.Push(app, std::move(job));
  } else {
    internal_queue_.push_back(std::move(job));
  }
  changed_.notify_one();
  return true;
}

void ReaderPool::AddTo(QueueStats& stats) const {
  const std::lock_guard lock(mutex_);
  stats.reads_queued = static_cast<std::int64_t>(shares_.jobs());
  stats.reads_rejected = rejected_;
  stats.reads_timed_out = timed_out_;
}

std::optional<ReaderPool::Job> ReaderPool::TakeJob() {
  std::unique_lock lock(mutex_);
  std::optional<Job> job;
  changed_.wait(lock, [&] {
    job = PickJob();
    return job.has_value() || stopping_;
  });
  return job;
}

std::optional<ReaderPool::Job> ReaderPool::PickJob() {
  if (!internal_queue_.empty()) {
    std::optional<Job> job(std::move(internal_queue_.front()));
    internal_queue_.pop_front();
    return job;
  }
  // What waits when the pool stops is only told so.
  if (running_ >= callers_max_ && !stopping_) return std::nullopt;
  std::optional<Job> job = queue_.PopIf([this](AppId app) {
    const auto running = running_by_app_.find(app.value);
    return stopping_ || running == running_by_app_.end() || running->second < app_max_;
  });
  if (job) {
    ++running_;
    ++running_by_app_[job->origin->app.value];
  }
  return job;
}

void ReaderPool::OnEnded(const Job& job, Commit result) {
  if (!job.origin) return;
  const std::lock_guard lock(mutex_);
  shares_.Release(*job.origin);
  --running_;
  const auto running = running_by_app_.find(job.origin->app.value);
  if (--running->second == 0) running_by_app_.erase(running);
  if (result == Commit::kRejected) ++rejected_;
  if (result == Commit::kTimedOut) ++timed_out_;
  // One that had to wait for this one may be the turn of any thread.
  changed_.notify_one();
}

Commit ReaderPool::RunJob(Job& job, Watch& watch, Statement& begin, ReaderSession& session) {
  if (stopping_) return Commit::kRejected;
  watch.deadline.reset();
  watch.late = false;
  if (job.origin) {
    const TimePoint now = clock_.SteadyNow();
    if (now - job.posted > options_.wait_max) return Commit::kRejected;
    watch.deadline = now + options_.run_max;
  }
  try {
    Execute(begin);
    job.run(session);
    return Commit::kCommitted;
  } catch (const std::exception& failure) {
    const auto* sqlite = dynamic_cast<const SqliteFailure*>(&failure);
    if (sqlite != nullptr && sqlite->code() == SQLITE_INTERRUPT) {
      return watch.late ? Commit::kTimedOut : Commit::kRejected;
    }
    health_.JobFailed("a read job", failure);
    return ResultOf(failure);
  }
}

void ReaderPool::Loop(Connection& db) {
  ReaderSession session(db, clock_);
  Statement begin(db, "BEGIN");
  Statement end(db, "ROLLBACK");
  Watch watch{clock_, stopping_, std::nullopt};
  sqlite3_progress_handler(db.handle(), kStepsPerLook, &Watch::Look, &watch);
  while (std::optional<Job> job = TakeJob()) {
    Commit result = RunJob(*job, watch, begin, session);
    watch.deadline.reset();
    try {
      if (db.in_transaction()) Execute(end);
    } catch (const Failure& failure) {
      result = Commit::kFailed;
      health_.JobFailed("the end of a read job", failure);
    }
    job->run = nullptr;
    OnEnded(*job, result);
    job->done(result);
  }
}

}  // namespace hookline::store::sqlite
