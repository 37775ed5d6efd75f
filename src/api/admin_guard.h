#pragma once

#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/time.h"

namespace hookline::api {

/// Slows down whoever guesses the admin token: an address that was wrong too often is not listened
/// to for the rest of a minute, whatever it says. Thread-safe.
class AdminGuard {
 public:
  static constexpr int kFailuresMax = 20;  ///< Per address and minute.
  /// Addresses remembered at once. While there are more, unknown ones count as one.
  static constexpr std::size_t kAddressesMax = 4096;

  /// Seconds until the address is listened to again; 0 if it is now.
  std::int64_t WaitFor(std::string_view address, Timestamp now);

  /// Counts a wrong token. True if this is the one after which the address is not listened to any
  /// more: worth a line in the log.
  bool Failed(std::string_view address, Timestamp now);

 private:
  struct Window {
    std::int64_t minute = 0;
    int failures = 0;
  };
  Window& Find(std::string_view address, std::int64_t minute);

  std::mutex mutex_;
  std::unordered_map<std::string, Window> windows_;
};

}  // namespace hookline::api
