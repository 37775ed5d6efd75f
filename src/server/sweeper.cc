#include "server/sweeper.h"

#include <future>

#include "chat/moderation.h"

namespace hookline::server {
namespace {

constexpr int kChunk = 64;

}  // namespace

Sweeper::Sweeper(store::Store& store, const Clock& clock, std::chrono::milliseconds interval)
    : store_(store), clock_(clock), interval_(interval), thread_([this] { Loop(); }) {}

Sweeper::~Sweeper() { Stop(); }

void Sweeper::Stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_one();
  if (thread_.joinable()) thread_.join();
}

void Sweeper::Loop() {
  while (Wait()) {
    // As many chunks as it takes, unless the server stops in between.
    while (SweepChunk()) {
      const std::lock_guard lock(mutex_);
      if (stopping_) return;
    }
  }
}

bool Sweeper::Wait() {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, interval_, [this] { return stopping_; });
  return !stopping_;
}

bool Sweeper::SweepChunk() {
  int swept = 0;
  std::promise<store::Commit> ended;
  store_.WriteInternal(
      [&](store::Tx& tx) {
        swept = chat::SweepExpired(tx, clock_.WallNow(), kChunk);
        return swept > 0;
      },
      [&](store::Commit commit) { ended.set_value(commit); });
  // A store that fails has said so itself; the next sweep tries again.
  return ended.get_future().get() == store::Commit::kCommitted && swept >= kChunk;
}

}  // namespace hookline::server
