#include "hooks/call_gate.h"

#include <algorithm>

#include "base/error.h"

namespace hookline::hooks {

int CallGate::HookLimit() const {
  return std::min(limits_.per_hook, std::max(limits_.per_hook_least, limits_.total - total_));
}

bool CallGate::UserHasRoom(const Calls& calls, const User& user) const {
  const int free = limits_.per_hook - calls.under_way;
  return user.under_way < std::max(limits_.per_user_least, free / 4);
}

void CallGate::Enter(Calls& calls, User& user) {
  ++total_;
  ++calls.under_way;
  ++user.under_way;
}

bool CallGate::Take(Hook hook, std::string_view user) {
  if (total_ >= limits_.total) return false;
  Calls& calls = hooks_[hook];
  auto found = calls.users.find(user);
  if (found == calls.users.end()) found = calls.users.emplace(user, User{}).first;
  User& caller = found->second;
  if (caller.waiters.empty() && HookHasRoom(calls) && UserHasRoom(calls, caller)) {
    Enter(calls, caller);
    return true;
  }
  ForgetIdle(hook, user);
  return false;
}

std::optional<CallGate::Ticket> CallGate::Wait(Hook hook, std::string_view user, Start start) {
  Calls& calls = hooks_[hook];
  if (calls.waiting >= limits_.waiting_per_hook) {
    ForgetIdle(hook, user);
    return std::nullopt;
  }
  auto found = calls.users.find(user);
  if (found == calls.users.end()) found = calls.users.emplace(user, User{}).first;
  const Ticket ticket = ++last_ticket_;
  if (found->second.waiters.empty()) calls.turns.emplace_back(user);
  if (calls.waiting++ == 0) turns_.push_back(hook);
  found->second.waiters.push_back({ticket, std::move(start)});
  tickets_.emplace(ticket, Place{hook, std::string(user)});
  return ticket;
}

bool CallGate::Withdraw(Ticket ticket) {
  const auto found = tickets_.find(ticket);
  if (found == tickets_.end()) return false;
  const Place place = std::move(found->second);
  tickets_.erase(found);
  Calls& calls = hooks_.at(place.hook);
  User& user = calls.users.find(place.user)->second;
  std::erase_if(user.waiters, [&](const Waiter& waiter) { return waiter.ticket == ticket; });
  if (user.waiters.empty()) calls.turns.remove(place.user);
  if (--calls.waiting == 0) turns_.remove(place.hook);
  ForgetIdle(place.hook, place.user);
  return true;
}

CallGate::Lack CallGate::WhatIsLacking(Hook hook, std::string_view user) const {
  const auto calls = hooks_.find(hook);
  if (calls == hooks_.end()) return Lack::kServer;
  const auto caller = calls->second.users.find(user);
  const bool user_full =
      caller != calls->second.users.end() && !UserHasRoom(calls->second, caller->second);
  return user_full || !HookHasRoom(calls->second) ? Lack::kShare : Lack::kServer;
}

bool CallGate::StartNext(Hook hook, std::vector<Started>& started) {
  Calls& calls = hooks_.at(hook);
  if (!HookHasRoom(calls)) return false;
  for (std::size_t tried = calls.turns.size(); tried > 0; --tried) {
    calls.turns.splice(calls.turns.end(), calls.turns, calls.turns.begin());
    const std::string& name = calls.turns.back();
    User& user = calls.users.find(name)->second;
    if (!UserHasRoom(calls, user)) continue;
    Waiter first = std::move(user.waiters.front());
    user.waiters.pop_front();
    tickets_.erase(first.ticket);
    started.push_back({hook, name, std::move(first.start)});
    Enter(calls, user);
    if (user.waiters.empty()) calls.turns.pop_back();
    if (--calls.waiting == 0) turns_.remove(hook);
    return true;
  }
  return false;
}

std::vector<CallGate::Started> CallGate::Give(Hook hook, std::string_view user) {
  Calls& calls = hooks_.at(hook);
  const auto found = calls.users.find(user);
  HOOKLINE_CHECK(found != calls.users.end() && found->second.under_way > 0);
  --total_;
  --calls.under_way;
  --found->second.under_way;
  ForgetIdle(hook, user);

  std::vector<Started> started;
  std::size_t tried = 0;
  while (total_ < limits_.total && tried < turns_.size()) {
    turns_.splice(turns_.end(), turns_, turns_.begin());
    tried = StartNext(turns_.back(), started) ? 0 : tried + 1;
  }
  return started;
}

void CallGate::ForgetIdle(Hook hook, std::string_view user) {
  const auto calls = hooks_.find(hook);
  if (calls == hooks_.end()) return;
  const auto found = calls->second.users.find(user);
  if (found != calls->second.users.end() && found->second.under_way == 0 &&
      found->second.waiters.empty()) {
    calls->second.users.erase(found);
  }
  if (calls->second.users.empty()) hooks_.erase(calls);
}

}  // namespace hookline::hooks
