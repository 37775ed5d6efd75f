#pragma once

#include <functional>
#include <string>

#include "base/time.h"
#include "delivery/model.h"
#include "delivery/store.h"
#include "settings/app.h"

namespace hookline::delivery {

/// An event that happened, before it is known whether anybody wants it.
struct RoutedEvent {
  std::string type;
  bool custom = false;  ///< Not a type of Stream's catalogue.
  std::string product = "chat";
  std::string channel_type;  ///< These four fill URL templates; empty if there is none.
  std::string channel_id;
  std::string cid;
  std::string user_id;
  Timestamp created_at;  ///< The wall clock's.
  /// Makes the body, in the v2 format or in v1. Called at most once per format, and not at all if
  /// no hook wants the event.
  std::function<std::string(bool v2)> encode;
};

/// True if the hook is to hear of the event: it is enabled, its type is one that takes events, and
/// its event types, its product and its wish for custom events (docs/contract/rulings.md#4) match.
bool Wants(const settings::EventHook& hook, const RoutedEvent& event);

/// Stores the event and one delivery per hook of `app` that wants it, due at once, and returns how
/// many there are; stores nothing if there is none. `now` is Clock::ScheduleNow, by which the
/// deliveries are due.
int Route(Tx& tx, const settings::App& app, const RoutedEvent& event, Timestamp now);

}  // namespace hookline::delivery
