// Whoever guesses the admin token is slowed down; nobody else is.
#include "api/admin_guard.h"

#include <gtest/gtest.h>

#include <string>

namespace hookline::api {
namespace {

constexpr Timestamp At(std::int64_t seconds) { return Timestamp{seconds * 1'000'000'000}; }

TEST(AdminGuardTest, ListensNoMoreAfterTooManyWrongTokens) {
  AdminGuard guard;
  for (int i = 1; i < AdminGuard::kFailuresMax; ++i) {
    EXPECT_FALSE(guard.Failed("192.0.2.1", At(600)));
    EXPECT_EQ(guard.WaitFor("192.0.2.1", At(600)), 0);
  }
  EXPECT_TRUE(guard.Failed("192.0.2.1", At(600)));
  EXPECT_EQ(guard.WaitFor("192.0.2.1", At(600)), 60);
  EXPECT_EQ(guard.WaitFor("192.0.2.1", At(659)), 1);
  EXPECT_EQ(guard.WaitFor("192.0.2.2", At(600)), 0);
  EXPECT_EQ(guard.WaitFor("192.0.2.1", At(660)), 0);
  EXPECT_FALSE(guard.Failed("192.0.2.1", At(660)));
}

TEST(AdminGuardTest, ACrowdOfAddressesCountsAsOne) {
  AdminGuard guard;
  for (std::size_t i = 0; i < AdminGuard::kAddressesMax; ++i) {
    guard.Failed("address " + std::to_string(i), At(600));
  }
  EXPECT_EQ(guard.WaitFor("new", At(600)), 0);
  for (int i = 0; i < AdminGuard::kFailuresMax; ++i) {
    guard.Failed("more " + std::to_string(i), At(600));
  }
  EXPECT_GT(guard.WaitFor("new", At(600)), 0);
  EXPECT_EQ(guard.WaitFor("address 7", At(600)), 0);
  // In the next minute there is room again.
  EXPECT_FALSE(guard.Failed("new", At(660)));
  EXPECT_EQ(guard.WaitFor("newer", At(660)), 0);
}

}  // namespace
}  // namespace hookline::api
