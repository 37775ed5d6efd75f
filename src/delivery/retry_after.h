#pragma once

#include <chrono>
#include <optional>
#include <string_view>

#include "base/time.h"

namespace hookline::delivery {

/// How long a Retry-After header asks to wait: whole seconds, or an HTTP date in any of its three
/// forms (RFC 9110, 5.6.7) as seen at `wall_now`. A date in the past and anything else: nullopt.
/// Waits of more than about a century are cut to that.
std::optional<std::chrono::nanoseconds> ParseRetryAfter(std::string_view value, Timestamp wall_now);

}  // namespace hookline::delivery
