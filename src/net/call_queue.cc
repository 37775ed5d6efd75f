#include "net/call_queue.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/error.h"

namespace hookline::net {

using namespace std::chrono_literals;

namespace {

/// Bounds the rounds of callers that answer a cancellation with a new call.
constexpr int kCancelRoundsMax = 1000;

bool HasLineBreak(const std::vector<std::string>& lines) {
  return std::any_of(lines.begin(), lines.end(), [](const std::string& line) {
    return line.find_first_of(std::string_view("\r\n\0", 3)) != std::string::npos;
  });
}

}  // namespace

CallQueue::CallQueue(const HttpLoopOptions& options, const TargetPolicy& policy, Resolver& resolver,
                     std::shared_ptr<LoopInbox> inbox)
    : options_(options),
      policy_(policy),
      resolver_(resolver),
      inbox_(std::move(inbox)),
      multi_(curl_multi_init()),
      hosts_(options.hosts_max, policy) {
  HOOKLINE_CHECK(multi_ != nullptr);
  const auto connections = static_cast<long>(options_.connections_max);
  HOOKLINE_CHECK(curl_multi_setopt(multi_, CURLMOPT_MAXCONNECTS, connections) == CURLM_OK);
}

CallQueue::~CallQueue() {
  HOOKLINE_CHECK(calls_.empty());
  spare_handles_.clear();
  curl_multi_cleanup(multi_);
}

PendingCall& CallQueue::NewCall() {
  std::unique_ptr<PendingCall> pending;
  if (spare_calls_.empty()) {
    pending = std::make_unique<PendingCall>();
  } else {
    pending = std::move(spare_calls_.back());
    spare_calls_.pop_back();
  }
  pending->index = calls_.size();
  calls_.push_back(std::move(pending));
  return *calls_.back();
}

void CallQueue::Add(HttpCall call, HttpLoop::Completion done) {
  PendingCall& pending = NewCall();
  pending.call = std::move(call);
  pending.done = std::move(done);
  pending.started = Clock::now();
  pending.deadline = pending.started + pending.call.timeout;
  if (stopping_) return Finish(pending, FailureClass::kCancelled, "stopping");
  if (calls_.size() > options_.calls_max) {
    return Finish(pending, FailureClass::kLocal, "too many calls at once");
  }
  if (HasLineBreak(pending.call.headers)) {
    return Finish(pending, FailureClass::kBlocked, "a request header holds a line break");
  }
  pending.target = hosts_.TargetOf(pending.call.url);
  if (!pending.target->refusal.empty()) {
    return Finish(pending, FailureClass::kBlocked, pending.target->refusal);
  }
  const bool resolved_elsewhere = pending.target->url.literal.has_value() ||
                                  (!options_.proxy.empty() && options_.proxy_judges_targets);
  Host& host = hosts_.HostOf(*pending.target, !resolved_elsewhere);
  pending.host = &host;
  if (host.waiting.empty() && HasRoom(host) && IsResolved(pending)) {
    if (host.failure != FailureClass::kNone) return Finish(pending, host.failure, host.detail);
    return Start(pending);
  }
  Wait(pending);
}

void CallQueue::Finish(PendingCall& pending, FailureClass failure, std::string detail) {
  HttpOutcome outcome;
  outcome.failure = failure;
  outcome.detail = std::move(detail);
  Finish(pending, std::move(outcome));
}

void CallQueue::Finish(PendingCall& pending, HttpOutcome outcome, Clock::time_point ended) {
  outcome.elapsed = ended - pending.started;
  if (outcome.failure == FailureClass::kNone && outcome.elapsed > pending.call.timeout) {
    // A timer may fire late, the limit stays the limit.
    outcome.failure = FailureClass::kTimeout;
    outcome.detail = "the answer came too late";
    outcome.status = 0;
    outcome.body.clear();
    outcome.retry_after.clear();
  }
  pending.outcome = std::move(outcome);
  finished_.push_back(&pending);
}

void CallQueue::RunCompletions() {
  completing_.swap(finished_);
  for (PendingCall* pending : completing_) {
    HttpLoop::Completion done = std::move(pending->done);
    HttpOutcome outcome = std::move(pending->outcome);
    // The call's slot is free before the completion runs, which may well start the next call.
    const std::size_t index = pending->index;
    std::unique_ptr<PendingCall> slot = std::move(calls_[index]);
    if (index + 1 != calls_.size()) {
      calls_[index] = std::move(calls_.back());
      calls_[index]->index = index;
    }
    calls_.pop_back();
    *slot = PendingCall();
    if (spare_calls_.size() < options_.connections_max) spare_calls_.push_back(std::move(slot));
    done(std::move(outcome));
  }
  completing_.clear();
}

void CallQueue::Wait(PendingCall& pending) {
  Host& host = *pending.host;
  pending.waiting = true;
  pending.place = host.waiting.insert(host.waiting.end(), &pending);
  pending.alarm = deadlines_.emplace(pending.deadline, &pending);
  if (IsResolved(pending)) {
    GiveTurn(host);
  } else {
    StartResolving(host, pending.call.app);
  }
}

void CallQueue::StopWaiting(PendingCall& pending) {
  pending.waiting = false;
  pending.host->waiting.erase(pending.place);
  deadlines_.erase(pending.alarm);
}

void CallQueue::ExpireWaiting() {
  if (deadlines_.empty()) return;
  const auto now = Clock::now();
  while (!deadlines_.empty() && deadlines_.begin()->first <= now) {
    PendingCall& pending = *deadlines_.begin()->second;
    if (pending.host->state == Host::State::kResolving) {
      ExpireResolving(pending);
      continue;
    }
    const auto last = pending.deadline + pending.call.connection_wait_max;
    if (now < last) {
      deadlines_.erase(pending.alarm);
      pending.alarm = deadlines_.emplace(last, &pending);
      continue;
    }
    StopWaiting(pending);
    Finish(pending, FailureClass::kLocal, "no connection was free in time");
  }
}

CallQueue::Clock::time_point CallQueue::next_deadline() const {
  return deadlines_.empty() ? Clock::time_point::max() : deadlines_.begin()->first;
}

bool CallQueue::HasRoom(const Host& host) const {
  return host.running < options_.connections_per_host_max && running_ < options_.connections_max;
}

void CallQueue::GiveTurn(Host& host) {
  if (host.in_turn || host.waiting.empty()) return;
  if (host.running >= options_.connections_per_host_max) return;
  host.in_turn = true;
  turns_.push_back(&host);
}

void CallQueue::StartWaiting() {
  // One call per host and turn, so that a host with a long queue takes no more than its share.
  while (!turns_.empty() && running_ < options_.connections_max) {
    Host& host = *turns_.front();
    turns_.pop_front();
    host.in_turn = false;
    if (host.waiting.empty()) continue;
    PendingCall& pending = *host.waiting.front();
    if (!IsResolved(pending)) {
      for (const PendingCall* waiting : host.waiting) StartResolving(host, waiting->call.app);
      continue;
    }
    if (host.failure != FailureClass::kNone) {
      FailWaiting(host);
      continue;
    }
    StopWaiting(pending);
    Start(pending);
    GiveTurn(host);
  }
}

std::unique_ptr<EasyHandle> CallQueue::TakeHandle() {
  if (spare_handles_.empty()) return std::make_unique<EasyHandle>(options_, policy_);
  std::unique_ptr<EasyHandle> handle = std::move(spare_handles_.back());
  spare_handles_.pop_back();
  return handle;
}

curl_slist* CallQueue::ResolveList(PendingCall& pending) {
  pending.pin = pending.host->pin;
  curl_slist* list = pending.pin && !pending.pin->loaded ? &pending.pin->node : nullptr;
  pending.forgotten = hosts_.TakeForgotten();
  pending.forgotten_nodes.clear();
  pending.forgotten_nodes.reserve(pending.forgotten.size());
  for (std::string& entry : pending.forgotten) {
    pending.forgotten_nodes.push_back({entry.data(), list});
    list = &pending.forgotten_nodes.back();
  }
  return list;
}

/// For libcurl: whatever the URL says, connect to this address.
curl_slist* CallQueue::TunnelEnd(PendingCall& pending) const {
  const Host& host = *pending.host;
  if (!options_.tunnels_to_addresses() || host.addresses.empty()) return nullptr;
  pending.address = (host.best_address + pending.tunnels_refused) % host.addresses.size();
  const IpAddress& address = host.addresses[pending.address];
  const std::string text = address.ToString();
  pending.connect_to = address.is_v4() ? fmt::format("::{}:{}", text, host.port)
                                       : fmt::format("::[{}]:{}", text, host.port);
  pending.connect_to_node = {pending.connect_to.data(), nullptr};
  return &pending.connect_to_node;
}

/// A direct call tries all addresses by itself. True if the call goes on.
bool CallQueue::TryNextAddress(PendingCall& pending, const EasyHandle& handle,
                               const HttpOutcome& outcome) {
  Host& host = *pending.host;
  if (!handle.nothing_sent()) host.best_address = pending.address;
  if (!handle.nothing_sent() || outcome.failure != FailureClass::kRefused) return false;
  if (++pending.tunnels_refused >= host.addresses.size()) return false;
  if (Clock::now() >= pending.deadline) return false;
  Start(pending);
  return true;
}

void CallQueue::ChooseConnection(const PendingCall& pending, Transfer& transfer) const {
  const Host& host = *pending.host;
  transfer.idle_max = options_.connection_idle_max;
  if (host.keep_alive) transfer.idle_max = std::min(*host.keep_alive - 1s, options_.keep_alive_max);
  transfer.age_max = options_.connection_age_max;
  if (host.distrusted_at) {
    // Those used since then have proved to be alive. libcurl knows idleness in whole seconds only;
    // until it can tell, a broken one costs a further try and no more.
    const auto since = std::chrono::floor<std::chrono::seconds>(Clock::now() - *host.distrusted_at);
    transfer.idle_max = std::min(transfer.idle_max, std::max<std::chrono::seconds>(since, 2s));
  }
  transfer.fresh_connection =
      pending.call.fresh_connection || pending.sent_again || transfer.idle_max < 2s;
}

void CallQueue::Start(PendingCall& pending) {
  const bool goes_on = pending.sent_again || pending.tunnels_refused > 0;
  if (pending.call.connection_wait_max > 0ms && !goes_on) {
    // What was spent on waiting for the connection is not the receiver's.
    const auto resolving = pending.host->known_since > pending.started
                               ? pending.host->known_since - pending.started
                               : Clock::duration(0);
    pending.started = Clock::now() - resolving;
    pending.deadline = pending.started + pending.call.timeout;
  }
  std::unique_ptr<EasyHandle> handle = TakeHandle();
  Transfer transfer;
  transfer.call = &pending.call;
  transfer.target = &pending.target->url;
  transfer.trusted_host = pending.target->trusted_host;
  ChooseConnection(pending, transfer);
  transfer.time_left =
      std::chrono::ceil<std::chrono::milliseconds>(pending.deadline - Clock::now());
  transfer.resolve = ResolveList(pending);
  transfer.connect_to = TunnelEnd(pending);
  transfer.pin_loaded = pending.pin ? &pending.pin->loaded : nullptr;
  if (!handle->Begin(transfer) || curl_multi_add_handle(multi_, handle->raw()) != CURLM_OK) {
    return Finish(pending, FailureClass::kLocal, "out of memory");
  }
  handle->owner = &pending;
  pending.easy = handle.release();
  ++pending.host->running;
  ++running_;
  added_ = true;
}

EasyHandle* CallQueue::StopRunning(PendingCall& pending) {
  EasyHandle* handle = std::exchange(pending.easy, nullptr);
  curl_multi_remove_handle(multi_, handle->raw());
  spare_handles_.emplace_back(handle);
  --running_;
  --pending.host->running;
  GiveTurn(*pending.host);
  return handle;
}

void CallQueue::Work() {
  ExpireWaiting();
  StartWaiting();
  added_ = false;
  int running = 0;
  curl_multi_perform(multi_, &running);
  CollectEnded();
  StartWaiting();
  RunCompletions();
}

void CallQueue::CollectEnded() {
  int left = 0;
  while (const CURLMsg* message = curl_multi_info_read(multi_, &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    const CURLcode code = message->data.result;  // The message dies with the next call of libcurl.
    auto& pending = *static_cast<PendingCall*>(EasyHandle::From(message->easy_handle).owner);
    EasyHandle* handle = StopRunning(pending);
    HttpOutcome outcome = handle->Finish(code);
    Host& host = *pending.host;
    if (handle->keep_alive()) host.keep_alive = handle->keep_alive();
    if (TryNextAddress(pending, *handle, outcome)) continue;
    const bool broken = outcome.failure == FailureClass::kReset && handle->nothing_came();
    if (handle->used_kept_connection() && (broken || outcome.failure == FailureClass::kTimeout)) {
      // A silent one has said nothing since the call began.
      host.distrusted_at = broken ? Clock::now() : pending.started;
      if (broken && !pending.sent_again && Clock::now() < pending.deadline) {
        pending.sent_again = true;
        Start(pending);
        continue;
      }
    }
    Finish(pending, std::move(outcome), handle->answered_at().value_or(Clock::now()));
  }
}

void CallQueue::Sleep(Clock::time_point until) {
  const auto wait = std::chrono::ceil<std::chrono::milliseconds>(until - Clock::now());
  const int wait_ms = static_cast<int>(std::clamp<std::int64_t>(wait.count(), 0, 60'000));
  curl_waitfd wake{inbox_->wake_fd(), CURL_WAIT_POLLIN, 0};
  curl_multi_poll(multi_, &wake, 1, wait_ms, nullptr);
}

void CallQueue::CancelAll() {
  stopping_ = true;
  for (int round = 0; !calls_.empty(); ++round) {
    HOOKLINE_CHECK(round < kCancelRoundsMax);
    for (const auto& owned : calls_) {
      PendingCall& pending = *owned;
      if (pending.waiting) {
        StopWaiting(pending);
        Finish(pending, FailureClass::kCancelled, "stopping");
      } else if (pending.easy != nullptr) {
        EasyHandle* handle = StopRunning(pending);
        HttpOutcome outcome = handle->Finish(CURLE_ABORTED_BY_CALLBACK);
        if (handle->answered_at()) {
          Finish(pending, std::move(outcome), *handle->answered_at());
        } else {
          Finish(pending, FailureClass::kCancelled, "stopping");
        }
      }
    }
    RunCompletions();
  }
}

}  // namespace hookline::net
