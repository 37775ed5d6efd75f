#include "store/sqlite/writer.h"

#include <fmt/format.h>
#include <pthread.h>

#include <algorithm>
#include <utility>

namespace hookline::store::sqlite {
namespace {

constexpr std::chrono::milliseconds kProbeInterval{500};
// Between two pieces of retention: what is old can wait, and callers need not.
constexpr std::chrono::milliseconds kRetentionPause{5};

// How often to look for what has grown old: in good time before the shortest age has passed again.
std::chrono::milliseconds RetentionInterval(const Retention& ages) {
  std::chrono::milliseconds interval = std::chrono::minutes(1);
  for (const std::chrono::seconds age :
       {ages.bodies, ages.deliveries, ages.dead_letters, ages.tasks}) {
    if (age.count() > 0) interval = std::min(interval, std::chrono::milliseconds(age) / 8);
  }
  return interval;
}

}  // namespace

Writer::Writer(std::unique_ptr<Connection> db, const Clock& clock, Health& health, Options options)
    : options_(options),
      health_(health),
      db_(std::move(db)),
      session_(*db_, clock, options.retention),
      begin_(*db_, "BEGIN IMMEDIATE"),
      commit_(*db_, "COMMIT"),
      probe_(*db_, "UPDATE meta SET value = value + 1 WHERE key = 'probe'"),
      shares_(options.queue_max, options.queue_bytes_max) {}

Writer::~Writer() { Stop(); }

void Writer::Start() {
  PostPurge();
  PostRetention();
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

void Writer::Post(Origin origin, Run run, Done done) {
  Job job{std::move(run), std::move(done), origin};
  if (!PostJob(job)) job.done(Commit::kRejected);
}

void Writer::PostInternal(Run run, Done done) {
  Job job{std::move(run), std::move(done), std::nullopt};
  if (!PostJob(job)) job.done(Commit::kRejected);
}

bool Writer::PostJob(Job& job) {
  bool wake = false;
  {
    const std::lock_guard lock(mutex_);
    if (stopping_ || (job.origin && !shares_.Admit(*job.origin))) {
      if (job.origin) ++rejected_;
      return false;
    }
    incoming_.push_back(std::move(job));
    wake = std::exchange(waiting_, false);
  }
  if (wake) arrived_.notify_one();
  return true;
}

void Writer::AddTo(QueueStats& stats) const {
  const std::lock_guard lock(mutex_);
  stats.writes_queued = static_cast<std::int64_t>(shares_.jobs());
  stats.write_bytes_queued = static_cast<std::int64_t>(shares_.bytes());
  stats.writes_rejected = rejected_;
}

StorageStats Writer::storage() const {
  const std::lock_guard lock(mutex_);
  return storage_;
}

void Writer::Loop() {
  while (TakeJobs()) {
    for (std::size_t begin = 0; begin < jobs_.size();) begin = RunBatch(begin);
    jobs_.clear();
    DoChores();
  }
}

bool Writer::TakeJobs() {
  taken_.clear();
  if (!TakeIncoming()) return false;
  for (Job& job : taken_) {
    if (job.origin) {
      const AppId app = job.origin->app;
      waiting_jobs_.Push(app, std::move(job));
    } else {
      internal_jobs_.push_back(std::move(job));
    }
  }
  const auto take_internal = [this](std::size_t most) {
    for (; most > 0 && !internal_jobs_.empty(); --most) {
      jobs_.push_back(std::move(internal_jobs_.front()));
      internal_jobs_.pop_front();
    }
  };
  take_internal(options_.batch_max / 2);
  while (jobs_.size() < options_.batch_max && !waiting_jobs_.empty()) {
    jobs_.push_back(waiting_jobs_.Pop());
  }
  take_internal(options_.batch_max - jobs_.size());
  return true;
}

bool Writer::TakeIncoming() {
  std::unique_lock lock(mutex_);
  const bool idle = waiting_jobs_.empty() && internal_jobs_.empty();
  while (idle && incoming_.empty()) {
    if (stopping_) return false;
    waiting_ = true;
    const TimePoint chore = NextChore();
    if (chore == TimePoint::max()) {
      arrived_.wait(lock);
    } else if (arrived_.wait_until(lock, chore) == std::cv_status::timeout) {
      waiting_ = false;
      lock.unlock();
      DoChores();
      lock.lock();
    }
  }
  waiting_ = false;
  taken_.swap(incoming_);
  return true;
}

std::size_t Writer::RunBatch(std::size_t begin) {
  const std::size_t limit = std::min(jobs_.size(), begin + options_.batch_max);
  const Round round = RunRound(begin, limit);
  switch (round.fate) {
    case Fate::kKept:
      Conclude(begin, round.end);
      break;
    case Fate::kLost:
      Salvage(begin, round.end);
      break;
    case Fate::kNotBegun:
      Fail(begin, round.end);
      break;
  }
  return round.end;
}

Writer::Round Writer::RunRound(std::size_t begin, std::size_t limit) {
  if (!Begin()) return {limit, Fate::kNotBegun};
  const auto deadline = std::chrono::steady_clock::now() + options_.batch_time_max;
  std::size_t end = begin;
  bool kept = true;
  do {
    kept = RunJob(jobs_[end++]);
  } while (kept && end < limit && std::chrono::steady_clock::now() < deadline);
  kept = kept && (!session_.has_writes() || CommitRound());
  // Nothing that is worth a commit: what was rolled back job by job costs no sync.
  Rollback();
  if (!kept) session_.Forget();
  return {end, kept ? Fate::kKept : Fate::kLost};
}

void Writer::Salvage(std::size_t begin, std::size_t end) {
  // A job that was alone has failed alone already.
  if (end - begin == 1) {
    Probe();
    return Fail(begin, end);
  }
  for (std::size_t i = begin; i < end; ++i) {
    const Fate fate = RunRound(i, i + 1).fate;
    if (fate == Fate::kKept) {
      Conclude(i, i + 1);
      continue;
    }
    // Was it the job, or is it the store? Then the others need not try.
    if (fate == Fate::kNotBegun || !Probe()) return Fail(i, end);
    Fail(i, i + 1);
  }
}

bool Writer::RunJob(Job& job) {
  session_.BeginJob();
  bool keep = false;
  try {
    keep = job.run(session_);
    job.result = keep ? Commit::kCommitted : Commit::kRolledBack;
  } catch (const std::exception& failure) {
    // Whatever it was, the other jobs of the batch must not suffer from it.
    job.result = ResultOf(failure);
    health_.JobFailed("a write job", failure);
  }
  try {
    // SQLite itself gives up a transaction when the disk is full, for one.
    if (!db_->in_transaction()) throw Failure("the transaction was given up");
    session_.EndJob(keep);
    return true;
  } catch (const Failure& failure) {
    health_.JobFailed("a batch of write jobs", failure);
    return false;
  }
}

bool Writer::Begin() {
  try {
    Execute(begin_);
    return true;
  } catch (const Failure& failure) {
    probe_at_ = std::chrono::steady_clock::now() + kProbeInterval;
    health_.SetWritable(false, failure.what());
    return false;
  }
}

// A commit that fails is not kept, whatever it was that failed: this process goes on from the state
// before, and the next commit writes over what this one has left in the log. Only if the process
// ends before that may a restart find its record on the disk, whole; hence the words at kFailed.
bool Writer::CommitRound() {
  try {
    Execute(commit_);
    health_.SetWritable(true, {});
    return true;
  } catch (const Failure& failure) {
    health_.JobFailed("a commit", failure);
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

void Writer::Conclude(std::size_t begin, std::size_t end) {
  WriterSession::Effects effects = session_.TakeEffects();
  for (auto& fn : effects.on_commit) fn();
  if (!effects.deliveries.empty() && listener_ != nullptr) {
    listener_->OnDeliveriesCommitted(std::move(effects.deliveries));
  }
  Tell(begin, end);
}

void Writer::Fail(std::size_t begin, std::size_t end) {
  for (std::size_t i = begin; i < end; ++i) jobs_[i].result = Commit::kFailed;
  Tell(begin, end);
}

void Writer::Tell(std::size_t begin, std::size_t end) {
  for (std::size_t i = begin; i < end; ++i) {
    Job& job = jobs_[i];
    job.done(job.result);
    // What the job holds on to is let go now, not when the whole queue has been worked off.
    job.run = nullptr;
    job.done = nullptr;
  }
  const std::lock_guard lock(mutex_);
  for (std::size_t i = begin; i < end; ++i) {
    if (jobs_[i].origin) shares_.Release(*jobs_[i].origin);
  }
}

bool Writer::Probe() {
  probe_at_ = std::chrono::steady_clock::now() + kProbeInterval;
  if (!Begin()) return false;
  try {
    Execute(probe_);
    Execute(commit_);
    health_.SetWritable(true, {});
    return true;
  } catch (const Failure& failure) {
    health_.SetWritable(false, failure.what());
    Rollback();
    return false;
  }
}

void Writer::DoChores() {
  const TimePoint now = std::chrono::steady_clock::now();
  if (!health_.writable() && now >= probe_at_) Probe();
  if (session_.has_purges() && !purger_.queued() && now >= purger_.due()) PostPurge();
  if (!retention_.queued() && now >= retention_.due()) PostRetention();
}

Writer::TimePoint Writer::NextChore() const {
  TimePoint next = TimePoint::max();
  if (!health_.writable()) next = probe_at_;
  if (session_.has_purges() && !purger_.queued()) next = std::min(next, purger_.due());
  if (!retention_.queued()) next = std::min(next, retention_.due());
  return next;
}

void Writer::PostPurge() {
  purger_.OnQueued();
  PostInternal(
      [this](Tx&) {
        session_.ContinuePurge(purger_.rows());
        return true;
      },
      [this](Commit commit) {
        purger_.OnEnded(commit == Commit::kCommitted, std::chrono::steady_clock::now());
      });
}

void Writer::PostRetention() {
  retention_.OnQueued();
  PostInternal(
      [this](Tx&) {
        retention_step_ = session_.ContinueRetention(retention_.rows());
        const std::int64_t page = db_->QueryInt("PRAGMA page_size");
        const std::lock_guard lock(mutex_);
        storage_.bytes = page * db_->QueryInt("PRAGMA page_count");
        storage_.bytes_free = page * db_->QueryInt("PRAGMA freelist_count");
        return true;
      },
      [this](Commit commit) {
        const TimePoint now = std::chrono::steady_clock::now();
        retention_.OnEnded(commit == Commit::kCommitted, now);
        if (commit != Commit::kCommitted) return;
        retention_.RestUntil(
            now + (retention_step_.more ? kRetentionPause : RetentionInterval(options_.retention)));
        const std::lock_guard lock(mutex_);
        storage_.bodies_emptied += retention_step_.bodies;
        storage_.deliveries_removed += retention_step_.deliveries;
      });
}

}  // namespace hookline::store::sqlite
