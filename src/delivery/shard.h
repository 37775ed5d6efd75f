#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "delivery/lane.h"
#include "delivery/model.h"
#include "delivery/outcome_writer.h"
#include "delivery/sink.h"
#include "delivery/slots.h"
#include "delivery/stats.h"
#include "delivery/waiting_lanes.h"
#include "delivery/work_store.h"
#include "settings/directory.h"

namespace hookline::delivery {

struct ShardLimits {
  LaneLimits lane;
  int in_flight = 1024;    ///< Attempts at once, over all lanes: no more than the sinks can run.
  int reads = 4;           ///< Pages being read at once.
  int cancel_chunk = 500;  ///< Deliveries that one job cancels.
  int inbox = 4096;        ///< Committed deliveries on their way to the thread.
  int idle_lanes = 1024;   ///< More idle lanes than this are forgotten.
};

/// A thread that sends, and what sends there: one sink per hook type, null if there is none.
struct ShardSpec {
  Loop* loop = nullptr;
  std::array<Sink*, 4> sinks{};  ///< By settings::HookType.
};

/// The lanes of the hooks that one loop serves, and all that they do: paging, attempts, outcomes,
/// cancelling, timers.
///
/// Slots for attempts are shared so that no hook's trouble is another's (see Slots). A lane counts
/// as troubled while its last attempt failed or one has been under way for a second.
///
/// Trouble of our own is nobody's failure: an attempt that local trouble prevented, or a time-out
/// during which the loop stood still (a stopped process, an overloaded machine), is not recorded,
/// has no number, and is made again soon. What the loop stood still does not count as elapsed.
///
/// Thread-safe: Arrived, Enqueue, counters, quiet. All else belongs to the loop's thread. Must
/// outlive the work of the loop and of the store.
class Shard {
 public:
  struct Ports {
    WorkStore& store;
    const settings::Directory& directory;
    const Clock& clock;
    EventPool& events;
    std::function<void(settings::AppPtr)> publish;  ///< See OutcomeWriter.
    std::function<void()> quiet;  ///< Called when the shard falls quiet while it is stopping.
  };

  Shard(ShardSpec spec, Ports ports, ShardLimits limits, std::uint64_t seed);
  Shard(const Shard&) = delete;
  Shard& operator=(const Shard&) = delete;

  // --- From any thread ---

  /// Takes deliveries that were just committed, or notes that they wait in the store.
  void Arrived(std::vector<PendingDelivery> deliveries);
  /// Runs `fn` on the shard's thread, after the deliveries that arrived before.
  void Enqueue(std::move_only_function<void()> fn);
  const ShardCounters& counters() const { return counters_; }
  /// True if the shard is stopping, no attempt is under way, and every outcome is recorded.
  bool quiet() const { return quiet_.load(std::memory_order_acquire); }

  // --- On the loop's thread ---

  /// Pages the hook's deliveries in. `app` 0: not known.
  void AddBacklog(HookId hook, AppId app);
  /// Lets the app's lanes see its new settings, which the directory has.
  void ApplySettings(AppId app);
  /// No attempt, page or cancellation starts any more; those under way end.
  void StopAccepting();

 private:
  struct Inbox {
    std::vector<PendingDelivery> arrivals;
    std::map<HookId, AppId> left_in_store;  // Hooks with arrivals beyond the limit.
    std::vector<std::move_only_function<void()>> work;
    bool posted = false;
  };
  /// What is kept of a delivery while its attempt is under way.
  struct InFlight {
    PendingDelivery delivery;
    HookId hook;
    settings::AppPtr app;
    RetryRound round;
    bool troubled = false;  // So was the lane, or the attempt has taken long.
    bool slow = false;
    Timestamp started_at;
    std::chrono::nanoseconds timeout{0};
    std::chrono::nanoseconds stood_still{0};  // stood_still_ at the start.
  };
  using Serial = std::uint64_t;
  struct PageAnswer;
  struct CancelAnswer;

  void DrainInbox();

  /// The hook's lane, made if there is none. `app` 0: not known.
  Lane& LaneOf(HookId hook, AppId app);
  /// Requires: the lane is there. It is as long as it is not idle.
  Lane& FindLane(HookId hook);
  void ForgetIdleLanes();

  void Touch(Lane& lane);
  void Pump();
  Lane* NextToService();
  void Service(Lane& lane);
  void RefreshSettings(Lane& lane);
  bool MayStart(const Lane& lane) const;
  void Wait(Lane& lane);

  void Start(Lane& lane);
  void OnDone(Serial serial, AttemptOutcome outcome);
  void CountFailure(FailureClass failure);
  void OnLocalTrouble(Lane& lane, InFlight info, const std::string& detail);
  void Record(Lane& lane, InFlight info, AttemptOutcome outcome);
  void OnRecorded(const OutcomeWriter::Batch& batch);

  void RequestPage(Lane& lane);
  void ReadPage(Lane& lane);
  void ReadQueued();
  void OnPage(HookId hook, PageAnswer& answer, bool committed);
  void RequestCancel(Lane& lane);
  CancelAnswer Cancel(WorkStore::WriteTx& tx, HookId hook, AppId app,
                      const Lane::Cancellation& request, int limit) const;
  void OnCancelled(HookId hook, const CancelAnswer& answer, bool committed);
  void BackOff(Lane& lane);
  void PauseStoreWork(Lane& lane, std::chrono::nanoseconds wait);
  void LogStoreTrouble(std::string_view what);

  void NoteDue(Lane& lane, Timestamp due);
  void ClearDue(Lane& lane);
  void ArmTimer();
  void FireTimers(Timestamp armed);
  void ArmTick();
  void Tick();
  void NoteStandstill();
  void FindSlow();

  void UpdateQuiet();
  double NextJitter();

  const ShardSpec spec_;
  const Ports ports_;
  const ShardLimits limits_;
  ShardCounters counters_;
  OutcomeWriter outcomes_;

  std::mutex mutex_;
  Inbox inbox_;  // Guarded by mutex_.

  std::unordered_map<HookId, std::unique_ptr<Lane>> lanes_;
  std::size_t sweep_at_;       // How many lanes make it worth looking for idle ones.
  std::deque<Lane*> service_;  // To be looked after.
  WaitingLanes waiting_;
  bool pumping_ = false;

  Slots slots_;
  std::unordered_map<Serial, InFlight> in_flight_;
  Serial last_serial_ = 0;
  // By the time of their start: attempts that are not known to be slow; some have ended.
  std::deque<std::pair<std::chrono::steady_clock::time_point, Serial>> young_;
  // While attempts are under way: when the loop should look next.
  std::optional<std::chrono::steady_clock::time_point> next_tick_;
  std::chrono::nanoseconds stood_still_{0};  // The loop did not run, in all.
  std::optional<std::chrono::steady_clock::time_point> local_logged_at_;
  std::optional<std::chrono::steady_clock::time_point> store_logged_at_;

  int reading_ = 0;
  std::deque<Lane*> to_read_;

  std::set<std::pair<Timestamp, HookId>> due_;
  std::set<Timestamp> armed_;  // When the loop will call FireTimers.

  bool stopping_ = false;
  std::atomic<bool> quiet_{false};
  std::uint64_t random_;
};

}  // namespace hookline::delivery
