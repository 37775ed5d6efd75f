#pragma once

#include <functional>
#include <string>

#include "delivery/model.h"
#include "net/http_loop.h"
#include "settings/app.h"
#include "sinks/webhook_call.h"

namespace hookline::sinks {

/// Makes one signed test call to a URL (check_push, decisions.md 13): first attempt, no retries.
/// Thread-safe.
class WebhookTester {
 public:
  explicit WebhookTester(net::HttpLoop& loop) : loop_(loop) {}

  /// `done` is called exactly once, on the loop's thread or, if the loop has stopped, at once.
  void Test(settings::AppPtr app, std::string url, std::string body,
            std::move_only_function<void(delivery::AttemptOutcome)> done);

 private:
  net::HttpLoop& loop_;
  CallBuilder builder_;  ///< Used on the loop's thread.
};

}  // namespace hookline::sinks
