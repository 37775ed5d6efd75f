#include "support/delivery/scripted_sink.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <utility>

namespace hookline::testing {

Reply Status(int status, std::chrono::nanoseconds latency) {
  Reply reply;
  reply.outcome.status = status;
  reply.latency = latency;
  return reply;
}

Reply Failure(FailureClass failure, std::chrono::nanoseconds latency) {
  Reply reply;
  reply.outcome.failure = failure;
  reply.latency = latency;
  return reply;
}

void ScriptedSink::Start(delivery::Attempt attempt,
                         std::move_only_function<void(delivery::AttemptOutcome)> done) {
  const DeliveryId id = attempt.delivery.id;
  const HookId hook = attempt.hook->pk;
  EXPECT_FALSE(open_.contains(id)) << "two attempts of delivery " << id.value << " at once";
  seen_.push_back({id, hook, attempt.number, attempt.hook->url, attempt.timeout, world_.now()});

  Reply reply = script_(attempt);
  if (reply.latency >= attempt.timeout) {
    reply = Failure(FailureClass::kTimeout, attempt.timeout);
  }
  const auto started = world_.clock.SteadyNow();
  reply.outcome.elapsed = reply.latency;
  const std::uint64_t serial = ++serial_;
  open_.emplace(id, Open{hook, serial, std::move(done)});
  most_[hook] = std::max(most_[hook], ++open_by_hook_[hook]);
  if (reply.at_once) return Finish(id, serial, std::move(reply.outcome));
  world_.After(reply.latency, [this, id, serial, started, outcome = reply.outcome]() mutable {
    // By the clock, which goes on when the process stands still.
    outcome.elapsed = world_.clock.SteadyNow() - started;
    Finish(id, serial, outcome);
  });
}

void ScriptedSink::Finish(DeliveryId delivery, std::uint64_t serial,
                          delivery::AttemptOutcome outcome) {
  const auto found = open_.find(delivery);
  if (found == open_.end() || found->second.serial != serial) return;  // Handed back.
  Open open = std::move(found->second);
  open_.erase(found);
  --open_by_hook_[open.hook];
  open.done(std::move(outcome));
}

void ScriptedSink::CancelAll() {
  while (!open_.empty()) {
    delivery::AttemptOutcome outcome;
    outcome.failure = FailureClass::kCancelled;
    Finish(open_.begin()->first, open_.begin()->second.serial, std::move(outcome));
  }
}

std::vector<ScriptedSink::Seen> ScriptedSink::SeenOf(HookId hook) const {
  std::vector<Seen> found;
  std::ranges::copy_if(seen_, std::back_inserter(found),
                       [&](const Seen& one) { return one.hook == hook; });
  return found;
}

int ScriptedSink::in_flight(HookId hook) const {
  const auto found = open_by_hook_.find(hook);
  return found == open_by_hook_.end() ? 0 : found->second;
}

int ScriptedSink::most_in_flight(HookId hook) const {
  const auto found = most_.find(hook);
  return found == most_.end() ? 0 : found->second;
}

}  // namespace hookline::testing
