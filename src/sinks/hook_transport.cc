#include "sinks/hook_transport.h"

#include <memory>
#include <utility>

namespace hookline::sinks {
namespace {

hooks::TransportOutcome ToOutcome(net::HttpOutcome outcome, std::size_t bytes_max) {
  hooks::TransportOutcome result;
  result.failure = outcome.failure;
  result.status = outcome.status;
  result.detail = std::move(outcome.detail);
  if (outcome.body.size() > bytes_max) {
    result.failure = FailureClass::kTooLarge;
    result.detail = "the answer is larger than allowed";
    return result;
  }
  result.body = std::move(outcome.body);
  return result;
}

// Runs a function when it is called or, if that never happens, when it is dropped.
class RunOnce {
 public:
  explicit RunOnce(std::move_only_function<void()> fn) : fn_(std::move(fn)) {}
  RunOnce(RunOnce&& other) noexcept : fn_(std::exchange(other.fn_, nullptr)) {}
  RunOnce& operator=(RunOnce&&) = delete;
  ~RunOnce() { (*this)(); }
  void operator()() {
    if (auto fn = std::exchange(fn_, nullptr)) fn();
  }

 private:
  std::move_only_function<void()> fn_;
};

}  // namespace

void HookTransport::After(std::chrono::milliseconds delay, std::move_only_function<void()> fn) {
  net::HttpLoop& loop = *loops_.front();
  // A loop that stops drops what it was to run.
  (void)loop.Post([&loop, delay, once = RunOnce(std::move(fn))]() mutable {
    loop.PostAfter(delay, std::move(once));
  });
}

void HookTransport::Send(hooks::TransportRequest request,
                         std::move_only_function<void(hooks::TransportOutcome)> done) {
  using Done = std::move_only_function<void(hooks::TransportOutcome)>;
  net::HttpLoop& loop = *loops_[static_cast<std::uint64_t>(request.app.value) % loops_.size()];
  // Shared, because a task that is refused is destroyed with all it holds.
  auto finish = std::make_shared<Done>(std::move(done));
  const bool posted = loop.Post([&loop, request = std::move(request), finish]() mutable {
    net::HttpCall call;
    call.app = request.app;
    call.url = std::move(request.url);
    call.headers = std::move(request.headers);
    call.body = std::move(request.body);
    call.timeout = request.timeout;
    // One byte more than is allowed tells a body that is too large from one that just fits.
    call.response_bytes_max = request.response_bytes_max + 1;
    call.decode_body = true;
    const std::size_t bytes_max = request.response_bytes_max;
    loop.Send(std::move(call), [finish, bytes_max](net::HttpOutcome outcome) {
      (*finish)(ToOutcome(std::move(outcome), bytes_max));
    });
  });
  if (posted) return;
  hooks::TransportOutcome cancelled;
  cancelled.failure = FailureClass::kCancelled;
  cancelled.detail = "the server is stopping";
  (*finish)(std::move(cancelled));
}

}  // namespace hookline::sinks
