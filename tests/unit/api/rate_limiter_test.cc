// Windows of a minute per app and operation.
#include "api/rate_limiter.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

namespace hookline::api {
namespace {

constexpr AppId kApp{1};
constexpr AppId kOther{2};
constexpr std::int64_t kMinute = 1'767'225'600;  // 2026-01-01T00:00:00Z

Timestamp At(std::int64_t second) { return {(kMinute + second) * 1'000'000'000}; }

TEST(RateLimiterTest, CountsDownToTheLimit) {
  RateLimiter limiter(3, 2);
  for (std::int64_t left : {2, 1, 0}) {
    const RateStatus status = limiter.Take(kApp, 0, At(0));
    EXPECT_FALSE(status.exceeded);
    EXPECT_EQ(status.limit, 3);
    EXPECT_EQ(status.remaining, left);
    EXPECT_EQ(status.reset, kMinute + 60);
  }
  for (int i = 0; i < 3; ++i) {
    const RateStatus status = limiter.Take(kApp, 0, At(59));
    EXPECT_TRUE(status.exceeded);
    EXPECT_EQ(status.remaining, 0);
    EXPECT_EQ(status.reset, kMinute + 60);
  }
}

TEST(RateLimiterTest, StartsAnewWithTheNextMinute) {
  RateLimiter limiter(1, 1);
  EXPECT_FALSE(limiter.Take(kApp, 0, At(59)).exceeded);
  EXPECT_TRUE(limiter.Take(kApp, 0, At(59)).exceeded);
  const RateStatus status = limiter.Take(kApp, 0, At(60));
  EXPECT_FALSE(status.exceeded);
  EXPECT_EQ(status.reset, kMinute + 120);
  // A clock that jumps back is another window, not an endless one.
  EXPECT_FALSE(limiter.Take(kApp, 0, At(-3600)).exceeded);
}

TEST(RateLimiterTest, AppsAndOperationsAreApart) {
  RateLimiter limiter(1, 2);
  EXPECT_FALSE(limiter.Take(kApp, 0, At(0)).exceeded);
  EXPECT_FALSE(limiter.Take(kApp, 1, At(0)).exceeded);
  EXPECT_FALSE(limiter.Take(kOther, 0, At(0)).exceeded);
  EXPECT_TRUE(limiter.Take(kApp, 0, At(0)).exceeded);
}

TEST(RateLimiterTest, PeekingTakesNothing) {
  RateLimiter limiter(2, 1);
  EXPECT_EQ(limiter.Peek(kApp, 0, At(0)).remaining, 2);
  limiter.Take(kApp, 0, At(0));
  EXPECT_EQ(limiter.Peek(kApp, 0, At(0)).remaining, 1);
  EXPECT_EQ(limiter.Peek(kApp, 0, At(0)).remaining, 1);
  limiter.Take(kApp, 0, At(0));
  EXPECT_TRUE(limiter.Peek(kApp, 0, At(0)).exceeded);
  EXPECT_FALSE(limiter.Peek(kApp, 0, At(60)).exceeded);
}

TEST(RateLimiterTest, CountsExactlyFromManyThreads) {
  RateLimiter limiter(1000, 4);
  std::atomic<int> granted = 0;
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&] {
        for (int i = 0; i < 500; ++i) granted += limiter.Take(kApp, 2, At(0)).exceeded ? 0 : 1;
      });
    }
  }
  EXPECT_EQ(granted, 1000);
}

}  // namespace
}  // namespace hookline::api
