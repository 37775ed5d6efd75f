#include "api/admin_guard.h"

namespace hookline::api {
namespace {

constexpr std::int64_t kSeconds = 60;

std::int64_t SecondsOf(Timestamp now) { return now.ns / 1'000'000'000; }

}  // namespace

AdminGuard::Window& AdminGuard::Find(std::string_view address, std::int64_t minute) {
  std::string name(address);
  if (windows_.size() >= kAddressesMax && !windows_.contains(name)) {
    std::erase_if(windows_, [&](const auto& entry) { return entry.second.minute != minute; });
    if (windows_.size() >= kAddressesMax) name.clear();
  }
  Window& window = windows_[std::move(name)];
  if (window.minute != minute) window = {minute, 0};
  return window;
}

std::int64_t AdminGuard::WaitFor(std::string_view address, Timestamp now) {
  const std::int64_t minute = SecondsOf(now) / kSeconds;
  const std::lock_guard lock(mutex_);
  const auto known = windows_.find(std::string(address));
  const bool crowded = known == windows_.end() && windows_.size() >= kAddressesMax;
  const auto window = crowded ? windows_.find(std::string()) : known;
  if (window == windows_.end() || window->second.minute != minute ||
      window->second.failures < kFailuresMax) {
    return 0;
  }
  return (minute + 1) * kSeconds - SecondsOf(now);
}

bool AdminGuard::Failed(std::string_view address, Timestamp now) {
  const std::lock_guard lock(mutex_);
  return ++Find(address, SecondsOf(now) / kSeconds).failures == kFailuresMax;
}

}  // namespace hookline::api
