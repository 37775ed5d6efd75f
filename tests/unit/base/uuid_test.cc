#include "base/uuid.h"

#include <gtest/gtest.h>

#include <set>

namespace hookline {
namespace {

TEST(UuidTest, RoundTripsThroughText) {
  const Uuid uuid = RandomUuid();
  const std::string text = ToString(uuid);
  ASSERT_EQ(text.size(), 36U);
  EXPECT_EQ(text[14], '4');
  EXPECT_EQ(ParseUuid(text), uuid);
  EXPECT_EQ(ParseUuid(text.substr(1)), std::nullopt);
  EXPECT_EQ(ParseUuid("zz" + text.substr(2)), std::nullopt);
}

TEST(UuidTest, TimeOrderedIdsSortByTime) {
  const std::string early = ToString(TimeOrderedUuid({1'700'000'000'000'000'000}));
  const std::string late = ToString(TimeOrderedUuid({1'700'000'000'001'000'000}));
  EXPECT_LT(early, late);
  EXPECT_EQ(early[14], '7');
}

TEST(UuidTest, KeysUseOnlyLowerCaseLettersAndDigits) {
  std::set<char> seen;
  for (int i = 0; i < 100; ++i) {
    const std::string key = RandomKey(64);
    EXPECT_EQ(key.size(), 64U);
    seen.insert(key.begin(), key.end());
  }
  EXPECT_EQ(seen.size(), 36U);
}

}  // namespace
}  // namespace hookline
