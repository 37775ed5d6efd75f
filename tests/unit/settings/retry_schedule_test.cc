#include "settings/retry_schedule.h"

#include <gtest/gtest.h>

#include <string>

namespace hookline::settings {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

TEST(RetryScheduleTest, ReadsTheDocumentedExample) {
  const auto schedule = ParseRetrySchedule(
      R"({"schedule": ["5s","5m","30m","2h","5h","10h","10h"], "timeout_ms": 4000})");
  ASSERT_TRUE(schedule);
  const std::vector<milliseconds> expected = {seconds(5), minutes(5), minutes(30), hours(2),
                                              hours(5),   hours(10),  hours(10)};
  EXPECT_EQ(schedule->steps, expected);
  EXPECT_EQ(schedule->timeout, milliseconds(4000));
}

TEST(RetryScheduleTest, ReadsEveryUnitAndCombinations) {
  const auto schedule = ParseRetrySchedule(R"({"schedule": ["250ms","1h30m","1d"]})");
  ASSERT_TRUE(schedule);
  const std::vector<milliseconds> expected = {milliseconds(250), minutes(90), hours(24)};
  EXPECT_EQ(schedule->steps, expected);
  EXPECT_EQ(schedule->timeout, seconds(6));
}

TEST(RetryScheduleTest, AnEmptyScheduleMeansOneAttempt) {
  const auto schedule = ParseRetrySchedule(R"({"schedule": [], "timeout_ms": null})");
  ASSERT_TRUE(schedule);
  EXPECT_TRUE(schedule->steps.empty());
}

TEST(RetryScheduleTest, RefusesWhatIsNotASchedule) {
  std::string too_many = R"({"schedule":["1s")";
  for (std::size_t i = 0; i < kMaxRetrySteps; ++i) too_many += R"(,"1s")";
  too_many += "]}";
  for (const std::string& text : {std::string("[]"),
                                  std::string("null"),
                                  std::string("{"),
                                  std::string("{}"),
                                  too_many,
                                  std::string(R"({"schedule":"5s"})"),
                                  std::string(R"({"schedule":[5]})"),
                                  std::string(R"({"schedule":["5"]})"),
                                  std::string(R"({"schedule":["s"]})"),
                                  std::string(R"({"schedule":[""]})"),
                                  std::string(R"({"schedule":["0s"]})"),
                                  std::string(R"({"schedule":["-5s"]})"),
                                  std::string(R"({"schedule":["1h-5s"]})"),
                                  std::string(R"({"schedule":["1.5s"]})"),
                                  std::string(R"({"schedule":["5 s"]})"),
                                  std::string(R"({"schedule":["5w"]})"),
                                  std::string(R"({"schedule":["8d"]})"),
                                  std::string(R"({"schedule":["99999999999999999999s"]})"),
                                  std::string(R"({"schedule":["9223372036854775807d"]})"),
                                  std::string(R"({"schedule":["4d","4d"]})"),
                                  std::string(R"({"schedule":[null]})"),
                                  std::string(R"({"schedule":[],"timeout_ms":0})"),
                                  std::string(R"({"schedule":[],"timeout_ms":30001})"),
                                  std::string(R"({"schedule":[],"timeout_ms":"5"})"),
                                  std::string(R"({"schedule":[],"timeout_ms":1.5})"),
                                  std::string(R"({"schedule":[],"tiemout_ms":5})")}) {
    const auto schedule = ParseRetrySchedule(text);
    ASSERT_FALSE(schedule) << text;
    EXPECT_EQ(schedule.error().kind(), ErrorKind::kInput);
  }
}

}  // namespace
}  // namespace hookline::settings
