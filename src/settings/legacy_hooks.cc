#include "settings/legacy_hooks.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <utility>

#include "base/json_writer.h"
#include "settings/field_check.h"
#include "settings/hook_document.h"
#include "settings/nearest.h"
#include "settings/url_template.h"

namespace hookline::settings {
namespace {

constexpr std::size_t kMaxTextBytes = 4096;
constexpr std::string_view kDefaultRegion = "us-east-1";

/// The part of `text` between the `n`-th and the next `separator`, empty if there is none.
std::string_view Part(std::string_view text, char separator, int n) {
  for (; n > 0; --n) {
    const std::size_t at = text.find(separator);
    if (at == std::string_view::npos) return {};
    text.remove_prefix(at + 1);
  }
  return text.substr(0, text.find(separator));
}

/// `https://sqs.<region>.amazonaws.com/…`
std::string_view SqsRegion(std::string_view url) {
  const std::string_view host = Part(url, '/', 2);
  if (!host.starts_with("sqs.") || host.find(".amazonaws.") == std::string_view::npos) {
    return kDefaultRegion;
  }
  return Part(host, '.', 1);
}

/// `arn:aws:sns:<region>:<account>:<topic>`
std::string_view SnsRegion(std::string_view arn) {
  const std::string_view region = Part(arn, ':', 3);
  return region.empty() ? kDefaultRegion : region;
}

std::string Text(json::Value fields, std::string_view name) {
  return std::string(fields[name].AsString().value_or(""));
}

std::optional<JsonMembers> WebhookDocument(json::Value fields) {
  if (Text(fields, "webhook_url").empty()) return std::nullopt;
  JsonMembers document;
  document.Set("hook_type", R"("webhook")");
  document.Set("webhook_url", fields["webhook_url"].raw());
  if (fields["webhook_events"]) document.Set("event_types", fields["webhook_events"].raw());
  return document;
}

std::optional<JsonMembers> QueueDocument(json::Value fields, const std::string& service,
                                         std::string_view target_field, std::string_view target_key,
                                         std::string_view region) {
  for (const std::string& name :
       {std::string(target_field), service + "_key", service + "_secret"}) {
    if (Text(fields, name).empty()) return std::nullopt;
  }
  JsonMembers document;
  document.Set("hook_type", json::Quoted(service));
  document.Set(target_key, fields[target_field].raw());
  document.Set(service + "_region", json::Quoted(region));
  document.Set(service + "_auth_type", R"("keys")");
  for (const std::string& name : {service + "_key", service + "_secret"}) {
    document.Set(name, fields[name].raw());
  }
  return document;
}

std::optional<JsonMembers> PendingDocument(json::Value fields) {
  const json::Value config = fields["async_moderation_config"];
  if (IsEmptyValue(config)) return std::nullopt;
  JsonMembers document;
  document.Set("hook_type", R"("pending_message")");
  const json::Value callback = config["callback"];
  const std::string server = Text(callback, "server_url");
  const std::string mode = Text(callback, "mode");
  if (!server.empty()) document.Set("webhook_url", json::Quoted(server));
  if (!config["timeout_ms"].IsMissingOrNull()) {
    document.Set("timeout_ms", config["timeout_ms"].raw());
  }
  // Without an address there is nobody to call: only the timeout counts.
  json::Writer out;
  out.BeginObject()
      .Field("mode", server.empty() ? "CALLBACK_MODE_NONE"
                     : mode.empty() ? "CALLBACK_MODE_REST"
                                    : mode)
      .EndObject();
  document.Set("callback", out.text());
  return document;
}

Result<void> CheckUrl(std::string_view field, json::Value value, bool allow_http) {
  if (auto result = CheckString(field, value, kMaxTextBytes); !result) return result;
  if (IsEmptyValue(value)) return {};
  return ValidateUrl(field, *value.AsString(), Placeholders::kHook, allow_http);
}

Result<void> CheckAsyncModeration(json::Value value, bool allow_http) {
  static constexpr std::string_view kField = "async_moderation_config";
  if (auto result = CheckObject(kField, value); !result) return result;
  static constexpr auto kKeys = std::to_array<std::string_view>({"timeout_ms", "callback"});
  if (auto known = CheckKnownKeys("async_moderation_config.", value, kKeys); !known) return known;
  if (const json::Value timeout = value["timeout_ms"]; !timeout.IsMissingOrNull()) {
    if (auto result = CheckInt("async_moderation_config.timeout_ms", timeout, 0, 2'147'483'647);
        !result) {
      return result;
    }
  }
  const json::Value callback = value["callback"];
  if (callback.IsMissingOrNull()) return {};
  if (auto result = CheckObject("async_moderation_config.callback", callback); !result) {
    return result;
  }
  if (const json::Value mode = callback["mode"]; !IsEmptyValue(mode)) {
    if (auto result = CheckEnum("async_moderation_config.callback.mode", mode,
                                "CALLBACK_MODE_NONE CALLBACK_MODE_REST CALLBACK_MODE_TWIRP");
        !result) {
      return result;
    }
  }
  static constexpr auto kCallbackKeys = std::to_array<std::string_view>({"mode", "server_url"});
  if (auto known = CheckKnownKeys("async_moderation_config.callback.", callback, kCallbackKeys);
      !known) {
    return known;
  }
  const json::Value server = callback["server_url"];
  if (server.IsMissingOrNull()) return {};
  return CheckUrl("async_moderation_config.callback.server_url", server, allow_http);
}

bool Touches(json::Value body, std::string_view prefix) {
  for (const json::Value member : body) {
    if (member.key().starts_with(prefix) && !member.IsNull()) return true;
  }
  return false;
}

}  // namespace

Result<void> CheckLegacyField(std::string_view name, json::Value value, bool allow_http_targets) {
  if (name == "webhook_events") return CheckEventTypes(name, value);
  if (name == "async_moderation_config") return CheckAsyncModeration(value, allow_http_targets);
  if (name == "webhook_url" || name == "sqs_url") return CheckUrl(name, value, allow_http_targets);
  if (auto result = CheckString(name, value, kMaxTextBytes); !result) return result;
  if (name == "sns_topic_arn" && !IsEmptyValue(value) && !value.AsString()->starts_with("arn:")) {
    return InputError("sns_topic_arn must be an ARN");
  }
  return {};
}

Result<std::vector<EventHook>> LegacyHooks(const App& app, json::Value fields, json::Value body,
                                           const PatchOptions& options) {
  struct Legacy {
    std::string_view id;
    std::string_view field_prefix;
    std::optional<JsonMembers> document;
  };
  const std::array<Legacy, 4> all = {
      Legacy{"legacy-webhook", "webhook_", WebhookDocument(fields)},
      Legacy{"legacy-sqs", "sqs_",
             QueueDocument(fields, "sqs", "sqs_url", "sqs_queue_url",
                           SqsRegion(Text(fields, "sqs_url")))},
      Legacy{"legacy-sns", "sns_",
             QueueDocument(fields, "sns", "sns_topic_arn", "sns_topic_arn",
                           SnsRegion(Text(fields, "sns_topic_arn")))},
      Legacy{"legacy-pending", "async_moderation_config", PendingDocument(fields)},
  };
  std::vector<EventHook> hooks;
  for (const Legacy& legacy : all) {
    if (!legacy.document) continue;
    const auto stored = std::ranges::find(app.hooks, legacy.id, &EventHook::id);
    const bool is_new = stored == app.hooks.end();
    if (!is_new && !Touches(body, legacy.field_prefix)) {
      hooks.push_back(*stored);
      continue;
    }
    EventHook base = is_new ? EventHook() : *stored;
    base.app = app.id;
    base.id = legacy.id;
    base.enabled = true;  // Setting it anew is how a client of hook v1 switches it on again.
    auto hook = BuildHook(base, *legacy.document, "", options);
    if (!hook) return std::unexpected(hook.error());
    FinishHook(*hook, is_new ? base : *stored, is_new, options);
    hooks.push_back(std::move(*hook));
  }
  return hooks;
}

}  // namespace hookline::settings
