#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "net/ip_address.h"

namespace hookline::net {

/// Turns names into addresses.
class Resolver {
 public:
  struct Answer {
    std::vector<IpAddress> addresses;  ///< In order of preference; empty: failed.
    std::string failure;               ///< For a person.
    bool local = false;                ///< Failed for want of something of ours: ask again later.
  };
  using Callback = std::move_only_function<void(Answer)>;

  virtual ~Resolver() = default;

  /// Calls `callback` exactly once, on any thread, possibly before returning. Must not block.
  /// Thread-safe.
  virtual void Resolve(std::string host, Callback callback) = 0;
};

/// The system's resolver (getaddrinfo), on a few threads of its own since it blocks. When more
/// names wait than `queue_max`, further ones fail at once. The destructor answers what waits with a
/// failure, and waits for lookups that are running.
class SystemResolver final : public Resolver {
 public:
  explicit SystemResolver(std::size_t threads = 4, std::size_t queue_max = 1024);
  ~SystemResolver() override;
  SystemResolver(const SystemResolver&) = delete;
  SystemResolver& operator=(const SystemResolver&) = delete;

  void Resolve(std::string host, Callback callback) override;

 private:
  struct Job {
    std::string host;
    Callback callback;
  };

  void Work();

  const std::size_t queue_max_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Job> jobs_;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace hookline::net
