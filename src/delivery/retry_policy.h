#pragma once

#include <chrono>
#include <cstdint>
#include <string_view>

#include "delivery/model.h"
#include "settings/app.h"
#include "settings/retry_schedule.h"

namespace hookline::delivery {

/// How far a delivery has come in its present round (since it was made, or since its last manual
/// redelivery).
struct RetryRound {
  int attempts = 0;                          ///< Made and recorded in this round.
  std::chrono::milliseconds budget_used{0};  ///< Attempts and planned waits since the first start.

  /// What a process of `epoch` knows of the delivery's round. Another process's budget does not
  /// count: when the server was down is no fault of the receiver (docs/contract/rulings.md#25).
  static RetryRound Of(const PendingDelivery& delivery, std::int64_t epoch);
};

/// What follows from an attempt.
struct RetryDecision {
  DeliveryState state = DeliveryState::kPending;
  std::chrono::nanoseconds wait{0};  ///< If pending: until the next attempt.
  std::string_view reason;           ///< If dead: "exhausted", "gone", …. Static text.
  std::chrono::milliseconds budget_used{0};
  bool disable_hook = false;  ///< The receiver said 410 Gone.
};

/// When to try again: docs/contract/rulings.md#5, and #6 for a hook with a schedule
/// of its own. Pure; const members may be called from any thread.
class RetryPolicy {
 public:
  /// The policy named "stream".
  RetryPolicy() = default;
  explicit RetryPolicy(settings::RetrySchedule schedule)
      : stream_(false), schedule_(std::move(schedule)) {}

  /// The hook's policy. A retry_json that cannot be read (it is checked when it is saved) counts
  /// as none.
  static RetryPolicy For(const settings::EventHook& hook);

  /// How long the next attempt of the round may take.
  std::chrono::milliseconds AttemptTimeout(const RetryRound& round) const;

  /// What to do after `outcome`, the attempt that follows `round`. `wall_now` gives a Retry-After
  /// date its meaning; `jitter` is evenly drawn from [0, 1).
  /// Requires: the outcome is not cancelled.
  RetryDecision Decide(const RetryRound& round, const AttemptOutcome& outcome, Timestamp wall_now,
                       double jitter) const;

  /// No wait is ever longer: what is due later was planned by a clock that has been set back.
  std::chrono::nanoseconds MaxWait() const;

 private:
  bool stream_ = true;
  settings::RetrySchedule schedule_;
};

}  // namespace hookline::delivery
