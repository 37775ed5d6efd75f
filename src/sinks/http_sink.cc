#include "sinks/http_sink.h"

#include <utility>

#include "settings/hook_settings.h"
#include "settings/url_template.h"

namespace hookline::sinks {
namespace {

// Apps whose keys and headers are kept ready; more are prepared anew.
constexpr std::size_t kCallersMax = 4096;
// Nobody reads the answer's body: it is received only so that the connection can be used again.
constexpr std::size_t kResponseBytesMax = 0;
// Longer means that this loop has far more to do than connections: better to ask again later.
constexpr std::chrono::milliseconds kConnectionWaitMax{15'000};

std::string Url(const settings::EventHook& hook, const delivery::EventPayload& event) {
  if (!settings::IsUrlTemplate(hook.url)) return hook.url;
  const std::string app_id = std::to_string(event.app.value);
  settings::UrlValues values;
  values.type = event.type;
  values.product = event.product;
  values.app_id = app_id;
  values.channel_type = event.channel_type;
  values.channel_id = event.channel_id;
  values.cid = event.cid;
  values.user_id = event.user_id;
  return settings::ExpandUrlTemplate(hook.url, values);
}

/// An event from before the hook asked for v2 has no such body.
const std::shared_ptr<const std::string>& Body(const settings::EventHook& hook,
                                               const delivery::EventPayload& event) {
  return hook.payload_v2 && event.body_v2 != nullptr ? event.body_v2 : event.body_v1;
}

delivery::AttemptOutcome ToAttemptOutcome(net::HttpOutcome outcome) {
  delivery::AttemptOutcome result;
  result.failure = outcome.failure;
  result.status = outcome.status;
  result.retry_after = std::move(outcome.retry_after);
  result.elapsed = outcome.elapsed;
  result.detail = std::move(outcome.detail);
  return result;
}

}  // namespace

void HttpSink::Start(delivery::Attempt attempt,
                     std::move_only_function<void(delivery::AttemptOutcome)> done) {
  if (attempt.app->keys.empty() || attempt.app->signing_key().secret.empty()) {
    delivery::AttemptOutcome outcome;
    outcome.failure = FailureClass::kBlocked;
    outcome.detail = "the app has no API key to sign with";
    return done(std::move(outcome));
  }
  const Caller& caller = CallerOf(attempt.app);
  const delivery::EventPayload& event = *attempt.delivery.event;
  const Prepared& prepared = Prepare(caller, Body(*attempt.hook, event));
  net::HttpCall call;
  call.app = attempt.app->id;
  call.url = Url(*attempt.hook, event);
  call.body = prepared.sent;
  call.headers = webhook::CallHeaders(attempt.delivery.uuid, attempt.number, prepared.signature);
  if (prepared.sent != prepared.plain) call.headers.emplace_back(webhook::kGzipHeaderLine);
  call.common_headers = caller.headers;
  call.timeout = attempt.timeout;
  call.response_bytes_max = kResponseBytesMax;
  call.header_is_answer = true;
  // Attempts are independent: a kept connection that is broken must not cost a second one.
  call.fresh_connection = attempt.fresh_connection || attempt.number > 1;
  call.connection_wait_max = kConnectionWaitMax;
  loop_.Send(std::move(call), [done = std::move(done)](net::HttpOutcome outcome) mutable {
    done(ToAttemptOutcome(std::move(outcome)));
  });
}

HttpSink::Caller::Caller(settings::AppPtr from)
    : app(std::move(from)),
      call_key(app->signing_key().key, app->signing_key().secret),
      headers(std::make_shared<net::HeaderBlock>(call_key.CommonHeaders())),
      compress(settings::ReadHookSettings(*app).compress_payloads) {}

const HttpSink::Caller& HttpSink::CallerOf(const settings::AppPtr& app) {
  const auto found = callers_.find(app->id);
  if (found != callers_.end() && found->second->app == app) return *found->second;
  last_ = Prepared();
  if (callers_.size() >= kCallersMax) callers_.clear();
  auto& caller = callers_[app->id];
  caller = std::make_unique<const Caller>(app);
  return *caller;
}

const HttpSink::Prepared& HttpSink::Prepare(const Caller& caller,
                                            const std::shared_ptr<const std::string>& body) {
  // The pointer is kept, so that no other body can have its address.
  if (last_.plain == body && last_.caller == &caller) return last_;
  // The signature is over the plain body, whatever is sent (docs/contract/rulings.md#8).
  last_ = Prepared{body, &caller, caller.call_key.Sign(*body), body};
  if (caller.compress && body->size() >= webhook::kCompressionBytesMin) {
    last_.sent = std::make_shared<const std::string>(webhook::Gzip(*body));
  }
  return last_;
}

}  // namespace hookline::sinks
