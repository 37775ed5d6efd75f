#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>

namespace hookline::api {

/// Mutual exclusion per name, for coroutines: who waits blocks no thread, and names are served in
/// the order of arrival. Thread-safe. Outlives its locks.
class KeyedMutex {
 public:
  /// Holds the name until it is destroyed.
  class Lock {
   public:
    Lock(KeyedMutex& owner, std::string name) : owner_(&owner), name_(std::move(name)) {}
    Lock(Lock&& other) noexcept
        : owner_(std::exchange(other.owner_, nullptr)), name_(std::move(other.name_)) {}
    Lock& operator=(Lock&&) = delete;
    ~Lock() {
      if (owner_ != nullptr) owner_->Release(name_);
    }

   private:
    KeyedMutex* owner_;
    std::string name_;
  };

  /// At most `waiting_max` wait for one name: each may have to wait for all before it.
  explicit KeyedMutex(std::size_t waiting_max = 32) : waiting_max_(waiting_max) {}

  /// Nullopt, at once, if as many wait for the name as may.
  boost::asio::awaitable<std::optional<Lock>> Acquire(std::string name);

 private:
  using Waiter = std::move_only_function<void(bool)>;

  void Release(const std::string& name);

  const std::size_t waiting_max_;
  std::mutex mutex_;
  /// Names that are held, with those who wait for them.
  std::unordered_map<std::string, std::deque<Waiter>> held_;
};

}  // namespace hookline::api
