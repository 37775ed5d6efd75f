#include "delivery/retry_policy.h"

#include <gtest/gtest.h>

#include <string>

namespace hookline::delivery {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using std::chrono::seconds;

constexpr Timestamp kNow{784'111'777'000'000'000};  // Sun, 06 Nov 1994 08:49:37 GMT

AttemptOutcome Answer(int status, std::string retry_after = "",
                      nanoseconds elapsed = milliseconds(10)) {
  AttemptOutcome outcome;
  outcome.status = status;
  outcome.retry_after = std::move(retry_after);
  outcome.elapsed = elapsed;
  return outcome;
}

AttemptOutcome Failed(FailureClass failure, nanoseconds elapsed = milliseconds(10)) {
  AttemptOutcome outcome;
  outcome.failure = failure;
  outcome.elapsed = elapsed;
  return outcome;
}

RetryDecision Decide(const RetryPolicy& policy, int attempts_before, const AttemptOutcome& outcome,
                     milliseconds used = milliseconds(0), double jitter = 0) {
  return policy.Decide(RetryRound{attempts_before, used}, outcome, kNow, jitter);
}

RetryPolicy Scheduled(std::string retry_json) {
  settings::EventHook hook;
  hook.retry_json = std::move(retry_json);
  return RetryPolicy::For(hook);
}

const RetryPolicy kStream;

TEST(RetryPolicyTest, OnlyStatuses200To299AreDelivered) {
  for (const int status : {200, 201, 204, 299}) {
    EXPECT_EQ(Decide(kStream, 0, Answer(status)).state, DeliveryState::kDelivered) << status;
  }
  for (const int status :
       {100, 199, 300, 301, 302, 307, 400, 401, 404, 409, 413, 422, 428, 430, 451, 499}) {
    const RetryDecision decision = Decide(kStream, 0, Answer(status, "1"));
    EXPECT_EQ(decision.state, DeliveryState::kDead) << status;
    EXPECT_EQ(decision.reason, "not_retryable") << status;
    EXPECT_FALSE(decision.disable_hook) << status;
  }
}

TEST(RetryPolicyTest, GoneDisablesTheHook) {
  const RetryDecision decision = Decide(kStream, 0, Answer(410));
  EXPECT_EQ(decision.state, DeliveryState::kDead);
  EXPECT_EQ(decision.reason, "gone");
  EXPECT_TRUE(decision.disable_hook);
}

TEST(RetryPolicyTest, OverloadIsTriedThreeTimes) {
  for (const int status : {408, 429, 500, 502, 503, 504, 599}) {
    EXPECT_EQ(Decide(kStream, 0, Answer(status)).wait, milliseconds(500)) << status;
    EXPECT_EQ(Decide(kStream, 1, Answer(status)).wait, seconds(2)) << status;
    EXPECT_EQ(Decide(kStream, 1, Answer(status)).state, DeliveryState::kPending) << status;
    EXPECT_EQ(Decide(kStream, 2, Answer(status)).reason, "exhausted") << status;
    EXPECT_EQ(Decide(kStream, 2, Answer(status)).state, DeliveryState::kDead) << status;
  }
}

TEST(RetryPolicyTest, TimeoutsAreTriedThreeTimesWithShorterWaits) {
  const AttemptOutcome timeout = Failed(FailureClass::kTimeout, seconds(6));
  EXPECT_EQ(Decide(kStream, 0, timeout).wait, milliseconds(200));
  EXPECT_EQ(Decide(kStream, 1, timeout, milliseconds(6200)).wait, milliseconds(500));
  EXPECT_EQ(Decide(kStream, 2, timeout, milliseconds(12'700)).reason, "exhausted");
}

TEST(RetryPolicyTest, NetworkErrorsAreTriedTwice) {
  for (const FailureClass failure :
       {FailureClass::kDns, FailureClass::kRefused, FailureClass::kReset, FailureClass::kTls,
        FailureClass::kHttp}) {
    EXPECT_EQ(Decide(kStream, 0, Failed(failure)).wait, milliseconds(500)) << ToString(failure);
    EXPECT_EQ(Decide(kStream, 1, Failed(failure)).reason, "exhausted") << ToString(failure);
  }
}

TEST(RetryPolicyTest, TheLatestFailureSetsTheLimit) {
  // A refused connection after one answer: its class allows two attempts, and two were made.
  EXPECT_EQ(Decide(kStream, 1, Failed(FailureClass::kRefused)).state, DeliveryState::kDead);
  // An answer after a refused connection: its class allows a third one.
  EXPECT_EQ(Decide(kStream, 1, Answer(503)).state, DeliveryState::kPending);
}

TEST(RetryPolicyTest, BlockedAndTooLargeAreFinal) {
  EXPECT_EQ(Decide(kStream, 0, Failed(FailureClass::kBlocked)).reason, "blocked");
  EXPECT_EQ(Decide(kStream, 0, Failed(FailureClass::kTooLarge)).reason, "too_large");
}

TEST(RetryPolicyTest, AnEndlessAnswerIsABrokenOneOrStillAnOverload) {
  AttemptOutcome outcome = Failed(FailureClass::kTooLarge);
  outcome.status = 503;
  EXPECT_EQ(Decide(kStream, 0, outcome).state, DeliveryState::kPending);
  EXPECT_EQ(Decide(kStream, 1, outcome).state, DeliveryState::kPending);
  outcome.status = 200;
  EXPECT_EQ(Decide(kStream, 0, outcome).state, DeliveryState::kPending);
  EXPECT_EQ(Decide(kStream, 1, outcome).reason, "exhausted");
}

TEST(RetryPolicyTest, JitterAddsUpToAFifthAndNeverTakesAway) {
  EXPECT_EQ(Decide(kStream, 0, Answer(500), milliseconds(0), 0.0).wait, milliseconds(500));
  EXPECT_EQ(Decide(kStream, 0, Answer(500), milliseconds(0), 0.5).wait, milliseconds(550));
  const auto most = Decide(kStream, 0, Answer(500), milliseconds(0), 0.999999).wait;
  EXPECT_GT(most, milliseconds(599));
  EXPECT_LT(most, milliseconds(600));
}

TEST(RetryPolicyTest, TheBudgetCountsAttemptsAndPlannedWaits) {
  const RetryDecision first =
      Decide(kStream, 0, Answer(500, "", nanoseconds(milliseconds(1200)) + nanoseconds(1)),
             milliseconds(0), 0.5);
  EXPECT_EQ(first.budget_used, milliseconds(1201 + 550));
  const RetryDecision second =
      Decide(kStream, 1, Answer(200, "", milliseconds(100)), first.budget_used);
  EXPECT_EQ(second.budget_used, milliseconds(1851));
}

TEST(RetryPolicyTest, AnAttemptGetsWhatIsLeftOfTheBudget) {
  EXPECT_EQ(kStream.AttemptTimeout({0, milliseconds(0)}), seconds(6));
  EXPECT_EQ(kStream.AttemptTimeout({1, milliseconds(9'000)}), seconds(6));
  EXPECT_EQ(kStream.AttemptTimeout({2, milliseconds(12'700)}), milliseconds(2'300));
}

TEST(RetryPolicyTest, NothingIsTriedBeyondTheBudget) {
  // 14.3 s are used: 0.5 s of waiting would leave 0.2 s.
  EXPECT_EQ(Decide(kStream, 0, Answer(500, "", milliseconds(300)), seconds(14)).reason,
            "exhausted");
  // Jitter gives way before the attempt does.
  const RetryDecision tight =
      Decide(kStream, 0, Answer(500, "", milliseconds(200)), seconds(14), 0.9);
  EXPECT_EQ(tight.state, DeliveryState::kPending);
  EXPECT_EQ(tight.wait, milliseconds(550));
}

TEST(RetryPolicyTest, RetryAfterIsHonouredIfItFits) {
  EXPECT_EQ(Decide(kStream, 0, Answer(503, "3")).wait, seconds(3));
  EXPECT_EQ(Decide(kStream, 0, Answer(429, "Sun, 06 Nov 1994 08:49:41 GMT")).wait, seconds(4));
  EXPECT_EQ(Decide(kStream, 0, Answer(503, "14")).wait, seconds(14));
  // Never less than the policy's own wait.
  EXPECT_EQ(Decide(kStream, 1, Answer(503, "1")).wait, seconds(2));
  EXPECT_EQ(Decide(kStream, 0, Answer(503, "0")).wait, milliseconds(500));
}

TEST(RetryPolicyTest, RetryAfterIsIgnoredIfItDoesNotFit) {
  EXPECT_EQ(Decide(kStream, 0, Answer(503, "15")).wait, milliseconds(500));
  EXPECT_EQ(Decide(kStream, 0, Answer(503, "31536000")).wait, milliseconds(500));
  EXPECT_EQ(Decide(kStream, 0, Answer(503, "5"), seconds(10)).wait, milliseconds(500));
  EXPECT_EQ(Decide(kStream, 0, Answer(503, "garbage")).wait, milliseconds(500));
  EXPECT_EQ(Decide(kStream, 0, Answer(503, "Sun, 06 Nov 1994 08:49:00 GMT")).wait,
            milliseconds(500));
}

TEST(RetryPolicyTest, RetryAfterMeansNothingOnOtherFailures) {
  EXPECT_EQ(Decide(kStream, 0, Answer(404, "1")).state, DeliveryState::kDead);
  AttemptOutcome timeout = Failed(FailureClass::kTimeout);
  timeout.retry_after = "5";
  EXPECT_EQ(Decide(kStream, 0, timeout).wait, milliseconds(200));
}

TEST(RetryPolicyTest, AScheduleOfItsOwnReplacesTheLimits) {
  const RetryPolicy policy = Scheduled(R"({"schedule":["5s","5m","2h"],"timeout_ms":2500})");
  EXPECT_EQ(policy.AttemptTimeout({2, hours(3)}), milliseconds(2500));
  EXPECT_EQ(Decide(policy, 0, Failed(FailureClass::kRefused)).wait, seconds(5));
  EXPECT_EQ(Decide(policy, 1, Failed(FailureClass::kRefused)).wait, std::chrono::minutes(5));
  EXPECT_EQ(Decide(policy, 2, Failed(FailureClass::kTimeout)).wait, hours(2));
  EXPECT_EQ(Decide(policy, 2, Failed(FailureClass::kTimeout), hours(9), 0.5).wait,
            hours(2) + std::chrono::minutes(12));
  EXPECT_EQ(Decide(policy, 3, Answer(500)).reason, "exhausted");
  // The same classification.
  EXPECT_EQ(Decide(policy, 0, Answer(404)).reason, "not_retryable");
  EXPECT_TRUE(Decide(policy, 0, Answer(410)).disable_hook);
}

TEST(RetryPolicyTest, AnEmptyScheduleMeansOneAttempt) {
  const RetryPolicy policy = Scheduled(R"({"schedule":[]})");
  EXPECT_EQ(Decide(policy, 0, Answer(500)).reason, "exhausted");
}

TEST(RetryPolicyTest, AScheduleBoundsRetryAfterOnBothSides) {
  const RetryPolicy policy = Scheduled(R"({"schedule":["5m","3d"]})");
  EXPECT_EQ(Decide(policy, 0, Answer(503, "10")).wait, std::chrono::minutes(5));
  EXPECT_EQ(Decide(policy, 0, Answer(503, "3600")).wait, hours(1));
  EXPECT_EQ(Decide(policy, 0, Answer(503, "31536000")).wait, hours(24));
  EXPECT_EQ(Decide(policy, 1, Answer(503, "31536000")).wait, hours(72));
}

TEST(RetryPolicyTest, NoWaitIsLongerThanMaxWait) {
  for (const char* json : {"", R"({"schedule":["5s"]})", R"({"schedule":["7d"]})"}) {
    const RetryPolicy policy = Scheduled(json);
    for (const char* retry_after : {"", "14", "86400", "99999999"}) {
      const RetryDecision decision =
          Decide(policy, 0, Answer(503, retry_after), milliseconds(0), 0.999);
      EXPECT_LE(decision.wait, policy.MaxWait()) << json << " " << retry_after;
    }
  }
}

TEST(RetryPolicyTest, UnreadableSchedulesCountAsNone) {
  EXPECT_EQ(Decide(Scheduled("{"), 0, Answer(500)).wait, milliseconds(500));
}

TEST(RetryRoundTest, AnotherProcessStartsTheBudgetAnewButNotTheCount) {
  PendingDelivery delivery;
  delivery.attempts = 2;
  delivery.budget_used = seconds(9);
  delivery.epoch = 4;
  EXPECT_EQ(RetryRound::Of(delivery, 4).attempts, 2);
  EXPECT_EQ(RetryRound::Of(delivery, 4).budget_used, seconds(9));
  EXPECT_EQ(RetryRound::Of(delivery, 5).attempts, 2);
  EXPECT_EQ(RetryRound::Of(delivery, 5).budget_used, seconds(0));
}

TEST(RetryRoundTest, ARedeliveryStartsBothAnew) {
  PendingDelivery delivery;
  delivery.attempts = 3;
  delivery.redelivery_base = 3;
  delivery.budget_used = seconds(9);
  delivery.epoch = 4;
  EXPECT_EQ(RetryRound::Of(delivery, 4).attempts, 0);
  EXPECT_EQ(RetryRound::Of(delivery, 4).budget_used, seconds(0));
  delivery.attempts = 4;
  EXPECT_EQ(RetryRound::Of(delivery, 4).attempts, 1);
  EXPECT_EQ(RetryRound::Of(delivery, 4).budget_used, seconds(9));
}

}  // namespace
}  // namespace hookline::delivery
