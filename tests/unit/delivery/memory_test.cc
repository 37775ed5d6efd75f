// What waits for receivers that hang costs a bounded number of bytes.

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "delivery/event_pool.h"
#include "support/delivery/rig.h"

namespace hookline::delivery {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::Rig;
using testing::Status;

constexpr std::size_t kBytes = 1 << 20;

EventPayloadPtr Event(std::int64_t id, std::size_t body_bytes) {
  EventPayload event;
  event.id = EventId{id};
  event.body_v1 = std::make_shared<const std::string>(body_bytes, 'x');
  return std::make_shared<const EventPayload>(std::move(event));
}

TEST(EventPoolTest, KeepsOneCopyAndForgetsItWithItsLastHolder) {
  EventPool pool(kBytes);
  EXPECT_EQ(pool.Find(EventId{1}), nullptr);
  EventPayloadPtr first = pool.Share(Event(1, 1000));
  EXPECT_EQ(pool.bytes(), Bytes(*first));
  EventPayloadPtr second = pool.Share(Event(1, 1000));
  EXPECT_EQ(second, first);
  EXPECT_EQ(pool.Find(EventId{1}), first);
  EXPECT_EQ(pool.bytes(), Bytes(*first));
  first.reset();
  EXPECT_GT(pool.bytes(), 1000u);
  second.reset();
  EXPECT_EQ(pool.bytes(), 0u);
  EXPECT_EQ(pool.Find(EventId{1}), nullptr);
}

TEST(EventPoolTest, EventsOutliveThePool) {
  auto pool = std::make_unique<EventPool>(kBytes);
  const EventPayloadPtr event = pool->Share(Event(1, 10));
  pool.reset();
  EXPECT_EQ(event->body_v1->size(), 10u);
}

/// `hooks` that hang, `events` for each of them; true: every event is for all of them.
std::int64_t BytesHeld(int hooks, int events, bool shared, std::size_t body_bytes, bool restart) {
  Rig::Options options;
  options.event_bytes = kBytes;
  Rig rig(options);
  const HookId first = rig.AddHooks(hooks);
  std::vector<HookId> all;
  for (int i = 0; i < hooks; ++i) all.push_back(HookId{first.value + i});
  rig.script = [](const Attempt&) { return Status(200, hours(1)); };
  const auto emit = [&] {
    for (int n = 0; n < events; ++n) {
      if (shared) rig.Emit(all, body_bytes);
      if (!shared) {
        for (const HookId hook : all) rig.Emit({hook}, body_bytes);
      }
    }
  };
  if (restart) emit();
  rig.Boot();
  if (!restart) emit();
  std::int64_t most = 0;
  for (int i = 0; i < 80; ++i) {
    rig.world.RunFor(milliseconds(100));
    most = std::max(most, rig.dispatcher->Stats().event_bytes);
  }
  // And all get through once the receivers answer.
  rig.script = [](const Attempt&) { return Status(200); };
  rig.world.RunFor(seconds(60));
  EXPECT_TRUE(rig.NothingPending());
  rig.world.RunFor(seconds(1));
  EXPECT_EQ(rig.dispatcher->Stats().event_bytes, 0);
  return most;
}

TEST(DeliveryMemoryTest, HoldsOneCopyOfAnEventForAllItsHooks) {
  for (const bool restart : {false, true}) {
    const std::int64_t most = BytesHeld(50, 100, true, 2000, restart);
    EXPECT_GT(most, 1000);
    EXPECT_LT(most, 100 * 3000) << restart;
  }
}

TEST(DeliveryMemoryTest, HoldsNoMoreThanItsBound) {
  for (const bool restart : {false, true}) {
    // 20 MB in all; a page or two over the bound may be on their way.
    EXPECT_LT(BytesHeld(50, 100, false, 4000, restart), 2 * static_cast<std::int64_t>(kBytes))
        << restart;
  }
}

TEST(DeliveryMemoryTest, LargeEventsGetThroughOneByOne) {
  for (const bool restart : {false, true}) {
    EXPECT_LT(BytesHeld(20, 20, false, 256 * 1024, restart), 3 * static_cast<std::int64_t>(kBytes))
        << restart;
  }
}

}  // namespace
}  // namespace hookline::delivery
