// How the calls of a CallQueue come by the addresses of their hosts.

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "net/call_queue.h"

namespace hookline::net {

using namespace std::chrono_literals;

namespace {

/// Apps in whose shares one host's name is asked for at once.
constexpr std::size_t kQuestionsMax = 16;

AppId AppOf(const std::shared_ptr<NameQuestion>& question) { return question->share().app; }

std::string PinText(const Host& host, const std::vector<IpAddress>& addresses) {
  std::string text = host.endpoint;
  char separator = ':';
  for (const IpAddress& address : addresses) {
    text.push_back(separator);
    separator = ',';
    text += address.is_v4() ? address.ToString() : "[" + address.ToString() + "]";
  }
  return text;
}

}  // namespace

bool CallQueue::IsResolved(const PendingCall& pending) const {
  const Host& host = *pending.host;
  if (!host.needs_resolving) return true;
  // An answer that came while the call waited is good for it, however short its life.
  return host.state == Host::State::kKnown &&
         (host.known_since >= pending.started || Clock::now() < host.known_until);
}

void CallQueue::ExpireResolving(PendingCall& pending) {
  Host& host = *pending.host;
  const bool begun =
      std::ranges::any_of(host.questions, [](const auto& question) { return question->begun(); });
  StopWaiting(pending);
  if (host.waiting.empty()) StopResolving(host);
  if (begun) return Finish(pending, FailureClass::kTimeout, "the name took too long to resolve");
  Finish(pending, FailureClass::kLocal, "too many other names of the app wait to be resolved");
}

void CallQueue::StartResolving(Host& host, AppId app) {
  if (host.state != Host::State::kResolving) {
    host.state = Host::State::kResolving;
    host.questions.clear();
  }
  // A name that many apps use is asked for in each one's turn, for the first turn may be long in
  // coming. One of so many is soon enough.
  if (host.questions.size() >= kQuestionsMax) return;
  if (std::ranges::find(host.questions, app, AppOf) != host.questions.end()) return;
  auto question = std::make_shared<NameQuestion>(host.name, LookupShare{options_.lookup_lane, app});
  host.questions.push_back(question);
  // The inbox refuses the answer once the loop has stopped, so `this` is alive when it is used.
  auto callback = [this, inbox = inbox_, endpoint = host.endpoint,
                   question](Resolver::Answer answer) {
    inbox->Push(
        [this, endpoint, question, answer = std::move(answer)]() mutable {
          OnResolved(endpoint, *question, std::move(answer));
        },
        LoopInbox::Limit::kExceed);
  };
  if (options_.localhost_names && (host.name == "localhost" || host.name.ends_with(".localhost"))) {
    Resolver::Answer loopback;
    for (const char* text : {"127.0.0.1", "::1"}) {
      loopback.addresses.push_back(*IpAddress::Parse(text));
    }
    return callback(std::move(loopback));
  }
  resolver_.Resolve(std::move(question), std::move(callback));
}

void CallQueue::StopResolving(Host& host) {
  for (const auto& question : host.questions) question->Abandon();
  host.questions.clear();
  host.state = Host::State::kUnknown;
}

/// A shortage in one app's share is no answer to the others that ask for the same name.
bool CallQueue::FailsOnlyApp(Host& host, const NameQuestion& question,
                             const Resolver::Answer& answer) {
  if (!answer.local || host.questions.size() < 2) return false;
  const AppId app = question.share().app;
  const std::list<PendingCall*> waiting = host.waiting;
  for (PendingCall* pending : waiting) {
    if (pending->call.app != app) continue;
    StopWaiting(*pending);
    Finish(*pending, FailureClass::kLocal,
           fmt::format("cannot resolve {}: {}", host.name, answer.failure));
  }
  std::erase_if(host.questions, [&](const auto& other) { return other.get() == &question; });
  return true;
}

void CallQueue::OnResolved(const std::string& endpoint, const NameQuestion& question,
                           Resolver::Answer answer) {
  Host* found = hosts_.Find(endpoint);
  if (found == nullptr || found->state != Host::State::kResolving) return;
  Host& host = *found;
  const bool asked = std::ranges::any_of(
      host.questions, [&](const auto& other) { return other.get() == &question; });
  if (!asked || FailsOnlyApp(host, question, answer)) return;
  StopResolving(host);
  host.state = Host::State::kKnown;
  host.known_since = Clock::now();
  host.failure = FailureClass::kNone;
  host.detail.clear();
  if (answer.addresses.empty()) {
    host.failure = answer.local ? FailureClass::kLocal : FailureClass::kDns;
    host.detail = fmt::format("cannot resolve {}: {}", host.name, answer.failure);
  } else {
    const Result<void> judged = policy_.JudgeAddresses(host.name, answer.addresses);
    if (!judged) {
      host.failure = FailureClass::kBlocked;
      host.detail = judged.error().message();
    }
  }
  if (host.failure != FailureClass::kNone) {
    // Trouble of our own may be over the next moment.
    const bool remember = host.failure != FailureClass::kLocal;
    const std::chrono::nanoseconds lifetime = remember ? options_.dns_failure_lifetime : 0s;
    host.known_until = host.known_since + std::min(lifetime, answer.lifetime);
    return FailWaiting(host);
  }
  host.known_until =
      host.known_since + std::min<std::chrono::nanoseconds>(options_.dns_lifetime, answer.lifetime);
  if (options_.tunnels_to_addresses()) {
    if (host.addresses != answer.addresses) host.best_address = 0;
    host.addresses = std::move(answer.addresses);
    return GiveTurn(host);
  }
  std::string text = PinText(host, answer.addresses);
  if (!host.pin || host.pin->text != text) host.pin = std::make_shared<Pin>(std::move(text));
  GiveTurn(host);
}

void CallQueue::FailWaiting(Host& host) {
  while (!host.waiting.empty()) {
    PendingCall& pending = *host.waiting.front();
    StopWaiting(pending);
    Finish(pending, host.failure, host.detail);
  }
}

}  // namespace hookline::net
