// Goal: one holder per name, served in the order of arrival; other names are not held up; a holder
// that fails lets go.
// Method: coroutines on one io_context that stop between steps of their own.
#include "api/keyed_mutex.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <exception>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace hookline::api {
namespace {

using boost::asio::awaitable;
using testing::ElementsAre;

class KeyedMutexTest : public testing::Test {
 protected:
  awaitable<void> Hold(std::string name, std::string who, int steps, bool fails = false) {
    {
      const auto lock = co_await mutex_.Acquire(name);
      if (!lock) {
        log_.push_back(who + " refused");
        co_return;
      }
      log_.push_back(who + " in");
      for (int i = 0; i < steps; ++i) {
        co_await boost::asio::post(io_, boost::asio::use_awaitable);
      }
      log_.push_back(who + " out");
      if (fails) throw std::runtime_error("on purpose");
    }
  }
  void Start(std::string name, std::string who, int steps, bool fails = false) {
    boost::asio::co_spawn(io_, Hold(std::move(name), std::move(who), steps, fails),
                          [](const std::exception_ptr&) {});
  }

  boost::asio::io_context io_;
  KeyedMutex mutex_{2};
  std::vector<std::string> log_;
};

TEST_F(KeyedMutexTest, ServesANameInTheOrderOfArrival) {
  for (const char* who : {"a", "b", "c"}) Start("m", who, 3);
  io_.run();
  EXPECT_THAT(log_, ElementsAre("a in", "a out", "b in", "b out", "c in", "c out"));
}

TEST_F(KeyedMutexTest, LetsOnlySoManyWait) {
  for (const char* who : {"a", "b", "c", "d"}) Start("m", who, 3);
  Start("n", "e", 1);
  io_.run();
  EXPECT_THAT(log_, ElementsAre("a in", "d refused", "e in", "e out", "a out", "b in", "b out",
                                "c in", "c out"));
}

TEST_F(KeyedMutexTest, HoldsUpNoOtherName) {
  Start("m", "slow", 50);
  Start("n", "quick", 1);
  io_.run();
  EXPECT_THAT(log_, ElementsAre("slow in", "quick in", "quick out", "slow out"));
}

TEST_F(KeyedMutexTest, AHolderThatFailsLetsGo) {
  Start("m", "a", 2, /*fails=*/true);
  Start("m", "b", 1);
  io_.run();
  EXPECT_THAT(log_, ElementsAre("a in", "a out", "b in", "b out"));
}

TEST_F(KeyedMutexTest, CanBeTakenAgainWhenAllHaveGone) {
  for (int round = 0; round < 3; ++round) {
    Start("m", "a", 1);
    io_.run();
    io_.restart();
  }
  EXPECT_EQ(log_.size(), 6U);
}

TEST(KeyedMutexThreadsTest, ExcludesOverThreads) {
  constexpr int kThreads = 3;
  constexpr int kRounds = 300;
  KeyedMutex mutex;
  int inside = 0;
  int total = 0;
  const auto work = [&](boost::asio::io_context& io) -> awaitable<void> {
    for (int i = 0; i < kRounds; ++i) {
      const auto lock = co_await mutex.Acquire("m");
      EXPECT_EQ(++inside, 1);
      co_await boost::asio::post(io, boost::asio::use_awaitable);
      ++total;
      --inside;
    }
  };
  std::vector<boost::asio::io_context> contexts(kThreads);
  std::vector<std::thread> threads;
  // A waiting coroutine leaves its context without work until it is its turn.
  std::vector<boost::asio::executor_work_guard<boost::asio::io_context::executor_type>> guards;
  std::atomic<int> left = kThreads;
  for (auto& io : contexts) {
    guards.emplace_back(io.get_executor());
    boost::asio::co_spawn(io, work(io), [&](const std::exception_ptr&) {
      if (--left == 0) {
        for (auto& guard : guards) guard.reset();
      }
    });
  }
  for (auto& io : contexts) threads.emplace_back([&io] { io.run(); });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(total, kThreads * kRounds);
}

}  // namespace
}  // namespace hookline::api
