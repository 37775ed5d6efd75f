#pragma once

#include "settings/app.h"

namespace hookline::settings {

/// What a server carries out besides webhooks. Settings that ask for anything else are refused
/// instead of being kept and forgotten.
struct Capabilities {
  bool sqs = false;
  bool sns = false;
  bool pending_messages = false;
  bool failover = false;  ///< failover_config: where events go that could not be delivered.

  bool Has(HookType type) const {
    switch (type) {
      case HookType::kWebhook:
        return true;
      case HookType::kSqs:
        return sqs;
      case HookType::kSns:
        return sns;
      case HookType::kPendingMessage:
        return pending_messages;
    }
    return false;
  }
};

}  // namespace hookline::settings
