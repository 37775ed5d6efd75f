#include "store/sqlite/writer.h"

#include <fmt/format.h>
#include <pthread.h>

#include <algorithm>
#include <utility>

namespace hookline::store::sqlite {
namespace {

constexpr std::chrono::milliseconds kProbeInterval{500};

// Small enough that the jobs between two pieces wait for a moment only.
constexpr int kPurgeRows = 64;

}  // namespace

Writer::Writer(std::unique_ptr<Connection> db, const Clock& clock, Options options)
    : options_(std::move(options)),
      db_(std::move(db)),
      session_(*db_, clock),
      begin_(*db_, "BEGIN IMMEDIATE"),
      commit_(*db_, "COMMIT"),
      probe_(*db_, "UPDATE meta SET value = value + 1 WHERE key = 'probe'") {}

Writer::~Writer() { Stop(); }

void Writer::Start() {
  ContinuePurges();
  thread_ = std::thread([this] {
    pthread_setname_np(pthread_self(), "store-writer");
    Loop();
  });
}

void Writer::Stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    arrived_.notify_one();
  }
  if (thread_.joinable()) thread_.join();
}

void Writer::Post(Run run, Done done, bool internal) {
  {
    std::unique_lock lock(mutex_);
    if (!stopping_ && (internal || queued_ < options_.queue_max)) {
      if (!internal) ++queued_;
      incoming_.push_back({std::move(run), std::move(done), internal});
      const bool wake = std::exchange(waiting_, false);
      lock.unlock();
      if (wake) arrived_.notify_one();
      return;
    }
  }
  done(Commit::kRejected);
}

void Writer::Loop() {
  while (TakeJobs()) {
    for (std::size_t begin = 0; begin < jobs_.size();) begin = RunBatch(begin);
    jobs_.clear();
  }
}

bool Writer::TakeJobs() {
  std::unique_lock lock(mutex_);
  while (incoming_.empty()) {
    if (stopping_) return false;
    waiting_ = true;
    if (healthy()) {
      arrived_.wait(lock);
    } else if (arrived_.wait_for(lock, kProbeInterval) == std::cv_status::timeout) {
      waiting_ = false;
      lock.unlock();
      Probe();
      lock.lock();
    }
  }
  waiting_ = false;
  jobs_.swap(incoming_);
  return true;
}

std::size_t Writer::RunBatch(std::size_t begin) {
  const std::size_t end = RunJobs(begin);
  const bool kept = !session_.has_writes() || CommitBatch();
  // Nothing that is worth a commit: what was rolled back job by job costs no sync.
  if (db_->in_transaction()) Rollback();
  if (kept) {
    WriterSession::Effects effects = session_.TakeEffects();
    for (auto& fn : effects.on_commit) fn();
    if (!effects.deliveries.empty() && listener_ != nullptr) {
      listener_->OnDeliveriesCommitted(std::move(effects.deliveries));
    }
  } else {
    session_.Forget();
  }
  std::size_t callers = 0;
  for (std::size_t i = begin; i < end; ++i) {
    Job& job = jobs_[i];
    if (!job.internal) ++callers;
    if (!kept && job.result == Commit::kCommitted) job.result = Commit::kFailed;
    job.done(job.result);
    // What the job holds on to is let go now, not when the whole queue has been worked off.
    job.run = nullptr;
    job.done = nullptr;
  }
  {
    const std::lock_guard lock(mutex_);
    queued_ -= callers;
  }
  if (session_.has_purges() && !purge_queued_ && healthy()) ContinuePurges();
  return end;
}

std::size_t Writer::RunJobs(std::size_t begin) {
  const std::size_t limit = std::min(jobs_.size(), begin + options_.batch_max);
  if (!Begin()) return limit;
  const auto deadline = std::chrono::steady_clock::now() + options_.batch_time_max;
  for (std::size_t i = begin; i < limit; ++i) {
    if (!RunJob(jobs_[i])) {
      // The jobs after this one get a transaction of their own.
      for (std::size_t lost = begin; lost <= i; ++lost) jobs_[lost].result = Commit::kFailed;
      return i + 1;
    }
    if (std::chrono::steady_clock::now() >= deadline) return i + 1;
  }
  return limit;
}

bool Writer::RunJob(Job& job) {
  session_.BeginJob();
  bool keep = false;
  try {
    keep = job.run(session_);
    job.result = keep ? Commit::kCommitted : Commit::kRolledBack;
  } catch (const std::exception& failure) {
    // Whatever it was, the other jobs of the batch must not suffer from it.
    job.result = Commit::kFailed;
    options_.log(fmt::format("a write job failed: {}", failure.what()));
  }
  try {
    // SQLite itself gives up a transaction when the disk is full, for one.
    if (!db_->in_transaction()) throw Failure("the transaction was given up");
    session_.EndJob(keep);
    return true;
  } catch (const Failure& failure) {
    SetHealth(false, failure.what());
    Rollback();
    session_.Forget();
    return false;
  }
}

bool Writer::Begin() {
  try {
    Execute(begin_);
    return true;
  } catch (const Failure& failure) {
    SetHealth(false, failure.what());
    return false;
  }
}

bool Writer::CommitBatch() {
  try {
    Execute(commit_);
    SetHealth(true, {});
    return true;
  } catch (const SqliteFailure& failure) {
    // These two come before the commit record is written. After any other failure the record may
    // or may not be on the disk: only a restart, which reads the disk, can tell.
    const int primary = failure.code() & 0xFF;
    if (primary != SQLITE_FULL && primary != SQLITE_BUSY) {
      Die(fmt::format("a commit failed, and what it left on the disk is unknown: {}",
                      failure.what()),
          __FILE__, __LINE__);
    }
    SetHealth(false, failure.what());
    return false;
  }
}

void Writer::Rollback() {
  if (!db_->in_transaction()) return;
  try {
    db_->Exec("ROLLBACK");
  } catch (const Failure& failure) {
    if (db_->in_transaction()) Die(failure.what(), __FILE__, __LINE__);
  }
}

void Writer::Probe() {
  if (!Begin()) return;
  try {
    Execute(probe_);
  } catch (const Failure& failure) {
    SetHealth(false, failure.what());
    Rollback();
    return;
  }
  if (!CommitBatch()) Rollback();
}

void Writer::ContinuePurges() {
  purge_queued_ = true;
  Post(
      [this](Tx&) {
        session_.ContinuePurge(kPurgeRows);
        return true;
      },
      [this](Commit) { purge_queued_ = false; }, true);
}

void Writer::SetHealth(bool healthy, std::string_view why) {
  if (healthy_.exchange(healthy) == healthy) return;
  if (healthy) {
    options_.log("the store takes writes again");
  } else {
    options_.log(fmt::format("the store does not take writes: {}", why));
  }
}

}  // namespace hookline::store::sqlite
