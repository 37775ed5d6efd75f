#include "net/lookup_queue.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace hookline::net {
namespace {

TEST(LookupQueueTest, AnAppHasItsShareUnderWayAndGetsASlotBackForEachEnd) {
  LookupQueue queue({.under_way_max = 64, .app_under_way_max = 8});
  for (int i = 0; i < 50; ++i) ASSERT_TRUE(queue.Add(AppId{1}, std::to_string(i)));
  for (int i = 0; i < 8; ++i) EXPECT_EQ(queue.Next()->name, std::to_string(i));
  EXPECT_FALSE(queue.Next());
  queue.GiveBack(AppId{1});
  EXPECT_EQ(queue.Next()->name, "8");
  EXPECT_FALSE(queue.Next());
}

TEST(LookupQueueTest, AnotherAppsNameIsNext) {
  LookupQueue queue({.under_way_max = 64, .app_under_way_max = 8});
  for (int i = 0; i < 50; ++i) queue.Add(AppId{1}, "dead");
  while (queue.Next()) continue;
  ASSERT_TRUE(queue.Add(AppId{2}, "alive"));
  const auto turn = queue.Next();
  ASSERT_TRUE(turn);
  EXPECT_EQ(turn->app, AppId{2});
  EXPECT_EQ(turn->name, "alive");
}

TEST(LookupQueueTest, TheFewerAreFreeTheFewerOneAppGets) {
  LookupQueue queue({.under_way_max = 64, .app_under_way_max = 8});
  // Twenty apps whose names nobody answers for leave something for the next one.
  for (int app = 1; app <= 20; ++app) {
    for (int i = 0; i < 50; ++i) queue.Add(AppId{app}, "dead");
  }
  while (queue.Next()) continue;
  EXPECT_LT(queue.under_way(), 64U);
  queue.Add(AppId{99}, "alive");
  const auto turn = queue.Next();
  ASSERT_TRUE(turn);
  EXPECT_EQ(turn->app, AppId{99});
}

TEST(LookupQueueTest, WhenAllSlotsAreTakenAppsTakeTurns) {
  LookupQueue queue({.under_way_max = 2, .app_under_way_max = 2});
  for (int i = 0; i < 3; ++i) queue.Add(AppId{1}, "a");
  for (int i = 0; i < 3; ++i) queue.Add(AppId{2}, "b");
  std::string order;
  for (int i = 0; i < 6; ++i) {
    const auto turn = queue.Next();
    ASSERT_TRUE(turn);
    order += turn->name;
    queue.GiveBack(turn->app);
  }
  EXPECT_EQ(order, "ababab");
  EXPECT_EQ(queue.under_way(), 0U);
  EXPECT_EQ(queue.waiting(), 0U);
}

TEST(LookupQueueTest, IsBoundedForEachAppAndInAll) {
  LookupQueue queue({.waiting_max = 5, .app_waiting_max = 3});
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(queue.Add(AppId{1}, "a"));
  EXPECT_FALSE(queue.Add(AppId{1}, "a"));
  for (int i = 0; i < 2; ++i) EXPECT_TRUE(queue.Add(AppId{2}, "b"));
  EXPECT_FALSE(queue.Add(AppId{2}, "b"));
  ASSERT_TRUE(queue.Next());
  EXPECT_TRUE(queue.Add(AppId{2}, "b"));
}

}  // namespace
}  // namespace hookline::net
