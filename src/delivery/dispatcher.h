#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "base/clock.h"
#include "delivery/event_pool.h"
#include "delivery/shard.h"
#include "delivery/stats.h"
#include "delivery/store.h"
#include "delivery/work_store.h"
#include "settings/directory.h"

namespace hookline::delivery {

struct DispatcherOptions {
  ShardLimits limits;      ///< Of each shard.
  std::uint64_t seed = 0;  ///< Of the retries' jitter.
  /// Of the events in memory, over all shards. Twice as much if that is what it takes to have one
  /// delivery of every hook.
  std::size_t event_bytes = std::size_t{24} << 20;
};

/// Sends what is committed: spreads the hooks over shards, hands them new deliveries, pages in
/// what waited in the store, and writes outcomes down.
///
/// Lifecycle: construct with a directory that holds every app; make it the store's CommitListener;
/// Start(); StopAccepting(); Drain(); stop the loops, then the store; destroy. Thread-safe but for
/// the lifecycle calls, which belong to one thread.
class Dispatcher final : public CommitListener {
 public:
  struct Ports {
    WorkStore& store;
    settings::Directory& directory;
    const Clock& clock;
    /// Told of apps that the dispatcher itself changed (a hook was disabled by 410 Gone), after
    /// their publication in the directory, on the writer's thread. May be empty.
    std::function<void(const settings::AppPtr&)> on_app_changed;
  };

  Dispatcher(Ports ports, const std::vector<ShardSpec>& shards, DispatcherOptions options);
  Dispatcher(const Dispatcher&) = delete;
  Dispatcher& operator=(const Dispatcher&) = delete;

  /// Takes up what earlier processes left pending. Does not block; heals by itself if the store
  /// cannot be read yet.
  void Start();

  void OnDeliveriesCommitted(std::vector<PendingDelivery> deliveries) override;

  /// To be called after an app's new settings are in the directory: hooks that are disabled or
  /// gone have their deliveries cancelled. Does not block.
  void OnAppChanged(const settings::AppPtr& app);

  /// No new attempts; those under way go on.
  void StopAccepting();
  /// Waits until no attempt is under way and every outcome is recorded. False if that took longer
  /// than `timeout`: what is still under way is handed back by stopping the loops, unrecorded, and
  /// attempted again after the next start. Requires: StopAccepting().
  bool Drain(std::chrono::nanoseconds timeout);

  DispatcherStats Stats() const;

 private:
  Shard& ShardOf(HookId hook) {
    return *shards_[static_cast<std::uint64_t>(hook.value) % shards_.size()];
  }
  void Publish(const settings::AppPtr& app);
  void ShareEvents(std::vector<PendingDelivery>& deliveries);
  void LoadBacklog(int failures);
  void RetryLoadBacklog(int failures);
  bool AllQuiet() const;

  const Ports ports_;
  Loop& first_loop_;

  std::mutex mutex_;
  std::condition_variable quiet_;  // With mutex_: a shard has fallen quiet.

  EventPool events_;
  std::vector<std::unique_ptr<Shard>> shards_;
};

}  // namespace hookline::delivery
