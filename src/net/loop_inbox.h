#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <mutex>
#include <vector>

namespace hookline::net {

/// The way into a loop's thread: any thread pushes tasks, the loop takes them all at once, and is
/// woken through a file descriptor only while it sleeps. Outlives the loop where other threads
/// still hold it.
class LoopInbox {
 public:
  using Task = std::move_only_function<void()>;

  explicit LoopInbox(std::size_t tasks_max);
  ~LoopInbox();
  LoopInbox(const LoopInbox&) = delete;
  LoopInbox& operator=(const LoopInbox&) = delete;

  enum class Limit {
    kObey,
    kExceed,  ///< For what is bounded by other means and must not get lost.
  };

  /// False if closed or full. Thread-safe; never blocks for long.
  bool Push(Task task, Limit limit = Limit::kObey);

  /// Refuses further tasks and wakes the loop. Thread-safe.
  void Close();

  /// Moves all tasks to the end of `tasks`. True if closed: these were the last ones. Loop only.
  bool Take(std::vector<Task>& tasks);

  /// True if there is nothing to take, so that the loop may wait for wake_fd() to become readable.
  /// Loop only; followed by EndSleep() once awake.
  bool BeginSleep();
  void EndSleep();

  int wake_fd() const { return wake_fd_; }

 private:
  void WakeIfAsleep();

  const std::size_t tasks_max_;
  const int wake_fd_;
  std::atomic<bool> asleep_{false};
  std::mutex mutex_;
  std::vector<Task> tasks_;
  bool closed_ = false;
};

}  // namespace hookline::net
