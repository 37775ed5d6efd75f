#include "settings/encode_app.h"

#include <array>
#include <string>

#include "base/json.h"
#include "settings/app_fields.h"
#include "settings/json_members.h"

namespace hookline::settings {
namespace {

struct AppOutput {
  std::string_view name;
  /// Written if nothing is stored; empty: then the member is left out.
  std::string_view fallback;
};

// What stands between `id`, `name`, … and the hooks, in the order of Stream's schema. Members whose
// fallback differs from "off" are Stream's documented defaults.
constexpr std::array kSettings = {
    AppOutput{"webhook_url", R"("")"},
    AppOutput{"moderation_webhook_url", R"("")"},
    AppOutput{"suspended", "false"},
    AppOutput{"suspended_explanation", R"("")"},
    AppOutput{"disable_auth_checks", "false"},
    AppOutput{"disable_permissions_checks", "false"},
    AppOutput{"permission_version", R"("v2")"},
    AppOutput{"user_search_disallowed_roles", "[]"},
    AppOutput{"multi_tenant_enabled", "false"},
    AppOutput{"allow_multi_user_devices", "false"},
    AppOutput{"image_moderation_enabled", "false"},
    AppOutput{"async_url_enrich_enabled", "false"},
    AppOutput{"image_moderation_labels", ""},
    AppOutput{"allowed_flag_reasons", ""},
    AppOutput{"auto_translation_enabled", "false"},
    AppOutput{"before_message_send_hook_url", R"("")"},
    AppOutput{"before_message_send_hook_attempt_timeout_ms", "0"},
    AppOutput{"custom_action_handler_url", R"("")"},
    AppOutput{"custom_command_failure", ""},
    AppOutput{"before_message_send_failure", ""},
    AppOutput{"enforce_unique_usernames", R"("no")"},
    AppOutput{"video_primary_use_case", ""},
    AppOutput{"chat_primary_use_case", ""},
    AppOutput{"sqs_url", R"("")"},
    AppOutput{"sqs_key", R"("")"},
    AppOutput{"sqs_secret", R"("")"},
    AppOutput{"sns_topic_arn", R"("")"},
    AppOutput{"sns_key", R"("")"},
    AppOutput{"sns_secret", R"("")"},
    AppOutput{"grants", "{}"},
    AppOutput{"campaign_enabled", "false"},
    AppOutput{"webhook_events", "[]"},
    AppOutput{"reminders_interval", "3600"},
    AppOutput{"cdn_expiration_seconds", "1209600"},
    AppOutput{"datadog_info", ""},
    AppOutput{"moderation_enabled", "false"},
    AppOutput{"moderation_multitenant_blocklist_enabled", "false"},
    AppOutput{"guest_user_creation_disabled", "false"},
    AppOutput{"moderation_dashboard_preferences", ""},
    AppOutput{"shared_locations_enabled", ""},
    AppOutput{"user_response_time_enabled", "false"},
    AppOutput{"moderation_llm_configurability_enabled", "false"},
    AppOutput{"max_aggregated_activities_length", "0"},
    AppOutput{"feed_audit_logs_enabled", "false"},
    AppOutput{"moderation_onboarding_complete", ""},
    AppOutput{"moderation_video_call_moderation_enabled", "false"},
    AppOutput{"moderation_audio_call_moderation_enabled", "false"},
    AppOutput{"moderation_s3_image_access_role_arn", ""},
    AppOutput{"activity_metrics_config", ""},
    AppOutput{"member_custom_on_mentioned_users_enabled", "false"},
    AppOutput{"member_custom_on_messages_enabled", "false"},
    AppOutput{"member_custom_on_typing_events_enabled", "false"},
};

void WriteTime(json::Writer& out, Timestamp time, TimeFormat format) {
  if (format == TimeFormat::kUnixNanos) {
    out.Int(time.UnixNanoseconds());
  } else {
    out.Time(time);
  }
}

void WriteOr(json::Writer& out, std::string_view name, json::Value value,
             std::string_view fallback) {
  if (!value.IsMissingOrNull()) {
    out.Key(name).Raw(value.raw());
  } else if (!fallback.empty()) {
    out.Key(name).Raw(fallback);
  }
}

// Nobody is sent pushes. Old command lines read members of `apn` and `firebase` without asking
// whether they are there.
constexpr std::string_view kPushNotifications =
    R"({"version":"v2","offline_only":false,"apn":{"enabled":false,"development":false,)"
    R"("auth_type":"certificate","bundle_id":"","team_id":"","key_id":"","host":"",)"
    R"("notification_template":""},"firebase":{"enabled":false,"apn_template":"",)"
    R"("data_template":"","notification_template":""},"huawei":{"enabled":false},)"
    R"("xiaomi":{"enabled":false},"providers":[]})";

void WriteUploadConfig(json::Writer& out, std::string_view name, json::Value config) {
  out.Key(name).BeginObject();
  for (const std::string_view list : {"allowed_file_extensions", "blocked_file_extensions",
                                      "allowed_mime_types", "blocked_mime_types"}) {
    WriteOr(out, list, config[list], "[]");
  }
  WriteOr(out, "size_limit", config["size_limit"], "0");
  out.EndObject();
}

}  // namespace

void EncodeEventHooks(json::Writer& out, const App& app, TimeFormat times) {
  out.BeginArray();
  for (const EventHook& hook : app.hooks) {
    if (!app.use_hook_v2) break;
    out.BeginObject();
    out.Field("id", hook.id);
    out.Field("enabled", hook.enabled);
    out.RawMembers(hook.doc_json);
    out.Field("product", hook.product);
    WriteTime(out.Key("created_at"), hook.created_at, times);
    WriteTime(out.Key("updated_at"), hook.updated_at, times);
    out.EndObject();
  }
  out.EndArray();
}

bool HasTopLevelEventHooks(const App& app) { return app.use_hook_v2 && !app.hooks.empty(); }

void EncodeApp(json::Writer& out, const App& app, std::string_view channel_configs_json,
               TimeFormat times) {
  const json::Document document = ParseStored(app.fields_json);
  const json::Value fields = document.root();
  out.BeginObject();
  out.Field("id", app.id.value);
  out.Field("name", app.name);
  out.Field("organization", "");
  out.Field("placement", "");
  out.Key("push_notifications").Raw(kPushNotifications);
  out.Key("channel_configs").Raw(channel_configs_json);
  out.Key("call_types").Raw("{}");
  out.Key("policies").Raw("{}");
  for (const AppOutput& setting : kSettings) {
    const bool refused = IsRefusedAppField(setting.name);
    WriteOr(out, setting.name, refused ? json::Value() : fields[setting.name], setting.fallback);
  }
  WriteUploadConfig(out, "file_upload_config", fields["file_upload_config"]);
  WriteUploadConfig(out, "image_upload_config", fields["image_upload_config"]);
  if (app.revoke_tokens_issued_before) {
    WriteTime(out.Key("revoke_tokens_issued_before"), app.revoke_tokens_issued_before, times);
  }
  EncodeEventHooks(out.Key("event_hooks"), app, times);
  out.Field("use_hook_v2", app.use_hook_v2);
  out.EndObject();
}

}  // namespace hookline::settings
