#pragma once

#include <chrono>
#include <functional>
#include <vector>

#include "hooks/transport.h"
#include "net/http_loop.h"

namespace hookline::sinks {

/// Synchronous calls over the loops that also deliver; an app's calls stay on one loop, so that
/// they share its connections. Thread-safe. The loops outlive it.
class HookTransport final : public hooks::Transport {
 public:
  /// Requires: `loops` is not empty.
  explicit HookTransport(std::vector<net::HttpLoop*> loops) : loops_(std::move(loops)) {}

  void Send(hooks::TransportRequest request,
            std::move_only_function<void(hooks::TransportOutcome)> done) override;
  void After(std::chrono::milliseconds delay, std::move_only_function<void()> fn) override;

 private:
  const std::vector<net::HttpLoop*> loops_;
};

}  // namespace hookline::sinks
