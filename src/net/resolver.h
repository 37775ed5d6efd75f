#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/ids.h"
#include "net/ip_address.h"

namespace hookline::net {

/// What a lookup is for: neither kind waits for the other.
enum class LookupLane : std::uint8_t { kDeliveries, kHooks };
inline constexpr std::size_t kLookupLanes = 2;

/// Whose share of the lookups one is taken from.
struct LookupShare {
  LookupLane lane = LookupLane::kDeliveries;
  AppId app;

  friend bool operator==(const LookupShare&, const LookupShare&) = default;
};

/// One question for a name's addresses, held by its asker and the resolver. Thread-safe.
class NameQuestion {
 public:
  NameQuestion(std::string host, LookupShare share) : host_(std::move(host)), share_(share) {}
  NameQuestion(const NameQuestion&) = delete;
  NameQuestion& operator=(const NameQuestion&) = delete;

  const std::string& host() const { return host_; }
  const LookupShare& share() const { return share_; }

  /// The asker: no answer is wanted any more. One may come nevertheless.
  void Abandon() { abandoned_.store(true, std::memory_order_relaxed); }
  bool abandoned() const { return abandoned_.load(std::memory_order_relaxed); }

  /// The resolver: the name is being looked up. Until then it waits behind others of its share, so
  /// that an answer which does not come says nothing about the name.
  void Begin() { begun_.store(true, std::memory_order_relaxed); }
  bool begun() const { return begun_.load(std::memory_order_relaxed); }

 private:
  const std::string host_;
  const LookupShare share_;
  std::atomic<bool> abandoned_{false};
  std::atomic<bool> begun_{false};
};

/// Turns names into addresses.
class Resolver {
 public:
  struct Answer {
    std::vector<IpAddress> addresses;  ///< In order of preference; empty: failed.
    std::string failure;               ///< For a person.
    bool local = false;                ///< Failed for want of something of ours: ask again later.
    /// How long the answer may be used without asking again.
    std::chrono::nanoseconds lifetime = std::chrono::hours(1);
  };
  using Callback = std::move_only_function<void(Answer)>;

  virtual ~Resolver() = default;

  /// Calls `callback` once, on any thread, possibly before returning; perhaps not at all if the
  /// question is abandoned. Must not block. Thread-safe.
  virtual void Resolve(std::shared_ptr<NameQuestion> question, Callback callback) = 0;
};

}  // namespace hookline::net
