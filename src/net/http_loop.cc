#include "net/http_loop.h"

#include <pthread.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <thread>
#include <utility>
#include <vector>

#include "base/error.h"
#include "net/call_queue.h"
#include "net/loop_inbox.h"

namespace hookline::net {

using std::chrono::steady_clock;

namespace {

/// Nothing that matters happens without a wake-up or a timer; this only bounds a mistake.
constexpr std::chrono::milliseconds kSleepMax{1000};

void InitialiseCurlOnce() {
  static const CURLcode code = curl_global_init(CURL_GLOBAL_DEFAULT);
  HOOKLINE_CHECK(code == CURLE_OK);
}

struct Timer {
  steady_clock::time_point at;
  std::uint64_t number;
  HttpLoop::Task task;
};

bool Later(const Timer& a, const Timer& b) {
  return a.at != b.at ? a.at > b.at : a.number > b.number;
}

}  // namespace

class HttpLoop::Impl {
 public:
  Impl(HttpLoopOptions options, std::shared_ptr<const TargetPolicy> policy,
       std::shared_ptr<Resolver> resolver)
      : options_(std::move(options)),
        policy_(std::move(policy)),
        resolver_(std::move(resolver)),
        inbox_(std::make_shared<LoopInbox>(options_.tasks_max)) {
    InitialiseCurlOnce();
  }

  void Start();
  void Stop();
  void Schedule(std::chrono::nanoseconds delay, Task task);

  bool OnLoopThread() const { return std::this_thread::get_id() == thread_id_.load(); }
  LoopInbox& inbox() { return *inbox_; }
  CallQueue& calls() { return *calls_; }

 private:
  void Run();
  bool RunPosted();
  void RunTimers();
  steady_clock::time_point SleepUntil() const;

  const HttpLoopOptions options_;
  const std::shared_ptr<const TargetPolicy> policy_;
  const std::shared_ptr<Resolver> resolver_;
  const std::shared_ptr<LoopInbox> inbox_;

  // Loop thread only.
  std::unique_ptr<CallQueue> calls_;
  std::vector<Task> tasks_;
  std::vector<Timer> timers_;  ///< A heap, the earliest first.
  std::uint64_t timer_number_ = 0;

  std::atomic<std::thread::id> thread_id_{};
  std::thread thread_;
};

void HttpLoop::Impl::Start() {
  HOOKLINE_CHECK(!thread_.joinable());
  thread_ = std::thread([this] { Run(); });
  pthread_setname_np(thread_.native_handle(), "hl-http");
}

void HttpLoop::Impl::Stop() {
  HOOKLINE_CHECK(!OnLoopThread());
  inbox_->Close();
  if (thread_.joinable()) thread_.join();
}

void HttpLoop::Impl::Schedule(std::chrono::nanoseconds delay, Task task) {
  timers_.push_back({steady_clock::now() + delay, timer_number_++, std::move(task)});
  std::push_heap(timers_.begin(), timers_.end(), Later);
}

void HttpLoop::Impl::Run() {
  thread_id_.store(std::this_thread::get_id());
  calls_ = std::make_unique<CallQueue>(options_, *policy_, *resolver_, inbox_);
  while (true) {
    const bool closed = RunPosted();
    if (closed) break;
    RunTimers();
    calls_->Work();
    // What completions have started must get going before we sleep.
    if (calls_->has_work() || !inbox_->BeginSleep()) continue;
    calls_->Sleep(SleepUntil());
    inbox_->EndSleep();
  }
  timers_.clear();
  calls_->CancelAll();
  timers_.clear();
  calls_.reset();
}

bool HttpLoop::Impl::RunPosted() {
  const bool closed = inbox_->Take(tasks_);
  for (Task& task : tasks_) task();
  tasks_.clear();
  return closed;
}

void HttpLoop::Impl::RunTimers() {
  if (timers_.empty()) return;
  // Timers that are set meanwhile wait for the next round, even when due at once.
  const auto now = steady_clock::now();
  const std::uint64_t end = timer_number_;
  while (!timers_.empty() && timers_.front().at <= now && timers_.front().number < end) {
    std::pop_heap(timers_.begin(), timers_.end(), Later);
    Task task = std::move(timers_.back().task);
    timers_.pop_back();
    task();
  }
}

steady_clock::time_point HttpLoop::Impl::SleepUntil() const {
  auto until = std::min(steady_clock::now() + kSleepMax, calls_->next_deadline());
  if (!timers_.empty()) until = std::min(until, timers_.front().at);
  return until;
}

HttpLoop::HttpLoop(HttpLoopOptions options, std::shared_ptr<const TargetPolicy> policy,
                   std::shared_ptr<Resolver> resolver)
    : impl_(std::make_unique<Impl>(std::move(options), std::move(policy), std::move(resolver))) {}

HttpLoop::~HttpLoop() { Stop(); }

void HttpLoop::Start() { impl_->Start(); }

void HttpLoop::Stop() { impl_->Stop(); }

bool HttpLoop::Post(Task task) { return impl_->inbox().Push(std::move(task)); }

void HttpLoop::PostAfter(std::chrono::nanoseconds delay, Task task) {
  HOOKLINE_CHECK(OnLoopThread());
  impl_->Schedule(delay, std::move(task));
}

void HttpLoop::Send(HttpCall call, Completion done) {
  HOOKLINE_CHECK(OnLoopThread());
  impl_->calls().Add(std::move(call), std::move(done));
}

bool HttpLoop::OnLoopThread() const { return impl_->OnLoopThread(); }

}  // namespace hookline::net
