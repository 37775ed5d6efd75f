// Retry-After: never a negative wait or an endless one, and every HTTP date in all its forms. The
// first line of an input is the time in seconds since 1970, the second how far ahead a date is; the
// rest is the header's value.
#include "delivery/retry_after.h"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <optional>
#include <string>

#include "fuzz/input.h"

namespace hookline::delivery {
namespace {

using std::chrono::nanoseconds;
using std::chrono::seconds;

constexpr seconds kCentury{3'155'760'000};
// What the years of four digits and 64 bits of nanoseconds both hold, with a century to spare.
constexpr std::int64_t kEarliest = -8'000'000'000;
constexpr std::int64_t kLatest = 6'000'000'000;
constexpr std::int64_t kHalfCentury = 49LL * 365 * 86'400;

std::int64_t ReadNumber(std::string_view text, std::int64_t lowest, std::int64_t highest) {
  std::int64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return std::clamp(number, lowest, highest);
}

// `value` as any header may have it.
void CheckValue(std::string_view value, Timestamp now) {
  const auto wait = ParseRetryAfter(value, now);
  HOOKLINE_CHECK(ParseRetryAfter(" \t" + std::string(value) + "\t ", now) == wait);
  if (!wait) return;
  HOOKLINE_CHECK(*wait >= seconds(0) && *wait <= kCentury);
  const Timestamp later{now.ns + 1'000'000'000};
  const auto left = ParseRetryAfter(value, later);
  if (value.find(':') == std::string_view::npos) {
    HOOKLINE_CHECK(left == wait);  // A number of seconds does not depend on the time.
  } else if (*wait < kCentury && !left) {
    HOOKLINE_CHECK(*wait == seconds(1));
  } else if (*wait < kCentury && value.find('-') == std::string_view::npos) {
    // A date comes nearer. (One of two digits may change its century.)
    HOOKLINE_CHECK(*left == *wait - seconds(1));
  }
}

// The three forms of RFC 9110, 5.6.7, written by the calendar of the standard library.
void CheckDate(std::int64_t now, std::int64_t ahead) {
  using namespace std::chrono;
  static constexpr const char* kDays[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static constexpr const char* kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                            "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const sys_seconds at{seconds(now + ahead)};
  const sys_days date = floor<days>(at);
  const year_month_day ymd(date);
  const hh_mm_ss clock(at - date);
  const std::string time = fmt::format("{:02}:{:02}:{:02}", clock.hours().count(),
                                       clock.minutes().count(), clock.seconds().count());
  const char* day_name = kDays[weekday(date).c_encoding()];
  const char* month_name = kMonths[static_cast<unsigned>(ymd.month()) - 1];
  const auto month_day = static_cast<unsigned>(ymd.day());
  const int year = static_cast<int>(ymd.year());

  std::optional<nanoseconds> expected;
  if (ahead > 0) expected = std::min<nanoseconds>(seconds(ahead), kCentury);
  const Timestamp wall{now * 1'000'000'000};
  HOOKLINE_CHECK(ParseRetryAfter(fmt::format("{}, {:02} {} {} {} GMT", day_name, month_day,
                                             month_name, year, time),
                                 wall) == expected);
  HOOKLINE_CHECK(
      ParseRetryAfter(fmt::format("{} {} {:2} {} {}", day_name, month_name, month_day, time, year),
                      wall) == expected);
  if (ahead > kHalfCentury || ahead < -kHalfCentury) return;
  HOOKLINE_CHECK(ParseRetryAfter(fmt::format("{}day, {:02}-{}-{:02} {} GMT", day_name, month_day,
                                             month_name, year % 100, time),
                                 wall) == expected);
}

void CheckSeconds(std::int64_t number) {
  if (number < 0) return;
  HOOKLINE_CHECK(ParseRetryAfter(std::to_string(number), Timestamp{}) ==
                 std::min(seconds(number), kCentury));
}

}  // namespace
}  // namespace hookline::delivery

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace hookline::delivery;
  hookline::fuzz::Input input(data, size);
  const std::int64_t now = ReadNumber(input.Line(), kEarliest, kLatest);
  const std::int64_t ahead = ReadNumber(input.Line(), -kCentury.count(), kCentury.count());
  CheckValue(input.Rest(), hookline::Timestamp{now * 1'000'000'000});
  CheckDate(now, ahead);
  CheckSeconds(ahead);
  return 0;
}
