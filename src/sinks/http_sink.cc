#include "sinks/http_sink.h"

#include <fmt/core.h>

#include <string>
#include <utility>

#include "settings/url_template.h"

namespace hookline::sinks {
namespace {

std::string TargetUrl(const delivery::Attempt& attempt) {
  const std::string& url = attempt.hook->url;
  if (!settings::IsUrlTemplate(url)) return url;
  const delivery::EventPayload& event = *attempt.delivery.event;
  const std::string app_id = fmt::format("{}", attempt.app->id.value);
  return settings::ExpandUrlTemplate(url, {.type = event.type,
                                           .product = event.product,
                                           .app_id = app_id,
                                           .channel_type = event.channel_type,
                                           .channel_id = event.channel_id,
                                           .cid = event.cid,
                                           .user_id = event.user_id});
}

}  // namespace

void HttpSink::Start(delivery::Attempt attempt,
                     std::move_only_function<void(delivery::AttemptOutcome)> done) {
  const delivery::EventPayload& event = *attempt.delivery.event;
  // A hook may have changed its format since the event was stored; then what is there is sent.
  const bool v2 = (attempt.hook->payload_v2 && event.body_v2) || !event.body_v1;
  net::HttpCall call =
      builder_.Build(*attempt.app, TargetUrl(attempt), v2 ? event.body_v2 : event.body_v1,
                     attempt.delivery.uuid, attempt.number);
  call.timeout = attempt.timeout;
  loop_.Send(std::move(call), [done = std::move(done)](net::HttpOutcome outcome) mutable {
    done(ToAttemptOutcome(std::move(outcome)));
  });
}

}  // namespace hookline::sinks
