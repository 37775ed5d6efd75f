#include "settings/app_fields.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <string>

#include "settings/field_check.h"
#include "settings/legacy_hooks.h"
#include "settings/nearest.h"
#include "settings/url_template.h"

namespace hookline::settings {
namespace {

constexpr std::size_t kMaxTextBytes = 4096;
constexpr std::int64_t kAnyInt = std::numeric_limits<std::int32_t>::max();

constexpr std::string_view kVideoUseCases =
    "video-calling voice-calling livestreaming audio-rooms ai-agents live-shopping other";
constexpr std::string_view kChatUseCases =
    "messaging customer-support community marketplace gaming telehealth on-demand "
    "workforce-management dating education financial sports real-money-gaming";

using enum FieldKind;

constexpr AppField Refused(AppField field, std::string_view neutral = {}) {
  field.carried_out = false;
  field.neutral = neutral;
  return field;
}

// Some are carried out by what is never done: nobody's upload is taken, no guest is made, no user
// token may search users, and permissions are those of version 2.
constexpr std::array kFields = {
    AppField{"disable_auth_checks", kBool},
    AppField{"disable_permissions_checks", kBool},
    Refused({"apn_config", kPushProvider}),
    Refused({"firebase_config", kPushProvider}),
    Refused({"huawei_config", kPushProvider}),
    Refused({"xiaomi_config", kPushProvider}),
    Refused({"push_config", kPushConfig}),
    AppField{"webhook_url", kLegacy},
    Refused({"moderation_enabled", kBool}),
    Refused({"moderation_analytics_enabled", kBool}),
    AppField{"moderation_onboarding_complete", kBool},
    Refused({"moderation_webhook_url", kUrl}),
    Refused({"permission_version", kEnum, 0, 0, "v1 v2"}, R"("v2")"),
    AppField{"user_search_disallowed_roles", kStringList, 0, 0, "", 10},
    Refused({"multi_tenant_enabled", kBool}),
    Refused({"image_moderation_labels", kStringList}),
    Refused({"image_moderation_block_labels", kStringList}),
    Refused({"image_moderation_enabled", kBool}),
    AppField{"allowed_flag_reasons", kStringList},
    Refused({"auto_translation_enabled", kBool}),
    Refused({"async_url_enrich_enabled", kBool}),
    AppField{"before_message_send_hook_url", kUrl},
    AppField{"before_message_send_hook_attempt_timeout_ms", kInt, 0, 5000},
    AppField{"custom_action_handler_url", kCommandUrl},
    Refused({"enforce_unique_usernames", kEnum, 0, 0, "no app team"}, R"("no")"),
    AppField{"sqs_url", kLegacy},
    AppField{"sqs_key", kLegacy},
    AppField{"sqs_secret", kLegacy},
    AppField{"sns_topic_arn", kLegacy},
    AppField{"sns_key", kLegacy},
    AppField{"sns_secret", kLegacy},
    AppField{"image_upload_config", kUploadConfig},
    AppField{"file_upload_config", kUploadConfig},
    AppField{"webhook_events", kLegacy},
    Refused({"channel_hide_members_only", kBool}),
    Refused({"grants", kGrants}),
    AppField{"migrate_permissions_to_v2", kBool},
    Refused({"reminders_interval", kInt, 60, 86'400}, "3600"),
    Refused({"reminders_max_members", kInt, 2, kAnyInt}),
    Refused({"reminders_max_per_user", kInt, 1, 100'000}),
    Refused({"cdn_expiration_seconds", kInt, 14'400, 1'209'600}, "1209600"),
    AppField{"async_moderation_config", kLegacy},
    Refused({"datadog_info", kObject}),
    Refused({"feeds_v2_region", kString}),
    Refused({"feeds_moderation_enabled", kBool}),
    Refused({"feed_audit_logs_enabled", kBool}),
    AppField{"guest_user_creation_disabled", kBool},
    Refused({"moderation_dashboard_preferences", kObject}),
    AppField{"enable_hook_payload_compression", kBool},
    Refused({"shared_locations_enabled", kBool}),
    Refused({"user_response_time_enabled", kBool}),
    Refused({"max_aggregated_activities_length", kInt, -1, kAnyInt}),
    Refused({"member_custom_on_mentioned_users_enabled", kBool}),
    Refused({"member_custom_on_messages_enabled", kBool}),
    Refused({"member_custom_on_typing_events_enabled", kBool}),
    Refused({"moderation_s3_image_access_role_arn", kString}),
    Refused({"activity_metrics_config", kIntMap}),
    AppField{"video_primary_use_case", kEnum, 0, 0, kVideoUseCases},
    AppField{"chat_primary_use_case", kEnum, 0, 0, kChatUseCases},
    Refused({"video_provider", kString}),
    // Hookline's own: what becomes of a message whose command handler failed.
    AppField{"custom_command_failure", kEnum, 0, 0, "save error"},
    AppField{"before_message_send_failure", kEnum, 0, 0, "send refuse"},
};

Result<void> CheckUrl(std::string_view name, json::Value value, Placeholders placeholders,
                      bool allow_http) {
  if (auto result = CheckString(name, value, kMaxUrlBytes); !result) return result;
  if (IsEmptyValue(value)) return {};
  return ValidateUrl(name, *value.AsString(), placeholders, allow_http);
}

Result<void> CheckUploadConfig(std::string_view name, json::Value value) {
  if (auto result = CheckObject(name, value); !result) return result;
  static constexpr auto kKeys =
      std::to_array<std::string_view>({"allowed_file_extensions", "blocked_file_extensions",
                                       "allowed_mime_types", "blocked_mime_types", "size_limit"});
  if (auto known = CheckKnownKeys(fmt::format("{}.", name), value, kKeys); !known) return known;
  for (const std::string_view list : {"allowed_file_extensions", "blocked_file_extensions",
                                      "allowed_mime_types", "blocked_mime_types"}) {
    if (value[list].IsMissingOrNull()) continue;
    const std::string path = fmt::format("{}.{}", name, list);
    if (auto result = CheckStringList(path, value[list], 1000, false); !result) return result;
  }
  const json::Value limit = value["size_limit"];
  if (limit.IsMissingOrNull()) return {};
  return CheckInt(fmt::format("{}.size_limit", name), limit, 0,
                  std::numeric_limits<std::int64_t>::max());
}

Result<void> CheckPushConfig(std::string_view name, json::Value value) {
  if (auto result = CheckObject(name, value); !result) return result;
  static constexpr auto kKeys = std::to_array<std::string_view>({"version", "offline_only"});
  if (auto known = CheckKnownKeys(fmt::format("{}.", name), value, kKeys); !known) return known;
  if (const json::Value version = value["version"]; !IsEmptyValue(version)) {
    if (auto result = CheckEnum(fmt::format("{}.version", name), version, "v1 v2"); !result) {
      return result;
    }
  }
  const json::Value offline_only = value["offline_only"];
  if (offline_only.IsMissingOrNull()) return {};
  return CheckBool(fmt::format("{}.offline_only", name), offline_only);
}

Result<void> CheckGrants(std::string_view name, json::Value value) {
  if (auto result = CheckObject(name, value); !result) return result;
  for (const json::Value role : value) {
    if (role.IsNull()) continue;
    const std::string path = fmt::format("{}.{}", name, role.key());
    if (auto result = CheckStringList(path, role, 1000, false); !result) return result;
  }
  return {};
}

Result<void> CheckIntMap(std::string_view name, json::Value value) {
  if (auto result = CheckObject(name, value); !result) return result;
  for (const json::Value member : value) {
    const std::string path = fmt::format("{}.{}", name, member.key());
    if (auto result = CheckInt(path, member, -kAnyInt, kAnyInt); !result) return result;
  }
  return {};
}

// `version` and `offline_only` of pushes that nobody gets.
bool IsNeutralPushConfig(json::Value value) {
  const json::Value version = value["version"];
  return (IsOff(version) || version.AsString() == "v2") && IsOff(value["offline_only"]);
}

bool IsNeutralProvider(json::Value value) {
  for (const json::Value member : value) {
    if (member.key() != "disabled" && !IsOff(member)) return false;
  }
  return true;
}

}  // namespace

std::span<const AppField> AppFields() { return kFields; }

bool IsObjectField(const AppField& field) {
  return field.kind == kObject || field.kind == kUploadConfig || field.kind == kPushConfig ||
         field.kind == kPushProvider || field.kind == kGrants || field.kind == kIntMap;
}

bool IsRefusedAppField(std::string_view name) {
  const auto* const found = std::ranges::find(kFields, name, &AppField::name);
  return found != kFields.end() && !found->carried_out;
}

bool IsNeutral(const AppField& field, json::Value value) {
  // A role without grants is one that may do nothing.
  if (field.kind == kGrants) return value.size() == 0;
  if (field.carried_out || IsOff(value) || value.raw() == field.neutral) return true;
  if (field.kind == kPushConfig) return IsNeutralPushConfig(value);
  return field.kind == kPushProvider && IsNeutralProvider(value);
}

Result<void> CheckAppField(const AppField& field, json::Value value, bool allow_http_targets) {
  switch (field.kind) {
    case kBool:
      return CheckBool(field.name, value);
    case kInt:
      return CheckInt(field.name, value, field.min, field.max);
    case kString:
      return CheckString(field.name, value, kMaxTextBytes);
    case kEnum:
      return CheckEnum(field.name, value, field.allowed);
    case kUrl:
      return CheckUrl(field.name, value, Placeholders::kNone, allow_http_targets);
    case kCommandUrl:
      return CheckUrl(field.name, value, Placeholders::kCommand, allow_http_targets);
    case kStringList:
      return CheckStringList(field.name, value, field.max_items, true);
    case kObject:
    case kPushProvider:
      return CheckObject(field.name, value);
    case kUploadConfig:
      return CheckUploadConfig(field.name, value);
    case kPushConfig:
      return CheckPushConfig(field.name, value);
    case kGrants:
      return CheckGrants(field.name, value);
    case kIntMap:
      return CheckIntMap(field.name, value);
    case kLegacy:
      return CheckLegacyField(field.name, value, allow_http_targets);
  }
  return {};
}

}  // namespace hookline::settings
