#include "hooks/sync_caller.h"

#include <fmt/core.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <iterator>

#include "base/error.h"
#include "base/uuid.h"
#include "webhook/call/call.h"

namespace hookline::hooks {
namespace {

using std::chrono::milliseconds;

// A call that local trouble has kept from leaving is tried again after this.
constexpr milliseconds kLocalWait{100};
// Whoever notices a time-out this much later stood still.
constexpr milliseconds kStandstill{1'000};

std::vector<std::string> Headers(const webhook::CallKey& key, std::string_view body) {
  std::vector<std::string> lines = key.CommonHeaders();
  std::vector<std::string> own = webhook::CallHeaders(RandomUuid(), 1, key.Sign(body));
  lines.insert(lines.end(), std::make_move_iterator(own.begin()),
               std::make_move_iterator(own.end()));
  return lines;
}

milliseconds Limit(const CallLimits& limits) { return std::min(limits.attempt, limits.total); }

void LogTransition(const std::pair<AppId, HookKind>& key, const std::string& url,
                   const Transition& transition) {
  const auto& [app, kind] = key;
  if (transition.to == HealthState::kPaused) {
    spdlog::warn("hook {} of app {} at {} is paused: {}", ToString(kind), app.value, url,
                 transition.reason);
  } else {
    spdlog::info("hook {} of app {} at {} is resumed: {}", ToString(kind), app.value, url,
                 transition.reason);
  }
}

void LogFailure(const std::pair<AppId, HookKind>& key, const std::string& url,
                const SyncAnswer& answer, std::uint64_t unwarned) {
  const auto& [app, kind] = key;
  spdlog::warn("hook {} of app {} at {} failed: {} ({}); {} more failures since the last warning",
               ToString(kind), app.value, url, ToString(answer.result), answer.detail, unwarned);
}

}  // namespace

std::string RedactUrl(std::string_view url) {
  url = url.substr(0, url.find_first_of("?#"));
  const std::size_t colon = url.find("://");
  if (colon == std::string_view::npos) return std::string(url);
  const std::size_t start = colon + 3;
  const std::string_view authority = url.substr(start, url.find('/', start) - start);
  const std::size_t at = authority.rfind('@');
  if (at == std::string_view::npos) return std::string(url);
  return fmt::format("{}{}", url.substr(0, start), url.substr(start + at + 1));
}

// What is known of one (app, kind).
struct SyncCaller::Hook {
  explicit Hook(Key the_key, const HealthPolicy& policy) : key(the_key), health(policy) {}

  // Lets one warning through per interval and counts the others.
  std::optional<std::uint64_t> Warn(Moment now, std::chrono::steady_clock::duration interval) {
    if (warned_at && now.steady - *warned_at < interval) {
      ++unwarned;
      return std::nullopt;
    }
    warned_at = now.steady;
    return std::exchange(unwarned, 0);
  }

  std::shared_ptr<const webhook::CallKey> CallKeyOf(const settings::ApiKey& from) {
    if (!call_key || api_key != from.key || secret != from.secret) {
      call_key = std::make_shared<const webhook::CallKey>(from.key, from.secret);
      api_key = from.key;
      secret = from.secret;
    }
    return call_key;
  }

