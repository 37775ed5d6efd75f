#include "delivery/retry_policy.h"

#include <algorithm>
#include <array>
#include <optional>

#include "delivery/retry_after.h"

namespace hookline::delivery {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;

constexpr milliseconds kStreamAttempt{6'000};
constexpr milliseconds kStreamBudget{15'000};
/// A wait "fits" into the budget only if it leaves an attempt that can succeed.
constexpr milliseconds kLeastAttempt{250};
constexpr nanoseconds kMaxRetryAfter = std::chrono::hours(24);
constexpr double kJitter = 0.2;

enum class Kind { kAnswer, kTimeout, kNetwork, kFinal };

struct StreamRule {
  int attempts;
  std::array<milliseconds, 2> waits;
};
constexpr StreamRule kStreamAnswer{3, {milliseconds(500), milliseconds(2'000)}};
constexpr StreamRule kStreamTimeout{3, {milliseconds(200), milliseconds(500)}};
constexpr StreamRule kStreamNetwork{2, {milliseconds(500), milliseconds(2'000)}};

bool IsRetryableStatus(int status) {
  return status == 408 || status == 425 || status == 429 || status >= 500;
}

Kind Classify(const AttemptOutcome& outcome) {
  switch (outcome.failure) {
    case FailureClass::kNone:
      return IsRetryableStatus(outcome.status) ? Kind::kAnswer : Kind::kFinal;
    case FailureClass::kTimeout:
      return Kind::kTimeout;
    case FailureClass::kDns:
    case FailureClass::kRefused:
    case FailureClass::kReset:
    case FailureClass::kTls:
    case FailureClass::kHttp:
    case FailureClass::kLocal:
      return Kind::kNetwork;
    case FailureClass::kTooLarge:
      // An answer without end is a broken one; without an answer it was our body that is too large
      // for the target, and will be again. An endless error page of an overloaded receiver is still
      // its 503.
      if (outcome.status == 0) return Kind::kFinal;
      return IsRetryableStatus(outcome.status) ? Kind::kAnswer : Kind::kNetwork;
    default:
      return Kind::kFinal;  // kBlocked; the others are of no recorded attempt.
  }
}

std::string_view FinalReason(FailureClass failure) {
  switch (failure) {
    case FailureClass::kTooLarge:
      return "too_large";
    case FailureClass::kBlocked:
      return "blocked";
    default:
      return "not_retryable";
  }
}

const StreamRule& StreamRuleFor(Kind kind) {
  switch (kind) {
    case Kind::kTimeout:
      return kStreamTimeout;
    case Kind::kNetwork:
      return kStreamNetwork;
    default:
      return kStreamAnswer;
  }
}

nanoseconds Jittered(nanoseconds step, double jitter) {
  return nanoseconds(
      static_cast<std::int64_t>(static_cast<double>(step.count()) * kJitter * jitter));
}

RetryDecision Dead(std::string_view reason, milliseconds budget_used) {
  RetryDecision decision;
  decision.state = DeliveryState::kDead;
  decision.reason = reason;
  decision.budget_used = budget_used;
  return decision;
}

RetryDecision Again(nanoseconds wait, milliseconds budget_used) {
  RetryDecision decision;
  decision.wait = wait;
  decision.budget_used = budget_used + std::chrono::ceil<milliseconds>(wait);
  return decision;
}

RetryDecision DecideStream(Kind kind, int attempt, milliseconds used,
                           std::optional<nanoseconds> retry_after, double jitter) {
  const StreamRule& rule = StreamRuleFor(kind);
  if (attempt >= rule.attempts) return Dead("exhausted", used);
  const nanoseconds room = kStreamBudget - used - kLeastAttempt;
  const nanoseconds step = rule.waits[std::min<std::size_t>(attempt - 1, rule.waits.size() - 1)];
  if (step > room) return Dead("exhausted", used);
  nanoseconds wait = step;
  if (retry_after && *retry_after <= room) wait = std::max(wait, *retry_after);
  return Again(std::min(wait + Jittered(step, jitter), room), used);
}

RetryDecision DecideScheduled(const settings::RetrySchedule& schedule, int attempt,
                              milliseconds used, std::optional<nanoseconds> retry_after,
                              double jitter) {
  if (attempt > static_cast<int>(schedule.steps.size())) return Dead("exhausted", used);
  const nanoseconds step = schedule.steps[attempt - 1];
  nanoseconds wait = step;
  if (retry_after) wait = std::max(wait, std::min(*retry_after, kMaxRetryAfter));
  return Again(wait + Jittered(step, jitter), used);
}

}  // namespace

RetryRound RetryRound::Of(const PendingDelivery& delivery, std::int64_t epoch) {
  RetryRound round;
  round.attempts = std::max(0, delivery.attempts - delivery.redelivery_base);
  // The first attempt of a round starts the budget, whatever an earlier round left behind.
  if (round.attempts > 0 && delivery.epoch == epoch) round.budget_used = delivery.budget_used;
  return round;
}

RetryPolicy RetryPolicy::For(const settings::EventHook& hook) {
  if (hook.retry_json.empty()) return RetryPolicy();
  auto schedule = settings::ParseRetrySchedule(hook.retry_json);
  return schedule ? RetryPolicy(std::move(*schedule)) : RetryPolicy();
}

milliseconds RetryPolicy::AttemptTimeout(const RetryRound& round) const {
  if (!stream_) return schedule_.timeout;
  return std::max(kLeastAttempt, std::min(kStreamAttempt, kStreamBudget - round.budget_used));
}

RetryDecision RetryPolicy::Decide(const RetryRound& round, const AttemptOutcome& outcome,
                                  Timestamp wall_now, double jitter) const {
  const milliseconds used = round.budget_used + std::chrono::ceil<milliseconds>(
                                                    std::max(outcome.elapsed, nanoseconds(0)));
  if (outcome.succeeded()) {
    RetryDecision decision;
    decision.state = DeliveryState::kDelivered;
    decision.budget_used = used;
    return decision;
  }
  if (outcome.failure == FailureClass::kNone && outcome.status == 410) {
    RetryDecision decision = Dead("gone", used);
    decision.disable_hook = true;
    return decision;
  }
  const Kind kind = Classify(outcome);
  if (kind == Kind::kFinal) return Dead(FinalReason(outcome.failure), used);

  std::optional<nanoseconds> retry_after;
  if (kind == Kind::kAnswer) retry_after = ParseRetryAfter(outcome.retry_after, wall_now);
  const int attempt = round.attempts + 1;
  return stream_ ? DecideStream(kind, attempt, used, retry_after, jitter)
                 : DecideScheduled(schedule_, attempt, used, retry_after, jitter);
}

nanoseconds RetryPolicy::MaxWait() const {
  if (stream_) return kStreamBudget;
  nanoseconds longest{0};
  for (const milliseconds step : schedule_.steps) longest = std::max<nanoseconds>(longest, step);
  return std::max(longest, kMaxRetryAfter) + Jittered(longest, 1.0);
}

}  // namespace hookline::delivery
