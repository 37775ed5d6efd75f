#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "delivery/lane.h"
#include "delivery/model.h"
#include "delivery/outcome_writer.h"
#include "delivery/sink.h"
#include "delivery/stats.h"
#include "delivery/work_store.h"
#include "settings/directory.h"

namespace hookline::delivery {

struct ShardLimits {
  LaneLimits lane;
  int in_flight = 512;     ///< Attempts at once, over all lanes; as many again that are slow.
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
/// Slots for attempts are shared so that no hook's trouble is another's: a lane gets several only
/// while there are twice as many free; lanes whose last attempt failed may together have half as
/// many attempts as there are slots; and an attempt that takes longer than about a second gives
/// its slot back, as long as no more of these slow ones are under way than there are slots.
///
/// Thread-safe: Arrived, Enqueue, counters, quiet. All else belongs to the loop's thread. Must
/// outlive the work of the loop and of the store.
class Shard {
 public:
  struct Ports {
    WorkStore& store;
    const settings::Directory& directory;
    const Clock& clock;
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
  std::optional<HookHealth> Health(HookId hook) const;

 private:
  struct Inbox {
    std::vector<PendingDelivery> arrivals;
    std::map<HookId, AppId> left_in_store;  // Hooks with arrivals beyond the limit.
    std::vector<std::move_only_function<void()>> work;
    bool posted = false;
  };
  /// What is kept of a delivery while its attempt is under way.
  struct InFlight {
    DeliveryId id;
    RetryRound round;
    int number = 0;
    bool troubled = false;  // So was the lane.
    std::int64_t period = 0;
    Timestamp started_at;
  };
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
  int free_slots() const;
  bool TroubledSlotFree() const { return troubled_in_flight_ < (limits_.in_flight + 1) / 2; }
  bool MayStart(const Lane& lane) const;
  void Wait(Lane& lane);

  void Start(Lane& lane);
  void OnDone(Lane& lane, const settings::AppPtr& app, const InFlight& info,
              AttemptOutcome outcome);
  void OnRecorded(const OutcomeWriter::Batch& batch);

  void RequestPage(Lane& lane);
  void ReadPage(Lane& lane);
  void ReadQueued();
  void OnPage(HookId hook, PageAnswer& answer, bool committed);
  void RequestCancel(Lane& lane);
  CancelAnswer Cancel(WorkStore::WriteTx& tx, HookId hook, AppId app,
                      const Lane::Cancellation& request) const;
  void OnCancelled(HookId hook, const CancelAnswer& answer, bool committed);
  void BackOff(Lane& lane);

  void NoteDue(Lane& lane, Timestamp due);
  void ClearDue(Lane& lane);
  void ArmTimer();
  void FireTimers(Timestamp armed);
  void ArmPeriod();

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
  std::size_t sweep_at_;                // How many lanes make it worth looking for idle ones.
  std::deque<Lane*> service_;           // To be looked after.
  std::deque<Lane*> waiting_;           // Without an attempt, for want of a slot.
  std::deque<Lane*> waiting_troubled_;  // The same, for want of a slot for lanes in trouble.
  bool pumping_ = false;
  int in_flight_ = 0;
  int troubled_in_flight_ = 0;  // Of lanes that were in trouble when the attempt started.
  // Attempts under way that started in this period or the one before, and those that are older.
  std::int64_t period_ = 0;
  std::array<int, 2> young_{};
  int slow_ = 0;
  bool period_armed_ = false;

  int reading_ = 0;
  std::deque<Lane*> to_read_;

  std::set<std::pair<Timestamp, HookId>> due_;
  std::set<Timestamp> armed_;  // When the loop will call FireTimers.

  bool stopping_ = false;
  std::atomic<bool> quiet_{false};
  std::uint64_t random_;
};

}  // namespace hookline::delivery
