#pragma once

#include <algorithm>
#include <atomic>
#include <boost/unordered/unordered_flat_map.hpp>
#include <boost/unordered/unordered_flat_set.hpp>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <vector>

#include "delivery/event_pool.h"
#include "delivery/model.h"
#include "delivery/retry_policy.h"
#include "delivery/slots.h"
#include "delivery/waiting_lanes.h"
#include "settings/app.h"

namespace hookline::delivery {

struct LaneLimits {
  /// Deliveries in memory, whatever they are doing there; at least twice as many as there may be
  /// attempts at once.
  int window = 256;
  int in_flight = 64;  ///< Attempts at once, unless the hook says otherwise.
};

/// What is known of one hook's deliveries: those in memory, and whether more wait in the store.
/// It decides; its Shard does. Used on the shard's thread only.
///
/// A delivery is in memory while it is ready, in flight, or being recorded, and nowhere else is
/// anything kept per delivery. The window bounds their number; their events may take a quarter of
/// what the pool has left, so that many lanes share it and few may have much. What does not fit
/// stays in the store: the lane is then `backlogged` and pages in when its window has drained. An
/// attempted delivery leaves memory when its outcome is recorded; of a retry only the time is
/// remembered, as the lane's one next due time.
class Lane {
 public:
  enum class Standing {
    kActive,
    kDisabled,  ///< What is pending is to be cancelled.
    kDeleted,   ///< The same.
  };
  /// The one thing that a lane may have under way with the store, besides outcomes.
  enum class StoreOp {
    kNone,
    kQueued,  ///< To be paged in when others are done.
    kPage,
    kCancel,
    kBackoff,  ///< The store failed; waiting before the next try.
  };

  /// What to ask of the store: `limit` rows that are not in `except` (sorted).
  struct Page {
    int limit = 0;
    std::size_t bytes_max = 0;
    std::vector<DeliveryId> except;
  };

  /// `loaded` counts the deliveries in memory, this lane's among them. Both references outlive the
  /// lane.
  Lane(HookId hook, AppId app, LaneLimits limits, const EventPool& events,
       std::atomic<std::int64_t>& loaded);

  HookId hook() const { return hook_; }
  AppId app() const { return app_; }

  // --- Settings ---

  /// Takes over the app's present state; null if the app or its hook is not known any more.
  void ApplySettings(settings::AppPtr settings);
  const settings::AppPtr& settings() const { return settings_; }
  /// Requires: standing() is not kDeleted.
  const settings::EventHook& hook_settings() const { return *hook_settings_; }
  const RetryPolicy& policy() const { return policy_; }
  Standing standing() const { return standing_; }

  // --- What comes in ---

  /// A delivery that was just committed: taken in if there is room and nothing older waits.
  void Arrive(PendingDelivery delivery);
  /// More is pending in the store than is in memory.
  void MarkBacklog();

  // --- Paging ---

  StoreOp store_op() const { return store_op_; }
  void set_store_op(StoreOp op) { store_op_ = op; }
  bool WantsPage() const;
  Page BeginPage();
  /// `at_end`: nothing else was due.
  void EndPage(std::vector<PendingDelivery> rows, bool at_end);
  void FailPage();

  // --- Cancelling ---

  /// True if pending deliveries of the store are to be cancelled now.
  bool WantsCancel() const;
  struct Cancellation {
    bool all = false;  ///< Else up to the hook's mark.
    std::vector<DeliveryId> except;
  };
  /// Forgets what is ready and to be cancelled; the store still has it. What is under way is not
  /// cancelled: its outcome is recorded first.
  Cancellation BeginCancel();
  /// `up_to`: as far as was cancelled, 0 for all; nullopt if there was nothing to cancel.
  /// `more`: the store stopped at its limit.
  void EndCancel(std::optional<DeliveryId> up_to, bool more);
  void FailCancel();

  // --- Sending ---

