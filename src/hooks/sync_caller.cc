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

// A call that is under way.
struct SyncCaller::Pending {
  std::shared_ptr<Hook> hook;
  Health::Permit permit;
  std::chrono::steady_clock::time_point called_at;
  milliseconds limit{0};
  std::string url;  // Redacted.
  std::move_only_function<bool(std::string_view)> accepts;
  std::move_only_function<void(SyncAnswer)> done;
};

SyncCaller::SyncCaller(Transport& transport, const Clock& clock, SyncCallerOptions options)
    : transport_(transport), clock_(clock), options_(std::move(options)) {}

SyncCaller::~SyncCaller() { HOOKLINE_CHECK(in_flight_.load(std::memory_order_acquire) == 0); }

std::shared_ptr<SyncCaller::Hook> SyncCaller::FindOrAdd(Key key) {
  const std::lock_guard lock(hooks_mutex_);
  std::shared_ptr<Hook>& hook = hooks_[key];
  if (!hook) hook = std::make_shared<Hook>(key, options_.health);
  return hook;
}

void SyncCaller::Call(SyncCall call, std::move_only_function<void(SyncAnswer)> done) {
  const Moment now = Now();
  std::shared_ptr<Hook> hook = FindOrAdd({call.app->id, call.kind});
  const std::string& configured = call.configured_url.empty() ? call.url : call.configured_url;
  std::string shown_url = RedactUrl(configured);

  Health::Permit permit;
  SyncAnswer refusal;
  std::shared_ptr<const webhook::CallKey> call_key;
  std::optional<Transition> resumed;
  std::optional<std::uint64_t> unwarned;  // Set: write a warning.
  {
    const std::lock_guard lock(hook->mutex);
    call_key = hook->CallKeyOf(call.app->signing_key());
    if (hook->in_flight >= options_.calls_in_flight_max) {
      refusal.result = AnswerClass::kOverloaded;
      refusal.detail = fmt::format("{} calls wait for this hook already", hook->in_flight);
      unwarned = hook->Warn(now, options_.warning_interval);
    } else {
      const HealthState before = hook->health.state();
      permit = hook->health.Admit(configured, now);
      if (before != hook->health.state()) resumed = hook->health.History().back();
      refusal.result = AnswerClass::kPaused;
      refusal.detail = "the hook is paused";
    }
    if (permit.allowed) {
      ++hook->in_flight;
    } else {
      hook->health.CountSkipped(refusal.result);
    }
  }
  if (resumed) LogTransition(hook->key, shown_url, *resumed);
  if (unwarned) LogFailure(hook->key, shown_url, refusal, *unwarned);
  if (!permit.allowed) {
    if (done) done(std::move(refusal));
    return;
  }

  in_flight_.fetch_add(1, std::memory_order_relaxed);
  TransportRequest request;
  request.app = call.app->id;
  request.url = std::move(call.url);
  request.headers = Headers(*call_key, *call.body);
  request.body = std::move(call.body);
  request.timeout = Limit(call.limits);
  request.response_bytes_max = options_.answer_bytes_max;
  Pending pending{
      std::move(hook),         permit,         now.steady, Limit(call.limits), std::move(shown_url),
      std::move(call.accepts), std::move(done)};
  transport_.Send(std::move(request),
                  [this, pending = std::move(pending)](TransportOutcome outcome) mutable {
                    Finish(std::move(pending), std::move(outcome));
                  });
}

SyncAnswer SyncCaller::Judge(Pending& pending, TransportOutcome outcome, Moment now) const {
  SyncAnswer answer;
  answer.elapsed = now.steady - pending.called_at;
  answer.status = outcome.status;
  answer.detail = std::move(outcome.detail);
  if (outcome.failure != AnswerClass::kAnswered) {
    answer.result = outcome.failure;
  } else if (answer.elapsed > pending.limit) {
    answer.result = AnswerClass::kTimeout;
    answer.detail =
        fmt::format("answered after {} ms; the limit is {} ms",
                    std::chrono::ceil<milliseconds>(answer.elapsed).count(), pending.limit.count());
  } else if (answer.status < 200 || answer.status > 299) {
    answer.result = AnswerClass::kStatus;
    answer.detail = fmt::format("status {}", answer.status);
  } else if (outcome.body.empty()) {
    answer.result = AnswerClass::kEmptyBody;
    answer.detail = "the answer has no body";
  } else if (outcome.body.size() > options_.answer_bytes_max) {
    answer.result = AnswerClass::kTooLarge;
    answer.detail = fmt::format("the answer is over {} bytes", options_.answer_bytes_max);
  } else if (pending.accepts && !pending.accepts(outcome.body)) {
    answer.result = AnswerClass::kBadBody;
    answer.detail = "the answer's body is not what the hook should send";
  } else {
    answer.result = AnswerClass::kAnswered;
    answer.detail.clear();
    answer.body = std::move(outcome.body);
  }
  return answer;
}

void SyncCaller::Finish(Pending pending, TransportOutcome outcome) {
  const Moment now = Now();
  SyncAnswer answer = Judge(pending, std::move(outcome), now);
  Hook& hook = *pending.hook;
  std::optional<Transition> transition;
  std::optional<std::uint64_t> unwarned;  // Set: write a warning.
  {
    const std::lock_guard lock(hook.mutex);
    --hook.in_flight;
    transition = hook.health.Record(pending.permit, answer.result, answer.detail, now);
    const bool worth_telling = !answer.answered() && answer.result != AnswerClass::kCancelled;
    if (worth_telling && !transition) unwarned = hook.Warn(now, options_.warning_interval);
  }
  if (transition) LogTransition(hook.key, pending.url, *transition);
  if (unwarned) LogFailure(hook.key, pending.url, answer, *unwarned);
  // Whoever waits for the answer may destroy the caller once it has it.
  in_flight_.fetch_sub(1, std::memory_order_release);
  if (pending.done) pending.done(std::move(answer));
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
