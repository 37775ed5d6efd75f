#pragma once

#include <chrono>
#include <functional>
#include <string_view>

#include "delivery/model.h"
#include "settings/app.h"

namespace hookline::delivery {

/// A thread that runs what is posted to it, one after another, and calls sinks.
class Loop {
 public:
  virtual ~Loop() = default;

  /// Runs `fn` on the loop's thread soon. Thread-safe; does not block.
  virtual void Post(std::move_only_function<void()> fn) = 0;
  /// Runs `fn` on the loop's thread after `delay` of monotonic time. Only from the loop's thread.
  virtual void PostAfter(std::chrono::nanoseconds delay, std::move_only_function<void()> fn) = 0;
};

/// One attempt to be made. References live until `done` was called.
struct Attempt {
  settings::AppPtr app;
  const settings::EventHook* hook;  ///< Part of `app`.
  PendingDelivery delivery;
  int number = 1;  ///< X-Webhook-Attempt.
  std::chrono::milliseconds timeout{6000};
  bool fresh_connection = false;  ///< Not on a kept one, also if it is the first.
};

/// How a delivery leaves: HTTP, SQS, SNS, pending-message callback. Used on its loop's thread only.
class Sink {
 public:
  virtual ~Sink() = default;

  /// Starts the attempt and returns; `done` is called exactly once, on the loop's thread, perhaps
  /// before Start returns, and no later than about the attempt's timeout.
  virtual void Start(Attempt attempt, std::move_only_function<void(AttemptOutcome)> done) = 0;
};

}  // namespace hookline::delivery
