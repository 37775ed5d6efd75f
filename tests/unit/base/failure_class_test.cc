// Goal: the names of failures, which users and metrics see, are there and stay.
#include "base/failure_class.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string_view>
#include <vector>

namespace hookline {
namespace {

TEST(FailureClassTest, EveryClassHasANameOfItsOwn) {
  std::vector<std::string_view> names;
  for (std::size_t i = 0; i < kFailureClasses; ++i) {
    names.push_back(ToString(static_cast<FailureClass>(i)));
    EXPECT_FALSE(names.back().empty()) << i;
    EXPECT_NE(names.back(), "unknown") << i;
  }
  std::ranges::sort(names);
  EXPECT_EQ(std::ranges::adjacent_find(names), names.end());
  EXPECT_EQ(ToString(static_cast<FailureClass>(kFailureClasses)), "unknown");
}

TEST(FailureClassTest, StoredNumbersStayWhatTheyAre) {
  constexpr std::string_view kStored[] = {"answered", "dns",  "refused",   "reset",   "timeout",
                                          "tls",      "http", "too_large", "blocked", "local"};
  for (std::size_t i = 0; i < std::size(kStored); ++i) {
    EXPECT_EQ(ToString(static_cast<FailureClass>(i)), kStored[i]);
  }
  EXPECT_EQ(ToString(FailureClass::kThrottled), "throttled");
}

}  // namespace
}  // namespace hookline
