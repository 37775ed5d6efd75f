#include "delivery/dispatcher.h"

#include <gtest/gtest.h>

#include <chrono>

#include "support/delivery/rig.h"

namespace hookline::delivery {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using testing::Failure;
using testing::Rig;
using testing::Status;

TEST(DispatcherTest, SendsWhatIsCommittedAndRecordsIt) {
  Rig rig({});
  const HookId hook = rig.AddHooks(1);
  rig.Boot();
  const DeliveryId id = rig.Emit({hook}).front();
  ASSERT_TRUE(rig.world.RunUntil([&] { return rig.NothingPending(); }, milliseconds(10)));
  rig.world.RunFor(milliseconds(10));

  EXPECT_EQ(rig.State(id), DeliveryState::kDelivered);
  ASSERT_EQ(rig.Stored(id).attempts.size(), 1u);
  EXPECT_EQ(rig.Stored(id).attempts[0].attempt, 1);
  EXPECT_EQ(rig.Stored(id).attempts[0].status, 200);
  EXPECT_EQ(rig.Stored(id).attempts[0].elapsed, milliseconds(1));
  const DispatcherStats stats = rig.dispatcher->Stats();
  EXPECT_EQ(stats.delivered, 1);
  EXPECT_EQ(stats.attempts, 1);
  EXPECT_EQ(stats.in_memory, 0);
  EXPECT_EQ(stats.in_flight, 0);
  EXPECT_EQ(stats.unrecorded, 0);
}

TEST(DispatcherTest, ANewDeliveryNeedsNoPage) {
  Rig rig({});
  const HookId hook = rig.AddHooks(1);
  rig.Boot();
  rig.world.RunFor(milliseconds(10));
  const int reads = rig.store->reads;
  rig.EmitMany(hook, 100);
  ASSERT_TRUE(rig.world.RunUntil([&] { return rig.NothingPending(); }, seconds(1)));
  EXPECT_EQ(rig.store->reads, reads);
}

TEST(DispatcherTest, OneCommitIsOneWakeUpOfTheShard) {
  Rig rig({});
  const HookId hook = rig.AddHooks(20);
  rig.Boot();
  rig.world.RunFor(milliseconds(10));
  std::vector<HookId> hooks;
  for (int i = 0; i < 20; ++i) hooks.push_back(HookId{hook.value + i});
  const int posts = rig.loops[0]->posts();
  rig.Emit(hooks);
  rig.Emit(hooks);
  EXPECT_EQ(rig.loops[0]->posts(), posts + 1);
}

TEST(DispatcherTest, OutcomesOfOneTurnAreRecordedInOneCommit) {
  Rig rig({});
  const HookId first = rig.AddHooks(20);
  rig.Boot();
  rig.world.RunFor(milliseconds(10));
  std::vector<HookId> hooks;
  for (int i = 0; i < 20; ++i) hooks.push_back(HookId{first.value + i});
  rig.script = [](const Attempt&) {
    testing::Reply reply = Status(200);
    reply.at_once = true;
    return reply;
  };
  rig.Emit(hooks);
  ASSERT_TRUE(rig.world.RunUntil([&] { return rig.NothingPending(); }, seconds(1)));
  EXPECT_EQ(rig.store->commits, 1);
}

TEST(DispatcherTest, RetriesAsThePolicySays) {
  Rig rig({});
  const HookId hook = rig.AddHooks(1);
  rig.Boot();
  rig.script = [](const Attempt& attempt) {
    return attempt.number < 3 ? Status(503, milliseconds(10)) : Status(200, milliseconds(10));
  };
  const DeliveryId id = rig.Emit({hook}).front();
  ASSERT_TRUE(rig.world.RunUntil([&] { return rig.NothingPending(); }, seconds(10)));

  EXPECT_EQ(rig.State(id), DeliveryState::kDelivered);
  const auto seen = rig.Seen(hook);
  ASSERT_EQ(seen.size(), 3u);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(seen[i].number, i + 1);
  EXPECT_GE(seen[1].at - seen[0].at, milliseconds(510));
  EXPECT_LE(seen[1].at - seen[0].at, milliseconds(660));
  EXPECT_GE(seen[2].at - seen[1].at, milliseconds(2010));
  EXPECT_LE(seen[2].at - seen[1].at, milliseconds(2460));
  EXPECT_EQ(seen[0].timeout, milliseconds(6000));
}

TEST(DispatcherTest, ADeliveryWaitingForItsRetryIsNotInMemory) {
  Rig rig({});
  const HookId hook = rig.AddHooks(1, R"({"schedule":["1h"]})");
  rig.Boot();
  rig.script = [](const Attempt&) { return Status(500); };
  rig.EmitMany(hook, 100);
  rig.world.RunFor(seconds(1));
  EXPECT_EQ(rig.dispatcher->Stats().in_memory, 0);
  EXPECT_EQ(rig.Count(DeliveryState::kPending), 100);
  EXPECT_EQ(rig.Seen(hook).size(), 100u);
  const int posts = rig.loops[0]->posts();
  rig.world.RunFor(minutes(59));
  EXPECT_EQ(rig.Seen(hook).size(), 100u);
  EXPECT_EQ(rig.loops[0]->posts(), posts);  // It does not poll.
  rig.world.RunFor(minutes(14));
  EXPECT_EQ(rig.Count(DeliveryState::kDead), 100);
}

TEST(DispatcherTest, ExhaustedDeliveriesAreDeadLetters) {
  Rig rig({});
  const HookId hook = rig.AddHooks(1);
  rig.Boot();
  rig.script = [](const Attempt&) { return Failure(FailureClass::kRefused); };
  const DeliveryId id = rig.Emit({hook}).front();
  rig.world.RunFor(seconds(20));
  EXPECT_EQ(rig.State(id), DeliveryState::kDead);
  EXPECT_EQ(rig.Stored(id).reason, "exhausted");
  EXPECT_EQ(rig.Stored(id).attempts.size(), 2u);
  EXPECT_EQ(rig.dispatcher->Stats().dead, 1);
  EXPECT_EQ(rig.dispatcher->Stats().failed_attempts[static_cast<int>(FailureClass::kRefused)], 2);
}

TEST(DispatcherTest, TimeoutsShareTheBudgetOf15Seconds) {
  Rig rig({});
  const HookId hook = rig.AddHooks(1);
  rig.Boot();
  rig.script = [](const Attempt&) { return Status(200, hours(1)); };
  rig.Emit({hook});
  rig.world.RunFor(seconds(30));
  const auto seen = rig.Seen(hook);
  ASSERT_EQ(seen.size(), 3u);
  EXPECT_EQ(seen[1].timeout, seconds(6));
  EXPECT_GE(seen[2].timeout, milliseconds(2160));
  EXPECT_LE(seen[2].timeout, milliseconds(2300));
}

TEST(DispatcherTest, ABacklogIsPagedInWithinTheWindow) {
  Rig::Options options;
  options.limits.lane.window = 16;
  options.limits.lane.in_flight = 4;
  Rig rig(options);
  const HookId hook = rig.AddHooks(1);
  rig.EmitMany(hook, 1000);
  rig.Boot();
  int most = 0;
  ASSERT_TRUE(rig.world.RunUntil(
      [&] {
        most = std::max(most, static_cast<int>(rig.dispatcher->Stats().in_memory));
        return rig.NothingPending();
      },
      seconds(60)));
  EXPECT_EQ(rig.Count(DeliveryState::kDelivered), 1000);
  EXPECT_LE(most, 16);
  EXPECT_GT(most, 8);
  EXPECT_EQ(rig.sinks[0]->most_in_flight(hook), 4);
  EXPECT_EQ(rig.Seen(hook).size(), 1000u);
}

TEST(DispatcherTest, ALaneThatCaughtUpStopsPaging) {
  Rig::Options options;
  options.limits.lane.window = 64;
  Rig rig(options);
  const HookId hook = rig.AddHooks(1);
  rig.EmitMany(hook, 500);
  rig.Boot();
  // New ones keep coming, a third as fast as the receiver takes them.
  for (int i = 0; i < 1000; ++i) {
    rig.world.After(milliseconds(i / 10), [&] { rig.Emit({hook}); });
  }
  rig.world.RunFor(milliseconds(80));
  const int reads = rig.store->reads;
  rig.world.RunFor(milliseconds(15));
  EXPECT_EQ(rig.store->reads, reads);
  rig.world.RunFor(seconds(1));
  EXPECT_EQ(rig.Count(DeliveryState::kDelivered), 1500);
}

TEST(DispatcherTest, FirstAttemptsAndRetriesTakeTurns) {
  Rig::Options options;
  options.limits.lane.window = 64;
  options.limits.lane.in_flight = 1;
  Rig rig(options);
  const HookId hook = rig.AddHooks(1, R"({"schedule":["1s"]})");
  rig.Boot();
  rig.script = [](const Attempt& attempt) {
    return attempt.number == 1 ? Status(500) : Status(200, milliseconds(20));
  };
  rig.EmitMany(hook, 20);
  rig.world.RunFor(milliseconds(900));
  ASSERT_EQ(rig.Seen(hook).size(), 20u);
  rig.world.RunFor(milliseconds(400));  // The retries are under way, one by one.
  rig.script = [](const Attempt&) { return Status(200, milliseconds(20)); };
  rig.EmitMany(hook, 5);
  rig.world.RunFor(milliseconds(250));  // About 12 attempts.
  int first_attempts = 0;
  for (const auto& one : rig.Seen(hook)) first_attempts += one.number == 1 ? 1 : 0;
  EXPECT_EQ(first_attempts, 25);
  rig.world.RunFor(seconds(2));
  EXPECT_TRUE(rig.NothingPending());
}

TEST(DispatcherTest, AfterARestartItTakesUpWhatIsPending) {
  Rig rig({});
  const HookId hook = rig.AddHooks(1);
  rig.Boot();
  rig.script = [](const Attempt&) { return Status(500, milliseconds(10)); };
  const DeliveryId id = rig.Emit({hook}).front();
  rig.world.RunFor(milliseconds(100));
  ASSERT_EQ(rig.Stored(id).attempts.size(), 1u);
  rig.Crash();
  rig.Boot();
  rig.script = [](const Attempt&) { return Status(200); };
  ASSERT_TRUE(rig.world.RunUntil([&] { return rig.NothingPending(); }, seconds(2)));
  EXPECT_EQ(rig.Stored(id).attempts.back().attempt, 2);
}

TEST(DispatcherTest, AnInterruptedAttemptIsMadeAgainWithItsNumber) {
  Rig rig({});
  const HookId hook = rig.AddHooks(1);
  rig.Boot();
  rig.script = [](const Attempt&) { return Status(200, seconds(5)); };
  const DeliveryId id = rig.Emit({hook}).front();
  rig.world.RunFor(seconds(1));
  ASSERT_EQ(rig.Seen(hook).size(), 1u);
  rig.Crash();
  rig.Boot();
  rig.script = [](const Attempt&) { return Status(200); };
  ASSERT_TRUE(rig.world.RunUntil([&] { return rig.NothingPending(); }, milliseconds(100)));
  EXPECT_EQ(rig.Seen(hook).at(0).number, 1);
  ASSERT_EQ(rig.Stored(id).attempts.size(), 1u);
}

TEST(DispatcherTest, TimeBeforeARestartDoesNotCount) {
  Rig rig({});
  const HookId hook = rig.AddHooks(1);
  rig.Boot();
  rig.script = [](const Attempt&) { return Status(200, hours(1)); };
  rig.Emit({hook});
  rig.world.RunFor(milliseconds(12'400));  // Two time-outs, waiting for the third attempt.
  ASSERT_EQ(rig.Seen(hook).size(), 2u);
  rig.Crash();
  rig.Boot();
  rig.world.RunFor(seconds(2));
  ASSERT_EQ(rig.Seen(hook).size(), 1u);
  EXPECT_EQ(rig.Seen(hook)[0].number, 3);
  EXPECT_EQ(rig.Seen(hook)[0].timeout, seconds(6));
}

TEST(DispatcherTest, AClockThatWasSetBackDoesNotHoldRetriesUp) {
  Rig rig({});
  const HookId hook = rig.AddHooks(1);
  rig.Boot();
  rig.script = [](const Attempt&) { return Status(500); };
  rig.EmitMany(hook, 3);
  rig.world.RunFor(milliseconds(50));
  rig.Crash();
  rig.world.clock.SetWall(-hours(100));
  rig.world.clock.Restart();
  rig.Boot();
  rig.script = [](const Attempt&) { return Status(200); };
  EXPECT_TRUE(rig.world.RunUntil([&] { return rig.NothingPending(); }, seconds(1)));
}

TEST(DispatcherTest, AClockThatJumpsWhileItRunsChangesNothing) {
  Rig rig({});
  const HookId hook = rig.AddHooks(1);
  rig.Boot();
  rig.script = [](const Attempt& attempt) { return Status(attempt.number == 1 ? 500 : 200); };
  rig.EmitMany(hook, 10);
  rig.world.RunFor(milliseconds(100));
  rig.world.clock.SetWall(hours(1000));
  rig.world.RunFor(milliseconds(300));
  EXPECT_EQ(rig.Seen(hook).size(), 10u);  // No storm.
  rig.world.clock.SetWall(-hours(1000));
  EXPECT_TRUE(rig.world.RunUntil([&] { return rig.NothingPending(); }, seconds(1)));
}

TEST(DispatcherTest, LongRetriesSurviveARestartWithoutBeingHurried) {
  Rig rig({});
  const HookId hook = rig.AddHooks(1, R"({"schedule":["10h"]})");
  rig.Boot();
  rig.script = [](const Attempt&) { return Status(500); };
  rig.Emit({hook});
  rig.world.RunFor(minutes(1));
  rig.Crash();
  rig.Boot();
  rig.world.RunFor(hours(9));
  EXPECT_TRUE(rig.Seen(hook).empty());
  rig.world.RunFor(hours(4));
  EXPECT_EQ(rig.Seen(hook).size(), 1u);
}

TEST(DispatcherTest, AttemptsUseTheHooksPresentUrl) {
  Rig rig({});
  const HookId hook = rig.AddHooks(1);
  rig.Boot();
  rig.script = [](const Attempt&) { return Status(500); };
  rig.Emit({hook});
  rig.world.RunFor(milliseconds(100));
  rig.ChangeHook(hook, [](settings::EventHook& one) { one.url = "https://new.example/"; });
  rig.world.RunFor(seconds(1));
  ASSERT_EQ(rig.Seen(hook).size(), 2u);
  EXPECT_EQ(rig.Seen(hook)[0].url, "https://hooks.example/0");
  EXPECT_EQ(rig.Seen(hook)[1].url, "https://new.example/");
}

TEST(DispatcherTest, ARedeliveryContinuesTheCountAndStartsThePolicyAnew) {
  Rig rig({});
  const HookId hook = rig.AddHooks(2);
  const HookId other{hook.value + 1};
  rig.Boot();
  rig.script = [](const Attempt&) { return Status(500); };
  const DeliveryId id = rig.Emit({hook}).front();
  rig.world.RunFor(seconds(10));
  ASSERT_EQ(rig.State(id), DeliveryState::kDead);
  rig.Redeliver(id);
  rig.world.RunFor(seconds(10));
  ASSERT_EQ(rig.State(id), DeliveryState::kDead);
  auto seen = rig.Seen(hook);
  ASSERT_EQ(seen.size(), 6u);
  EXPECT_EQ(seen[5].number, 6);
  EXPECT_EQ(seen[3].timeout, seconds(6));

  rig.Redeliver(id, other);
  rig.script = [](const Attempt&) { return Status(200); };
  rig.world.RunFor(seconds(1));
  EXPECT_EQ(rig.State(id), DeliveryState::kDelivered);
  ASSERT_EQ(rig.Seen(other).size(), 1u);
  EXPECT_EQ(rig.Seen(other)[0].number, 7);
}

TEST(DispatcherTest, ADeliveryPutBackBeforeItsLaneKnowsThatItEndedIsSent) {
  Rig rig({});
  const HookId hook = rig.AddHooks(1);
  rig.Boot();
  rig.script = [](const Attempt&) { return Status(404); };
  // The news of both commits are in the inbox together.
  const DeliveryId together = rig.Emit({hook}).front();
  ASSERT_TRUE(rig.world.RunUntil([&] { return rig.NothingPending(); }, seconds(1)));
  rig.Redeliver(together);
  rig.world.RunFor(seconds(1));
  EXPECT_EQ(rig.State(together), DeliveryState::kDead);
  EXPECT_EQ(rig.Stored(together).attempts.size(), 2u);

  // Both are one commit, whose listener is called first.
  const DeliveryId at_once = rig.Emit({hook}).front();
  rig.store->before_done = [&] {
    if (rig.State(at_once) != DeliveryState::kDead) return;
    rig.store->before_done = nullptr;
    rig.Redeliver(at_once);
    rig.store->done_delay = milliseconds(50);
  };
  rig.world.RunFor(seconds(1));
  EXPECT_EQ(rig.Stored(at_once).attempts.size(), 2u);
  EXPECT_TRUE(rig.NothingPending());
}

TEST(DispatcherTest, OutcomesThatCannotBeRecordedStayInFlightUntilTheyAre) {
  Rig rig({});
  const HookId hook = rig.AddHooks(1);
  rig.Boot();
  rig.EmitMany(hook, 40);
  rig.store->faults.down = true;
  rig.world.RunFor(minutes(5));
  EXPECT_EQ(rig.Seen(hook).size(), 40u);  // Sent once each.
  EXPECT_EQ(rig.dispatcher->Stats().unrecorded, 40);
  EXPECT_EQ(rig.dispatcher->Stats().delivered, 0);
  const int commits = rig.store->commits;
  rig.world.RunFor(minutes(1));
  EXPECT_LE(rig.store->commits - commits, 40 * 14);  // No busy loop.
  rig.store->faults.down = false;
  rig.world.RunFor(seconds(10));
  EXPECT_EQ(rig.Count(DeliveryState::kDelivered), 40);
  EXPECT_EQ(rig.dispatcher->Stats().unrecorded, 0);
  EXPECT_EQ(rig.dispatcher->Stats().in_memory, 0);
}

TEST(DispatcherTest, AStoreThatCannotBeReadAtTheStartHeals) {
  Rig rig({});
  const HookId hook = rig.AddHooks(1);
  rig.EmitMany(hook, 3);
  rig.faults.down = true;
  rig.Boot();
  rig.world.RunFor(seconds(30));
  EXPECT_TRUE(rig.Seen(hook).empty());
  rig.store->faults.down = false;
  rig.world.RunFor(seconds(10));
  EXPECT_TRUE(rig.NothingPending());
}

TEST(DispatcherTest, ATypeOfHookWithoutASinkIsADeadLetter) {
  Rig rig({});
  const HookId hook = rig.AddHooks(1);
  rig.Boot();
  rig.ChangeHook(hook, [](settings::EventHook& one) { one.type = settings::HookType::kSqs; });
  const DeliveryId id = rig.Emit({hook}).front();
  rig.world.RunFor(seconds(1));
  EXPECT_EQ(rig.State(id), DeliveryState::kDead);
  EXPECT_EQ(rig.Stored(id).reason, "blocked");
}

TEST(DispatcherTest, StoppingFinishesWhatIsUnderWayAndNothingElse) {
  Rig::Options options;
  options.limits.lane.in_flight = 2;
  options.limits.lane.window = 8;
  Rig rig(options);
  const HookId hook = rig.AddHooks(1);
  rig.Boot();
  rig.script = [](const Attempt&) { return Status(200, milliseconds(500)); };
  rig.EmitMany(hook, 10);
  rig.world.RunFor(milliseconds(100));
  rig.dispatcher->StopAccepting();
  EXPECT_FALSE(rig.dispatcher->Drain(milliseconds(0)));
  rig.world.RunFor(seconds(5));
  EXPECT_TRUE(rig.dispatcher->Drain(milliseconds(0)));
  EXPECT_EQ(rig.Seen(hook).size(), 2u);
  EXPECT_EQ(rig.Count(DeliveryState::kDelivered), 2);
  EXPECT_EQ(rig.Count(DeliveryState::kPending), 8);
}

TEST(DispatcherTest, AttemptsThatAreHandedBackCostNothing) {
  Rig rig({});
  const HookId hook = rig.AddHooks(1);
  rig.Boot();
  rig.script = [](const Attempt&) { return Status(200, seconds(5)); };
  const DeliveryId id = rig.Emit({hook}).front();
  rig.world.RunFor(milliseconds(100));
  rig.dispatcher->StopAccepting();
  rig.world.RunFor(milliseconds(100));
  rig.sinks[0]->CancelAll();
  EXPECT_TRUE(rig.dispatcher->Drain(milliseconds(0)));
  rig.Crash();
  EXPECT_EQ(rig.State(id), DeliveryState::kPending);
  EXPECT_TRUE(rig.Stored(id).attempts.empty());
  rig.Boot();
  rig.script = [](const Attempt&) { return Status(200); };
  rig.world.RunFor(seconds(1));
  EXPECT_EQ(rig.Stored(id).attempts.at(0).attempt, 1);
}

TEST(DispatcherTest, IdleLanesAreForgotten) {
  Rig::Options options;
  options.limits.idle_lanes = 10;
  Rig rig(options);
  const HookId first = rig.AddHooks(200);
  rig.Boot();
  for (int i = 0; i < 200; ++i) {
    rig.Emit({HookId{first.value + i}});
    rig.world.RunFor(milliseconds(5));
  }
  EXPECT_TRUE(rig.NothingPending());
  EXPECT_LE(rig.dispatcher->Stats().lanes, 25);
}

}  // namespace
}  // namespace hookline::delivery
