#pragma once

#include <chrono>
#include <cstddef>

/// Limits of synchronous calls.
namespace hookline::hooks {

/// How long a synchronous call may take: its one attempt, and all that belongs to it. The
/// difference is how long it may wait for a slot.
struct CallLimits {
  std::chrono::milliseconds attempt;
  std::chrono::milliseconds total;

  friend bool operator==(const CallLimits&, const CallLimits&) = default;
};

/// docs/contract/rulings.md#9. `override_timeout` is what the app sets
/// (settings::HookSettings::before_message_send_timeout); 0 for the default.
constexpr CallLimits BeforeMessageSendLimits(std::chrono::milliseconds override_timeout) {
  using std::chrono::milliseconds;
  if (override_timeout <= milliseconds(0)) return {milliseconds(1500), milliseconds(2000)};
  return {override_timeout, override_timeout + milliseconds(500)};
}

/// docs/contract/rulings.md#10, unless the operator says otherwise.
constexpr CallLimits CommandLimits(
    std::chrono::milliseconds attempt = std::chrono::milliseconds(1000)) {
  return {attempt, attempt + std::chrono::milliseconds(500)};
}

/// A longer answer counts as a failure.
inline constexpr std::size_t kMaxAnswerBytes = std::size_t{1} << 20;

/// Calls of one hook that may be waiting for its answer; above what 1,000 senders need.
inline constexpr int kMaxCallsInFlight = 1200;
/// Of all hooks.
inline constexpr int kMaxCallsInFlightTotal = 2400;

}  // namespace hookline::hooks
