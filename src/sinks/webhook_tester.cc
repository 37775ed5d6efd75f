#include "sinks/webhook_tester.h"

#include <chrono>
#include <memory>
#include <utility>

#include "base/uuid.h"

namespace hookline::sinks {
namespace {

constexpr std::chrono::milliseconds kTimeout{6'000};

struct TestCall {
  settings::AppPtr app;
  settings::EventHook hook;
  delivery::PendingDelivery delivery;
  std::move_only_function<void(delivery::AttemptOutcome)> done;
};

}  // namespace

void WebhookTester::Test(settings::AppPtr app, std::string url, std::string body,
                         std::move_only_function<void(delivery::AttemptOutcome)> done) {
  auto event = std::make_shared<delivery::EventPayload>();
  event->app = app->id;
  event->type = "webhook.test";
  event->body_v1 = std::make_shared<const std::string>(std::move(body));

  auto call = std::make_shared<TestCall>();
  call->app = std::move(app);
  call->hook.url = std::move(url);
  call->delivery.uuid = RandomUuid();
  call->delivery.event = std::move(event);
  call->done = std::move(done);
  const bool posted = loop_.Post([this, call] {
    delivery::Attempt attempt;
    attempt.app = call->app;
    attempt.hook = &call->hook;
    attempt.delivery = call->delivery;
    attempt.timeout = kTimeout;
    // One call and its outcome are asked for: no stale connection is to stand in between.
    attempt.fresh_connection = true;
    sink_.Start(std::move(attempt),
                [call](delivery::AttemptOutcome outcome) { call->done(std::move(outcome)); });
  });
  if (posted) return;
  delivery::AttemptOutcome stopped;
  stopped.failure = FailureClass::kCancelled;
  call->done(std::move(stopped));
}

}  // namespace hookline::sinks
