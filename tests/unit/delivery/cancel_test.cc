// Hooks that are disabled or deleted while deliveries wait for them (docs/contract/rulings.md#26).

#include <gtest/gtest.h>

#include <chrono>

#include "support/delivery/rig.h"

namespace hookline::delivery {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using testing::Rig;
using testing::Status;

class CancelTest : public ::testing::Test {
 protected:
  CancelTest() : rig_(Options()) {
    hook_ = rig_.AddHooks(1);
    rig_.script = [](const Attempt&) { return Status(200, milliseconds(100)); };
  }

  static Rig::Options Options() {
    Rig::Options options;
    options.limits.lane.window = 16;
    options.limits.lane.in_flight = 4;
    options.limits.cancel_chunk = 50;
    return options;
  }

  void ExpectReasons(std::string_view reason) {
    for (const auto& [id, stored] : rig_.tables.deliveries()) {
      if (stored.state == DeliveryState::kCancelled) {
        EXPECT_EQ(stored.reason, reason);
      }
    }
  }

  Rig rig_;
  HookId hook_;
};

TEST_F(CancelTest, ADisabledHooksDeliveriesAreCancelledInChunks) {
  rig_.Boot();
  rig_.EmitMany(hook_, 200);
  rig_.world.RunFor(milliseconds(150));
  const int delivered = rig_.Count(DeliveryState::kDelivered);
  EXPECT_GT(delivered, 0);
  const int commits = rig_.store->commits;
  rig_.SetEnabled(hook_, false);
  rig_.world.RunFor(seconds(1));
  EXPECT_TRUE(rig_.NothingPending());
  // What was under way when it was disabled, and was delivered, says so.
  EXPECT_LE(rig_.Count(DeliveryState::kDelivered), delivered + 4);
  EXPECT_GE(rig_.store->commits - commits, 4);
  ExpectReasons("hook_disabled");
  EXPECT_EQ(rig_.dispatcher->Stats().in_memory, 0);
  EXPECT_GE(rig_.dispatcher->Stats().cancelled, 190);
}

TEST_F(CancelTest, WhatTheStoreCannotDoInOnePieceIsDoneInSmallerOnes) {
  rig_.Boot();
  rig_.EmitMany(hook_, 200);
  rig_.world.RunFor(milliseconds(150));
  rig_.tables.cancel_max = 3;
  rig_.SetEnabled(hook_, false);
  rig_.world.RunFor(minutes(2));
  EXPECT_TRUE(rig_.NothingPending());
  EXPECT_GE(rig_.dispatcher->Stats().cancelled, 180);
  ExpectReasons("hook_disabled");
}

TEST_F(CancelTest, ADeletedHooksRetriesAreCancelled) {
  rig_.Boot();
  rig_.script = [](const Attempt&) { return Status(500); };
  rig_.EmitMany(hook_, 10);
  rig_.world.RunFor(milliseconds(100));
  rig_.DeleteHook(hook_);
  rig_.world.RunFor(seconds(5));
  EXPECT_EQ(rig_.Count(DeliveryState::kCancelled), 10);
  EXPECT_EQ(rig_.Seen(hook_).size(), 10u);
  ExpectReasons("hook_deleted");
}

TEST_F(CancelTest, AHookDeletedWhileTheServerWasDownIsFoundAtTheStart) {
  rig_.EmitMany(hook_, 120);
  rig_.DeleteHook(hook_);
  rig_.Boot();
  rig_.world.RunFor(seconds(1));
  EXPECT_EQ(rig_.Count(DeliveryState::kCancelled), 120);
  ExpectReasons("hook_deleted");
}

TEST_F(CancelTest, ADeliveryThatWasRoutedBeforeItsHookWasDisabledIsCancelled) {
  rig_.Boot();
  rig_.SetEnabled(hook_, false);
  rig_.Emit({hook_});
  rig_.world.RunFor(seconds(1));
  EXPECT_EQ(rig_.Count(DeliveryState::kCancelled), 1);
  EXPECT_TRUE(rig_.Seen(hook_).empty());
}

TEST_F(CancelTest, EnablingAgainDoesNotReviveWhatWasPending) {
  rig_.Boot();
  rig_.EmitMany(hook_, 200);
  rig_.world.RunFor(milliseconds(10));
  const std::size_t seen = rig_.Seen(hook_).size();
  // Nobody has looked in between.
  rig_.SetEnabled(hook_, false);
  rig_.SetEnabled(hook_, true);
  rig_.EmitMany(hook_, 30);
  rig_.world.RunFor(seconds(10));
  EXPECT_TRUE(rig_.NothingPending());
  EXPECT_EQ(rig_.Seen(hook_).size(), seen + 30);
  for (const auto& [id, stored] : rig_.tables.deliveries()) {
    if (id.value > 200) EXPECT_EQ(stored.state, DeliveryState::kDelivered) << id.value;
  }
  EXPECT_EQ(rig_.Count(DeliveryState::kCancelled), static_cast<int>(200 - seen));
  ExpectReasons("hook_disabled");
}

TEST_F(CancelTest, AMarkIsHonouredAfterARestart) {
  rig_.EmitMany(hook_, 100);
  rig_.SetEnabled(hook_, false);
  rig_.SetEnabled(hook_, true);
  rig_.EmitMany(hook_, 20);
  rig_.Boot();
  rig_.world.RunFor(seconds(5));
  EXPECT_EQ(rig_.Count(DeliveryState::kCancelled), 100);
  EXPECT_EQ(rig_.Count(DeliveryState::kDelivered), 20);
}

TEST_F(CancelTest, ARedeliveryAfterTheMarkIsSent) {
  rig_.Boot();
  rig_.SetEnabled(hook_, false);
  const DeliveryId id = rig_.Emit({hook_}).front();
  rig_.world.RunFor(seconds(1));
  ASSERT_EQ(rig_.State(id), DeliveryState::kCancelled);
  rig_.SetEnabled(hook_, true);
  rig_.SetEnabled(hook_, false);  // The mark is at the delivery now.
  rig_.SetEnabled(hook_, true);
  rig_.world.RunFor(seconds(1));
  rig_.Redeliver(id);
  rig_.world.RunFor(seconds(1));
  EXPECT_EQ(rig_.State(id), DeliveryState::kDelivered);
}

TEST_F(CancelTest, DisablingAndEnablingAtEveryMomentLosesNothing) {
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    Rig::Options options = Options();
    options.seed = seed;
    Rig rig(options);
    const HookId hook = rig.AddHooks(1);
    rig.Boot();
    rig.script = [&](const Attempt&) { return Status(200, milliseconds(rig.world.Draw(3))); };
    for (int i = 0; i < 40; ++i) {
      rig.EmitMany(hook, static_cast<int>(rig.world.Draw(60)));
      rig.world.RunFor(std::chrono::microseconds(rig.world.Draw(5000)));
      rig.SetEnabled(hook, false);
      if (rig.world.Chance(50)) rig.world.RunFor(std::chrono::microseconds(rig.world.Draw(500)));
      rig.SetEnabled(hook, true);
    }
    const auto last = rig.Emit({hook}).front();
    rig.world.RunFor(seconds(20));
    ASSERT_TRUE(rig.NothingPending()) << "seed " << seed;
    ASSERT_EQ(rig.State(last), DeliveryState::kDelivered) << "seed " << seed;
    ASSERT_EQ(rig.dispatcher->Stats().in_memory, 0) << "seed " << seed;
  }
}

