#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "hooks/sync_caller.h"

namespace hookline::hooks {

/// Moves only when told to.
class ManualClock final : public Clock {
 public:
  Timestamp WallNow() const override { return Timestamp{1'770'000'000'000'000'000} + now(); }
  std::chrono::steady_clock::time_point SteadyNow() const override {
    return std::chrono::steady_clock::time_point() + now();
  }
  Timestamp ScheduleNow() const override { return WallNow(); }

  void Advance(std::chrono::nanoseconds time) { now_ns_ += time.count(); }

 private:
  std::chrono::nanoseconds now() const { return std::chrono::nanoseconds(now_ns_.load()); }

  std::atomic<std::int64_t> now_ns_{1'000'000'000};
};

/// Keeps what is sent until the test answers it. Single-threaded.
class ScriptedTransport final : public Transport {
 public:
  struct Sent {
    TransportRequest request;
    std::move_only_function<void(TransportOutcome)> done;
  };

  void Send(TransportRequest request,
            std::move_only_function<void(TransportOutcome)> done) override {
    sent.push_back({std::move(request), std::move(done)});
  }

  void After(std::chrono::milliseconds delay, std::move_only_function<void()> fn) override {
    timers.emplace_back(delay, std::move(fn));
  }
  /// Fires the timers that were set so far.
  void FireTimers() {
    auto due = std::exchange(timers, {});
    for (auto& [delay, fn] : due) fn();
  }

  /// Answers the oldest call.
  void Answer(TransportOutcome outcome) {
    ASSERT_FALSE(sent.empty());
    Sent first = std::move(sent.front());
    sent.pop_front();
    first.done(std::move(outcome));
  }
  void Answer(int status, std::string body) {
    Answer({FailureClass::kNone, status, std::move(body), {}});
  }
  void Fail(FailureClass failure, std::string detail = "why") {
    Answer({failure, 0, {}, std::move(detail)});
  }

  std::deque<Sent> sent;
  std::vector<std::pair<std::chrono::milliseconds, std::move_only_function<void()>>> timers;
};

inline settings::AppPtr MakeApp(std::int64_t id, std::vector<settings::ApiKey> keys) {
  auto app = std::make_shared<settings::App>();
  app->id = AppId{id};
  app->name = "dock";
  app->keys = std::move(keys);
  return app;
}

/// A caller over a scripted transport, and what it answered.
class SyncCallerTest : public ::testing::Test {
 protected:
  static constexpr std::string_view kUrl = "https://hooks.example/check";

  ~SyncCallerTest() override {
    transport_.FireTimers();
    while (!transport_.sent.empty()) transport_.Fail(FailureClass::kCancelled);
  }

  SyncCall MakeCall(std::string url = std::string(kUrl)) const {
    SyncCall call;
    call.app = app_;
    call.url = std::move(url);
    call.body = std::make_shared<const std::string>(R"({"message":{"text":"ahoy"}})");
    call.limits = BeforeMessageSendLimits({});
    return call;
  }
  void Call(SyncCall call) {
    caller_.Call(std::move(call), [this](SyncAnswer answer) { answers_.push_back(answer); });
  }
  void Call() { Call(MakeCall()); }
  void CallBy(std::string user) {
    SyncCall call = MakeCall();
    call.user = std::move(user);
    Call(std::move(call));
  }
  void Pause() {
    for (int i = 0; i < 5; ++i) {
      Call();
      transport_.Fail(FailureClass::kRefused);
    }
    answers_.clear();
  }
  HookReport Report() {
    const auto reports = caller_.Snapshot();
    EXPECT_EQ(reports.size(), 1U);
    return reports.empty() ? HookReport{} : reports.front();
  }
  std::string Header(std::string_view name) const {
    const std::string start = std::string(name) + ": ";
    std::string found = "(none)";
    for (const std::string& line : transport_.sent.front().request.headers) {
      if (!line.starts_with(start)) continue;
      EXPECT_EQ(found, "(none)") << name << " is sent twice";
      found = line.substr(start.size());
    }
    return found;
  }

  ManualClock clock_;
  ScriptedTransport transport_;
  settings::AppPtr app_ = MakeApp(
      7, {{"k9d3f7h2m4p6", "first-secret", {}, {}}, {"k2222222222", "second-secret", {}, {}}});
  SyncCaller caller_{transport_, clock_};
  std::vector<SyncAnswer> answers_;
};

}  // namespace hookline::hooks
