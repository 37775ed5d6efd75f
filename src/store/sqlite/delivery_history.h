#pragma once

#include <optional>
#include <vector>

#include "delivery/store.h"
#include "store/sqlite/connection.h"

namespace hookline::store::sqlite {

/// Deliveries and attempts as an operator sees them.
class DeliveryHistory {
 public:
  explicit DeliveryHistory(Connection& db);

  std::vector<delivery::DeliveryView> List(const delivery::DeliveryFilter& filter);
  std::optional<delivery::DeliveryView> Find(const Uuid& uuid);
  std::vector<delivery::AttemptView> ListAttempts(DeliveryId delivery);

 private:
  std::vector<HookId> HooksOf(const delivery::DeliveryFilter& filter);
  Statement& ByHook(std::optional<delivery::DeliveryState> state);

  Statement hooks_;
  Statement by_hook_;
  Statement pending_by_hook_;
  Statement delivered_by_hook_;
  Statement dead_by_hook_;
  Statement cancelled_by_hook_;
  Statement all_;
  Statement delivered_;
  Statement find_;
  Statement find_uuid_;
  Statement attempts_;
  Statement last_attempt_;
};

}  // namespace hookline::store::sqlite
