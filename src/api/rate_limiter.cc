#include "api/rate_limiter.h"

#include <algorithm>

namespace hookline::api {
namespace {

constexpr std::int64_t kWindowSeconds = 60;

std::int64_t MinuteOf(Timestamp now) { return now.ns / 1'000'000'000 / kWindowSeconds; }

}  // namespace

RateLimiter::Window& RateLimiter::Find(AppId app, std::size_t operation, std::int64_t minute) {
  std::vector<Window>& windows = apps_[app];
  if (windows.empty()) windows.resize(operations_);
  Window& window = windows[operation];
  if (window.minute != minute) window = {minute, 0};
  return window;
}

RateStatus RateLimiter::Take(AppId app, std::size_t operation, Timestamp now) {
  const std::int64_t minute = MinuteOf(now);
  const std::lock_guard lock(mutex_);
  Window& window = Find(app, operation, minute);
  const bool exceeded = window.used >= limit_;
  if (!exceeded) ++window.used;
  return {limit_, limit_ - window.used, (minute + 1) * kWindowSeconds, exceeded};
}

RateStatus RateLimiter::Peek(AppId app, std::size_t operation, Timestamp now) {
  const std::int64_t minute = MinuteOf(now);
  const std::lock_guard lock(mutex_);
  const Window& window = Find(app, operation, minute);
  return {limit_, limit_ - window.used, (minute + 1) * kWindowSeconds, window.used >= limit_};
}

}  // namespace hookline::api
