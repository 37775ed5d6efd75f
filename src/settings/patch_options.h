#pragma once

#include <functional>
#include <string>

#include "base/ids.h"
#include "base/time.h"

namespace hookline::settings {

/// What a change of settings needs from outside.
struct PatchOptions {
  bool allow_http_targets = false;  ///< decisions.md 28.
  Timestamp now;
  DeliveryId last_delivery;  ///< Tx::LastDelivery(), for EventHook::cancel_up_to.
  std::function<std::string()> new_hook_id;
};

}  // namespace hookline::settings
