#include "settings/retry_schedule.h"

#include <fmt/core.h>

#include <charconv>
#include <cstdint>
#include <optional>

namespace hookline::settings {
namespace {

std::optional<std::int64_t> UnitMs(std::string_view unit) {
  if (unit == "ms") return 1;
  if (unit == "s") return 1'000;
  if (unit == "m") return 60'000;
  if (unit == "h") return 3'600'000;
  if (unit == "d") return 86'400'000;
  return std::nullopt;
}

/// "90s", "1h30m": nullopt if it is not such a text or longer than kMaxRetrySpan.
std::optional<std::chrono::milliseconds> ParseDuration(std::string_view text) {
  if (text.empty()) return std::nullopt;
  std::int64_t total_ms = 0;
  while (!text.empty()) {
    std::int64_t number = 0;
    const char* text_end = text.data() + text.size();
    const auto [digits_end, error] = std::from_chars(text.data(), text_end, number);
    if (error != std::errc() || number < 0) return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(digits_end - text.data()));
    const std::size_t unit_size = std::min(text.find_first_of("-0123456789"), text.size());
    const auto unit_ms = UnitMs(text.substr(0, unit_size));
    if (!unit_ms || number > kMaxRetrySpan.count() / *unit_ms) return std::nullopt;
    total_ms += number * *unit_ms;
    if (total_ms > kMaxRetrySpan.count()) return std::nullopt;
    text.remove_prefix(unit_size);
  }
  return std::chrono::milliseconds(total_ms);
}

}  // namespace

Result<RetrySchedule> ParseRetrySchedule(json::Value retry) {
  if (!retry.IsObject()) return InputError("retry must be an object");
  for (const json::Value member : retry) {
    if (member.key() != "schedule" && member.key() != "timeout_ms") {
      return InputError(fmt::format("retry has an unknown field {}", member.key()));
    }
  }
  RetrySchedule result;
  const json::Value schedule = retry["schedule"];
  if (!schedule.IsArray()) return InputError("retry.schedule must be a list of durations");
  if (schedule.size() > kMaxRetrySteps) {
    return InputError(
        fmt::format("retry.schedule must not have more than {} steps", kMaxRetrySteps));
  }
  std::chrono::milliseconds span{0};
  for (const json::Value step : schedule) {
    const auto wait = ParseDuration(step.AsString().value_or(""));
    if (!wait || wait->count() == 0) {
      return InputError(
          R"(retry.schedule must hold durations such as "30s" or "2h", each at most 7d)");
    }
    result.steps.push_back(*wait);
    span += *wait;
  }
  if (span > kMaxRetrySpan) return InputError("retry.schedule must not last longer than 7 days");
  if (const json::Value timeout = retry["timeout_ms"]; !timeout.IsMissingOrNull()) {
    const auto ms = timeout.AsInt();
    if (!ms || *ms < 1 || *ms > kMaxAttemptTimeout.count()) {
      return InputError(fmt::format("retry.timeout_ms must be an integer from 1 to {}",
                                    kMaxAttemptTimeout.count()));
    }
    result.timeout = std::chrono::milliseconds(*ms);
  }
  return result;
}

Result<RetrySchedule> ParseRetrySchedule(std::string_view retry_json) {
  auto document = json::Document::Parse(retry_json, json::Source::kStored);
  if (!document) return std::unexpected(document.error());
  return ParseRetrySchedule(document->root());
}

}  // namespace hookline::settings
