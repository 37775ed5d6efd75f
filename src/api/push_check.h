#pragma once

#include <string>

#include "api/environment.h"
#include "api/operation.h"

/// POST /check_push (docs/contract/routes.md#app, docs/contract/rulings.md#13).
namespace hookline::api {

/// The URL to test, if the request names one: a JSON string, or an object with webhook_url. Fails
/// if the URL cannot be a hook's.
Result<std::optional<std::string>> WebhookToTest(const Call& call, const ApiOptions& options);

/// The body of the test call.
std::string WebhookTestBody(const Call& call, Timestamp now);

/// The answer once the test call came to `outcome`.
void WriteWebhookTest(json::Writer& w, const delivery::AttemptOutcome& outcome);

/// The answer to a request about push notifications to devices, of which nobody has any here.
Result<void> CheckDevicePush(const Call& call, json::Writer& w);

}  // namespace hookline::api
