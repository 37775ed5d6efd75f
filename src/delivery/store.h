#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "delivery/event_pool.h"
#include "delivery/model.h"

/// What delivery needs from a store: its port. See chat/store.h for the rules of use.
namespace hookline::delivery {

struct AttemptView {
  int attempt = 0;
  Timestamp started_at;
  FailureClass failure = FailureClass::kNone;
  int status = 0;
  std::chrono::nanoseconds elapsed{0};
  std::string detail;
};

/// A delivery as the operator sees it.
struct DeliveryView {
  DeliveryId id;
  Uuid uuid;
  AppId app;
  std::string hook_id;  ///< The hook's own id; still there when the hook is deleted.
  EventId event;
  std::string event_type;
  DeliveryState state = DeliveryState::kPending;
  int attempts = 0;
  bool manual = false;
  FailureClass last_failure = FailureClass::kNone;
  int last_status = 0;  ///< 0 before the first answer.
  std::string reason;   ///< Why it is dead or cancelled.
  Timestamp next_attempt_at;
  Timestamp created_at;
  Timestamp updated_at;
  bool has_payload = true;  ///< False: it was kept for long enough; it can't be sent again.
};

struct DeliveryFilter {
  AppId app;            ///< 0: all.
  std::string hook_id;  ///< Empty: all.
  std::optional<DeliveryState> state;
  DeliveryId before;  ///< Cursor: only older ones (newest come first). 0: from the newest.
  int limit = 50;
};

/// A page of a hook's pending deliveries: as many as `limit` allows, and none more once their
/// events have reached `bytes_max`.
struct PendingQuery {
  HookId hook;
  Timestamp due_after{std::numeric_limits<std::int64_t>::min()};  ///< Exclusive.
  Timestamp due_by;                                               ///< Inclusive.
  int limit = 0;  ///< Of what is returned: what is skipped does not count.
  /// Sorted. These are in memory already: skipped, without reading their events.
  std::span<const DeliveryId> except;
  /// Of the events of what is returned, by delivery::Bytes. At least one delivery is returned.
  std::size_t bytes_max = std::numeric_limits<std::size_t>::max();
  /// If given: events that are in memory already are taken from here instead of being read, and
  /// those that are read are put here. Outlives the query.
  EventPool* events = nullptr;
};

class Reader {
 public:
  virtual ~Reader() = default;

  /// The pending deliveries with the earliest next_attempt_at, oldest first at a tie.
  virtual std::vector<PendingDelivery> LoadPending(const PendingQuery& query) = 0;
  /// The earliest next_attempt_at after `after` among the hook's pending deliveries; nullopt if
  /// there is none.
  virtual std::optional<Timestamp> NextDue(HookId hook, Timestamp after) = 0;
  /// Every hook, deleted ones too, that has pending deliveries.
  virtual std::vector<HookId> HooksWithPending() = 0;
  virtual std::int64_t CountPending(HookId hook) = 0;

  virtual std::vector<DeliveryView> ListDeliveries(const DeliveryFilter& filter) = 0;
  virtual std::optional<DeliveryView> FindDelivery(const Uuid& uuid) = 0;
  virtual std::vector<AttemptView> ListAttempts(DeliveryId delivery) = 0;
  virtual EventPayloadPtr FindEvent(EventId event) = 0;
};

class Tx : public virtual Reader {
 public:
  /// Stores the event and returns it with its number (the given `id` is ignored): the pointer that
  /// its deliveries share.
  virtual EventPayloadPtr InsertEvent(EventPayload event) = 0;
  /// Stores the delivery as pending and gives it its number (the given `id` is ignored). Its event
  /// is one that InsertEvent returned. Once the transaction is committed, the store hands the
  /// delivery, with that same event, to its CommitListener.
  virtual DeliveryId InsertDelivery(PendingDelivery delivery) = 0;

  /// Writes down the attempt and moves the delivery on. A delivery that is not pending any more
  /// (cancelled meanwhile) keeps its state unless the attempt delivered it.
  virtual void RecordOutcome(const OutcomeRecord& record) = 0;

  /// Cancels up to `limit` pending deliveries of the hook, the earliest due first, and returns how
  /// many it was. `up_to` 0: all; else those up to it that are not manual redeliveries (which were
  /// asked for after the hook was disabled). Those in `except` are skipped: their attempts are
  /// under way.
  virtual int CancelPending(HookId hook, DeliveryId up_to, std::span<const DeliveryId> except,
                            std::string_view reason, Timestamp now, int limit) = 0;

  /// Puts a delivery that has ended back to pending, due now, as a manual round: attempts go
  /// on counting, the retry policy starts anew. One whose payload is gone stays as it is. `to`
  /// redirects it to another hook unless 0. Once committed, the CommitListener hears of it too,
  /// perhaps without its event.
  virtual void Redeliver(DeliveryId delivery, HookId to, Timestamp now) = 0;
};

/// Hears what was committed. Called on the writer's thread, once per commit: must not block.
class CommitListener {
 public:
  virtual ~CommitListener() = default;
  /// Comes after the commit's OnCommit functions, so that a hook is known before its deliveries,
  /// and before any later commit's. A delivery whose `event` is null is only known to be there;
  /// it is paged in.
  virtual void OnDeliveriesCommitted(std::vector<PendingDelivery> deliveries) = 0;
};

}  // namespace hookline::delivery
