#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "hooks/answer.h"
#include "hooks/call_gate.h"
#include "hooks/health.h"
#include "hooks/limits.h"
#include "hooks/transport.h"
#include "settings/app.h"

namespace hookline::hooks {

/// One synchronous call to be made.
struct SyncCall {
  settings::AppPtr app;  ///< Has a key in force.
  HookKind kind = HookKind::kBeforeMessageSend;
  /// The URL as the app has it set, placeholders and all. The hook's health belongs to it, so that
  /// a command handler that is down is noticed whatever the command. Empty: the same as `url`.
  std::string configured_url;
  std::string url;   ///< The URL to call: absolute, placeholders filled.
  std::string user;  ///< Whose doing the call is: users share a hook's slots.
  std::shared_ptr<const std::string> body;
  CallLimits limits = CommandLimits();
  /// Judges the body of a 2xx, right before `done` on the same thread: false makes it kBadBody.
  /// Empty: every body will do that is not empty. It may keep what it parsed for `done`.
  std::move_only_function<bool(std::string_view body)> accepts;
};

struct SyncAnswer {
  FailureClass result = FailureClass::kCancelled;
  int status = 0;                       ///< 0 if there was no answer.
  std::string body;                     ///< Of kNone only.
  std::string detail;                   ///< For a person, of a failure; holds no credentials.
  std::chrono::nanoseconds elapsed{0};  ///< Monotonic, of the attempt.

  bool answered() const { return result == FailureClass::kNone; }
};

/// A hook as the admin routes and metrics show it.
struct HookReport {
  AppId app;
  HookKind kind = HookKind::kBeforeMessageSend;
  std::string url;  ///< As configured, without credentials, query and fragment.
  HealthState state = HealthState::kHealthy;
  Timestamp since;  ///< Zero: since the process started.
  std::int64_t consecutive_failures = 0;
  Timestamp next_probe;  ///< Paused only, else zero: the first call after it is let through.
  bool probe_in_flight = false;
  int in_flight = 0;
  AnswerCounts counts;              ///< Since the process started.
  std::vector<Transition> history;  ///< Oldest first; bounded.
};

struct SyncCallerOptions {
  HealthPolicy health;
  GateLimits gate{kMaxCallsInFlightTotal, kMaxCallsInFlight};
  std::size_t answer_bytes_max = kMaxAnswerBytes;
  /// At most one warning per hook in this time.
  std::chrono::steady_clock::duration warning_interval = std::chrono::seconds(10);
};

/// Calls customers' servers from inside a request: one attempt, a deadline, and a health that keeps
/// servers which are down from costing senders anything. Used for before-message-send and for
/// custom commands; what an answer means is for the caller.
///
/// Thread-safe; nothing blocks. What is kept per (app, kind) stays for the life of the process.
/// `transport` and `clock` outlive it, and it outlives every call: stop the transport first.
class SyncCaller {
 public:
  SyncCaller(Transport& transport, const Clock& clock, SyncCallerOptions options = {});
  ~SyncCaller();
  SyncCaller(const SyncCaller&) = delete;
  SyncCaller& operator=(const SyncCaller&) = delete;

  /// Makes the call, signed with the app's oldest key. `done` is called exactly once, on any
  /// thread, perhaps before Call returns (when the hook is paused, it always is).
  ///
  /// The call waits for a slot as long as its limits leave room for the whole attempt, and so does
  /// one that local trouble keeps from leaving; after that it is answered with a class of
  /// IsOwnTrouble. An answer that is complete only after the attempt's limit is a kTimeout, even if
  /// every timer fired late; a time-out that is noticed a second late is kLocal: this process, not
  /// the hook, stood still.
  void Call(SyncCall call, std::move_only_function<void(SyncAnswer)> done);

  /// Every hook that was called so far, by app and kind.
  std::vector<HookReport> Snapshot() const;

 private:
  struct Hook;
  struct Pending;
  using PendingPtr = std::shared_ptr<Pending>;
  using Key = std::pair<AppId, HookKind>;

  std::shared_ptr<Hook> FindOrAdd(Key key);
  Moment Now() const { return {clock_.SteadyNow(), clock_.WallNow()}; }
  void WaitForSlot(PendingPtr pending);
  bool Begin(PendingPtr pending);
  void Send(PendingPtr pending);
  SyncAnswer Judge(Pending& pending, TransportOutcome outcome, Moment now) const;
  void OnOutcome(PendingPtr pending, TransportOutcome outcome);
  void Refuse(Pending& pending, FailureClass why, std::string detail);
  void GiveSlot(const CallGate::Hook& hook, const std::string& user);

  Transport& transport_;
  const Clock& clock_;
  const SyncCallerOptions options_;
  mutable std::mutex hooks_mutex_;  ///< Guards the map, not what is in the hooks.
  std::map<Key, std::shared_ptr<Hook>> hooks_;
  std::mutex gate_mutex_;
  CallGate gate_;  ///< Guarded by gate_mutex_.
  std::atomic<std::int64_t> in_flight_{0};
};

/// `url` for logs and reports: without credentials, query and fragment, which may hold secrets.
std::string RedactUrl(std::string_view url);

}  // namespace hookline::hooks
