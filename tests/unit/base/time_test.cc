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

TEST(TimeTest, RefusesWhatIsNotATime) {
  for (const char* text :
       {"", "2026", "2026-02-30T00:00:00Z", "2026-01-01T24:00:00Z", "2026-01-01T00:00:00",
        "2026-01-01T00:00:00.Z", "2026-01-01T00:00:00Zx", "2026-01-01T00:00:00+25:00",
        "2026-13-01T00:00:00Z", "9999-01-01T00:00:00Z", "2026-1-1T00:00:00Z"}) {
    EXPECT_EQ(ParseRfc3339(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace hookline
