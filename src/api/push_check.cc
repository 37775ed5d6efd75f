#include "api/push_check.h"

#include <fmt/core.h>

#include "chat/fields.h"
#include "chat/write.h"
#include "settings/url_template.h"

namespace hookline::api {

Result<std::optional<std::string>> WebhookToTest(const Call& call, const ApiOptions& options) {
  const json::Value body = call.body();
  const json::Value value = body.IsString() ? body : body["webhook_url"];
  if (value.IsMissingOrNull()) return std::optional<std::string>();
  const auto url = value.AsString();
  if (!url) return InputError("webhook_url must be a string");
  if (auto valid = settings::ValidateUrl("webhook_url", *url, settings::Placeholders::kHook,
                                         options.allow_http_targets);
      !valid) {
    return std::unexpected(valid.error());
  }
  return std::optional<std::string>(*url);
}

std::string WebhookTestBody(const Call& call, Timestamp now) {
  json::Writer w;
  w.BeginObject();
  w.Field("type", "webhook.test");
  chat::WriteTime(w, "created_at", now, call.format);
  chat::WriteRequestInfo(w, call.request_info);
  w.EndObject();
  return w.Take();
}

void WriteWebhookTest(json::Writer& w, const delivery::AttemptOutcome& outcome) {
  w.Key("device_errors").BeginObject().EndObject();
  w.Key("general_errors").BeginArray();
  if (outcome.cancelled()) {
    w.String("the test call was cancelled: the server is stopping");
  } else if (outcome.failure == FailureClass::kBlocked) {
    // Without the address: what a name inside the operator's network resolves to is no tenant's
    // business.
    w.String("webhook call failed (blocked): the target's address is not allowed");
  } else if (outcome.failure != FailureClass::kNone) {
    w.String(
        fmt::format("webhook call failed ({}): {}", ToString(outcome.failure), outcome.detail));
  } else if (!outcome.succeeded()) {
    w.String(fmt::format("webhook call failed (status): the endpoint answered with status {}",
                         outcome.status));
  }
  w.EndArray();
}

Result<void> CheckDevicePush(const Call& call, json::Writer& w) {
  const json::Value body = call.body();
  bool skip_devices = false;
  if (auto read = chat::ReadBool(body, "skip_devices", "skip_devices", skip_devices); !read) {
    return read;
  }
  std::string message_id;
  if (auto read = chat::ReadString(body, "message_id", "message_id", message_id); !read) {
    return read;
  }
  std::string event_type;
  if (auto read = chat::ReadString(body, "event_type", "event_type", event_type); !read) {
    return read;
  }
  static constexpr auto kEventTypes =
      chat::Names({"", "message.new", "message.updated", "reaction.new", "reaction.updated",
                   "notification.reminder_due"});
  if (!kEventTypes.contains(event_type)) {
    return InputError(
        "event_type must be one of [message.new message.updated reaction.new reaction.updated "
        "notification.reminder_due]");
  }
  if (!skip_devices) return InputError("User has no enabled devices associated");
  w.Key("device_errors").BeginObject().EndObject();
  w.Key("general_errors").BeginArray().EndArray();
  w.Field("skip_devices", true);
  w.Field("rendered_apn_template", "");
  w.Field("rendered_firebase_template", "");
  w.Key("rendered_message").BeginObject().Field("message_id", message_id).EndObject();
  return {};
}

}  // namespace hookline::api
