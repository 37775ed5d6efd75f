// One synchronous call: what is sent, how each answer is classed, deadlines, pausing, reports. The
// transport is a script and time stands still unless a test moves it.
#include "hooks/sync_caller.h"

#include <gmock/gmock.h>

#include "base/uuid.h"
#include "hookline/signature.h"
#include "sync_caller_fixture.h"
#include "webhook/call/call.h"

namespace hookline::hooks {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using std::chrono::seconds;

TEST_F(SyncCallerTest, SendsTheBodySignedWithTheOldestKey) {
  Call();
  ASSERT_EQ(transport_.sent.size(), 1U);
  const TransportRequest& request = transport_.sent.front().request;
  EXPECT_EQ(request.app, AppId{7});
  EXPECT_EQ(request.url, kUrl);
  EXPECT_EQ(*request.body, R"({"message":{"text":"ahoy"}})");
  EXPECT_EQ(request.timeout, milliseconds(1500));
  EXPECT_EQ(request.response_bytes_max, std::size_t{1} << 20);
  EXPECT_EQ(Header("Content-Type"), "application/json");
  EXPECT_EQ(Header("X-Webhook-Attempt"), "1");
  EXPECT_EQ(Header("X-Api-Key"), "k9d3f7h2m4p6");
  EXPECT_EQ(Header("X-Signature"), webhook::Sign(*request.body, "first-secret"));
  EXPECT_EQ(Header("User-Agent"), webhook::UserAgent());
  EXPECT_TRUE(ParseUuid(Header("X-Webhook-Id")));
  EXPECT_EQ(request.headers.size(), 6U);
}

TEST_F(SyncCallerTest, EveryCallHasItsOwnId) {
  Call();
  const std::string first = Header("X-Webhook-Id");
  transport_.Answer(200, "{}");
  Call();
  EXPECT_NE(Header("X-Webhook-Id"), first);
}

TEST_F(SyncCallerTest, ARotatedKeySignsTheNextCall) {
  Call();
  transport_.Answer(200, "{}");
  app_ = MakeApp(7, {{"k2222222222", "second-secret", {}, {}}});
  Call();
  EXPECT_EQ(Header("X-Api-Key"), "k2222222222");
  EXPECT_EQ(Header("X-Signature"),
            webhook::Sign(*transport_.sent.front().request.body, "second-secret"));
}

TEST_F(SyncCallerTest, HandsOverTheBodyOfA2xx) {
  Call();
  clock_.Advance(milliseconds(3));
  transport_.Answer(201, R"({"message":{}})");
  ASSERT_EQ(answers_.size(), 1U);
  EXPECT_TRUE(answers_[0].answered());
  EXPECT_EQ(answers_[0].status, 201);
  EXPECT_EQ(answers_[0].body, R"({"message":{}})");
  EXPECT_EQ(answers_[0].elapsed, milliseconds(3));
}

TEST_F(SyncCallerTest, OtherStatusesAreFailures) {
  for (const int status : {100, 199, 300, 302, 304, 400, 404, 408, 410, 429, 500, 503, 599}) {
    Call();
    transport_.Answer(status, R"({"message":{}})");
    EXPECT_EQ(answers_.back().result, FailureClass::kStatus) << status;
    EXPECT_EQ(answers_.back().status, status);
    EXPECT_TRUE(answers_.back().body.empty());
  }
  EXPECT_EQ(Report().state, HealthState::kHealthy);
}

TEST_F(SyncCallerTest, AnEmptyBodyIsAFailure) {
  for (const int status : {200, 204}) {
    Call();
    transport_.Answer(status, "");
    EXPECT_EQ(answers_.back().result, FailureClass::kEmptyBody);
  }
}

TEST_F(SyncCallerTest, TheCallerJudgesTheBody) {
  SyncCall call = MakeCall();
  std::string judged;
  call.accepts = [&](std::string_view body) {
    judged = body;
    EXPECT_TRUE(answers_.empty());
    return false;
  };
  Call(std::move(call));
  transport_.Answer(200, "[]");
  EXPECT_EQ(judged, "[]");
  ASSERT_EQ(answers_.size(), 1U);
  EXPECT_EQ(answers_[0].result, FailureClass::kBadBody);
  EXPECT_TRUE(answers_[0].body.empty());
  EXPECT_EQ(Report().counts[FailureClass::kBadBody], 1U);
}

TEST_F(SyncCallerTest, TheCallerJudgesOnlyBodiesThatCount) {
  for (const int status : {500, 204}) {
    SyncCall call = MakeCall();
    call.accepts = [](std::string_view) -> bool {
      ADD_FAILURE();
      return true;
    };
    Call(std::move(call));
    transport_.Answer(status, status == 500 ? "{}" : "");
  }
  SyncCall late = MakeCall();
  late.accepts = [](std::string_view) -> bool {
    ADD_FAILURE();
    return true;
  };
  Call(std::move(late));
  clock_.Advance(seconds(2));
  transport_.Answer(200, "{}");
  EXPECT_EQ(answers_.back().result, FailureClass::kTimeout);
}

TEST_F(SyncCallerTest, TransportFailuresKeepTheirClassAndDetail) {
  for (const FailureClass failure :
       {FailureClass::kDns, FailureClass::kRefused, FailureClass::kReset, FailureClass::kTimeout,
        FailureClass::kTls, FailureClass::kHttp, FailureClass::kTooLarge, FailureClass::kBlocked,
        FailureClass::kCancelled, FailureClass::kLocal}) {
    SyncCall call = MakeCall();
    call.limits.total = call.limits.attempt;  // No time to send it again.
    Call(std::move(call));
    transport_.Fail(failure, "why");
    EXPECT_EQ(answers_.back().result, failure);
    EXPECT_EQ(answers_.back().detail, "why");
    EXPECT_EQ(answers_.back().status, 0);
    Call();
    transport_.Answer(200, "{}");  // Keeps the hook from being paused.
  }
}

TEST_F(SyncCallerTest, AnAnswerOverTheCapIsTooLargeWhateverTheTransportLetsThrough) {
  Call();
  transport_.Answer(200, std::string((std::size_t{1} << 20) + 1, 'x'));
  EXPECT_EQ(answers_.back().result, FailureClass::kTooLarge);
  Call();
  transport_.Answer(200, std::string(std::size_t{1} << 20, 'x'));
  EXPECT_EQ(answers_.back().result, FailureClass::kNone);
}

TEST_F(SyncCallerTest, AnAnswerAtTheLimitCounts) {
  Call();
  clock_.Advance(milliseconds(1500));
  transport_.Answer(200, "{}");
  EXPECT_TRUE(answers_.back().answered());
}

TEST_F(SyncCallerTest, AnAnswerAfterTheLimitIsATimeoutThoughNoTimerFired) {
  Call();
  clock_.Advance(milliseconds(1500) + nanoseconds(1));
  transport_.Answer(200, R"({"message":{"type":"error"}})");
  EXPECT_EQ(answers_.back().result, FailureClass::kTimeout);
  EXPECT_EQ(answers_.back().detail, "answered after 1501 ms; the limit is 1500 ms");
  EXPECT_TRUE(answers_.back().body.empty());
  EXPECT_EQ(Report().consecutive_failures, 1);
}

TEST_F(SyncCallerTest, ABadAnswerAfterTheLimitIsATimeoutToo) {
  Call();
  clock_.Advance(milliseconds(1501));
  transport_.Answer(500, "");
  EXPECT_EQ(answers_.back().result, FailureClass::kTimeout);
}

TEST_F(SyncCallerTest, TheSmallerLimitDecides) {
  SyncCall call = MakeCall();
  call.limits = {milliseconds(1000), milliseconds(400)};
  Call(std::move(call));
  EXPECT_EQ(transport_.sent.front().request.timeout, milliseconds(400));
  clock_.Advance(milliseconds(401));
  transport_.Answer(200, "{}");
  EXPECT_EQ(answers_.back().result, FailureClass::kTimeout);
}

TEST_F(SyncCallerTest, APausedHookIsAnsweredAtOnceWithoutACall) {
  Pause();
  Call();
  EXPECT_TRUE(transport_.sent.empty());
  ASSERT_EQ(answers_.size(), 1U);
  EXPECT_EQ(answers_[0].result, FailureClass::kPaused);
  EXPECT_EQ(Report().counts[FailureClass::kPaused], 1U);
}

TEST_F(SyncCallerTest, OneLiveCallProbesAndItsSuccessResumes) {
  Pause();
  clock_.Advance(seconds(5));
  Call();
  Call();
  EXPECT_EQ(transport_.sent.size(), 1U) << "one probe; the other call is skipped";
  EXPECT_TRUE(Report().probe_in_flight);
  transport_.Answer(200, R"({"message":{}})");
  EXPECT_EQ(answers_.back().result, FailureClass::kNone);
  EXPECT_EQ(Report().state, HealthState::kHealthy);
  Call();
  Call();
  EXPECT_EQ(transport_.sent.size(), 2U);
}

TEST_F(SyncCallerTest, LateAnswersPauseLikeTimeouts) {
  for (int i = 0; i < 5; ++i) {
    Call();
    clock_.Advance(milliseconds(1600));
    transport_.Answer(200, "{}");
  }
  EXPECT_EQ(Report().state, HealthState::kPaused);
}

TEST_F(SyncCallerTest, KindsAndAppsHaveTheirOwnHealth) {
  Pause();
  SyncCall command = MakeCall();
  command.kind = HookKind::kCommand;
  Call(std::move(command));
  EXPECT_EQ(transport_.sent.size(), 1U);
  SyncCall other = MakeCall();
  other.app = MakeApp(8, {{"k8888888888", "s8", {}, {}}});
  Call(std::move(other));
  EXPECT_EQ(transport_.sent.size(), 2U);
  const auto reports = caller_.Snapshot();
  ASSERT_EQ(reports.size(), 3U);
  EXPECT_EQ(reports[0].kind, HookKind::kBeforeMessageSend);
  EXPECT_EQ(reports[0].state, HealthState::kPaused);
  EXPECT_EQ(reports[1].kind, HookKind::kCommand);
  EXPECT_EQ(reports[1].state, HealthState::kHealthy);
  EXPECT_EQ(reports[2].app, AppId{8});
  EXPECT_EQ(reports[2].state, HealthState::kHealthy);
}

TEST_F(SyncCallerTest, HealthBelongsToTheUrlAsConfigured) {
  for (int i = 0; i < 5; ++i) {
    SyncCall call = MakeCall("https://hooks.example/" + std::to_string(i));
    call.configured_url = "https://hooks.example/{type}";
    Call(std::move(call));
    transport_.Fail(FailureClass::kRefused);
  }
  EXPECT_EQ(Report().state, HealthState::kPaused);
  EXPECT_EQ(Report().url, "https://hooks.example/{type}");
  SyncCall moved = MakeCall("https://hooks.example/v2/roll");
  moved.configured_url = "https://hooks.example/v2/{type}";
  Call(std::move(moved));
  EXPECT_EQ(transport_.sent.size(), 1U);
  EXPECT_EQ(Report().state, HealthState::kHealthy);
}

TEST_F(SyncCallerTest, AUsersFloodLeavesSlotsToOthers) {
  for (int i = 0; i < 1500; ++i) CallBy("flooder");
  const std::size_t flood = transport_.sent.size();
  EXPECT_LE(flood, 300U);
  EXPECT_TRUE(answers_.empty()) << "the others wait";
  for (int i = 0; i < 500; ++i) CallBy("user" + std::to_string(i));
  EXPECT_EQ(transport_.sent.size(), flood + 500);

  // Whoever gets no slot while there is time for a whole attempt is refused, not let through.
  EXPECT_EQ(transport_.timers.front().first, milliseconds(500));
  clock_.Advance(milliseconds(500));
  transport_.FireTimers();
  EXPECT_EQ(answers_.size(), 1500 - flood);
  for (const SyncAnswer& answer : answers_) EXPECT_EQ(answer.result, FailureClass::kThrottled);
  EXPECT_EQ(Report().counts[FailureClass::kThrottled], 1500 - flood);
  EXPECT_EQ(Report().state, HealthState::kHealthy);
}

TEST_F(SyncCallerTest, AnAnswerMakesRoomForWhoWaits) {
  for (int i = 0; i < 1000; ++i) CallBy("flooder");
  const std::size_t flood = transport_.sent.size();
  clock_.Advance(milliseconds(400));
  transport_.Answer(200, "{}");
  EXPECT_EQ(transport_.sent.size(), flood) << "one has ended, one has begun";
  EXPECT_EQ(answers_.size(), 1U);
  EXPECT_EQ(transport_.sent.back().request.timeout, milliseconds(1500)) << "waiting does not count";
  clock_.Advance(milliseconds(1500));
  transport_.FireTimers();
  while (!transport_.sent.empty()) transport_.Answer(200, "{}");
  EXPECT_EQ(answers_.size(), 1000U);
}

TEST_F(SyncCallerTest, OneAppsFloodLeavesSlotsToOtherApps) {
  for (int i = 0; i < 5000; ++i) CallBy("user" + std::to_string(i));
  EXPECT_LE(transport_.sent.size(), 1200U);
  const std::size_t flood = transport_.sent.size();
  SyncCall other = MakeCall();
  other.app = MakeApp(8, {{"k8888888888", "s8", {}, {}}});
  Call(std::move(other));
  EXPECT_EQ(transport_.sent.size(), flood + 1);
}

TEST_F(SyncCallerTest, LocalTroubleIsTriedAgainWithinTheDeadlineAndIsNotTheHooks) {
  Call();
  for (int i = 0; i < 3; ++i) {
    transport_.Fail(FailureClass::kLocal);
    EXPECT_TRUE(answers_.empty());
    clock_.Advance(milliseconds(100));
    transport_.FireTimers();
    ASSERT_EQ(transport_.sent.size(), 1U);
  }
  transport_.Answer(200, "{}");
  EXPECT_TRUE(answers_.back().answered());

  for (int n = 0; n < 10; ++n) {
    Call();
    for (int i = 0; i < 6 && !transport_.sent.empty(); ++i) {
      transport_.Fail(FailureClass::kLocal);
      clock_.Advance(milliseconds(100));
      transport_.FireTimers();
    }
    EXPECT_EQ(answers_.back().result, FailureClass::kLocal);
  }
  EXPECT_EQ(Report().state, HealthState::kHealthy);
  EXPECT_EQ(Report().consecutive_failures, 0);
}

TEST_F(SyncCallerTest, AStoppedProcessIsNoTimeOutOfTheHook) {
  for (const bool answered : {true, false}) {
    Call();
    clock_.Advance(seconds(20));
    if (answered) transport_.Answer(200, "{}");
    if (!answered) transport_.Fail(FailureClass::kTimeout);
    EXPECT_EQ(answers_.back().result, FailureClass::kLocal);
  }
  EXPECT_EQ(Report().consecutive_failures, 0);
}

TEST_F(SyncCallerTest, OneUsersTimeOutsDoNotPauseTheHook) {
  const auto time_out = [&](const std::string& user) {
    CallBy(user);
    transport_.Fail(FailureClass::kTimeout);
  };
  for (int i = 0; i < 50; ++i) time_out("slow");
  for (int i = 0; i < 50; ++i) time_out("slower");
  EXPECT_EQ(Report().state, HealthState::kHealthy);
  time_out("third");
  EXPECT_EQ(Report().state, HealthState::kPaused);
}

TEST_F(SyncCallerTest, FailuresToConnectPauseWhoeverCalls) {
  for (int i = 0; i < 5; ++i) {
    CallBy("slow");
    transport_.Fail(FailureClass::kRefused);
  }
  EXPECT_EQ(Report().state, HealthState::kPaused);
}

TEST_F(SyncCallerTest, ReportsWhatIsKnownOfAHook) {
  EXPECT_TRUE(caller_.Snapshot().empty());
  Pause();
  clock_.Advance(seconds(2));
  const HookReport report = Report();
  EXPECT_EQ(report.app, AppId{7});
  EXPECT_EQ(report.kind, HookKind::kBeforeMessageSend);
  EXPECT_EQ(report.state, HealthState::kPaused);
  EXPECT_EQ(report.since, clock_.WallNow() - seconds(2));
  EXPECT_EQ(report.consecutive_failures, 5);
  EXPECT_EQ(report.next_probe, clock_.WallNow() + seconds(3));
  EXPECT_EQ(report.in_flight, 0);
  EXPECT_EQ(report.counts[FailureClass::kRefused], 5U);
  ASSERT_EQ(report.history.size(), 1U);
  EXPECT_EQ(report.history[0].to, HealthState::kPaused);
}

TEST_F(SyncCallerTest, ReportsNoSecretsOfTheUrl) {
  SyncCall call = MakeCall("https://dock:hunter2@hooks.example/in?token=abc#frag");
  Call(std::move(call));
  EXPECT_EQ(transport_.sent.front().request.url,
            "https://dock:hunter2@hooks.example/in?token=abc#frag");
  EXPECT_EQ(Report().url, "https://hooks.example/in");
}

TEST(RedactUrlTest, LeavesOutCredentialsQueryAndFragment) {
  EXPECT_EQ(RedactUrl("https://hooks.example/in"), "https://hooks.example/in");
  EXPECT_EQ(RedactUrl("https://a:b@c@hooks.example:8443"), "https://hooks.example:8443");
  EXPECT_EQ(RedactUrl("http://hooks.example/a@b"), "http://hooks.example/a@b");
  EXPECT_EQ(RedactUrl("http://u@hooks.example?x=@y"), "http://hooks.example");
  EXPECT_EQ(RedactUrl("odd"), "odd");
  EXPECT_EQ(RedactUrl(""), "");
}

TEST_F(SyncCallerTest, AnAnswerMayComeBeforeCallReturnsAndMayCallAgain) {
  class Immediate final : public Transport {
   public:
    void After(milliseconds, std::move_only_function<void()> fn) override { fn(); }
    void Send(TransportRequest, std::move_only_function<void(TransportOutcome)> done) override {
      ++sends;
      done({FailureClass::kNone, 200, "{}", {}});
    }
    int sends = 0;
  };
  Immediate transport;
  SyncCaller caller(transport, clock_);
  int answered = 0;
  caller.Call(MakeCall(), [&](SyncAnswer) {
    ++answered;
    caller.Call(MakeCall(), [&](SyncAnswer) { ++answered; });
  });
  EXPECT_EQ(answered, 2);
  EXPECT_EQ(transport.sends, 2);
}

TEST(LimitsTest, FollowTheDecisions) {
  EXPECT_EQ(BeforeMessageSendLimits({}), (CallLimits{milliseconds(1500), milliseconds(2000)}));
  EXPECT_EQ(BeforeMessageSendLimits(milliseconds(1)),
            (CallLimits{milliseconds(1), milliseconds(501)}));
  EXPECT_EQ(BeforeMessageSendLimits(milliseconds(5000)),
            (CallLimits{milliseconds(5000), milliseconds(5500)}));
  EXPECT_EQ(CommandLimits(), (CallLimits{milliseconds(1000), milliseconds(1500)}));
}

}  // namespace
}  // namespace hookline::hooks
