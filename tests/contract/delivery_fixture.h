#pragma once

#include "contract/store_contract.h"

namespace hookline::store {

/// Deliveries and what became of them.
class StoreDeliveryContract : public StoreContract {
 protected:
  static delivery::PendingQuery Due(HookId hook, Timestamp by, int limit = 100) {
    delivery::PendingQuery query;
    query.hook = hook;
    query.due_by = by;
    query.limit = limit;
    return query;
  }
  static delivery::OutcomeRecord Outcome(DeliveryId delivery, HookId hook, int attempt, int status,
                                         delivery::DeliveryState state) {
    delivery::OutcomeRecord record;
    record.delivery = delivery;
    record.hook = hook;
    record.attempt = attempt;
    record.started_at = At(100 + attempt);
    record.outcome.status = status;
    record.outcome.elapsed = std::chrono::milliseconds(20);
    record.state = state;
    return record;
  }
  void Record(const delivery::OutcomeRecord& record) {
    Write([&](Tx& tx) { tx.RecordOutcome(record); });
  }
  delivery::DeliveryView View(DeliveryId id) {
    delivery::DeliveryView view;
    Read([&](Reader& reader) {
      delivery::DeliveryFilter filter;
      filter.before = {id.value + 1};
      filter.limit = 1;
      const auto views = reader.ListDeliveries(filter);
      ASSERT_EQ(views.size(), 1U);
      ASSERT_EQ(views[0].id, id);
      view = views[0];
    });
    return view;
  }
};

}  // namespace hookline::store
