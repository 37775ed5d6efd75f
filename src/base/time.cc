#include "base/time.h"

#include <algorithm>
#include <array>
#include <limits>

namespace hookline {
namespace {

constexpr std::int64_t kNsPerSecond = 1'000'000'000;
constexpr std::int64_t kMsPerSecond = 1'000;
constexpr std::int64_t kMaxNs = std::numeric_limits<std::int64_t>::max();

// Milliseconds since 1970. Between these two, nanoseconds; outside, a nanosecond of the range that
// is left stands for a millisecond: 253,402,300,800,000 of them reach the year 10000.
constexpr std::int64_t kFarMs = (kMaxNs - 260'000'000'000'000) / 1'000'000;
constexpr std::int64_t kFarNs = kFarMs * 1'000'000;

struct Instant {
  std::int64_t seconds;  // Since 1970.
  std::int64_t fraction_ns;
};

Timestamp FromInstant(Instant t) {
  const std::int64_t ms = t.seconds * kMsPerSecond + t.fraction_ns / 1'000'000;
  if (ms >= kFarMs) return {kFarNs + (ms - kFarMs)};
  if (ms < -kFarMs) return {-kFarNs + (ms + kFarMs)};
  return {t.seconds * kNsPerSecond + t.fraction_ns};
}

Instant SplitAt(std::int64_t count, std::int64_t per_second) {
  std::int64_t seconds = count / per_second;
  std::int64_t fraction = count % per_second;
  if (fraction < 0) {
    fraction += per_second;
    seconds -= 1;
  }
  return {seconds, fraction * (kNsPerSecond / per_second)};
}

Instant ToInstant(Timestamp t) {
  if (t.ns >= kFarNs) return SplitAt(kFarMs + (t.ns - kFarNs), kMsPerSecond);
  if (t.ns < -kFarNs) return SplitAt(-kFarMs + (t.ns + kFarNs), kMsPerSecond);
  return SplitAt(t.ns, kNsPerSecond);
}

constexpr std::int64_t SecondsOf(int year, unsigned month, unsigned day) {
  const std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(month),
                                         std::chrono::day(day)};
  return std::chrono::sys_days(date).time_since_epoch().count() * std::int64_t{86400};
}

constexpr std::int64_t kFirstSecond = SecondsOf(1, 1, 1);
constexpr std::int64_t kLastSecond = SecondsOf(9999, 12, 31) + 86399;

void AppendDigits(std::string& out, std::int64_t value, int width) {
  std::array<char, 20> digits{};
  for (int i = width - 1; i >= 0; --i) {
    digits[static_cast<std::size_t>(i)] = static_cast<char>('0' + value % 10);
    value /= 10;
  }
  out.append(digits.data(), static_cast<std::size_t>(width));
}

// Consumes exactly `width` digits from the front of `text`.
std::optional<int> TakeDigits(std::string_view& text, std::size_t width) {
  if (text.size() < width) return std::nullopt;
  int value = 0;
  for (char c : text.substr(0, width)) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + (c - '0');
  }
  text.remove_prefix(width);
  return value;
}

bool TakeChar(std::string_view& text, std::string_view any_of) {
  if (text.empty() || any_of.find(text.front()) == std::string_view::npos) return false;
  text.remove_prefix(1);
  return true;
}

}  // namespace

void AppendRfc3339(std::string& out, Timestamp t) {
  const Instant instant = ToInstant(t);
  const std::int64_t fraction = instant.fraction_ns;
  const std::chrono::sys_seconds when{
      std::chrono::seconds(std::clamp(instant.seconds, kFirstSecond, kLastSecond))};
  const auto day = std::chrono::floor<std::chrono::days>(when);
  const std::chrono::year_month_day date(day);
  const std::int64_t second_of_day = (when - day).count();
  AppendDigits(out, static_cast<int>(date.year()), 4);
  out += '-';
  AppendDigits(out, static_cast<unsigned>(date.month()), 2);
  out += '-';
  AppendDigits(out, static_cast<unsigned>(date.day()), 2);
  out += 'T';
  AppendDigits(out, second_of_day / 3600, 2);
  out += ':';
  AppendDigits(out, second_of_day / 60 % 60, 2);
  out += ':';
  AppendDigits(out, second_of_day % 60, 2);
  if (fraction != 0) {
    out += '.';
    AppendDigits(out, fraction, 9);
    while (out.back() == '0') out.pop_back();
  }
  out += 'Z';
}

std::string FormatRfc3339(Timestamp t) {
  std::string out;
  AppendRfc3339(out, t);
  return out;
}

std::optional<Timestamp> ParseRfc3339(std::string_view text) {
  const auto year = TakeDigits(text, 4);
  if (!year || !TakeChar(text, "-")) return std::nullopt;
  const auto month = TakeDigits(text, 2);
  if (!month || !TakeChar(text, "-")) return std::nullopt;
  const auto day = TakeDigits(text, 2);
  if (!day || !TakeChar(text, "Tt ")) return std::nullopt;
  const auto hour = TakeDigits(text, 2);
  if (!hour || !TakeChar(text, ":")) return std::nullopt;
  const auto minute = TakeDigits(text, 2);
  if (!minute || !TakeChar(text, ":")) return std::nullopt;
  const auto second = TakeDigits(text, 2);
  if (!second) return std::nullopt;
  std::int64_t fraction = 0;
  if (TakeChar(text, ".")) {
    std::size_t digits = 0;
    while (!text.empty() && text.front() >= '0' && text.front() <= '9') {
      if (digits < 9) fraction = fraction * 10 + (text.front() - '0');
      ++digits;
      text.remove_prefix(1);
    }
    if (digits == 0) return std::nullopt;
    for (; digits < 9; ++digits) fraction *= 10;
  }
  std::int64_t offset_seconds = 0;
  if (!text.empty() && !TakeChar(text, "Zz")) {
    const bool east = text.starts_with('+');
    if (!TakeChar(text, "+-")) return std::nullopt;
    const auto offset_hours = TakeDigits(text, 2);
    if (!offset_hours || !TakeChar(text, ":")) return std::nullopt;
    const auto offset_minutes = TakeDigits(text, 2);
    if (!offset_minutes || *offset_hours > 23 || *offset_minutes > 59) return std::nullopt;
    offset_seconds = (*offset_hours * 60 + *offset_minutes) * 60 * (east ? 1 : -1);
  }
  if (!text.empty()) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(*year),
                                         std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day))};
  if (!date.ok() || *hour > 23 || *minute > 59 || *second > 60) return std::nullopt;
  const std::int64_t seconds =
      SecondsOf(*year, static_cast<unsigned>(*month), static_cast<unsigned>(*day)) + *hour * 3600 +
      *minute * 60 + *second - offset_seconds;
  if (*year == 0) return std::nullopt;
  // An offset may lead out of the years that can be written.
  return FromInstant({std::clamp(seconds, kFirstSecond, kLastSecond), fraction});
}

std::int64_t Timestamp::UnixNanoseconds() const {
  if (ns >= kFarNs) return Extreme(true);
  return ns < -kFarNs ? Extreme(false) : ns;
}

bool IsZeroTime(Timestamp t) { return t == FromInstant({kFirstSecond, 0}); }

}  // namespace hookline
