#pragma once

#include "delivery/sink.h"
#include "net/http_loop.h"
#include "sinks/webhook_call.h"

namespace hookline::sinks {

/// An HttpLoop as delivery sees it. The loop outlives it.
class LoopAdapter final : public delivery::Loop {
 public:
  explicit LoopAdapter(net::HttpLoop& loop) : loop_(loop) {}

  void Post(std::move_only_function<void()> fn) override { loop_.Post(std::move(fn)); }
  void PostAfter(std::chrono::nanoseconds delay, std::move_only_function<void()> fn) override {
    loop_.PostAfter(delay, std::move(fn));
  }

 private:
  net::HttpLoop& loop_;
};

/// Delivers to webhook URLs: one signed POST per attempt. Used on the loop's thread.
class HttpSink final : public delivery::Sink {
 public:
  explicit HttpSink(net::HttpLoop& loop) : loop_(loop) {}

  void Start(delivery::Attempt attempt,
             std::move_only_function<void(delivery::AttemptOutcome)> done) override;

 private:
  net::HttpLoop& loop_;
  CallBuilder builder_;
};

}  // namespace hookline::sinks