  const Key key;
  std::mutex mutex;  // Guards what follows.
  Health health;
  int in_flight = 0;
  std::string api_key;
  std::string secret;
  std::shared_ptr<const webhook::CallKey> call_key;  // Of these two.
  std::optional<std::chrono::steady_clock::time_point> warned_at;
  std::uint64_t unwarned = 0;
};

// A call that waits for its slot, or is under way.
struct SyncCaller::Pending {
  std::shared_ptr<Hook> hook;
  std::string user;
  std::string configured_url;
  std::string shown_url;  // Redacted.
  settings::AppPtr app;
  std::chrono::steady_clock::time_point start_by;  // Later the attempt has not all its time.
  milliseconds limit{0};
  TransportRequest request;
  std::move_only_function<bool(std::string_view)> accepts;
  std::move_only_function<void(SyncAnswer)> done;
  // Once it has its slot:
  Health::Permit permit;
  std::chrono::steady_clock::time_point started;
};

SyncCaller::SyncCaller(Transport& transport, const Clock& clock, SyncCallerOptions options)
    : transport_(transport), clock_(clock), options_(std::move(options)), gate_(options_.gate) {}

SyncCaller::~SyncCaller() { HOOKLINE_CHECK(in_flight_.load(std::memory_order_acquire) == 0); }

std::shared_ptr<SyncCaller::Hook> SyncCaller::FindOrAdd(Key key) {
  const std::lock_guard lock(hooks_mutex_);
  std::shared_ptr<Hook>& hook = hooks_[key];
  if (!hook) hook = std::make_shared<Hook>(key, options_.health);
  return hook;
}

void SyncCaller::Call(SyncCall call, std::move_only_function<void(SyncAnswer)> done) {
  const Moment now = Now();
  auto pending = std::make_shared<Pending>();
  pending->hook = FindOrAdd({call.app->id, call.kind});
  pending->user = std::move(call.user);
  pending->configured_url = call.configured_url.empty() ? call.url : call.configured_url;
  pending->shown_url = RedactUrl(pending->configured_url);
  pending->app = std::move(call.app);
  pending->limit = Limit(call.limits);
  pending->start_by = now.steady + (call.limits.total - pending->limit);
  pending->accepts = std::move(call.accepts);
  pending->done = std::move(done);
  TransportRequest& request = pending->request;
  request.app = pending->app->id;
  request.url = std::move(call.url);
  request.body = std::move(call.body);
  request.timeout = pending->limit;
  request.response_bytes_max = options_.answer_bytes_max;

  in_flight_.fetch_add(1, std::memory_order_relaxed);
  bool paused = false;
  {
    const std::lock_guard lock(pending->hook->mutex);
    paused = !pending->hook->health.WouldAdmit(pending->configured_url, now);
  }
  if (paused) return Refuse(*pending, FailureClass::kPaused, "the hook is paused");
  bool taken = false;
  {
    const std::lock_guard lock(gate_mutex_);
    taken = gate_.Take(pending->hook->key, pending->user);
  }
  if (!taken) return WaitForSlot(std::move(pending));
  if (!Begin(pending)) GiveSlot(pending->hook->key, pending->user);
}

void SyncCaller::WaitForSlot(PendingPtr pending) {
  const CallGate::Hook key = pending->hook->key;
  const auto patience = std::chrono::ceil<milliseconds>(pending->start_by - clock_.SteadyNow());
  const auto refuse = [this, key](Pending& waited) {
    CallGate::Lack lack;
    {
      const std::lock_guard lock(gate_mutex_);
      lack = gate_.WhatIsLacking(key, waited.user);
    }
    if (lack == CallGate::Lack::kShare) {
      Refuse(waited, FailureClass::kThrottled,
             "the calls that the user or the app may have at once "
             "are all under way");
    } else {
      Refuse(waited, FailureClass::kOverloaded, "all calls that may be under way are");
    }
  };
  std::optional<CallGate::Ticket> ticket;
  if (patience > milliseconds(0)) {
    const std::lock_guard lock(gate_mutex_);
    ticket = gate_.Wait(key, pending->user, [this, pending] { return Begin(pending); });
  }
  if (!ticket) return refuse(*pending);
  transport_.After(patience, [this, pending, refuse, ticket = *ticket] {
    bool waited = false;
    {
      const std::lock_guard lock(gate_mutex_);
      waited = gate_.Withdraw(ticket);
    }
    if (waited) refuse(*pending);
  });
}

/// Requires: the call has a slot. False if it is not made: the slot is to be given back.
bool SyncCaller::Begin(PendingPtr pending) {
  const Moment now = Now();
  Hook& hook = *pending->hook;
  std::shared_ptr<const webhook::CallKey> call_key;
  std::optional<Transition> resumed;
  {
    const std::lock_guard lock(hook.mutex);
    call_key = hook.CallKeyOf(pending->app->signing_key());
    const HealthState before = hook.health.state();
    pending->permit = hook.health.Admit(pending->configured_url, now, pending->user);
    if (before != hook.health.state()) resumed = hook.health.History().back();
    if (pending->permit.allowed) ++hook.in_flight;
  }
  if (resumed) LogTransition(hook.key, pending->shown_url, *resumed);
  if (!pending->permit.allowed) {
    Refuse(*pending, FailureClass::kPaused, "the hook is paused");
    return false;
  }
  pending->request.headers = Headers(*call_key, *pending->request.body);
  Send(std::move(pending));
  return true;
}

void SyncCaller::Send(PendingPtr pending) {
  pending->started = clock_.SteadyNow();
  TransportRequest request = pending->request;
  transport_.Send(std::move(request), [this, pending](TransportOutcome outcome) mutable {
    OnOutcome(std::move(pending), std::move(outcome));
  });
}

SyncAnswer SyncCaller::Judge(Pending& pending, TransportOutcome outcome, Moment now) const {
  SyncAnswer answer;
  answer.elapsed = now.steady - pending.started;
  answer.status = outcome.status;
  answer.detail = std::move(outcome.detail);
  const bool answered = outcome.failure == FailureClass::kNone;
  if ((answered || outcome.failure == FailureClass::kTimeout) &&
      answer.elapsed > pending.limit + kStandstill) {
    answer.result = FailureClass::kLocal;
    answer.detail = "this server stood still while it waited for the answer";
  } else if (!answered) {
    answer.result = outcome.failure;
  } else if (answer.elapsed > pending.limit) {
    answer.result = FailureClass::kTimeout;
    answer.detail =
        fmt::format("answered after {} ms; the limit is {} ms",
                    std::chrono::ceil<milliseconds>(answer.elapsed).count(), pending.limit.count());
  } else if (answer.status < 200 || answer.status > 299) {
    answer.result = FailureClass::kStatus;
    answer.detail = fmt::format("status {}", answer.status);
  } else if (outcome.body.empty()) {
    answer.result = FailureClass::kEmptyBody;
    answer.detail = "the answer has no body";
  } else if (outcome.body.size() > options_.answer_bytes_max) {
    answer.result = FailureClass::kTooLarge;
    answer.detail = fmt::format("the answer is over {} bytes", options_.answer_bytes_max);
  } else if (pending.accepts && !pending.accepts(outcome.body)) {
    answer.result = FailureClass::kBadBody;
    answer.detail = "the answer's body is not what the hook should send";
  } else {
    answer.result = FailureClass::kNone;
    answer.detail.clear();
    answer.body = std::move(outcome.body);
  }
  return answer;
}

void SyncCaller::OnOutcome(PendingPtr pending, TransportOutcome outcome) {
  const Moment now = Now();
  const bool not_left = outcome.failure == FailureClass::kLocal;
  SyncAnswer answer = Judge(*pending, std::move(outcome), now);
  // It has not left, so it may be sent again, while there is time for a whole attempt.
  if (not_left && now.steady + kLocalWait <= pending->start_by) {
    return transport_.After(kLocalWait, [this, pending] { Send(pending); });
  }
  Hook& hook = *pending->hook;
  std::optional<Transition> transition;
  std::optional<std::uint64_t> unwarned;  // Set: write a warning.
  {
    const std::lock_guard lock(hook.mutex);
    --hook.in_flight;
    transition = hook.health.Record(pending->permit, answer.result, answer.detail, now);
    const bool worth_telling = !answer.answered() && answer.result != FailureClass::kCancelled;
    if (worth_telling && !transition) unwarned = hook.Warn(now, options_.warning_interval);
  }
  if (transition) LogTransition(hook.key, pending->shown_url, *transition);
  if (unwarned) LogFailure(hook.key, pending->shown_url, answer, *unwarned);
  GiveSlot(hook.key, pending->user);
  auto done = std::move(pending->done);
  // Whoever waits for the answer may destroy the caller once it has it.
  in_flight_.fetch_sub(1, std::memory_order_release);
  if (done) done(std::move(answer));
}

void SyncCaller::GiveSlot(const CallGate::Hook& hook, const std::string& user) {
  std::vector<CallGate::Started> started;
  const auto give = [&](const CallGate::Hook& of_hook, const std::string& of_user) {
    const std::lock_guard lock(gate_mutex_);
    for (CallGate::Started& one : gate_.Give(of_hook, of_user)) started.push_back(std::move(one));
  };
  give(hook, user);
  while (!started.empty()) {
    CallGate::Started one = std::move(started.back());
    started.pop_back();
    if (!one.start()) give(one.hook, one.user);
  }
}

void SyncCaller::Refuse(Pending& pending, FailureClass why, std::string detail) {
  SyncAnswer refusal;
  refusal.result = why;
  refusal.detail = std::move(detail);
  std::optional<std::uint64_t> unwarned;
  {
    const std::lock_guard lock(pending.hook->mutex);
    pending.hook->health.CountSkipped(why);
    if (why != FailureClass::kPaused)
      unwarned = pending.hook->Warn(Now(), options_.warning_interval);
  }
  if (unwarned) LogFailure(pending.hook->key, pending.shown_url, refusal, *unwarned);
  auto done = std::move(pending.done);
  in_flight_.fetch_sub(1, std::memory_order_release);
  if (done) done(std::move(refusal));
}

std::vector<HookReport> SyncCaller::Snapshot() const {
  std::vector<std::shared_ptr<Hook>> hooks;
  {
    const std::lock_guard lock(hooks_mutex_);
    hooks.reserve(hooks_.size());
    for (const auto& [key, hook] : hooks_) hooks.push_back(hook);
  }
  const Moment now = Now();
  std::vector<HookReport> reports;
  reports.reserve(hooks.size());
  for (const auto& hook : hooks) {
    const std::lock_guard lock(hook->mutex);
    const Health& health = hook->health;
    HookReport report;
    report.app = hook->key.first;
    report.kind = hook->key.second;
    report.url = RedactUrl(health.url());
    report.state = health.state();
    report.since = health.since();
    report.consecutive_failures = health.consecutive_failures();
    if (const auto next = health.next_probe()) report.next_probe = now.wall + (*next - now.steady);
    report.probe_in_flight = health.probe_in_flight();
    report.in_flight = hook->in_flight;
    report.counts = health.counts();
    report.history = health.History();
    reports.push_back(std::move(report));
  }
  return reports;
}

}  // namespace hookline::hooks
