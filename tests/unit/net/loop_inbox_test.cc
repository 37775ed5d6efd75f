#include "net/loop_inbox.h"

#include <gtest/gtest.h>

#include <thread>

namespace hookline::net {
namespace {

TEST(LoopInboxTest, RefusesBeyondItsLimitAndAfterClosing) {
  LoopInbox inbox(2);
  EXPECT_TRUE(inbox.Push([] {}));
  EXPECT_TRUE(inbox.Push([] {}));
  EXPECT_FALSE(inbox.Push([] {}));
  EXPECT_TRUE(inbox.Push([] {}, LoopInbox::Limit::kExceed));
  std::vector<LoopInbox::Task> tasks;
  EXPECT_FALSE(inbox.Take(tasks));
  EXPECT_EQ(tasks.size(), 3U);
  EXPECT_TRUE(inbox.Push([] {}));
  inbox.Close();
  EXPECT_FALSE(inbox.Push([] {}));
  EXPECT_TRUE(inbox.Take(tasks));
  EXPECT_EQ(tasks.size(), 4U);
}

TEST(LoopInboxTest, SleepsOnlyWhenEmpty) {
  LoopInbox inbox(10);
  EXPECT_TRUE(inbox.BeginSleep());
  inbox.EndSleep();
  EXPECT_TRUE(inbox.Push([] {}));
  EXPECT_FALSE(inbox.BeginSleep());
  std::vector<LoopInbox::Task> tasks;
  inbox.Take(tasks);
  EXPECT_TRUE(inbox.BeginSleep());
  inbox.EndSleep();
  inbox.Close();
  EXPECT_FALSE(inbox.BeginSleep());
}

TEST(LoopInboxTest, LosesNothingBetweenThreads) {
  constexpr int kTasks = 20'000;
  LoopInbox inbox(kTasks);
  int ran = 0;
  std::thread pusher([&] {
    for (int i = 0; i < kTasks; ++i) EXPECT_TRUE(inbox.Push([&] { ++ran; }));
    inbox.Close();
  });
  std::vector<LoopInbox::Task> tasks;
  bool closed = false;
  while (!closed) {
    closed = inbox.Take(tasks);
    for (auto& task : tasks) task();
    tasks.clear();
  }
  pusher.join();
  EXPECT_EQ(ran, kTasks);
}

}  // namespace
}  // namespace hookline::net
