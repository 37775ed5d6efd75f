#pragma once

#include <chrono>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace hookline {

/// A point in UTC, in nanoseconds since 1970. The zero value stands for "never".
struct Timestamp {
  std::int64_t ns = 0;

  explicit operator bool() const { return ns != 0; }
  friend auto operator<=>(const Timestamp&, const Timestamp&) = default;
  friend Timestamp operator+(Timestamp t, std::chrono::nanoseconds d) { return {t.ns + d.count()}; }
  friend Timestamp operator-(Timestamp t, std::chrono::nanoseconds d) { return {t.ns - d.count()}; }
  friend std::chrono::nanoseconds operator-(Timestamp a, Timestamp b) {
    return std::chrono::nanoseconds(a.ns - b.ns);
  }
};

/// `2026-02-01T08:05:00.1Z`: RFC 3339 in UTC, with as many fraction digits as needed (up to 9).
std::string FormatRfc3339(Timestamp t);
void AppendRfc3339(std::string& out, Timestamp t);

/// Reads RFC 3339 with any offset and up to nine fraction digits; years 0001 to 2261 whose
/// nanoseconds fit in 64 bits. Anything else is nullopt.
std::optional<Timestamp> ParseRfc3339(std::string_view text);

}  // namespace hookline
