#pragma once

#include <chrono>
#include <functional>
#include <utility>

#include "delivery/sink.h"
#include "net/http_loop.h"

namespace hookline::sinks {

/// An HttpLoop as delivery sees it. The HttpLoop outlives it.
class LoopAdapter final : public delivery::Loop {
 public:
  explicit LoopAdapter(net::HttpLoop& loop) : loop_(loop) {}

  void Post(std::move_only_function<void()> fn) override {
    // Refused only when the loop is stopped: delivery posts far less than the loop takes, for it
    // keeps its own queue and posts once to have it read.
    (void)loop_.Post(std::move(fn));
  }
  void PostAfter(std::chrono::nanoseconds delay, std::move_only_function<void()> fn) override {
    loop_.PostAfter(delay, std::move(fn));
  }

 private:
  net::HttpLoop& loop_;
};

}  // namespace hookline::sinks
