// Calls from many threads, answered by many others: every one is answered exactly once, the counts
// add up, and the bound on calls in flight holds. For the thread sanitizer.
#include <gtest/gtest.h>

#include <condition_variable>
#include <mutex>
#include <random>
#include <thread>

#include "sync_caller_fixture.h"

namespace hookline::hooks {
namespace {

// Answers on its own threads, in any order, with every kind of outcome.
class ThreadedTransport final : public Transport {
 public:
  ThreadedTransport() {
    for (unsigned i = 0; i < 2; ++i) threads_.emplace_back([this, i] { Run(i); });
  }
  ~ThreadedTransport() override {
    {
      const std::lock_guard lock(mutex_);
      stop_ = true;
    }
    changed_.notify_all();
    for (std::thread& thread : threads_) thread.join();
  }

  void Send(TransportRequest, std::move_only_function<void(TransportOutcome)> done) override {
    {
      const std::lock_guard lock(mutex_);
      waiting_.push_back(std::move(done));
      most_waiting_ = std::max(most_waiting_, waiting_.size());
    }
    changed_.notify_one();
  }
  // Whoever waits for a slot is refused at once.
  void After(std::chrono::milliseconds, std::move_only_function<void()> fn) override { fn(); }
  std::size_t most_waiting() {
    const std::lock_guard lock(mutex_);
    return most_waiting_;
  }

 private:
  void Run(unsigned seed) {
    std::mt19937 random(seed);
    for (;;) {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [this] { return stop_ || !waiting_.empty(); });
      if (waiting_.empty()) return;
      std::swap(waiting_[random() % waiting_.size()], waiting_.back());
      auto done = std::move(waiting_.back());
      waiting_.pop_back();
      lock.unlock();
      TransportOutcome outcome{FailureClass::kNone, 200, "{}", {}};
      switch (random() % 8) {
        case 0:
          outcome.status = 500;
          break;
        case 1:
          outcome = {FailureClass::kRefused, 0, {}, "why"};
          break;
        case 2:
          outcome = {FailureClass::kCancelled, 0, {}, {}};
          break;
        default:
          break;
      }
      done(std::move(outcome));
    }
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::move_only_function<void(TransportOutcome)>> waiting_;
  std::size_t most_waiting_ = 0;
  bool stop_ = false;
  std::vector<std::thread> threads_;
};

TEST(SyncCallerThreadsTest, EveryCallIsAnsweredOnce) {
  constexpr int kCallers = 4;
  constexpr int kCallsEach = 2000;
  constexpr int kBound = 50;
  const ManualClock clock;
  ThreadedTransport transport;
  SyncCallerOptions options;
  options.gate.per_hook = kBound;
  SyncCaller caller(transport, clock, options);
  const settings::AppPtr app = MakeApp(1, {{"k1", "s1", {}, {}}});
  const auto body = std::make_shared<const std::string>("{}");

  std::vector<std::atomic<int>> answers(kCallers * kCallsEach);
  std::mutex mutex;
  std::condition_variable changed;
  int answered = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < kCallers; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < kCallsEach; ++i) {
        SyncCall call;
        call.app = app;
        call.url = "https://hooks.example/in";
        call.body = body;
        const auto index = static_cast<std::size_t>(t * kCallsEach + i);
        caller.Call(std::move(call), [&, index](SyncAnswer) {
          answers[index].fetch_add(1);
          const std::lock_guard lock(mutex);
          if (++answered == kCallers * kCallsEach) changed.notify_all();
        });
        if (i % 100 == 0) caller.Snapshot();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  {
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return answered == kCallers * kCallsEach; });
  }
  for (const auto& count : answers) ASSERT_EQ(count.load(), 1);
  const auto reports = caller.Snapshot();
  ASSERT_EQ(reports.size(), 1U);
  std::uint64_t total = 0;
  for (const std::uint64_t count : reports[0].counts.by_class) total += count;
  EXPECT_EQ(total, static_cast<std::uint64_t>(kCallers * kCallsEach));
  EXPECT_EQ(reports[0].in_flight, 0);
  EXPECT_LE(transport.most_waiting(), static_cast<std::size_t>(kBound));
}

}  // namespace
}  // namespace hookline::hooks
