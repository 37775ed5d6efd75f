#pragma once

#include <functional>
#include <string>

#include "delivery/model.h"
#include "net/http_loop.h"
#include "settings/app.h"
#include "sinks/http_sink.h"

namespace hookline::sinks {

/// Makes signed test calls (docs/contract/rulings.md#13): one attempt, outside every lane and never
/// recorded. Thread-safe; the loop outlives it, and it outlives the calls.
class WebhookTester {
 public:
  explicit WebhookTester(net::HttpLoop& loop) : loop_(loop), sink_(loop) {}
  WebhookTester(const WebhookTester&) = delete;
  WebhookTester& operator=(const WebhookTester&) = delete;

  /// Posts `body` to `url` (a template like a push hook's) in the name of the app. `done` is called
  /// once, on the loop's thread, with a cancelled outcome if the loop stops; if it has stopped
  /// already, at once.
  void Test(settings::AppPtr app, std::string url, std::string body,
            std::move_only_function<void(delivery::AttemptOutcome)> done);

 private:
  net::HttpLoop& loop_;
  HttpSink sink_;  // On the loop's thread only.
};

}  // namespace hookline::sinks
