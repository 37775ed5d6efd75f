// One hook's trouble is not another's: slots are shared so that some are always free.

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <vector>

#include "support/delivery/rig.h"

namespace hookline::delivery {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using std::chrono::seconds;
using testing::Rig;
using testing::Status;

/// The longest time between an emission to `hook` and its attempt.
class Latency {
 public:
  Latency(Rig& rig, HookId hook) : rig_(rig), hook_(hook) {}

  void Emit() {
    rig_.Emit({hook_});
    emitted_.push_back(rig_.world.now());
  }
  nanoseconds Longest() const {
    nanoseconds longest{0};
    const auto seen = rig_.Seen(hook_);
    EXPECT_EQ(seen.size(), emitted_.size());
    for (std::size_t i = 0; i < std::min(seen.size(), emitted_.size()); ++i) {
      longest = std::max(longest, seen[i].at - emitted_[i]);
    }
    return longest;
  }

 private:
  Rig& rig_;
  const HookId hook_;
  std::vector<nanoseconds> emitted_;
};

/// `after`: how long the others have hung by then.
nanoseconds LongestWithHanging(int hanging, int emitted_to_each, nanoseconds after) {
  Rig::Options options;
  options.limits.in_flight = 64;
  Rig rig(options);
  const HookId healthy = rig.AddHooks(1 + hanging);
  rig.Boot();
  rig.script = [healthy](const Attempt& attempt) {
    return attempt.hook->pk == healthy ? Status(200) : Status(200, hours(1));
  };
  for (int n = 0; n < emitted_to_each; ++n) {
    for (int i = 1; i <= hanging; ++i) rig.Emit({HookId{healthy.value + i}});
  }
  rig.world.RunFor(after);
  Latency latency(rig, healthy);
  for (int i = 0; i < 1000; ++i) {
    latency.Emit();
    rig.world.RunFor(milliseconds(20));
  }
  return latency.Longest();
}

TEST(IsolationTest, HangingHooksDoNotDelayAHealthyOne) {
  EXPECT_LT(LongestWithHanging(0, 0, seconds(0)), milliseconds(1));
  EXPECT_LT(LongestWithHanging(1, 1000, seconds(0)), milliseconds(1));
  EXPECT_LT(LongestWithHanging(10, 1000, seconds(0)), milliseconds(1));
  // More than fit take all slots, but only until they are known to be slow.
  EXPECT_LT(LongestWithHanging(24, 100, seconds(3)), milliseconds(1));
}

TEST(IsolationTest, ManyMoreHangingHooksThanSlotsDoNotDelayAHealthyOne) {
  Rig::Options options;
  options.limits.in_flight = 20;
  Rig rig(options);
  const HookId healthy = rig.AddHooks(101);
  rig.Boot();
  rig.script = [healthy](const Attempt& attempt) {
    return attempt.hook->pk == healthy ? Status(200) : Status(200, hours(1));
  };
  // Found out to hang a few at a time, then flooded all at once.
  for (int i = 1; i <= 100; ++i) {
    rig.Emit({HookId{healthy.value + i}});
    rig.world.RunFor(milliseconds(700));
  }
  rig.world.RunFor(seconds(7));
  for (int i = 1; i <= 100; ++i) rig.EmitMany(HookId{healthy.value + i}, 20);
  rig.world.RunFor(milliseconds(100));
  Latency latency(rig, healthy);
  for (int i = 0; i < 500; ++i) {
    latency.Emit();
    rig.world.RunFor(milliseconds(10));
  }
  EXPECT_LT(latency.Longest(), milliseconds(1));
  EXPECT_LE(rig.dispatcher->Stats().in_flight, 11);
}

TEST(IsolationTest, LanesThatWaitForASlotAllGetOne) {
  Rig::Options options;
  options.limits.in_flight = 4;
  Rig rig(options);
  const HookId first = rig.AddHooks(50);
  rig.Boot();
  rig.script = [](const Attempt& attempt) {
    return Status(attempt.delivery.hook.value % 3 == 0 ? 404 : 200, milliseconds(10));
  };
  for (int i = 0; i < 50; ++i) rig.EmitMany(HookId{first.value + i}, 10);
  rig.world.RunFor(seconds(2));
  EXPECT_TRUE(rig.NothingPending());
}

TEST(IsolationTest, AHookThatHangsFromTheStartHas64AttemptsUnderWay) {
  Rig rig({});
  const HookId hook = rig.AddHooks(1);
  rig.Boot();
  rig.script = [](const Attempt&) { return Status(200, hours(1)); };
  rig.EmitMany(hook, 200);
  rig.world.RunFor(milliseconds(100));
  EXPECT_EQ(rig.sinks[0]->in_flight(hook), 64);
  // In trouble it has no fewer, as long as nobody else needs the slots.
  rig.world.RunFor(seconds(7));
  EXPECT_EQ(rig.sinks[0]->in_flight(hook), 64);
  rig.script = [](const Attempt&) { return Status(200, milliseconds(10)); };
  rig.world.RunFor(seconds(40));
  EXPECT_TRUE(rig.NothingPending());
}

TEST(IsolationTest, RetriesAreNotLateBecauseOlderAttemptsHang) {
  Rig rig({});
  const HookId hook = rig.AddHooks(1);
  rig.Boot();
  rig.script = [](const Attempt&) { return Status(200, hours(1)); };
  rig.EmitMany(hook, 12);
  rig.world.RunFor(seconds(5));
  rig.EmitMany(hook, 12);
  rig.world.RunFor(milliseconds(1500));
  // The first twelve were due again 0.2 s after their six, while the others hang.
  int second_attempts = 0;
  for (const auto& seen : rig.Seen(hook)) second_attempts += seen.number == 2 ? 1 : 0;
  EXPECT_EQ(second_attempts, 12);
  EXPECT_EQ(rig.sinks[0]->in_flight(hook), 24);
}

TEST(IsolationTest, AHookMaySetHowManyAttemptsAreUnderWay) {
  Rig rig({});
  const HookId few = rig.AddHooks(2);
  const HookId many{few.value + 1};
  rig.ChangeHook(few, [](auto& hook) { hook.doc_json = R"({"max_in_flight":3})"; });
  rig.ChangeHook(many, [](auto& hook) { hook.doc_json = R"({"max_in_flight":300})"; });
  rig.Boot();
  rig.script = [](const Attempt&) { return Status(200, seconds(1)); };
  rig.EmitMany(few, 500);
  rig.EmitMany(many, 500);
  rig.world.RunFor(milliseconds(100));
  EXPECT_EQ(rig.sinks[0]->in_flight(few), 3);
  EXPECT_EQ(rig.sinks[0]->in_flight(many), 300);
  rig.ChangeHook(few, [](auto& hook) { hook.doc_json = "{}"; });
  rig.world.RunFor(milliseconds(100));
  EXPECT_EQ(rig.sinks[0]->in_flight(few), 64);
}

TEST(IsolationTest, AttemptsNeverExceedTheSlots) {
  Rig::Options options;
  options.limits.in_flight = 50;
  Rig rig(options);
  const HookId first = rig.AddHooks(80);
  rig.Boot();
  rig.script = [](const Attempt&) { return Status(200, hours(1)); };
  for (int i = 0; i < 80; ++i) rig.EmitMany(HookId{first.value + i}, 20);
  for (int i = 0; i < 300; ++i) {
    rig.world.RunFor(milliseconds(100));
    ASSERT_LE(rig.dispatcher->Stats().in_flight, 50);
  }
}

/// How long the first event of a new app waits, `after` the hooks of 60 others began to hang.
nanoseconds FirstEventAmid960HangingHooks(nanoseconds after) {
  Rig::Options options;
  options.limits.in_flight = 512;
  Rig rig(options);
  std::vector<HookId> hanging;
  for (int app = 0; app < 60; ++app) hanging.push_back(rig.AddHooksTo(rig.AddApp(), 16));
  const HookId healthy = rig.AddHooksTo(rig.AddApp(), 1);
  rig.Boot();
  rig.script = [healthy](const Attempt& attempt) {
    return attempt.hook->pk == healthy ? Status(200) : Status(200, hours(1));
  };
  for (const HookId first : hanging) {
    for (int i = 0; i < 16; ++i) rig.EmitMany(HookId{first.value + i}, 5);
  }
  rig.world.RunFor(after);
  Latency latency(rig, healthy);
  latency.Emit();
  rig.world.RunFor(seconds(10));
  return latency.Longest();
}

TEST(IsolationTest, ManyAppsWithHangingHooksDoNotDelayANewAppsFirstEvent) {
  for (const auto after : {milliseconds(1), milliseconds(400), milliseconds(1400),
                           milliseconds(3000), milliseconds(6500), milliseconds(20000)}) {
    EXPECT_LT(FirstEventAmid960HangingHooks(after), milliseconds(1)) << after.count();
  }
}

TEST(IsolationTest, ManyHooksWithABacklogAllStart) {
  Rig::Options options;
  options.shards = 2;
  Rig rig(options);
  const HookId first = rig.AddHooks(300);
  for (int i = 0; i < 300; ++i) rig.EmitMany(HookId{first.value + i}, 20);
  rig.Boot();
  ASSERT_TRUE(rig.world.RunUntil([&] { return rig.NothingPending(); }, seconds(5)));
  EXPECT_EQ(rig.Count(DeliveryState::kDelivered), 6000);
}

}  // namespace
}  // namespace hookline::delivery
