#include "delivery/router.h"

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

namespace hookline::delivery {
namespace {

/// Which hook types take events. Pending-message hooks are called for pending messages only.
bool TakesEvents(settings::HookType type) {
  switch (type) {
    case settings::HookType::kWebhook:
      return true;
    case settings::HookType::kSqs:  // No sink sends to these yet.
    case settings::HookType::kSns:
    case settings::HookType::kPendingMessage:
      return false;
  }
  return false;
}

std::shared_ptr<const std::string> Body(std::string text) {
  return std::make_shared<const std::string>(std::move(text));
}

EventPayload Encode(settings::App const& app, const RoutedEvent& event, bool v2_too) {
  EventPayload payload;
  payload.app = app.id;
  payload.type = event.type;
  payload.custom = event.custom;
  payload.product = event.product;
  payload.channel_type = event.channel_type;
  payload.channel_id = event.channel_id;
  payload.cid = event.cid;
  payload.user_id = event.user_id;
  payload.created_at = event.created_at;
  // Always there: a replay to another hook, or a hook whose format is changed, falls back on it.
  payload.body_v1 = Body(event.encode(false));
  if (v2_too) payload.body_v2 = Body(event.encode(true));
  return payload;
}

}  // namespace

bool Wants(const settings::EventHook& hook, const RoutedEvent& event) {
  if (!hook.enabled || !TakesEvents(hook.type)) return false;
  if (hook.product != "all" && hook.product != event.product) return false;
  if (hook.event_types.empty()) return !event.custom || hook.custom_events;
  return std::ranges::find(hook.event_types, event.type) != hook.event_types.end();
}

int Route(Tx& tx, const settings::App& app, const RoutedEvent& event, Timestamp now) {
  std::vector<HookId> wanting;
  bool v2 = false;
  for (const settings::EventHook& hook : app.hooks) {
    if (!Wants(hook, event)) continue;
    wanting.push_back(hook.pk);
    v2 = v2 || hook.payload_v2;
  }
  if (wanting.empty()) return 0;

  const EventPayloadPtr stored = tx.InsertEvent(Encode(app, event, v2));
  for (const HookId hook : wanting) {
    PendingDelivery delivery;
    delivery.uuid = TimeOrderedUuid(now);
    delivery.hook = hook;
    delivery.event = stored;
    delivery.next_attempt_at = now;
    tx.InsertDelivery(std::move(delivery));
  }
  return static_cast<int>(wanting.size());
}

}  // namespace hookline::delivery
