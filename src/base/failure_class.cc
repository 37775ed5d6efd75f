#include "base/failure_class.h"

#include <array>

namespace hookline {

std::string_view ToString(FailureClass failure) {
  static constexpr std::array<std::string_view, kFailureClasses> kNames = {
      "answered",   "dns",       "refused", "reset",      "timeout",   "tls",
      "http",       "too_large", "blocked", "local",      "cancelled", "status",
      "empty_body", "bad_body",  "paused",  "overloaded", "throttled"};
  const auto at = static_cast<std::size_t>(failure);
  // The store may hold a number of a later release.
  return at < kNames.size() ? kNames[at] : "unknown";
}

}  // namespace hookline
