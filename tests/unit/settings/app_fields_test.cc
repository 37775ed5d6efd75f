// Every field of PATCH /app: what follows from it, or that it is refused by name.
#include "settings/app_fields.h"

#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "app_fixture.h"
#include "settings/access_checks.h"
#include "settings/flag_reasons.h"
#include "settings/hook_settings.h"
#include "settings/legacy_hooks.h"

namespace hookline::settings {
namespace {

/// What to send, and what is to be seen of it.
struct Effect {
  std::string_view value;
  std::function<bool(const App&)> seen;
};

class AppFieldsTest : public AppTest {
 protected:
  // Carried out by what is never done, or only told again: all that can be seen is that they stay.
  Effect Kept(std::string_view name, std::string_view value) {
    return {value, [this, name, value](const App&) { return Get().root()[name].raw() == value; }};
  }

  std::map<std::string_view, Effect> Effects() {
    const auto hook = [](auto seen) {
      return [seen](const App& app) { return seen(ReadHookSettings(app)); };
    };
    return {
        {"disable_auth_checks",
         {"true", [](const App& app) { return !ReadAccessChecks(app).signatures; }}},
        {"disable_permissions_checks",
         {"true", [](const App& app) { return !ReadAccessChecks(app).permissions; }}},
        {"allowed_flag_reasons",
         {R"(["spam"])", [](const App& app) { return AllowedFlagReasons(app).front() == "spam"; }}},
        {"before_message_send_hook_url", {R"("https://a.example")", hook([](const HookSettings& s) {
                                            return s.before_message_send_url == "https://a.example";
                                          })}},
        {"before_message_send_hook_attempt_timeout_ms",
         {"70",
          hook([](const HookSettings& s) { return s.before_message_send_timeout.count() == 70; })}},
        {"before_message_send_failure",
         {R"("refuse")", hook([](const HookSettings& s) { return s.refuse_unmoderated; })}},
        {"custom_action_handler_url",
         {R"("https://a.example/{type}")", hook([](const HookSettings& s) {
            return s.command_url_template == "https://a.example/{type}";
          })}},
        {"custom_command_failure",
         {R"("error")", hook([](const HookSettings& s) { return s.fail_message_with_command; })}},
        {"enable_hook_payload_compression",
         {"true", hook([](const HookSettings& s) { return s.compress_payloads; })}},
        {"user_search_disallowed_roles", Kept("user_search_disallowed_roles", R"(["guest"])")},
        {"guest_user_creation_disabled", Kept("guest_user_creation_disabled", "true")},
        {"moderation_onboarding_complete", Kept("moderation_onboarding_complete", "true")},
        {"chat_primary_use_case", Kept("chat_primary_use_case", R"("gaming")")},
        {"video_primary_use_case", Kept("video_primary_use_case", R"("other")")},
        {"migrate_permissions_to_v2",
         {"true",
          [this](const App&) { return Get().root()["permission_version"].AsString() == "v2"; }}},
        {"file_upload_config",
         Kept("file_upload_config",
              R"({"allowed_file_extensions":[".pdf"],"blocked_file_extensions":[],)"
              R"("allowed_mime_types":[],"blocked_mime_types":[],"size_limit":9})")},
        {"image_upload_config",
         Kept("image_upload_config",
              R"({"allowed_file_extensions":[],"blocked_file_extensions":[".png"],)"
              R"("allowed_mime_types":[],"blocked_mime_types":[],"size_limit":0})")},
    };
  }

  // Of the right type, and asking for something.
  static std::string_view Asking(const AppField& field) {
    if (field.name == "permission_version") return R"("v1")";
    if (field.name == "enforce_unique_usernames") return R"("app")";
    switch (field.kind) {
      case FieldKind::kBool:
        return "true";
      case FieldKind::kInt:
        return "86400";
      case FieldKind::kUrl:
      case FieldKind::kCommandUrl:
        return R"("https://a.example")";
      case FieldKind::kStringList:
        return R"(["x"])";
      case FieldKind::kGrants:
        return R"({"user":[]})";
      case FieldKind::kPushConfig:
        return R"({"version":"v2","offline_only":true})";
      case FieldKind::kIntMap:
        return R"({"a":1})";
      case FieldKind::kObject:
      case FieldKind::kPushProvider:
        return R"({"x":"y"})";
      default:
        return R"("x")";
    }
  }

  static std::string Body(std::string_view name, std::string_view value) {
    return "{\"" + std::string(name) + "\":" + std::string(value) + "}";
  }
};

TEST_F(AppFieldsTest, EachIsCarriedOutOrRefusedByName) {
  const auto effects = Effects();
  for (const AppField& field : AppFields()) {
    SCOPED_TRACE(field.name);
    if (field.kind == FieldKind::kLegacy) continue;  // Their own tests: they are hooks.
    const auto effect = effects.find(field.name);
    ASSERT_EQ(effect != effects.end(), field.carried_out);
    if (field.carried_out) {
      PatchOk(Body(field.name, effect->second.value));
      EXPECT_TRUE(effect->second.seen(*Stored()));
      continue;
    }
    EXPECT_EQ(Refused(Body(field.name, Asking(field)), ErrorKind::kNotImplemented),
              std::string(field.name) + " is not carried out by this server");
  }
}

TEST_F(AppFieldsTest, WhatAsksForNothingIsAccepted) {
  PatchOk(R"({"apn_config":{"auth_type":"","development":false},
    "firebase_config":{"disabled":true,"server_key":""},"huawei_config":{},
    "push_config":{"version":"v2","offline_only":false},"moderation_enabled":false,
    "moderation_webhook_url":"","permission_version":"v2","multi_tenant_enabled":false,
    "image_moderation_labels":[],"enforce_unique_usernames":"no","grants":{},
    "reminders_interval":3600,"reminders_max_members":0,"cdn_expiration_seconds":1209600,
    "datadog_info":{"api_key":"","site":"","enabled":false},"feeds_v2_region":"",
    "max_aggregated_activities_length":0,"activity_metrics_config":{}})");
  EXPECT_EQ(Stored()->fields_json, "{}");
  PatchOk(R"({"reminders_interval":0,"cdn_expiration_seconds":0,"enforce_unique_usernames":"",
    "push_config":{"version":""},"permission_version":""})");
}

// Clients read the settings, change one, and write everything back.
TEST_F(AppFieldsTest, WhatIsReadMayBeWritten) {
  for (const auto& [name, effect] : Effects()) PatchOk(Body(name, effect.value));
  const AppPtr before = Stored();
  const json::Document app = Get();
  PatchOk(app.root().raw());
  EXPECT_EQ(app.root().raw(), Get().root().raw());
}

TEST_F(AppFieldsTest, WhatAnOlderVersionKeptMeansNothing) {
  App app = *Stored();
  app.fields_json = R"({"moderation_enabled":true,"grants":{"user":["x"]},"reminders_interval":90,
    "enforce_unique_usernames":"app","apn_config":{"host":"h"},"push_config":{"version":"v1"}})";
  tx_.UpdateApp(app);
  const json::Document shown = Get();
  EXPECT_EQ(shown.root()["moderation_enabled"].AsBool(), false);
  EXPECT_EQ(shown.root()["grants"].raw(), "{}");
  EXPECT_EQ(shown.root()["reminders_interval"].AsInt(), 3600);
  EXPECT_EQ(shown.root()["enforce_unique_usernames"].AsString(), "no");
  EXPECT_EQ(shown.root()["push_notifications"]["version"].AsString(), "v2");
  PatchOk(shown.root().raw());
}

}  // namespace
}  // namespace hookline::settings
