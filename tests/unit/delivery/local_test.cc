// Trouble of our own is nobody's failure: it costs a delivery time, and nothing else.

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

TEST(LocalTroubleTest, CostsNoAttemptAndNoBudget) {
  Rig rig({});
  const HookId hook = rig.AddHooks(1);
  rig.Boot();
  rig.script = [](const Attempt&) { return Failure(FailureClass::kLocal); };
  const DeliveryId id = rig.Emit({hook}).front();
  rig.world.RunFor(minutes(10));
  EXPECT_EQ(rig.State(id), DeliveryState::kPending);
  EXPECT_TRUE(rig.Stored(id).attempts.empty());
  EXPECT_GT(rig.Seen(hook).size(), 100u);   // Again soon,
  EXPECT_LT(rig.Seen(hook).size(), 1000u);  // and not in a busy loop.
  EXPECT_EQ(rig.dispatcher->Stats().attempts, 0);

  rig.script = [](const Attempt& attempt) {
    return attempt.number < 3 ? Status(503) : Status(200);
  };
  rig.world.RunFor(seconds(10));
  EXPECT_EQ(rig.State(id), DeliveryState::kDelivered);
  EXPECT_EQ(rig.Stored(id).attempts.size(), 3u);
  EXPECT_EQ(rig.Stored(id).attempts.front().attempt, 1);
}

TEST(LocalTroubleTest, BetweenRealFailuresLeavesTheirCountAlone) {
  Rig rig({});
  const HookId hook = rig.AddHooks(1);
  rig.Boot();
  int calls = 0;
  rig.script = [&](const Attempt&) {
    return ++calls % 2 == 0 ? Failure(FailureClass::kLocal) : Failure(FailureClass::kRefused);
  };
  const DeliveryId id = rig.Emit({hook}).front();
  rig.world.RunFor(minutes(1));
  EXPECT_EQ(rig.State(id), DeliveryState::kDead);
  ASSERT_EQ(rig.Stored(id).attempts.size(), 2u);
  EXPECT_EQ(rig.Stored(id).attempts.back().failure, FailureClass::kRefused);
}

TEST(LocalTroubleTest, ALaneTriesOneAtATimeUntilItIsOver) {
  Rig rig({});
  const HookId hook = rig.AddHooks(1);
  rig.Boot();
  rig.script = [](const Attempt&) { return Failure(FailureClass::kLocal, milliseconds(5)); };
  rig.EmitMany(hook, 100);
  rig.world.RunFor(seconds(1));
  const std::size_t before = rig.Seen(hook).size();
  rig.world.RunFor(seconds(30));
  EXPECT_LE(rig.Seen(hook).size() - before, 40u);
  rig.script = [](const Attempt&) { return Status(200, milliseconds(5)); };
  rig.world.RunFor(seconds(5));
  EXPECT_TRUE(rig.NothingPending());
  EXPECT_EQ(rig.Count(DeliveryState::kDelivered), 100);
}

TEST(LocalTroubleTest, AHookMayBeDisabledMeanwhile) {
  Rig rig({});
  const HookId hook = rig.AddHooks(1);
  rig.Boot();
  rig.script = [](const Attempt&) { return Failure(FailureClass::kLocal); };
  rig.EmitMany(hook, 10);
  rig.world.RunFor(milliseconds(500));
  rig.SetEnabled(hook, false);
  rig.world.RunFor(seconds(10));
  EXPECT_EQ(rig.Count(DeliveryState::kCancelled), 10);
  EXPECT_EQ(rig.dispatcher->Stats().in_memory, 0);
}

TEST(LocalTroubleTest, DrainingDoesNotWaitForItsEnd) {
  Rig rig({});
  const HookId hook = rig.AddHooks(1);
  rig.Boot();
  rig.script = [](const Attempt&) { return Failure(FailureClass::kLocal, milliseconds(200)); };
  rig.Emit({hook});
  rig.world.RunFor(milliseconds(100));
  rig.dispatcher->StopAccepting();
  rig.world.RunFor(seconds(1));
  EXPECT_TRUE(rig.dispatcher->Drain(milliseconds(0)));
}

TEST(StandstillTest, AStoppedProcessIsNoTimeOutOfTheReceiver) {
  Rig rig({});
  const HookId hook = rig.AddHooks(1);
  rig.Boot();
  // The timer is the first thing that fires afterwards.
  rig.script = [](const Attempt&) { return Failure(FailureClass::kTimeout, milliseconds(2010)); };
  const DeliveryId id = rig.Emit({hook}).front();
  rig.world.RunFor(seconds(2));
  rig.world.clock.Advance(seconds(20));  // Nothing runs, the clock goes on.
  rig.script = [](const Attempt&) { return Status(200); };
  rig.world.RunFor(seconds(10));
  EXPECT_EQ(rig.State(id), DeliveryState::kDelivered);
  ASSERT_EQ(rig.Stored(id).attempts.size(), 1u);
  EXPECT_EQ(rig.Stored(id).attempts[0].attempt, 1);
  EXPECT_EQ(rig.Stored(id).attempts[0].status, 200);
}

TEST(StandstillTest, ATimeOutThatIsNotOursCountsThoughTheProcessStoodStill) {
  Rig rig({});
  const HookId hook = rig.AddHooks(1);
  rig.Boot();
  rig.script = [](const Attempt&) { return Status(200, hours(1)); };
  const DeliveryId id = rig.Emit({hook}).front();
  rig.world.RunFor(seconds(30));
  EXPECT_EQ(rig.State(id), DeliveryState::kDead);
  EXPECT_EQ(rig.Stored(id).attempts.size(), 3u);
}

TEST(StandstillTest, DoesNotCountAgainstTheBudget) {
  Rig rig({});
  const HookId hook = rig.AddHooks(1);
  rig.Boot();
  rig.script = [&](const Attempt& attempt) {
    if (attempt.number > 1) return Status(200);
    return Status(503, seconds(3));
  };
  const DeliveryId id = rig.Emit({hook}).front();
  rig.world.RunFor(seconds(2));
  rig.world.clock.Advance(seconds(20));
  rig.world.RunFor(seconds(10));
  EXPECT_EQ(rig.State(id), DeliveryState::kDelivered);
  ASSERT_EQ(rig.Stored(id).attempts.size(), 2u);
  EXPECT_LT(rig.Stored(id).attempts[0].elapsed, seconds(4));
}

}  // namespace
}  // namespace hookline::delivery
