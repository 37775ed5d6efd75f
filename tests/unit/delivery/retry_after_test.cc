#include "delivery/retry_after.h"

#include <gtest/gtest.h>

namespace hookline::delivery {
namespace {

using std::chrono::nanoseconds;
using std::chrono::seconds;

// Sun, 06 Nov 1994 08:49:37 GMT
constexpr Timestamp kThen{784'111'777'000'000'000};

TEST(RetryAfterTest, ReadsSeconds) {
  EXPECT_EQ(ParseRetryAfter("0", kThen), seconds(0));
  EXPECT_EQ(ParseRetryAfter("120", kThen), seconds(120));
  EXPECT_EQ(ParseRetryAfter("  7\t", kThen), seconds(7));
}

TEST(RetryAfterTest, CutsHugeNumbersInsteadOfOverflowing) {
  const auto wait = ParseRetryAfter(std::string(100, '9'), kThen);
  ASSERT_TRUE(wait);
  EXPECT_GT(*wait, std::chrono::days(365 * 99));
}

TEST(RetryAfterTest, ReadsTheThreeFormsOfHttpDates) {
  const Timestamp earlier = kThen - seconds(10);
  EXPECT_EQ(ParseRetryAfter("Sun, 06 Nov 1994 08:49:37 GMT", earlier), seconds(10));
  EXPECT_EQ(ParseRetryAfter("Sunday, 06-Nov-94 08:49:37 GMT", earlier), seconds(10));
  EXPECT_EQ(ParseRetryAfter("Sun Nov  6 08:49:37 1994", earlier), seconds(10));
}

TEST(RetryAfterTest, TakesTheNearestCenturyForTwoDigitYears) {
  const Timestamp in_2026{1'767'225'600'000'000'000};  // 2026-01-01
  EXPECT_EQ(ParseRetryAfter("Thursday, 01-Jan-26 00:00:05 GMT", in_2026), seconds(5));
  EXPECT_EQ(ParseRetryAfter("Sunday, 06-Nov-94 08:49:37 GMT", in_2026), std::nullopt);  // 1994
  const Timestamp in_2099{4'102'444'799'000'000'000};  // 2099-12-31T23:59:59Z
  EXPECT_EQ(ParseRetryAfter("Friday, 01-Jan-00 00:00:05 GMT", in_2099), seconds(6));
}

TEST(RetryAfterTest, IgnoresThePast) {
  EXPECT_EQ(ParseRetryAfter("Sun, 06 Nov 1994 08:49:37 GMT", kThen), std::nullopt);
  EXPECT_EQ(ParseRetryAfter("Sun, 06 Nov 1994 08:49:36 GMT", kThen), std::nullopt);
}

TEST(RetryAfterTest, IgnoresWhatIsNeither) {
  for (const char* value : {"",
                            " ",
                            "-5",
                            "+5",
                            "1.5",
                            "5s",
                            "0x10",
                            "soon",
                            "Sun",
                            "Sun,",
                            "Sun, 06 Nov 1994",
                            "Sun, 06 Nov 2994 08:49:37",
                            "Sun, 06 Nov 2994 08:49:37 CET",
                            "Sun, 31 Feb 2094 08:49:37 GMT",
                            "Sun, 06 Nov 2094 24:00:00 GMT",
                            "Sun, 06 Nov 2094 08:60:00 GMT",
                            "Sun, 06 Nox 2094 08:49:37 GMT",
                            "Sun, 06 Nov 2094 08:49:37 GMT.",
                            "Sun Nov 6 08:49:37 2094",
                            "Sun, 6 Nov 2094 08:49:37 GMT",
                            "Sun, 00 Nov 2094 08:49:37 GMT",
                            "1 2",
                            "2094-11-06T08:49:37Z"}) {
    EXPECT_EQ(ParseRetryAfter(value, kThen), std::nullopt) << value;
  }
}

}  // namespace
}  // namespace hookline::delivery
