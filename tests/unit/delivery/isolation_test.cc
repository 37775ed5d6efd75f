// One hook's trouble is not another's: slots are shared so that some are always free.

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>

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

TEST(IsolationTest, AFailingHookGetsFewerSlotsAndRecovers) {
  Rig rig({});
  const HookId hook = rig.AddHooks(1);
  rig.Boot();
  rig.script = [](const Attempt&) { return Status(404, milliseconds(10)); };
  rig.EmitMany(hook, 200);
  rig.world.RunFor(milliseconds(100));
  EXPECT_EQ(rig.sinks[0]->in_flight(hook), 2);
  rig.script = [](const Attempt&) { return Status(200, milliseconds(10)); };
  rig.world.RunFor(seconds(5));
  rig.EmitMany(hook, 200);
  rig.world.RunFor(milliseconds(5));
  EXPECT_EQ(rig.sinks[0]->in_flight(hook), 32);
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
