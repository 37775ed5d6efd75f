// A hook's health through time: when it is paused, probed and resumed. Time is a number here.
#include "hooks/health.h"

#include <gtest/gtest.h>

#include <random>
#include <vector>

namespace hookline::hooks {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Steady = std::chrono::steady_clock::time_point;

constexpr std::string_view kUrl = "https://hooks.example/check";
constexpr Timestamp kStart{1'770'000'000'000'000'000};

class HealthTest : public ::testing::Test {
 protected:
  Moment Now() const { return {Steady() + at_, kStart + at_}; }
  void Wait(milliseconds time) { at_ += time; }

  Health::Permit Admit(std::string_view url = kUrl) { return health_.Admit(url, Now()); }
  std::optional<Transition> Record(const Health::Permit& permit, FailureClass answer) {
    return health_.Record(permit, answer, "why", Now());
  }
  // A call from start to end at one moment; must be let through.
  std::optional<Transition> Call(FailureClass answer) {
    const auto permit = Admit();
    EXPECT_TRUE(permit.allowed);
    return Record(permit, answer);
  }
  void Pause() {
    for (int i = 0; i < 5; ++i) Call(FailureClass::kTimeout);
    ASSERT_EQ(health_.state(), HealthState::kPaused);
  }

  milliseconds at_{0};
  Health health_;
};

constexpr FailureClass kUnreachable[] = {FailureClass::kDns,   FailureClass::kRefused,
                                         FailureClass::kReset, FailureClass::kTimeout,
                                         FailureClass::kTls,   FailureClass::kBlocked};
constexpr FailureClass kOtherFailures[] = {FailureClass::kStatus, FailureClass::kEmptyBody,
                                           FailureClass::kBadBody, FailureClass::kHttp,
                                           FailureClass::kTooLarge};

TEST_F(HealthTest, StartsHealthyAndLetsEveryCallThrough) {
  EXPECT_EQ(health_.state(), HealthState::kHealthy);
  EXPECT_FALSE(health_.since());
  EXPECT_FALSE(health_.next_probe());
  for (int i = 0; i < 100; ++i) {
    const auto permit = Admit();
    EXPECT_TRUE(permit.allowed);
    EXPECT_FALSE(permit.probe);
  }
}

TEST_F(HealthTest, FiveUnreachableAnswersInARowPauseIt) {
  for (int i = 0; i < 4; ++i) {
    EXPECT_FALSE(Call(FailureClass::kRefused));
    EXPECT_EQ(health_.state(), HealthState::kHealthy);
    EXPECT_EQ(health_.consecutive_failures(), i + 1);
    Wait(seconds(1));
  }
  const auto transition = Call(FailureClass::kRefused);
  ASSERT_TRUE(transition);
  EXPECT_EQ(transition->to, HealthState::kPaused);
  EXPECT_EQ(transition->at, kStart + seconds(4));
  EXPECT_EQ(transition->reason, "5 calls in a row failed, the last one with refused: why");
  EXPECT_EQ(health_.state(), HealthState::kPaused);
  EXPECT_EQ(health_.since(), kStart + seconds(4));
  EXPECT_EQ(health_.next_probe(), Steady() + seconds(9));
  EXPECT_EQ(health_.History(), std::vector{*transition});
}

TEST_F(HealthTest, EveryClassOfUnreachableCounts) {
  for (const FailureClass answer : kUnreachable) {
    Health health;
    for (int i = 0; i < 5; ++i) health.Record(health.Admit(kUrl, Now()), answer, "", Now());
    EXPECT_EQ(health.state(), HealthState::kPaused) << ToString(answer);
  }
}

TEST_F(HealthTest, MixedUnreachableAnswersCountTogether) {
  for (const FailureClass answer :
       {FailureClass::kDns, FailureClass::kTimeout, FailureClass::kReset, FailureClass::kTls,
        FailureClass::kRefused}) {
    Call(answer);
  }
  // One time-out is one user's.
  EXPECT_EQ(health_.state(), HealthState::kHealthy);
  Call(FailureClass::kTimeout);
  EXPECT_EQ(health_.state(), HealthState::kHealthy);
  Call(FailureClass::kTimeout);
  EXPECT_EQ(health_.state(), HealthState::kPaused);
}

TEST_F(HealthTest, FailuresThatAreNoProofOfAbsenceNeverPause) {
  for (const FailureClass answer : kOtherFailures) {
    Health health;
    for (int i = 0; i < 50; ++i) health.Record(health.Admit(kUrl, Now()), answer, "", Now());
    EXPECT_EQ(health.state(), HealthState::kHealthy) << ToString(answer);
    EXPECT_EQ(health.consecutive_failures(), 0);
  }
}

TEST_F(HealthTest, AnyOtherAnswerStartsTheRowAnew) {
  std::vector<FailureClass> breakers(std::begin(kOtherFailures), std::end(kOtherFailures));
  breakers.push_back(FailureClass::kNone);
  for (const FailureClass breaker : breakers) {
    for (int i = 0; i < 4; ++i) Call(FailureClass::kTimeout);
    Call(breaker);
    EXPECT_EQ(health_.consecutive_failures(), 0) << ToString(breaker);
  }
  EXPECT_EQ(health_.state(), HealthState::kHealthy);
}

TEST_F(HealthTest, InterleavedSingleFailuresNeverPause) {
  for (int i = 0; i < 1000; ++i) {
    Call(FailureClass::kTimeout);
    Wait(milliseconds(10));
    Call(FailureClass::kNone);
    Wait(milliseconds(10));
  }
  EXPECT_EQ(health_.state(), HealthState::kHealthy);
  EXPECT_TRUE(health_.History().empty());
}

TEST_F(HealthTest, FailuresThatAreFarApartDoNotPause) {
  // Any five of them span 4 × 7.501 s: more than the window.
  for (int i = 0; i < 100; ++i) {
    Call(FailureClass::kTimeout);
    Wait(milliseconds(7501));
  }
  EXPECT_EQ(health_.state(), HealthState::kHealthy);
  EXPECT_EQ(health_.consecutive_failures(), 100);
}

TEST_F(HealthTest, TheWindowIncludesItsEnd) {
  for (int i = 0; i < 4; ++i) {
    Call(FailureClass::kTimeout);
    Wait(milliseconds(7500));
  }
  EXPECT_EQ(health_.state(), HealthState::kHealthy);
  Call(FailureClass::kTimeout);
  EXPECT_EQ(health_.state(), HealthState::kPaused);
}

TEST_F(HealthTest, TheWindowSlides) {
  Call(FailureClass::kTimeout);
  Wait(seconds(60));
  for (int i = 0; i < 4; ++i) Call(FailureClass::kTimeout);
  EXPECT_EQ(health_.state(), HealthState::kHealthy) << "five in a row, but one is long ago";
  Call(FailureClass::kTimeout);
  EXPECT_EQ(health_.state(), HealthState::kPaused);
}

TEST_F(HealthTest, WhilePausedCallsAreSkippedUntilTheProbeIsDue) {
  Pause();
  for (int i = 0; i < 50; ++i) {
    EXPECT_FALSE(Admit().allowed);
    Wait(milliseconds(100));
  }
  const auto probe = Admit();
  EXPECT_TRUE(probe.allowed);
  EXPECT_TRUE(probe.probe);
}

TEST_F(HealthTest, OneProbeAtATime) {
  Pause();
  Wait(seconds(5));
  const auto probe = Admit();
  ASSERT_TRUE(probe.allowed);
  EXPECT_TRUE(health_.probe_in_flight());
  for (int i = 0; i < 20; ++i) {
    EXPECT_FALSE(Admit().allowed) << "while the probe is under way, however long";
    Wait(seconds(1));
  }
  Record(probe, FailureClass::kTimeout);
  EXPECT_FALSE(health_.probe_in_flight());
  EXPECT_TRUE(Admit().probe) << "the interval is over since long";
  EXPECT_FALSE(Admit().allowed);
}

TEST_F(HealthTest, ProbesStartAtLeastTheIntervalApart) {
  Pause();
  std::vector<milliseconds> probes;
  for (int i = 0; i < 300; ++i) {
    Wait(milliseconds(100));
    const auto permit = Admit();
    if (!permit.allowed) continue;
    probes.push_back(at_);
    EXPECT_FALSE(Record(permit, FailureClass::kRefused));
    EXPECT_EQ(health_.state(), HealthState::kPaused);
  }
  ASSERT_EQ(probes.size(), 6U);
  for (std::size_t i = 0; i < probes.size(); ++i) {
    EXPECT_EQ(probes[i], seconds(5) * static_cast<int>(i + 1));
  }
  EXPECT_EQ(health_.consecutive_failures(), 11);
}

TEST_F(HealthTest, TheFirstSuccessResumesIt) {
  Pause();
  Wait(seconds(7));
  const auto transition = Record(Admit(), FailureClass::kNone);
  ASSERT_TRUE(transition);
  EXPECT_EQ(transition->to, HealthState::kHealthy);
  EXPECT_EQ(transition->at, kStart + seconds(7));
  EXPECT_EQ(health_.state(), HealthState::kHealthy);
  EXPECT_EQ(health_.since(), kStart + seconds(7));
  EXPECT_EQ(health_.consecutive_failures(), 0);
  EXPECT_FALSE(health_.next_probe());
  EXPECT_FALSE(Admit().probe);
  EXPECT_EQ(health_.History().size(), 2U);
}

TEST_F(HealthTest, AfterResumingFiveNewFailuresAreNeeded) {
  Pause();
  Wait(seconds(5));
  Record(Admit(), FailureClass::kNone);
  for (int i = 0; i < 4; ++i) EXPECT_FALSE(Call(FailureClass::kTimeout));
  EXPECT_EQ(health_.state(), HealthState::kHealthy);
  EXPECT_TRUE(Call(FailureClass::kTimeout));
}

TEST_F(HealthTest, AProbeThatFailsOtherwiseLeavesItPaused) {
  Pause();
  for (const FailureClass answer : kOtherFailures) {
    Wait(seconds(5));
    EXPECT_FALSE(Record(Admit(), answer));
    EXPECT_EQ(health_.state(), HealthState::kPaused) << ToString(answer);
  }
}

TEST_F(HealthTest, AProbeThatSaysNothingMakesRoomForTheNext) {
  Pause();
  for (const FailureClass nothing : {FailureClass::kCancelled, FailureClass::kLocal}) {
    Wait(seconds(5));
    const auto probe = Admit();
    EXPECT_TRUE(probe.probe);
    Record(probe, nothing);
    EXPECT_EQ(health_.state(), HealthState::kPaused);
    EXPECT_EQ(health_.consecutive_failures(), 5);
  }
  Wait(seconds(5));
  EXPECT_TRUE(Admit().probe);
}

TEST_F(HealthTest, WhatSaysNothingOfTheHookNeitherCountsNorBreaksTheRow) {
  for (int i = 0; i < 4; ++i) Call(FailureClass::kTimeout);
  Call(FailureClass::kCancelled);
  for (int i = 0; i < 20; ++i) Call(FailureClass::kLocal);
  EXPECT_EQ(health_.state(), HealthState::kHealthy);
  Call(FailureClass::kTimeout);
  EXPECT_EQ(health_.state(), HealthState::kPaused);
}

TEST_F(HealthTest, CallsThatStartedBeforeThePauseEndWithoutHarm) {
  std::vector<Health::Permit> before;
  for (int i = 0; i < 100; ++i) before.push_back(Admit());
  Pause();
  Wait(seconds(5));
  const auto probe = Admit();
  for (const auto& permit : before) EXPECT_FALSE(Record(permit, FailureClass::kTimeout));
  EXPECT_TRUE(health_.probe_in_flight()) << "only the probe itself ends the probe";
  EXPECT_EQ(health_.History().size(), 1U);
  EXPECT_TRUE(Record(probe, FailureClass::kNone));
}

TEST_F(HealthTest, ASuccessOfACallFromBeforeThePauseResumesIt) {
  const auto before = Admit();
  Pause();
  EXPECT_TRUE(Record(before, FailureClass::kNone));
  EXPECT_EQ(health_.state(), HealthState::kHealthy);
}

TEST_F(HealthTest, AProbeThatEndsAfterAnotherSuccessIsAnOrdinaryCall) {
  const auto before = Admit();
  Pause();
  Wait(seconds(5));
  const auto probe = Admit();
  Record(before, FailureClass::kNone);
  ASSERT_EQ(health_.state(), HealthState::kHealthy);
  EXPECT_FALSE(Record(probe, FailureClass::kTimeout));
  EXPECT_EQ(health_.consecutive_failures(), 1);
  EXPECT_FALSE(health_.probe_in_flight());
}

TEST_F(HealthTest, AChangedUrlResumesIt) {
  Pause();
  const auto permit = Admit("https://other.example/check");
  EXPECT_TRUE(permit.allowed);
  EXPECT_FALSE(permit.probe);
  EXPECT_EQ(health_.state(), HealthState::kHealthy);
  EXPECT_EQ(health_.url(), "https://other.example/check");
  EXPECT_EQ(health_.History().back().reason, "the URL was changed");
}

TEST_F(HealthTest, AChangedUrlStartsTheRowAnew) {
  for (int i = 0; i < 4; ++i) Call(FailureClass::kTimeout);
  const auto permit = Admit("https://other.example/check");
  EXPECT_EQ(health_.consecutive_failures(), 0);
  Record(permit, FailureClass::kTimeout);
  EXPECT_EQ(health_.state(), HealthState::kHealthy);
  EXPECT_TRUE(health_.History().empty()) << "it was healthy before";
}

TEST_F(HealthTest, CallsToTheOldUrlDoNotJudgeTheNewOne) {
  std::vector<Health::Permit> old;
  for (int i = 0; i < 20; ++i) old.push_back(Admit());
  Admit("https://other.example/check");
  for (const auto& permit : old) Record(permit, FailureClass::kTimeout);
  EXPECT_EQ(health_.state(), HealthState::kHealthy);
  EXPECT_EQ(health_.consecutive_failures(), 0);
  EXPECT_EQ(health_.counts()[FailureClass::kTimeout], 20U);
}

TEST_F(HealthTest, ASuccessAtTheOldUrlDoesNotResumeTheNewOne) {
  const auto old = Admit();
  std::vector<Health::Permit> permits;
  for (int i = 0; i < 5; ++i) permits.push_back(Admit("https://other.example/check"));
  for (const auto& permit : permits) Record(permit, FailureClass::kRefused);
  ASSERT_EQ(health_.state(), HealthState::kPaused);
  EXPECT_FALSE(Record(old, FailureClass::kNone));
  EXPECT_EQ(health_.state(), HealthState::kPaused);
}

TEST_F(HealthTest, CountsByClass) {
  Call(FailureClass::kNone);
  Call(FailureClass::kNone);
  Call(FailureClass::kStatus);
  health_.CountSkipped(FailureClass::kPaused);
  health_.CountSkipped(FailureClass::kOverloaded);
  AnswerCounts expected;
  expected[FailureClass::kNone] = 2;
  expected[FailureClass::kStatus] = 1;
  expected[FailureClass::kPaused] = 1;
  expected[FailureClass::kOverloaded] = 1;
  EXPECT_EQ(health_.counts(), expected);
}

TEST_F(HealthTest, HistoryIsBoundedAndKeepsTheNewest) {
  for (int i = 0; i < 40; ++i) {
    Pause();
    Wait(seconds(5));
    ASSERT_TRUE(Record(Admit(), FailureClass::kNone));
  }
  const auto history = health_.History();
  ASSERT_EQ(history.size(), 32U);
  EXPECT_EQ(history.back().at, kStart + seconds(200));
  EXPECT_EQ(history.back().to, HealthState::kHealthy);
  EXPECT_EQ(history.front().to, HealthState::kPaused);
  for (std::size_t i = 1; i < history.size(); ++i) {
    EXPECT_NE(history[i].to, history[i - 1].to);
    EXPECT_GE(history[i].at, history[i - 1].at);
  }
}

TEST_F(HealthTest, ThePolicyIsConfigurable) {
  Health health(HealthPolicy{1, 3, seconds(1), seconds(60), 2});
  EXPECT_TRUE(health.Record(health.Admit(kUrl, Now()), FailureClass::kDns, "", Now()));
  Wait(seconds(59));
  EXPECT_FALSE(health.Admit(kUrl, Now()).allowed);
  Wait(seconds(1));
  EXPECT_TRUE(health.Admit(kUrl, Now()).probe);
}

// Against random calls that overlap: what must hold at every moment, whatever happens.
TEST_F(HealthTest, InvariantsHoldUnderRandomTraffic) {
  constexpr std::uint32_t kSeed = 20260204;
  std::mt19937 random(kSeed);
  std::vector<Health::Permit> in_flight;
  std::deque<milliseconds> row;  // Ends of the present row of unreachable answers.
  std::optional<milliseconds> last_probe;
  int probes_in_flight = 0;
  int pauses = 0;
  for (int step = 0; step < 200'000; ++step) {
    Wait(milliseconds(random() % 200));
    const bool paused_before = health_.state() == HealthState::kPaused;
    if (random() % 2 == 0 || in_flight.empty()) {
      const auto permit = Admit();
      ASSERT_EQ(permit.allowed && !permit.probe, !paused_before) << "seed " << kSeed;
      if (!permit.allowed) continue;
      if (permit.probe) {
        ASSERT_EQ(++probes_in_flight, 1);
        if (last_probe) {
          ASSERT_GE(at_ - *last_probe, seconds(5));
        }
        last_probe = at_;
      }
      in_flight.push_back(permit);
      continue;
    }
    std::swap(in_flight[random() % in_flight.size()], in_flight.back());
    const auto permit = in_flight.back();
    in_flight.pop_back();
    if (permit.probe) --probes_in_flight;
    // Stretches of outage and of health, so that both states are seen.
    const bool outage = (at_ / seconds(40)) % 2 == 1;
    const std::uint32_t dice = random() % 100;
    const FailureClass answer = dice < (outage ? 90U : 10U) ? FailureClass::kTimeout
                                : dice < 95                 ? FailureClass::kNone
                                                            : FailureClass::kStatus;
    const auto transition = Record(permit, answer);
    if (answer == FailureClass::kTimeout) {
      row.push_back(at_);
    } else {
      row.clear();
    }
    if (!paused_before) {
      const bool pauses_now = row.size() >= 5 && row.back() - row[row.size() - 5] <= seconds(30);
      ASSERT_EQ(transition.has_value(), pauses_now) << "step " << step << ", seed " << kSeed;
      if (pauses_now) {
        ++pauses;
        last_probe = at_;  // The first probe is due an interval after the pause.
      }
    } else {
      ASSERT_EQ(transition.has_value(), answer == FailureClass::kNone);
    }
  }
  EXPECT_GT(pauses, 50);
}

}  // namespace
}  // namespace hookline::hooks
