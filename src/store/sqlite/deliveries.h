#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "delivery/store.h"
#include "store/sqlite/connection.h"
#include "store/sqlite/events.h"

namespace hookline::store::sqlite {

/// Deliveries as delivery works on them. What operators see is in DeliveryHistory.
class DeliveryTable {
 public:
  /// `events` outlives the table.
  DeliveryTable(Connection& db, EventTable& events);

  std::vector<delivery::PendingDelivery> LoadPending(const delivery::PendingQuery& query);
  std::optional<Timestamp> NextDue(HookId hook, Timestamp after);
  std::vector<HookId> HooksWithPending();
  std::int64_t CountPending(HookId hook);
  DeliveryId Last();

  DeliveryId Insert(const delivery::PendingDelivery& delivery);
  void RecordOutcome(const delivery::OutcomeRecord& record);
  int CancelPending(HookId hook, DeliveryId up_to, std::span<const DeliveryId> except,
                    std::string_view reason, Timestamp now, int limit);
  /// What is pending now, without its event; nullopt if the delivery was neither dead nor
  /// cancelled.
  std::optional<delivery::PendingDelivery> Redeliver(DeliveryId delivery, HookId to, Timestamp now);

 private:
  delivery::EventPayloadPtr FindEvent(EventId event, delivery::EventPool* known);

  Connection& db_;
  EventTable& events_;
  Statement load_;
  Statement next_due_;
  Statement next_hook_;
  Statement count_pending_;
  Statement last_;
  Statement insert_;
  Statement record_;
  Statement insert_attempt_;
  Statement cancel_;
  Statement redeliver_;
  Statement keep_success_;
  Statement find_pending_;
};

}  // namespace hookline::store::sqlite
