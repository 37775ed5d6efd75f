#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "delivery/model.h"
#include "delivery/sink.h"
#include "delivery/stats.h"
#include "delivery/work_store.h"
#include "settings/app.h"

namespace hookline::delivery {

/// Writes the outcomes of a shard's attempts down: all that ended in one turn of the loop in one
/// job, again and again with growing waits until the store takes them. A job that fails is cut in
/// two, so that one outcome that the store cannot take does not hold up others. Used on the
/// shard's thread only; outlives the loop's and the store's work.
class OutcomeWriter {
 public:
  struct Entry {
    OutcomeRecord record;
    AppId app;
    std::string url;  ///< Of the attempt, if it disables its hook.
  };
  using Batch = std::vector<Entry>;

  struct Ports {
    Loop& loop;
    WorkStore& store;
    const Clock& clock;
    ShardCounters& counters;
    /// Runs a function on the shard's thread. Thread-safe.
    std::function<void(std::move_only_function<void()>)> enqueue;
    /// Takes an app that was changed by 410 Gone. Called on the writer's thread.
    std::function<void(settings::AppPtr)> publish;
    /// Told of every batch that is committed, on the shard's thread.
    std::function<void(const Batch&)> recorded;
  };

  explicit OutcomeWriter(Ports ports) : ports_(std::move(ports)) {}
  OutcomeWriter(const OutcomeWriter&) = delete;
  OutcomeWriter& operator=(const OutcomeWriter&) = delete;

  void Add(Entry entry);

 private:
  using BatchPtr = std::shared_ptr<const Batch>;

  void Write(BatchPtr batch, int failures);
  void OnWritten(BatchPtr batch, int failures, bool committed);
  void Retry(BatchPtr batch, int failures);
  void LogFailure(std::size_t outcomes);
  void Record(WorkStore::WriteTx& tx, const Batch& batch);
  void DisableHook(WorkStore::WriteTx& tx, const Entry& entry);

  const Ports ports_;
  Batch collected_;  // Of this turn of the loop.
  std::optional<std::chrono::steady_clock::time_point> failure_logged_at_;
};

}  // namespace hookline::delivery
