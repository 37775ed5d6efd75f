#pragma once

#include <functional>
#include <string>

#include "base/ids.h"
#include "base/time.h"
#include "settings/capabilities.h"

namespace hookline::settings {

/// What a change of settings needs from outside.
struct PatchOptions {
  bool allow_http_targets = false;  ///< http:// URLs may be saved.
  /// New hooks get payloads in the v2 format unless they say otherwise.
  bool payload_v2 = false;
  Capabilities capabilities;
  /// `channel_configs` as GET shows it, with which a client may send it back.
  std::string channel_configs_json = "{}";
  Timestamp now;
  DeliveryId last_delivery;  ///< Tx::LastDelivery(), for EventHook::cancel_up_to.
  std::function<std::string()> new_hook_id;
};

}  // namespace hookline::settings
