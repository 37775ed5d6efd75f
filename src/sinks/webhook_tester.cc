#include "sinks/webhook_tester.h"

#include <memory>
#include <utility>

#include "settings/url_template.h"

namespace hookline::sinks {

void WebhookTester::Test(settings::AppPtr app, std::string url, std::string body,
                         std::move_only_function<void(delivery::AttemptOutcome)> done) {
  using Done = std::move_only_function<void(delivery::AttemptOutcome)>;
  // Shared, because a task that is refused is destroyed with all it holds.
  auto finish = std::make_shared<Done>(std::move(done));
  const bool posted = loop_.Post(
      [this, app = std::move(app), url = std::move(url), body = std::move(body), finish]() mutable {
        settings::UrlValues values;
        values.type = "webhook.test";
        net::HttpCall call =
            builder_.Build(*app, settings::ExpandUrlTemplate(url, values),
                           std::make_shared<const std::string>(std::move(body)), RandomUuid(), 1);
        loop_.Send(std::move(call), [finish](net::HttpOutcome outcome) {
          (*finish)(ToAttemptOutcome(std::move(outcome)));
        });
      });
  if (posted) return;
  delivery::AttemptOutcome cancelled;
  cancelled.cancelled = true;
  (*finish)(std::move(cancelled));
}

}  // namespace hookline::sinks
