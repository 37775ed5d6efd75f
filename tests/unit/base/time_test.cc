#include "base/time.h"

#include <gtest/gtest.h>

namespace hookline {
namespace {

TEST(TimeTest, FormatsOnlyTheFractionThatIsThere) {
  EXPECT_EQ(FormatRfc3339({0}), "1970-01-01T00:00:00Z");
  EXPECT_EQ(FormatRfc3339({1'767'225'600'100'000'000}), "2026-01-01T00:00:00.1Z");
  EXPECT_EQ(FormatRfc3339({1'767'225'600'000'000'001}), "2026-01-01T00:00:00.000000001Z");
  EXPECT_EQ(FormatRfc3339({-1}), "1969-12-31T23:59:59.999999999Z");
}

TEST(TimeTest, ReadsWhatClientsSend) {
  EXPECT_EQ(ParseRfc3339("2026-01-01T00:00:00Z"), Timestamp{1'767'225'600'000'000'000});
  EXPECT_EQ(ParseRfc3339("2026-01-01T02:00:00.1+02:00"), Timestamp{1'767'225'600'100'000'000});
  EXPECT_EQ(ParseRfc3339("2026-01-01T00:00:00.1234567891Z"), Timestamp{1'767'225'600'123'456'789});
}

TEST(TimeTest, WithoutOffsetItIsUtc) {
  EXPECT_EQ(ParseRfc3339("2026-01-01T00:00:00"), Timestamp{1'767'225'600'000'000'000});
  EXPECT_EQ(ParseRfc3339("2026-01-01T00:00:00.1"), Timestamp{1'767'225'600'100'000'000});
}

TEST(TimeTest, KnowsTheYearsOneTo9999) {
  const char* const kInOrder[] = {
      "0001-01-01T00:00:00Z",           "0001-01-01T00:00:00.001Z",
      "1677-09-21T00:12:43Z",           "1677-09-23T12:00:00.123Z",
      "1677-09-25T00:12:44.123456789Z", "1969-12-31T23:59:59.999999999Z",
      "2026-01-01T00:00:00Z",           "2262-04-08T00:00:00.123456789Z",
      "2262-04-11T23:47:16.854Z",       "2262-04-12T00:00:00.001Z",
      "9999-12-31T23:59:59Z",           "9999-12-31T23:59:59.999Z"};
  std::optional<Timestamp> before;
  for (const char* text : kInOrder) {
    const auto time = ParseRfc3339(text);
    ASSERT_TRUE(time) << text;
    EXPECT_EQ(FormatRfc3339(*time), text);
    if (before) EXPECT_LT(*before, *time) << text;
    before = time;
  }
  EXPECT_EQ(FormatRfc3339(*ParseRfc3339("9999-12-31T23:59:59.9999999Z")),
            "9999-12-31T23:59:59.999Z");
  EXPECT_EQ(FormatRfc3339(*ParseRfc3339("9999-12-31T23:59:59-05:00")), "9999-12-31T23:59:59Z");
  EXPECT_EQ(FormatRfc3339(*ParseRfc3339("0001-01-01T00:00:00+05:00")), "0001-01-01T00:00:00Z");
}

TEST(TimeTest, NanosecondsAreClamped) {
  EXPECT_EQ(ParseRfc3339("9999-12-31T00:00:00Z")->UnixNanoseconds(), INT64_MAX);
  EXPECT_EQ(ParseRfc3339("0001-01-01T00:00:00Z")->UnixNanoseconds(), INT64_MIN);
  EXPECT_EQ(ParseRfc3339("2026-01-01T00:00:00Z")->UnixNanoseconds(), 1'767'225'600'000'000'000);
}

TEST(TimeTest, ArithmeticEndsAtTheEnds) {
  const Timestamp last = *ParseRfc3339("9999-12-31T23:59:59Z");
  const Timestamp first = *ParseRfc3339("0001-01-01T00:00:00Z");
  EXPECT_EQ((last - first).count(), INT64_MAX);
  EXPECT_EQ((first - last).count(), INT64_MIN);
  EXPECT_GT(last + std::chrono::hours(24 * 365), last);
  // What is beyond the years that can be written is written as the last of them.
  EXPECT_TRUE(
      FormatRfc3339(last + std::chrono::hours(24 * 365)).starts_with("9999-12-31T23:59:59"));
  EXPECT_LT(first - std::chrono::hours(24 * 365), first);
}

TEST(TimeTest, TheZeroTimeIsThatOfTypedClients) {
  EXPECT_TRUE(IsZeroTime(*ParseRfc3339("0001-01-01T00:00:00Z")));
  EXPECT_FALSE(IsZeroTime(*ParseRfc3339("0001-01-01T00:00:01Z")));
  EXPECT_FALSE(IsZeroTime({}));
}

TEST(TimeTest, RefusesWhatIsNotATime) {
  for (const char* text :
       {"", "2026", "2026-02-30T00:00:00Z", "2026-01-01T24:00:00Z", "0000-01-01T00:00:00Z",
        "2026-01-01T00:00:00.Z", "2026-01-01T00:00:00Zx", "2026-01-01T00:00:00+25:00",
        "2026-13-01T00:00:00Z", "10000-01-01T00:00:00Z", "2026-1-1T00:00:00Z"}) {
    EXPECT_EQ(ParseRfc3339(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace hookline