TEST_F(CancelTest, GoneDisablesTheHookInTheSameCommit) {
  rig_.Boot();
  rig_.script = [](const Attempt&) { return Status(410); };
  rig_.EmitMany(hook_, 100);
  rig_.world.RunFor(seconds(2));
  EXPECT_TRUE(rig_.NothingPending());
  const settings::AppPtr app = rig_.directory->All().front();
  EXPECT_FALSE(app->hooks[0].enabled);
  EXPECT_EQ(app->hooks[0].disabled_reason, "410 Gone");
  EXPECT_EQ(app->hooks[0].cancel_up_to, DeliveryId{100});
  EXPECT_EQ(rig_.tables.ListApps().front()->hooks[0].enabled, false);
  ASSERT_EQ(rig_.apps_changed.size(), 1u);
  EXPECT_EQ(rig_.apps_changed[0], app);
  EXPECT_EQ(rig_.dispatcher->Stats().hooks_disabled, 1);
  EXPECT_EQ(rig_.Count(DeliveryState::kDead) + rig_.Count(DeliveryState::kCancelled), 100);
  EXPECT_GE(rig_.Count(DeliveryState::kDead), 1);
  EXPECT_LE(rig_.Seen(hook_).size(), 8u);
}

TEST_F(CancelTest, GoneFromAnOldUrlDoesNotDisableTheNewOne) {
  rig_.Boot();
  rig_.script = [](const Attempt&) { return Status(410, milliseconds(100)); };
  rig_.Emit({hook_});
  rig_.world.RunFor(milliseconds(10));
  rig_.ChangeHook(hook_, [](settings::EventHook& one) { one.url = "https://new.example/"; });
  rig_.world.RunFor(seconds(1));
  EXPECT_EQ(rig_.Count(DeliveryState::kDead), 1);
  EXPECT_TRUE(rig_.directory->All().front()->hooks[0].enabled);
}

TEST_F(CancelTest, AStoreFailureWhileCancellingHeals) {
  rig_.Boot();
  rig_.script = [](const Attempt&) { return Status(200, hours(1)); };
  rig_.EmitMany(hook_, 300);
  rig_.world.RunFor(milliseconds(10));
  rig_.store->faults.down = true;
  rig_.SetEnabled(hook_, false);
  rig_.world.RunFor(seconds(60));
  EXPECT_FALSE(rig_.NothingPending());
  rig_.store->faults.down = false;
  rig_.world.RunFor(seconds(30));
  EXPECT_TRUE(rig_.NothingPending());
}

}  // namespace
}  // namespace hookline::delivery
