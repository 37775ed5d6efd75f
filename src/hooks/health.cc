#include "hooks/health.h"

#include <fmt/core.h>

#include <algorithm>
#include <set>
#include <utility>

#include "base/error.h"

namespace hookline::hooks {

namespace {
constexpr std::size_t kFailuresKept = 64;
}  // namespace

std::string_view ToString(HealthState state) {
  return state == HealthState::kPaused ? "paused" : "healthy";
}

bool Health::WouldAdmit(std::string_view url, Moment now) const {
  if (state_ == HealthState::kHealthy || url != url_) return true;
  return !probe_in_flight_ && now.steady >= next_probe_;
}

Health::Permit Health::Admit(std::string_view url, Moment now, std::string_view user) {
  if (url != url_) {
    url_ = url;
    ++url_version_;
    probe_in_flight_ = false;
    ForgetFailures();
    if (state_ == HealthState::kPaused) MoveTo(HealthState::kHealthy, now, "the URL was changed");
  }
  if (state_ == HealthState::kHealthy) return {true, false, url_version_, std::string(user)};
  if (probe_in_flight_ || now.steady < next_probe_) return {};
  probe_in_flight_ = true;
  next_probe_ = now.steady + policy_.probe_interval;
  return {true, true, url_version_, std::string(user)};
}

std::optional<Transition> Health::Record(const Permit& permit, FailureClass answer,
                                         std::string_view detail, Moment now) {
  HOOKLINE_CHECK(permit.allowed);
  ++counts_[answer];
  if (permit.url_version != url_version_) return std::nullopt;
  if (permit.probe) probe_in_flight_ = false;
  // These say nothing of the hook.
  if (answer == FailureClass::kCancelled || answer == FailureClass::kLocal) return std::nullopt;
  if (IsUnreachable(answer)) return RecordFailure(permit, answer, detail, now);
  ForgetFailures();
  if (state_ == HealthState::kPaused && answer == FailureClass::kNone) {
    return MoveTo(HealthState::kHealthy, now, "a call was answered");
  }
  return std::nullopt;
}

bool Health::EnoughToPause() const {
  int timeouts = 0;
  int others = 0;
  int strangers = 0;
  std::set<std::string_view> users;
  for (const UnreachableCall& failure : failures_) {
    ++(failure.timeout ? timeouts : others);
    if (!failure.timeout) continue;
    if (failure.user.empty()) ++strangers;
    if (!failure.user.empty()) users.insert(failure.user);
  }
  const bool timeouts_count = static_cast<int>(users.size()) + strangers >= policy_.users_to_pause;
  return others + (timeouts_count ? timeouts : 0) >= policy_.failures_to_pause;
}

std::optional<Transition> Health::RecordFailure(const Permit& permit, FailureClass answer,
                                                std::string_view detail, Moment now) {
  ++consecutive_failures_;
  if (state_ == HealthState::kPaused) return std::nullopt;
  const bool timeout = answer == FailureClass::kTimeout;
  if (timeout && !permit.user.empty()) {
    const auto same = [&](const UnreachableCall& failure) {
      return failure.timeout && failure.user == permit.user;
    };
    const auto oldest = std::ranges::find_if(failures_, same);
    if (std::ranges::count_if(failures_, same) >= policy_.failures_to_pause) {
      failures_.erase(oldest);
    }
  }
  failures_.push_back({now.steady, timeout, permit.user});
  std::erase_if(failures_, [&](const UnreachableCall& failure) {
    return now.steady - failure.ended > policy_.failure_window;
  });
  if (failures_.size() > kFailuresKept) failures_.pop_front();
  if (!EnoughToPause()) return std::nullopt;
  next_probe_ = now.steady + policy_.probe_interval;
  return MoveTo(
      HealthState::kPaused, now,
      fmt::format("{} calls in a row failed, the last one with {}{}{}", consecutive_failures_,
                  ToString(answer), detail.empty() ? "" : ": ", detail));
}

std::optional<std::chrono::steady_clock::time_point> Health::next_probe() const {
  if (state_ != HealthState::kPaused) return std::nullopt;
  return next_probe_;
}

void Health::ForgetFailures() {
  consecutive_failures_ = 0;
  failures_.clear();
}

Transition Health::MoveTo(HealthState state, Moment now, std::string reason) {
  state_ = state;
  since_ = now.wall;
  // A call that is let through later must prove the state anew.
  failures_.clear();
  if (state == HealthState::kHealthy) consecutive_failures_ = 0;
  const Transition transition{now.wall, state, std::move(reason)};
  history_.push_back(transition);
  if (history_.size() > policy_.history_max) history_.pop_front();
  return transition;
}

}  // namespace hookline::hooks
