#pragma once

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <cstddef>
#include <memory>
#include <thread>
#include <vector>

namespace hookline::net {

/// N threads, each running an io_context of its own, so that what lives on one context needs no
/// locks. Lifecycle: construct, Start(), Stop(), destroy (the destructor stops too). Contexts, and
/// with them all coroutines that still wait in them, are destroyed with this object, after every
/// thread has ended.
class IoThreads {
 public:
  /// `threads` is at least 1; 0 is taken as the number of cores.
  explicit IoThreads(std::size_t threads);
  ~IoThreads();
  IoThreads(const IoThreads&) = delete;
  IoThreads& operator=(const IoThreads&) = delete;

  void Start();

  /// Ends the threads without waiting for the work that is still queued, and joins them. May be
  /// called twice; not from one of the threads.
  void Stop();

  std::size_t size() const { return units_.size(); }
  boost::asio::io_context& At(std::size_t index) { return units_[index]->context; }

 private:
  struct Unit {
    // One thread per context: the hint lets Asio wake it without a search for an idle thread.
    boost::asio::io_context context{1};
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> guard{
        context.get_executor()};
    std::thread thread;
  };

  std::vector<std::unique_ptr<Unit>> units_;
};

}  // namespace hookline::net
