#pragma once

#include <chrono>
#include <compare>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

namespace hookline {

/// A point in UTC, in nanoseconds since 1970. The zero value stands for "never".
///
/// Clients know the years 1 to 9999, and 64 bits of nanoseconds only 1677 to 2262. So the outermost
/// three days of the range stand, a nanosecond for each millisecond, for the years beyond them:
/// order is kept, and such times can be written again.
struct Timestamp {
  std::int64_t ns = 0;

  explicit operator bool() const { return ns != 0; }
  /// Nanoseconds since 1970; for times that 64 bits can't hold, the nearest that they can.
  std::int64_t UnixNanoseconds() const;

  friend auto operator<=>(const Timestamp&, const Timestamp&) = default;
  // What is too far apart for nanoseconds is as far apart as they can tell.
  friend Timestamp operator+(Timestamp t, std::chrono::nanoseconds d) {
    std::int64_t sum = 0;
    if (__builtin_add_overflow(t.ns, d.count(), &sum)) sum = Extreme(d.count() > 0);
    return {sum};
  }
  friend Timestamp operator-(Timestamp t, std::chrono::nanoseconds d) {
    std::int64_t difference = 0;
    if (__builtin_sub_overflow(t.ns, d.count(), &difference)) difference = Extreme(d.count() < 0);
    return {difference};
  }
  friend std::chrono::nanoseconds operator-(Timestamp a, Timestamp b) {
    std::int64_t difference = 0;
    if (__builtin_sub_overflow(a.ns, b.ns, &difference)) difference = Extreme(a.ns > b.ns);
    return std::chrono::nanoseconds(difference);
  }

 private:
  static constexpr std::int64_t Extreme(bool largest) {
    return largest ? std::numeric_limits<std::int64_t>::max()
                   : std::numeric_limits<std::int64_t>::min();
  }
};

/// `2026-02-01T08:05:00.1Z`: RFC 3339 in UTC, with as many fraction digits as needed (up to 9).
std::string FormatRfc3339(Timestamp t);
void AppendRfc3339(std::string& out, Timestamp t);

/// Reads RFC 3339 of the years 0001 to 9999 with any offset, or none, which means UTC. Fractions
/// beyond nine digits are cut; of years that nanoseconds can't hold, those beyond three. Anything
/// else is nullopt.
std::optional<Timestamp> ParseRfc3339(std::string_view text);

/// 0001-01-01T00:00:00Z: the zero value of a typed client's time, which stands for none.
bool IsZeroTime(Timestamp t);

}  // namespace hookline
