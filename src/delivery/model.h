#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/failure_class.h"
#include "base/ids.h"
#include "base/time.h"
#include "base/uuid.h"

/// What delivery works on: an event's payload, one delivery of it to one hook, and what came of an
/// attempt.
namespace hookline::delivery {

/// An event as it is sent. Built once, shared by all its deliveries; immutable.
struct EventPayload {
  EventId id;
  AppId app;
  std::string type;
  bool custom = false;  ///< Not a type of Stream's catalogue.
  std::string product = "chat";
  std::string channel_type;  ///< These four fill URL templates; empty if there is none.
  std::string channel_id;
  std::string cid;
  std::string user_id;
  Timestamp created_at;
  std::shared_ptr<const std::string> body_v1;  ///< RFC 3339 times, flat custom fields.
  std::shared_ptr<const std::string> body_v2;  ///< Null unless a hook asked for it.
};
using EventPayloadPtr = std::shared_ptr<const EventPayload>;

/// What the event takes of the memory, near enough.
std::size_t Bytes(const EventPayload& event);

enum class DeliveryState : std::uint8_t {
  kPending = 0,
  kDelivered = 1,
  kDead = 2,       ///< All attempts failed; kept as a dead letter, can be replayed.
  kCancelled = 3,  ///< Its hook was deleted or disabled; can be replayed to another hook.
};

std::string_view ToString(DeliveryState state);

/// A delivery that may be attempted now or at `next_attempt_at`.
struct PendingDelivery {
  DeliveryId id;
  Uuid uuid;  ///< X-Webhook-Id.
  HookId hook;
  EventPayloadPtr event;
  int attempts = 0;  ///< Recorded so far; X-Webhook-Attempt is one more.
  /// The part of the retry budget that is used up, as recorded by the process `epoch`; another
  /// process starts anew (docs/contract/rulings.md#25).
  std::chrono::milliseconds budget_used{0};
  std::int64_t epoch = 0;
  int redelivery_base = 0;  ///< Attempts before the present round: a manual redelivery starts one.
  bool manual = false;
  Timestamp next_attempt_at;
};

/// What came of one attempt: data, not an error.
struct AttemptOutcome {
  FailureClass failure = FailureClass::kNone;
  int status = 0;           ///< 0 if there was none.
  std::string retry_after;  ///< The header's value, empty if absent.
  std::chrono::nanoseconds elapsed{0};
  std::string detail;  ///< For a person; never holds credentials.

  /// Handed back at shutdown: costs no attempt and is not recorded.
  bool cancelled() const { return failure == FailureClass::kCancelled; }
  bool succeeded() const {
    return failure == FailureClass::kNone && status >= 200 && status <= 299;
  }
};

/// What is written down after an attempt.
struct OutcomeRecord {
  DeliveryId delivery;
  HookId hook;
  int attempt = 0;  ///< The number just made.
  Timestamp started_at;
  AttemptOutcome outcome;
  DeliveryState state = DeliveryState::kPending;
  std::string reason;         ///< Why it is dead: "exhausted", "not_retryable", ….
  Timestamp next_attempt_at;  ///< If still pending.
  std::chrono::milliseconds budget_used{0};
  std::int64_t epoch = 0;
  bool disable_hook = false;  ///< 410 Gone.
};

}  // namespace hookline::delivery
