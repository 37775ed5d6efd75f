#pragma once

#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/ids.h"
#include "hooks/answer.h"

namespace hookline::hooks {

struct GateLimits {
  int total = 2400;             ///< Calls under way at once, for everybody.
  int per_hook = 1200;          ///< Of one app and kind. As many as are free, if those are fewer,
  int per_hook_least = 64;      ///< but this many while the total allows it.
  int per_user_least = 32;      ///< Of one user at one hook; more while the hook has four times as
                                ///< many free.
  int waiting_per_hook = 4096;  ///< Calls that wait for a slot; beyond: refused at once.
};

/// Who may have a call under way, so that one sender's flood leaves slots for the others of its
/// app, and one app's for other apps. Pure; not thread-safe.
///
/// A slot that is given back goes to those who wait: hooks take turns, then users, and of one user
/// the call that came first.
class CallGate {
 public:
  using Hook = std::pair<AppId, HookKind>;
  using Ticket = std::uint64_t;
  /// Begins a call that waited. False if it was not made after all: its slot is to be given back.
  using Start = std::move_only_function<bool()>;
  struct Started {
    Hook hook;
    std::string user;
    Start start;
  };

  /// Why there is no slot.
  enum class Lack {
    kShare,   ///< The user's or the hook's own share is used up.
    kServer,  ///< The server has none left.
  };

  explicit CallGate(GateLimits limits = {}) : limits_(limits) {}

  /// Takes a slot if there is one and no earlier call of the user waits for one.
  bool Take(Hook hook, std::string_view user);
  /// Has `start` called, by Give, once a slot is there (and taken). Nullopt if too many wait.
  std::optional<Ticket> Wait(Hook hook, std::string_view user, Start start);
  /// Ends the waiting; false if it has ended already.
  bool Withdraw(Ticket ticket);
  /// What a call that finds no slot now lacks.
  Lack WhatIsLacking(Hook hook, std::string_view user) const;

  /// Gives a slot back; returns those who have got one for it, to be called without any lock.
  [[nodiscard]] std::vector<Started> Give(Hook hook, std::string_view user);

  int under_way() const { return total_; }
  int waiting() const { return static_cast<int>(tickets_.size()); }

 private:
  struct Waiter {
    Ticket ticket;
    Start start;
  };
  struct User {
    int under_way = 0;
    std::list<Waiter> waiters;
  };
  struct Calls {
    int under_way = 0;
    int waiting = 0;
    std::map<std::string, User, std::less<>> users;  // With a call under way or waiting.
    std::list<std::string> turns;                    // Users with waiters.
  };
  struct Place {
    Hook hook;
    std::string user;
  };

  int HookLimit() const;
  bool HookHasRoom(const Calls& calls) const { return calls.under_way < HookLimit(); }
  bool UserHasRoom(const Calls& calls, const User& user) const;
  void Enter(Calls& calls, User& user);
  bool StartNext(Hook hook, std::vector<Started>& started);
  void ForgetIdle(Hook hook, std::string_view user);

  const GateLimits limits_;
  int total_ = 0;
  std::map<Hook, Calls> hooks_;
  std::list<Hook> turns_;  // Hooks with waiters.
  std::unordered_map<Ticket, Place> tickets_;
  Ticket last_ticket_ = 0;
};

}  // namespace hookline::hooks
