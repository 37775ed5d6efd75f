#pragma once

#include <chrono>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "chat/store.h"
#include "delivery/store.h"
#include "settings/store.h"

/// The store as a whole: the ports of chat, settings and delivery in one transaction, so that a
/// chat change and the deliveries it causes commit together (design: transactional outbox).
namespace hookline::store {

/// The store itself failed (I/O, corruption, a bug in a statement). Thrown by port calls, caught
/// at the edge of a job.
class Failure : public std::exception {
 public:
  explicit Failure(std::string message) : message_(std::move(message)) {}
  const char* what() const noexcept override { return message_.c_str(); }

 private:
  std::string message_;
};

/// An Idempotency-Key, and whose it is: it means nothing to any other caller.
struct IdempotencyKey {
  AppId app;
  std::string caller;  ///< A user's id; empty: the app's own server.
  std::string key;
};

/// What is kept of the answer to a request that carried an Idempotency-Key.
struct IdempotentReply {
  std::string fingerprint;  ///< Of the request; another request must not reuse the key.
  int status = 0;
  std::string body;               ///< Empty: too large to keep.
  std::vector<std::string> made;  ///< Names of what was made, to build such an answer anew.
  Timestamp created_at;
};

class Reader : public virtual chat::Reader,
               public virtual settings::Reader,
               public virtual delivery::Reader {
 public:
  /// None if it was kept more than 24 hours ago.
  virtual std::optional<IdempotentReply> FindIdempotentReply(const IdempotencyKey& key) = 0;
  /// About how much room the kept answers of the app take.
  virtual std::int64_t IdempotentBytes(AppId app) = 0;
};

class Tx : public virtual Reader,
           public virtual chat::Tx,
           public virtual settings::Tx,
           public virtual delivery::Tx {
 public:
  /// Forgets the oldest answers of the app until all of them are within `bytes_max`.
  virtual void PutIdempotentReply(const IdempotencyKey& key, const IdempotentReply& reply,
                                  std::int64_t bytes_max) = 0;
  /// Runs `fn` on the writer's thread after the commit, before the job's `done`. Dropped if the
  /// job is rolled back.
  virtual void OnCommit(std::move_only_function<void()> fn) = 0;
};

/// Who waits for a job, and about how much memory it holds on to until it has ended: what a queue
/// needs to know to give everybody a share.
struct Origin {
  AppId app;  ///< 0: the server itself; one more app to the queues.
  std::size_t bytes = 0;
};

/// What the store's queues hold now, and what they have turned away since the start.
struct QueueStats {
  std::int64_t writes_queued = 0;  ///< Jobs of callers; with those that run now.
  std::int64_t write_bytes_queued = 0;
  std::int64_t writes_rejected = 0;
  std::int64_t reads_queued = 0;
  std::int64_t reads_rejected = 0;
  std::int64_t reads_timed_out = 0;
};

/// How long what has ended is kept, in time; 0: for ever.
struct Retention {
  std::chrono::seconds bodies{std::chrono::days(3)};       ///< From the event on, once all arrived.
  std::chrono::seconds deliveries{std::chrono::days(30)};  ///< Delivered ones, with their attempts.
  std::chrono::seconds dead_letters{std::chrono::days(30)};  ///< And cancelled ones, with bodies.
  std::chrono::seconds tasks{std::chrono::days(30)};
  /// Of the database. When it is larger, the oldest bodies go, then the oldest deliveries, whatever
  /// their age; never pending ones. 0: no bound.
  std::int64_t bytes_max = 0;
};

/// What the data take, and what retention has done since the start.
struct StorageStats {
  std::int64_t bytes = 0;       ///< Of the database's file.
  std::int64_t bytes_free = 0;  ///< Of these, room that is used again.
  std::int64_t bodies_emptied = 0;
  std::int64_t deliveries_removed = 0;
};

/// What became of a job. It is the truth about what the job saw, too: a job that ran in a
/// transaction that was not kept has failed, whatever it returned itself, because it may have seen
/// what the others wrote.
enum class Commit {
  kCommitted,   ///< Durable.
  kRolledBack,  ///< The job asked for it; nothing of it was kept.
  /// The store failed (no room, an I/O error, damage). Nothing of the job is kept, unless the
  /// machine dies before the next commit: then it may be found done, whole. Try later.
  kFailed,
  kFault,  ///< The job itself cannot be done (it threw, or broke a constraint); nothing kept.
  /// A queue is full, the job waited too long, or the store is stopping; nothing kept. Try later.
  kRejected,
  kTimedOut,  ///< A read that took longer than a read may; given up.
};

/// True if what the job found out holds: it may be told to whoever asked.
constexpr bool Answered(Commit commit) {
  return commit == Commit::kCommitted || commit == Commit::kRolledBack;
}

/// Thread-safe. One writer thread runs all write jobs, as many as have arrived in one transaction
/// (group commit); a pool of readers runs read jobs on snapshots of the committed state.
///
/// Queues are bounded in jobs and bytes and shared by app: an app may have as much waiting as is
/// left free by everybody (alone: half of the room; beside another that has taken all it may: a
/// third). Jobs of one app run in the order of their coming, those of different apps take turns.
class Store {
 public:
  virtual ~Store() = default;

  /// `run` is called on the writer's thread and returns whether to keep what it wrote; jobs must
  /// be quick and must not block. `done` is called once, after the commit (or its failure), on the
  /// writer's thread or, for kRejected, on the caller's; it must not block.
  ///
  /// `run` may be called more than once: when a batch is lost because of one job, the others are
  /// run again without it. Every call must start afresh: nothing of an earlier one counts but what
  /// the last one leaves behind, and what must happen only once belongs into OnCommit or `done`.
  virtual void Write(Origin origin, std::move_only_function<bool(Tx&)> run,
                     std::move_only_function<void(Commit)> done) = 0;

  /// The same, but never rejected for a full queue: for outcomes of attempts, whose number is
  /// bounded by the lanes. Rejected only when the store has stopped. However many jobs of callers
  /// wait, internal ones get a part of every batch.
  virtual void WriteInternal(std::move_only_function<bool(Tx&)> run,
                             std::move_only_function<void(Commit)> done) = 0;

  /// `run` is called on a reader thread, once. `done` tells kCommitted if it ran, otherwise
  /// kFailed, kFault, kRejected or kTimedOut: a port call throws when the job has run for too long
  /// or the store stops. One app's jobs never occupy more than half of the readers.
  virtual void Read(Origin origin, std::move_only_function<void(Reader&)> run,
                    std::move_only_function<void(Commit)> done) = 0;

  /// The same for the server's own work: never rejected for a full queue, and one reader is always
  /// free for it.
  virtual void ReadInternal(std::move_only_function<void(Reader&)> run,
                            std::move_only_function<void(Commit)> done) = 0;

  /// Who hears of committed deliveries. Set before the first Write; outlives the store's threads.
  virtual void SetCommitListener(delivery::CommitListener* listener) = 0;

  /// Grows by one with every start on this data: the `epoch` of retry budgets.
  virtual std::int64_t epoch() const = 0;

  /// True while the store takes writes and has found no damage (for /readyz). One job that fails
  /// does not change it.
  virtual bool healthy() const = 0;

  virtual QueueStats queues() const = 0;
  /// As of the writer's latest look, a minute ago at most.
  virtual StorageStats storage() const = 0;

  /// Finishes the write jobs that are queued, then stops. Reads that wait are rejected, and those
  /// that run are interrupted. Further jobs are rejected.
  virtual void Stop() = 0;
};

}  // namespace hookline::store
