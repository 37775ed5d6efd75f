#pragma once

#include <chrono>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/json.h"

namespace hookline::settings {

/// A hook's own policy (docs/contract/rulings.md#6): after failed attempt n, attempt n + 1 starts
/// `steps[n - 1]` later. No steps: one attempt only.
struct RetrySchedule {
  std::vector<std::chrono::milliseconds> steps;
  std::chrono::milliseconds timeout{6000};  ///< Of one attempt.
};

inline constexpr std::size_t kMaxRetrySteps = 24;
inline constexpr std::chrono::milliseconds kMaxRetrySpan = std::chrono::days(7);  ///< All steps.
inline constexpr std::chrono::milliseconds kMaxAttemptTimeout = std::chrono::seconds(30);

/// Reads `{"schedule": ["5s","1h30m"], "timeout_ms": 6000}`. Steps are whole numbers with the units
/// ms, s, m, h and d. Fails with kInput and a message that names the field.
Result<RetrySchedule> ParseRetrySchedule(json::Value retry);

/// The same from EventHook::retry_json. Requires: not empty.
Result<RetrySchedule> ParseRetrySchedule(std::string_view retry_json);

}  // namespace hookline::settings
