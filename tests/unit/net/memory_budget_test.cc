// The budget of what requests and answers take up.
#include "net/memory_budget.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace hookline::net {
namespace {

constexpr std::size_t kBeginning = MemoryBudget::kBeginningBytes;
constexpr std::size_t kBytes = 64 * kBeginning;  // 16 beginnings, and 48 for the rest.
constexpr std::size_t kRest = 48 * kBeginning;

std::size_t CountOpened(MemoryBudget& budget, std::vector<MemoryBudget::Claim>& claims,
                        std::string_view app, std::string_view address) {
  std::size_t opened = 0;
  while (auto claim = budget.Open(app, address)) {
    claims.push_back(std::move(*claim));
    ++opened;
  }
  return opened;
}

TEST(MemoryBudgetTest, GivesBackWhatAClaimHeld) {
  MemoryBudget budget(kBytes);
  {
    auto claim = budget.Open("1", "a");
    ASSERT_TRUE(claim);
    EXPECT_EQ(budget.used(), kBeginning);
    EXPECT_TRUE(claim->Resize(3 * kBeginning));
    EXPECT_TRUE(claim->Add(kBeginning));
    EXPECT_EQ(budget.used(), 4 * kBeginning);
    EXPECT_TRUE(claim->Resize(10));
    EXPECT_EQ(claim->bytes(), kBeginning);
    EXPECT_EQ(budget.used(), kBeginning);
    EXPECT_TRUE(claim->Resize(2 * kBeginning));
    const MemoryBudget::Claim moved = std::move(*claim);
    claim.reset();
    EXPECT_EQ(budget.used(), 2 * kBeginning);
  }
  EXPECT_EQ(budget.used(), 0U);
}

TEST(MemoryBudgetTest, AShareMayHoldAsMuchAsItLeaves) {
  MemoryBudget budget(kBytes);
  auto one = budget.Open("1", "");
  auto two = budget.Open("2", "");
  auto three = budget.Open("3", "");
  ASSERT_TRUE(one && two && three);
  EXPECT_FALSE(one->Add(kRest / 2 + 1));
  EXPECT_EQ(one->bytes(), kBeginning) << "a refusal changes nothing";
  EXPECT_TRUE(one->Add(kRest / 2));
  auto more_of_one = budget.Open("1", "");
  ASSERT_TRUE(more_of_one);
  EXPECT_FALSE(more_of_one->Add(1));
  EXPECT_FALSE(two->Add(kRest / 4 + 1));
  EXPECT_TRUE(two->Add(kRest / 4));
  EXPECT_TRUE(three->Add(kRest / 8));
  one.reset();
  EXPECT_TRUE(two->Add(kRest / 8));
}

TEST(MemoryBudgetTest, AnAddressHasAShareOfItsOwn) {
  MemoryBudget budget(kBytes);
  auto one = budget.Open("1", "10.0.0.1");
  auto two = budget.Open("2", "10.0.0.1");
  auto other = budget.Open("3", "1");
  ASSERT_TRUE(one && two && other);
  EXPECT_TRUE(one->Add(kRest / 2));
  EXPECT_FALSE(two->Add(1)) << "another app, but the same address";
  EXPECT_TRUE(other->Add(kRest / 4)) << "an address called as an app is";
  auto nameless = budget.Open("", "");
  ASSERT_TRUE(nameless);
  EXPECT_TRUE(nameless->Add(kRest / 4)) << "what belongs to nobody may fill it";
  EXPECT_FALSE(nameless->Add(1));
}

TEST(MemoryBudgetTest, BeginningsFindRoomWhateverLargeOnesHold) {
  MemoryBudget budget(kBytes);
  auto large = budget.Open("", "");
  ASSERT_TRUE(large && large->Add(kRest));
  std::vector<MemoryBudget::Claim> claims;
  EXPECT_EQ(CountOpened(budget, claims, "1", "a"), 7U) << "half of what is left";
  EXPECT_EQ(CountOpened(budget, claims, "2", "b"), 4U);
  EXPECT_EQ(CountOpened(budget, claims, "", ""), 4U);
  claims.clear();
  EXPECT_EQ(CountOpened(budget, claims, "1", "a"), 7U);
}

TEST(MemoryBudgetTest, WhatMustBeHeldIsCountedAgainstOthers) {
  MemoryBudget budget(kBytes);
  auto one = budget.Open("1", "");
  auto two = budget.Open("2", "");
  ASSERT_TRUE(one && two);
  one->Force(3 * kBytes);
  EXPECT_EQ(budget.used(), 3 * kBytes + kBeginning);
  EXPECT_FALSE(two->Add(1));
  one->Force(0);
  EXPECT_TRUE(two->Add(1));
}

TEST(MemoryBudgetTest, CountsRightFromManyThreads) {
  MemoryBudget budget(kBytes);
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&budget, t] {
      for (int i = 0; i < 2000; ++i) {
        auto claim = budget.Open(t % 2 == 0 ? "1" : "2", "a");
        if (claim && claim->Add(static_cast<std::size_t>(i % 7) * 1000)) claim->Force(100);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(budget.used(), 0U);
}

}  // namespace
}  // namespace hookline::net
