#include "net/loop_inbox.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <cstdint>
#include <iterator>
#include <utility>

#include "base/error.h"

namespace hookline::net {

LoopInbox::LoopInbox(std::size_t tasks_max)
    : tasks_max_(tasks_max), wake_fd_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  HOOKLINE_CHECK(wake_fd_ >= 0);
}

LoopInbox::~LoopInbox() { ::close(wake_fd_); }

bool LoopInbox::Push(Task task, Limit limit) {
  {
    const std::lock_guard lock(mutex_);
    if (closed_) return false;
    if (limit == Limit::kObey && tasks_.size() >= tasks_max_) return false;
    tasks_.push_back(std::move(task));
  }
  WakeIfAsleep();
  return true;
}

void LoopInbox::Close() {
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
  }
  WakeIfAsleep();
}

void LoopInbox::WakeIfAsleep() {
  // The loop sets asleep_ before it looks for tasks a last time, under the mutex: it either finds
  // what was pushed, or is seen asleep here.
  if (!asleep_.load() || !asleep_.exchange(false)) return;
  const std::uint64_t one = 1;
  // Can only fail if the counter is at its end, and then the loop wakes anyway.
  [[maybe_unused]] const ssize_t written = ::write(wake_fd_, &one, sizeof(one));
}

bool LoopInbox::Take(std::vector<Task>& tasks) {
  const std::lock_guard lock(mutex_);
  if (tasks.empty()) {
    tasks.swap(tasks_);
  } else {
    std::move(tasks_.begin(), tasks_.end(), std::back_inserter(tasks));
    tasks_.clear();
  }
  return closed_;
}

bool LoopInbox::BeginSleep() {
  asleep_.store(true);
  const std::lock_guard lock(mutex_);
  if (tasks_.empty() && !closed_) return true;
  asleep_.store(false);
  return false;
}

void LoopInbox::EndSleep() {
  if (asleep_.exchange(false)) return;
  // Somebody woke us, or is about to: what is not read now only makes the next sleep short.
  std::uint64_t count = 0;
  [[maybe_unused]] const ssize_t bytes = ::read(wake_fd_, &count, sizeof(count));
}

}  // namespace hookline::net