  bool HasReady() const { return !fresh_.empty() || !again_.empty(); }
  /// True if the lane's own limit allows another attempt. None may start while all are being
  /// cancelled, even if the hook is enabled again meanwhile; after local trouble, one at a time,
  /// and none while the lane rests.
  bool BelowLimit() const;
  int in_flight() const { return in_flight_; }
  int limit() const { return limit_; }
  LaneTrust trust() const { return slow_ > 0 ? LaneTrust::kTroubled : trust_; }

  /// First attempts and retries take turns. Requires: HasReady(). The delivery is in flight then.
  PendingDelivery TakeNext();
  /// An attempt under way has taken long; `ended` when it ends.
  void AttemptIsSlow() { ++slow_; }
  void SlowAttemptEnded() { --slow_; }
  /// The attempt has ended and its outcome is to be recorded.
  void Finished(const AttemptOutcome& outcome);
  /// The attempt could not be made, for want of something of our own: the delivery is ready again,
  /// before all others. Says nothing of the receiver. The lane rests until Rested(); false if it
  /// does already.
  bool PutBack(PendingDelivery delivery);
  void Rested() { resting_ = false; }
  /// Attempts in a row, up to now, that local trouble prevented.
  int local_failures() const { return local_failures_; }
  /// The outcome is recorded: the delivery leaves memory.
  void Recorded(DeliveryId id);
  /// The attempt was given up without an outcome: the delivery leaves memory, the store has it.
  void HandedBack(DeliveryId id);

  int in_memory() const { return static_cast<int>(in_memory_.size()); }
  /// Nothing in memory, under way, or known to be in the store.
  bool Idle() const;

  // --- The next due retry; kept by the shard's timers ---

  std::optional<Timestamp> next_due;
  bool in_service = false;  ///< Queued for the shard's attention.
  WaitingPlace waiting;     ///< For a free slot.
  int store_failures = 0;   ///< In a row, of pages and cancellations.
  int cancel_halvings =
      0;  ///< Of what one job cancels: one more per failure, one less per success.

 private:
  int window() const { return std::max(limits_.window, limit_ * 2); }
  int room() const { return window() - in_memory(); }
  std::size_t BytesAllowed() const;
  bool HasRoomFor(const PendingDelivery& delivery) const;
  void MakeReady(PendingDelivery delivery);
  void Load(const PendingDelivery& delivery);
  void Unload(DeliveryId id);
  void Leave(DeliveryId id);
  void DropReady(DeliveryId up_to);
  std::vector<DeliveryId> InMemory() const;
  bool IsCancelled(const PendingDelivery& delivery) const;

  const HookId hook_;
  const AppId app_;
  const LaneLimits limits_;
  const EventPool& events_;
  std::atomic<std::int64_t>& loaded_;

  settings::AppPtr settings_;
  const settings::EventHook* hook_settings_ = nullptr;  // Part of settings_.
  RetryPolicy policy_;
  Standing standing_ = Standing::kDeleted;
  DeliveryId cancel_up_to_;        // As the settings say.
  bool cancel_up_to_due_ = false;  // Some of those may still be pending.

  boost::unordered_flat_map<std::int64_t, std::uint32_t> in_memory_;  // With their events' bytes.
  std::size_t bytes_ = 0;                             // Of those, shared ones counted each time.
  boost::unordered_flat_set<std::int64_t> put_back_;  // Part of in_memory_: see Arrive.
  std::deque<PendingDelivery> fresh_;                 // Ready for their round's first attempt.
  std::deque<PendingDelivery> again_;                 // Ready for a retry.
  bool retry_next_ = false;

  StoreOp store_op_ = StoreOp::kNone;
  bool backlogged_ = false;
  // While the store is asked:
  bool missed_ = false;  // Something was left in the store since.
  bool cancelling_all_ = false;
  int page_limit_ = 0;                 // Rows that were asked for.
  std::vector<PendingDelivery> held_;  // Arrivals that wait for the page, which is older.
  std::vector<DeliveryId> departed_;   // Left memory since: the page may hold them still.

  int in_flight_ = 0;
  int slow_ = 0;  // Of those.
  int limit_;
  bool resting_ = false;
  int local_failures_ = 0;
  LaneTrust trust_ = LaneTrust::kUnknown;  // By the last attempt.
};

}  // namespace hookline::delivery
