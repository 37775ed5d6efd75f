#include "delivery/retry_after.h"

#include <algorithm>
#include <array>
#include <cstdint>

namespace hookline::delivery {
namespace {

constexpr std::int64_t kMaxSeconds = 3'155'760'000;  // 100 years: nanoseconds still fit.

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

/// Reads a date from left to right; the first mismatch makes all that follows fail.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}

  bool ok() const { return ok_; }
  bool AtEnd() const { return ok_ && text_.empty(); }

  void Literal(std::string_view expected) {
    ok_ = ok_ && text_.starts_with(expected);
    if (ok_) text_.remove_prefix(expected.size());
  }

  int Digits(std::size_t count) {
    ok_ =
        ok_ && text_.size() >= count && std::all_of(text_.begin(), text_.begin() + count, IsDigit);
    if (!ok_) return 0;
    int number = 0;
    for (const char c : text_.substr(0, count)) number = number * 10 + (c - '0');
    text_.remove_prefix(count);
    return number;
  }

  /// The day of asctime's form is padded with a blank.
  int PaddedDay() {
    if (ok_ && text_.starts_with(' ')) {
      text_.remove_prefix(1);
      return Digits(1);
    }
    return Digits(2);
  }

  unsigned Month() {
    static constexpr std::array<std::string_view, 12> kMonths = {
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    const auto found = std::ranges::find(kMonths, text_.substr(0, 3));
    ok_ = ok_ && found != kMonths.end();
    if (!ok_) return 0;
    text_.remove_prefix(3);
    return static_cast<unsigned>(found - kMonths.begin()) + 1;
  }

 private:
  std::string_view text_;
  bool ok_ = true;
};

struct DateFields {
  int year = 0;
  unsigned month = 0;
  int day = 0;
  int hour = 0;
  int minute = 0;
  int second = 0;
};

void ReadTime(Scanner& in, DateFields& date) {
  date.hour = in.Digits(2);
  in.Literal(":");
  date.minute = in.Digits(2);
  in.Literal(":");
  date.second = in.Digits(2);
}

std::optional<std::int64_t> ToUnixSeconds(const DateFields& date) {
  using namespace std::chrono;
  const year_month_day ymd(year(date.year), month(date.month),
                           day(static_cast<unsigned>(date.day)));
  // 60 is a leap second.
  if (!ymd.ok() || date.hour > 23 || date.minute > 59 || date.second > 60) return std::nullopt;
  return duration_cast<seconds>(sys_days(ymd).time_since_epoch() + hours(date.hour) +
                                minutes(date.minute) + seconds(date.second))
      .count();
}

/// `year_of_century` of the obsolete form: the latest such year that is not more than 50 ahead.
int FullYear(int year_of_century, Timestamp wall_now) {
  using namespace std::chrono;
  const sys_days today(floor<days>(nanoseconds(wall_now.ns)));
  const int this_year = static_cast<int>(year_month_day(today).year());
  const int latest = this_year + 50;
  const int year = latest - latest % 100 + year_of_century;
  return year > latest ? year - 100 : year;
}

std::optional<std::int64_t> ParseHttpDate(std::string_view text, Timestamp wall_now) {
  const std::size_t name_end = text.find_first_of(", ");
  if (name_end == std::string_view::npos || name_end < 3) return std::nullopt;
  const bool asctime_form = text[name_end] == ' ';
  Scanner in(text.substr(name_end + 1));
  DateFields date;
  if (asctime_form) {  // Sun Nov  6 08:49:37 1994
    date.month = in.Month();
    in.Literal(" ");
    date.day = in.PaddedDay();
    in.Literal(" ");
    ReadTime(in, date);
    in.Literal(" ");
    date.year = in.Digits(4);
  } else {  // Sun, 06 Nov 1994 08:49:37 GMT or Sunday, 06-Nov-94 08:49:37 GMT
    const bool obsolete = name_end > 3;
    const std::string_view separator = obsolete ? "-" : " ";
    in.Literal(" ");
    date.day = in.Digits(2);
    in.Literal(separator);
    date.month = in.Month();
    in.Literal(separator);
    date.year = obsolete ? FullYear(in.Digits(2), wall_now) : in.Digits(4);
    in.Literal(" ");
    ReadTime(in, date);
    in.Literal(" GMT");
  }
  if (!in.AtEnd()) return std::nullopt;
  return ToUnixSeconds(date);
}

std::string_view Trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

}  // namespace

std::optional<std::chrono::nanoseconds> ParseRetryAfter(std::string_view value,
                                                        Timestamp wall_now) {
  value = Trim(value);
  if (value.empty()) return std::nullopt;
  if (std::ranges::all_of(value, IsDigit)) {
    std::int64_t seconds = 0;
    for (const char c : value) seconds = std::min(seconds * 10 + (c - '0'), kMaxSeconds);
    return std::chrono::seconds(seconds);
  }
  const auto at = ParseHttpDate(value, wall_now);
  if (!at) return std::nullopt;
  const std::int64_t ahead = *at - wall_now.ns / 1'000'000'000;
  if (ahead <= 0) return std::nullopt;
  return std::chrono::seconds(std::min(ahead, kMaxSeconds));
}

}  // namespace hookline::delivery
