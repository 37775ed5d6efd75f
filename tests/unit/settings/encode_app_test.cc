#include "settings/encode_app.h"

#include <gtest/gtest.h>

#include "app_fixture.h"

namespace hookline::settings {
namespace {

class EncodeAppTest : public AppTest {};

TEST_F(EncodeAppTest, AFreshAppHasEveryRequiredMemberOnce) {
  const json::Document app = Get();
  for (const char* name : {"id",
                           "name",
                           "organization",
                           "placement",
                           "push_notifications",
                           "webhook_url",
                           "moderation_webhook_url",
                           "channel_configs",
                           "call_types",
                           "policies",
                           "suspended",
                           "suspended_explanation",
                           "disable_auth_checks",
                           "disable_permissions_checks",
                           "permission_version",
                           "user_search_disallowed_roles",
                           "multi_tenant_enabled",
                           "allow_multi_user_devices",
                           "image_moderation_enabled",
                           "async_url_enrich_enabled",
                           "auto_translation_enabled",
                           "custom_action_handler_url",
                           "enforce_unique_usernames",
                           "sqs_url",
                           "sqs_key",
                           "sqs_secret",
                           "sns_topic_arn",
                           "sns_key",
                           "sns_secret",
                           "file_upload_config",
                           "image_upload_config",
                           "grants",
                           "campaign_enabled",
                           "webhook_events",
                           "reminders_interval",
                           "cdn_expiration_seconds",
                           "moderation_enabled",
                           "moderation_multitenant_blocklist_enabled",
                           "guest_user_creation_disabled",
                           "event_hooks",
                           "use_hook_v2",
                           "user_response_time_enabled",
                           "moderation_llm_configurability_enabled",
                           "max_aggregated_activities_length",
                           "feed_audit_logs_enabled",
                           "moderation_video_call_moderation_enabled",
                           "moderation_audio_call_moderation_enabled",
                           "member_custom_on_messages_enabled",
                           "before_message_send_hook_url",
                           "before_message_send_hook_attempt_timeout_ms"}) {
    int count = 0;
    for (const json::Value member : app.root()) count += member.key() == name ? 1 : 0;
    EXPECT_EQ(count, 1) << name;
    EXPECT_FALSE(app.root()[name].IsNull()) << name;
  }
  EXPECT_EQ(app.root()["id"].AsInt(), app_.value);
  EXPECT_EQ(app.root()["name"].AsString(), "dock");
  EXPECT_EQ(app.root()["use_hook_v2"].AsBool(), true);
  EXPECT_EQ(app.root()["event_hooks"].raw(), "[]");
  EXPECT_EQ(app.root()["channel_configs"].raw(), kChannelConfigs);
  EXPECT_FALSE(app.root()["enable_hook_payload_compression"]);
  EXPECT_FALSE(HasTopLevelEventHooks(*Stored()));
}

TEST_F(EncodeAppTest, PushNotificationsHaveWhatOldCommandLinesRead) {
  json::Document app = Get();
  json::Value push = app.root()["push_notifications"];
  EXPECT_EQ(push["version"].AsString(), "v2");
  EXPECT_EQ(push["offline_only"].AsBool(), false);
  EXPECT_EQ(push["providers"].raw(), "[]");
  for (const char* name : {"host", "auth_type", "key_id", "notification_template"}) {
    EXPECT_TRUE(push["apn"][name].IsString()) << name;
  }
  EXPECT_TRUE(push["firebase"]["notification_template"].IsString());
  for (const char* provider : {"apn", "firebase", "huawei", "xiaomi"}) {
    EXPECT_EQ(push[provider]["enabled"].AsBool(), false) << provider;
  }
}

TEST_F(EncodeAppTest, UploadConfigsAreCompleted) {
  PatchOk(R"({"file_upload_config":{"allowed_file_extensions":[".pdf"],"size_limit":9}})");
  EXPECT_EQ(Get().root()["file_upload_config"].raw(),
            R"({"allowed_file_extensions":[".pdf"],"blocked_file_extensions":[],)"
            R"("allowed_mime_types":[],"blocked_mime_types":[],"size_limit":9})");
}

TEST_F(EncodeAppTest, StoredSettingsComeBackAsSent) {
  PatchOk(R"({"allowed_flag_reasons":["spam"],"custom_command_failure":"error",
              "disable_auth_checks":true})");
  const json::Document app = Get();
  EXPECT_EQ(app.root()["allowed_flag_reasons"].raw(), R"(["spam"])");
  EXPECT_EQ(app.root()["custom_command_failure"].AsString(), "error");
  EXPECT_EQ(app.root()["disable_auth_checks"].AsBool(), true);
}

TEST_F(EncodeAppTest, HooksShowSecretsAndTimesInTheFormatAskedFor) {
  PatchOk(R"({"event_hooks":[{"id":"q","hook_type":"sqs",
    "sqs_queue_url":"https://sqs.eu-west-1.amazonaws.com/1/q","sqs_region":"eu-west-1",
    "sqs_key":"k","sqs_secret":"s3"}]})");
  EXPECT_TRUE(HasTopLevelEventHooks(*Stored()));
  EXPECT_EQ(GetHooks(),
            R"([{"id":"q","enabled":true,"hook_type":"sqs",)"
            R"("sqs_queue_url":"https://sqs.eu-west-1.amazonaws.com/1/q",)"
            R"("sqs_region":"eu-west-1","sqs_key":"k","sqs_secret":"s3","product":"all",)"
            R"("created_at":"1970-01-01T00:00:02Z","updated_at":"1970-01-01T00:00:02Z"}])");
  json::Writer out;
  EncodeEventHooks(out, *Stored(), TimeFormat::kUnixNanos);
  EXPECT_NE(out.text().find(R"("created_at":2000000000,"updated_at":2000000000)"),
            std::string::npos);
}

}  // namespace
}  // namespace hookline::settings
