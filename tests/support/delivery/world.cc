#include "support/delivery/world.h"

namespace hookline::testing {

bool World::Step(std::chrono::nanoseconds until) {
  const auto first = events_.begin();
  if (first == events_.end() || first->first.first > until) return false;
  const std::chrono::nanoseconds at = first->first.first;
  auto fn = std::move(first->second);
  events_.erase(first);
  clock.Advance(at - now_);
  now_ = at;
  fn();
  return true;
}

void World::RunFor(std::chrono::nanoseconds span) {
  const std::chrono::nanoseconds until = now_ + span;
  while (Step(until)) {
  }
  clock.Advance(until - now_);
  now_ = until;
}

bool World::RunUntil(const std::function<bool()>& done, std::chrono::nanoseconds limit) {
  const std::chrono::nanoseconds until = now_ + limit;
  while (!done()) {
    if (!Step(until)) return done();
  }
  return true;
}

void ManualLoop::Post(std::move_only_function<void()> fn) {
  ++posts_;
  queue_.push_back(std::move(fn));
  if (queue_.size() > 1) return;
  world_.After(std::chrono::microseconds(10 + world_.Draw(50)), [this] {
    std::vector<std::move_only_function<void()>> turn;
    std::swap(turn, queue_);
    for (auto& fn_of_turn : turn) fn_of_turn();
  });
}

void ManualLoop::PostAfter(std::chrono::nanoseconds delay, std::move_only_function<void()> fn) {
  world_.After(delay, std::move(fn));
}

}  // namespace hookline::testing
