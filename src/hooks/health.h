#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "hooks/answer.h"

namespace hookline::hooks {

/// A moment on both clocks: the monotonic one decides, the wall clock is shown to people.
struct Moment {
  std::chrono::steady_clock::time_point steady;
  Timestamp wall;
};

/// docs/contract/rulings.md#9.
struct HealthPolicy {
  int failures_to_pause = 5;  ///< In a row; at least 1.
  int users_to_pause = 3;     ///< Whose calls timed out, for time-outs to count.
  /// Between the first and the last of them, at most.
  std::chrono::steady_clock::duration failure_window = std::chrono::seconds(30);
  std::chrono::steady_clock::duration probe_interval = std::chrono::seconds(5);
  std::size_t history_max = 32;  ///< Transitions that are kept.
};

enum class HealthState : std::uint8_t { kHealthy, kPaused };
/// "healthy", "paused". Stable: users and metrics see them.
std::string_view ToString(HealthState state);

/// A change of a hook's state.
struct Transition {
  Timestamp at;
  HealthState to = HealthState::kHealthy;
  std::string reason;  ///< For a person.

  friend bool operator==(const Transition&, const Transition&) = default;
};

/// Whether one synchronous hook is to be called, judged by what came of the calls before.
///
/// healthy: every call is let through. `failures_to_pause` unreachable answers in a row (see
/// IsUnreachable), the last at most `failure_window` after the first, pause it; time-outs among
/// them count only if they come from at least `users_to_pause` users, for one user's slow messages
/// must not switch the hook off for all. Any other answer starts the row anew. paused: no call is
/// let through, but one at a time as a probe, at least `probe_interval` after the pause or the
/// start of the probe before. The first kNone, of the probe or of a call that started before
/// the pause, makes it healthy. Any other failure leaves it paused. A changed URL makes it healthy;
/// calls to the old URL that end later only count.
///
/// Order is by the end of calls, as Record hears of them. Pure: no clock of its own. Not
/// thread-safe.
class Health {
 public:
  /// How a call was let through; to be handed to Record.
  struct Permit {
    bool allowed = false;  ///< False: do not call. Nothing is to be recorded then.
    bool probe = false;
    std::uint64_t url_version = 0;
    std::string user;
  };

  explicit Health(HealthPolicy policy = {}) : policy_(policy) {}

  /// Asks to call the hook, which is at `url` now, because of what `user` does (empty: somebody of
  /// whom nothing is known, another one each time). If allowed, Record must follow, exactly once.
  Permit Admit(std::string_view url, Moment now, std::string_view user = {});
  /// Whether Admit would allow a call now. Changes nothing.
  bool WouldAdmit(std::string_view url, Moment now) const;

  /// Tells what came of an allowed call; `detail` is for a person. Counts it, and returns the
  /// change of state that follows from it, if one does. kPaused and kOverloaded are not for here.
  std::optional<Transition> Record(const Permit& permit, FailureClass answer,
                                   std::string_view detail, Moment now);

  /// Counts a call that was not made: kPaused, kOverloaded or kThrottled.
  void CountSkipped(FailureClass answer) { ++counts_[answer]; }

  HealthState state() const { return state_; }
  const std::string& url() const { return url_; }
  /// When the present state began; zero if the hook was healthy from the start.
  Timestamp since() const { return since_; }
  /// Unreachable answers in a row, up to now.
  std::int64_t consecutive_failures() const { return consecutive_failures_; }
  bool probe_in_flight() const { return probe_in_flight_; }
  /// Paused only: the earliest start of the next probe. Nothing is called of itself: the probe is
  /// the first call after that.
  std::optional<std::chrono::steady_clock::time_point> next_probe() const;
  const AnswerCounts& counts() const { return counts_; }
  /// Oldest first.
  std::vector<Transition> History() const { return {history_.begin(), history_.end()}; }

 private:
  void ForgetFailures();
  Transition MoveTo(HealthState state, Moment now, std::string reason);
  std::optional<Transition> RecordFailure(const Permit& permit, FailureClass answer,
                                          std::string_view detail, Moment now);

  const HealthPolicy policy_;
  std::string url_;
  std::uint64_t url_version_ = 0;
  HealthState state_ = HealthState::kHealthy;
  Timestamp since_;
  std::int64_t consecutive_failures_ = 0;
  struct UnreachableCall {
    std::chrono::steady_clock::time_point ended;
    bool timeout = false;
    std::string user;
  };
  bool EnoughToPause() const;

  /// The latest unreachable answers in a row: those that can still count, no more than
  /// failures_to_pause of the same user's time-outs, and a bounded number in all.
  std::deque<UnreachableCall> failures_;
  std::chrono::steady_clock::time_point next_probe_;
  bool probe_in_flight_ = false;
  AnswerCounts counts_;
  std::deque<Transition> history_;
};

}  // namespace hookline::hooks
