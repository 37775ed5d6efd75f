#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.h"
#include "base/time.h"

/// An app (tenant), its keys, and its hooks.
namespace hookline::settings {

struct ApiKey {
  std::string key;
  std::string secret;
  Timestamp created_at;
  Timestamp retired_at;  ///< Zero while the key is in force.

  friend bool operator==(const ApiKey&, const ApiKey&) = default;
};

enum class HookType : std::uint8_t { kWebhook, kSqs, kSns, kPendingMessage };

/// One entry of `event_hooks`. `doc_json` is what the client set, key by key, and what GET returns
/// besides id, enabled, created_at, updated_at and product; the other members are what delivery
/// needs, drawn from it when it is saved.
struct EventHook {
  HookId pk;  ///< 0 until it is stored. A hook that is deleted and created again gets a new one.
  AppId app;
  std::string id;  ///< As the client names it, usually a UUID.
  HookType type = HookType::kWebhook;
  bool enabled = true;
  std::string disabled_reason;           ///< Set when Hookline switched it off itself (410 Gone).
  std::vector<std::string> event_types;  ///< Empty: all.
  std::string product = "all";
  bool custom_events = true;  ///< should_send_custom_events, true unless set to false.
  std::string url;            ///< The template, verbatim; empty for SQS and SNS.
  std::string retry_json;     ///< docs/contract/rulings.md#6; empty: the "stream" policy.
  bool payload_v2 = false;    ///< docs/contract/rulings.md#7.
  std::string doc_json = "{}";
  Timestamp created_at;
  Timestamp updated_at;
  /// Deliveries up to this one were pending when the hook was last disabled: they are cancelled
  /// even if the hook is enabled again (docs/contract/rulings.md#26).
  DeliveryId cancel_up_to;

  friend bool operator==(const EventHook&, const EventHook&) = default;
};

/// What PATCH /app stores. `fields_json` holds each field as the client sent it, by name.
struct App {
  AppId id;
  std::string name;
  bool use_hook_v2 = true;
  Timestamp created_at;
  Timestamp updated_at;
  std::string fields_json = "{}";
  Timestamp revoke_tokens_issued_before;
  std::vector<ApiKey> keys;      ///< Oldest first, retired ones left out.
  std::vector<EventHook> hooks;  ///< In the order of `event_hooks`.

  /// The key that signs (Stream docs: "Stream will always use the oldest key").
  /// Requires: the app has a key.
  const ApiKey& signing_key() const { return keys.front(); }
  friend bool operator==(const App&, const App&) = default;

  const EventHook* FindHook(HookId pk) const {
    for (const EventHook& hook : hooks) {
      if (hook.pk == pk) return &hook;
    }
    return nullptr;
  }
};

using AppPtr = std::shared_ptr<const App>;

}  // namespace hookline::settings
