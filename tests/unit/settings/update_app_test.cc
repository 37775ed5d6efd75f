// PATCH /app: every field but `event_hooks`.
#include "settings/update_app.h"

#include <gtest/gtest.h>

#include "app_fixture.h"
#include "settings/hook_settings.h"
#include "settings/legacy_hooks.h"

namespace hookline::settings {
namespace {

class UpdateAppTest : public AppTest {};

// What Go's client adds to every update.
constexpr std::string_view kGoNoise =
    R"({"name":"","organization":"","suspended":false,"suspended_explanation":"",)"
    R"("channel_configs":null,"policies":null,"push_notifications":{"version":"",)"
    R"("offline_only":false,"apn":{"enabled":false},"firebase":{},"huawei":{},"xiaomi":{}},)"
    R"("revoke_tokens_issued_before":null})";

TEST_F(UpdateAppTest, NoiseOfTypedClientsChangesNothing) {
  PatchOk(R"({"disable_auth_checks":true,"permission_version":"v2"})");
  const AppPtr before = Stored();
  tx_.app_updates = 0;
  now_ = Timestamp{9'000'000'000};
  for (const std::string_view body :
       {kGoNoise, std::string_view("{}"),
        std::string_view(R"({"disable_auth_checks":null,"webhook_events":null,"event_hooks":null,
          "sqs_key":null,"permission_version":""})"),
        std::string_view(R"({"webhook_url":"","sqs_url":"","webhook_events":[],
          "async_moderation_config":{"timeout_ms":0,"callback":{"mode":""}}})")}) {
    PatchOk(body);
    EXPECT_EQ(*Stored(), *before) << body;
  }
  EXPECT_EQ(tx_.app_updates, 0);
  EXPECT_EQ(tx_.hook_replacements, 0);
}

TEST_F(UpdateAppTest, AMissingBodyIsAnEmptyOne) {
  PatchOptions options;
  EXPECT_TRUE(UpdateApp(tx_, app_, json::Value(), options));
  EXPECT_EQ(UpdateApp(tx_, AppId{99}, json::Value(), options).error().kind(), ErrorKind::kNotFound);
  EXPECT_EQ(Refused("[1]"), "the request body must be a JSON object");
}

TEST_F(UpdateAppTest, KeepsEachFieldAsItWasSent) {
  PatchOk(R"({"file_upload_config":{"size_limit": 10, "blocked_mime_types":null},
              "before_message_send_hook_attempt_timeout_ms":10})");
  PatchOk(R"({"before_message_send_hook_attempt_timeout_ms":20,"disable_auth_checks":true})");
  EXPECT_EQ(Stored()->fields_json,
            R"({"before_message_send_hook_attempt_timeout_ms":20,)"
            R"("file_upload_config":{"size_limit":10,"blocked_mime_types":null},)"
            R"("disable_auth_checks":true})");
  EXPECT_EQ(Stored()->updated_at, now_);
  EXPECT_EQ(Stored()->name, "dock");
}

TEST_F(UpdateAppTest, EmptyTextClearsUrls) {
  PatchOk(R"({"before_message_send_hook_url":"https://a.example/b",
              "custom_action_handler_url":"https://a.example/c?type={type}"})");
  EXPECT_EQ(Get().root()["custom_action_handler_url"].AsString(),
            "https://a.example/c?type={type}");
  PatchOk(R"({"before_message_send_hook_url":"","custom_action_handler_url":""})");
  EXPECT_EQ(Get().root()["before_message_send_hook_url"].AsString(), "");
  EXPECT_EQ(Get().root()["custom_action_handler_url"].AsString(), "");
}

TEST_F(UpdateAppTest, RevocationIsClearedByNullOnly) {
  PatchOk(R"({"revoke_tokens_issued_before":"2026-01-01T00:00:00Z"})");
  PatchOk("{}");
  EXPECT_EQ(Stored()->revoke_tokens_issued_before, Timestamp{1'767'225'600'000'000'000});
  EXPECT_EQ(Get().root()["revoke_tokens_issued_before"].AsString(), "2026-01-01T00:00:00Z");
  EXPECT_EQ(Get(TimeFormat::kUnixNanos).root()["revoke_tokens_issued_before"].AsInt(),
            1'767'225'600'000'000'000);
  PatchOk(R"({"revoke_tokens_issued_before":null})");
  EXPECT_FALSE(Stored()->revoke_tokens_issued_before);
  EXPECT_FALSE(Get().root()["revoke_tokens_issued_before"]);
  PatchOk(R"({"revoke_tokens_issued_before":"0001-01-01T00:00:00Z"})");
  EXPECT_EQ(Refused(R"({"revoke_tokens_issued_before":"yesterday"})"),
            "revoke_tokens_issued_before must be an RFC 3339 time");
  EXPECT_EQ(Refused(R"({"revoke_tokens_issued_before":5})"),
            "revoke_tokens_issued_before must be an RFC 3339 time");
}

TEST_F(UpdateAppTest, TakesTheBoundsThemselves) {
  PatchOk(R"({"before_message_send_hook_attempt_timeout_ms":0})");
  PatchOk(R"({"before_message_send_hook_attempt_timeout_ms":5000,
              "user_search_disallowed_roles":["1","2","3","4","5","6","7","8","9","10"],
              "chat_primary_use_case":"gaming","video_primary_use_case":"ai-agents",
              "file_upload_config":{"allowed_file_extensions":[".pdf"],"size_limit":1},
              "image_upload_config":{"blocked_mime_types":null},
              "custom_command_failure":"error","enable_hook_payload_compression":true})");
}

// `count` texts of 250 bytes.
std::string LongList(int count) {
  std::string list;
  for (int i = 0; i < count; ++i) {
    list += (i == 0 ? "\"" : ",\"") + std::string(250, 'x') + "\"";
  }
  return list;
}

TEST_F(UpdateAppTest, RefusesBadFieldsAndNamesThem) {
  struct Case {
    std::string_view member;
    std::string_view reason;
  };
  static constexpr Case kCases[] = {
      {R"("disable_auth_checks":1)", "disable_auth_checks must be a boolean"},
      {R"("multi_tenant_enabled":"true")", "multi_tenant_enabled must be a boolean"},
      {R"("apn_config":["x"])", "apn_config must be an object"},
      {R"("push_config":{"version":"v3"})", "push_config.version must be one of [v1 v2]"},
      {R"("push_config":{"offline_only":1})", "push_config.offline_only must be a boolean"},
      {R"("permission_version":"v3")", "permission_version must be one of [v1 v2]"},
      {R"("enforce_unique_usernames":"none")",
       "enforce_unique_usernames must be one of [no app team]"},
      {R"("enforce_unique_usernames":true)", "enforce_unique_usernames must be a string"},
      {R"("user_search_disallowed_roles":["1","2","3","4","5","6","7","8","9","10","11"])",
       "user_search_disallowed_roles must not have more than 10 items"},
      {R"("user_search_disallowed_roles":[1])",
       "user_search_disallowed_roles must be a list of strings"},
      {R"("before_message_send_hook_url":"gibbrish")",
       "before_message_send_hook_url must be an absolute http or https URL"},
      {R"("before_message_send_hook_url":"https://a.example/{type}")",
       "before_message_send_hook_url contains an unknown placeholder {type}"},
      {R"("before_message_send_hook_url":true)", "before_message_send_hook_url must be a string"},
      {R"("before_message_send_hook_attempt_timeout_ms":-1)",
       "before_message_send_hook_attempt_timeout_ms must be between 0 and 5000"},
      {R"("before_message_send_hook_attempt_timeout_ms":5001)",
       "before_message_send_hook_attempt_timeout_ms must be between 0 and 5000"},
      {R"("before_message_send_hook_attempt_timeout_ms":1.5)",
       "before_message_send_hook_attempt_timeout_ms must be an integer"},
      {R"("custom_action_handler_url":"gibbrish")",
       "custom_action_handler_url must be an absolute http or https URL"},
      {R"("custom_action_handler_url":"https://a.example/{cid}")",
       "custom_action_handler_url contains an unknown placeholder {cid}"},
      {R"("moderation_webhook_url":"x")",
       "moderation_webhook_url must be an absolute http or https URL"},
      {R"("file_upload_config":"x")", "file_upload_config must be an object"},
      {R"("file_upload_config":{"allowed_mime_types":"x"})",
       "file_upload_config.allowed_mime_types must be a list of strings"},
      {R"("image_upload_config":{"size_limit":-1})",
       "image_upload_config.size_limit must be between 0 and 9223372036854775807"},
      {R"("grants":["x"])", "grants must be an object"},
      {R"("grants":{"user":"x"})", "grants.user must be a list of strings"},
      {R"("reminders_interval":59)", "reminders_interval must be between 60 and 86400"},
      {R"("reminders_interval":86401)", "reminders_interval must be between 60 and 86400"},
      {R"("reminders_max_members":1)", "reminders_max_members must be between 2 and 2147483647"},
      {R"("reminders_max_per_user":-1)", "reminders_max_per_user must be between 1 and 100000"},
      {R"("cdn_expiration_seconds":14399)",
       "cdn_expiration_seconds must be between 14400 and 1209600"},
      {R"("activity_metrics_config":{"a":"b"})", "activity_metrics_config.a must be an integer"},
      {R"("chat_primary_use_case":"chess")",
       "chat_primary_use_case must be one of [messaging customer-support community marketplace "
       "gaming telehealth on-demand workforce-management dating education financial sports "
       "real-money-gaming]"},
      {R"("custom_command_failure":"x")", "custom_command_failure must be one of [save error]"},
      {R"("feeds_v2_region":5)", "feeds_v2_region must be a string"},
  };
  for (const Case& bad : kCases) {
    EXPECT_EQ(Refused(R"({"disable_auth_checks":true,)" + std::string(bad.member) + "}"),
              bad.reason);
  }
  EXPECT_EQ(Refused(R"({"disable_auth_checks":true,"feeds_v2_region":")" + std::string(5000, 'x') +
                    R"("})"),
            "feeds_v2_region must not be longer than 4096 bytes");
  EXPECT_EQ(
      Refused(R"({"allowed_flag_reasons":[)" + LongList(1000) + R"(],"image_upload_config":)" +
              R"({"blocked_mime_types":[)" + LongList(100) + "]}}"),
      "the app's settings must not exceed 262144 bytes");
}

TEST_F(UpdateAppTest, PlainHttpNeedsPermission) {
  allow_http_ = false;
  EXPECT_EQ(Refused(R"({"before_message_send_hook_url":"http://a.example"})"),
            "before_message_send_hook_url must be an https URL");
  PatchOk(R"({"before_message_send_hook_url":"https://a.example"})");
}

TEST_F(UpdateAppTest, AppsWithHookV2PointToEventHooks) {
  for (const std::string_view member :
       {R"("webhook_url":"https://a.example")", R"("webhook_events":["message.new"])",
        R"("sqs_url":"x")", R"("sqs_key":"x")", R"("sqs_secret":"x")", R"("sns_topic_arn":"x")",
        R"("sns_key":"x")", R"("sns_secret":"x")",
        R"("async_moderation_config":{"timeout_ms":10})"}) {
    EXPECT_EQ(Refused("{" + std::string(member) + "}"),
              "Cannot set webhook URL, webhook events, SQS URL, SQS key, SQS secret, SNS topic "
              "ARN, SNS key, SNS secret, or async moderation config in new hook v2 system. Use "
              "the event_hooks field to configure webhooks.");
  }
}

TEST_F(UpdateAppTest, HookSettingsFollowTheFields) {
  HookSettings read = ReadHookSettings(*Stored());
  EXPECT_EQ(read.before_message_send_url, "");
  EXPECT_EQ(read.before_message_send_timeout.count(), 0);
  EXPECT_EQ(read.command_url_template, "");
  EXPECT_FALSE(read.fail_message_with_command);
  EXPECT_FALSE(read.compress_payloads);
  PatchOk(R"({"before_message_send_hook_url":"https://a.example/b",
    "before_message_send_hook_attempt_timeout_ms":700,
    "custom_action_handler_url":"https://a.example/{type}","custom_command_failure":"error",
    "enable_hook_payload_compression":true})");
  read = ReadHookSettings(*Stored());
  EXPECT_EQ(read.before_message_send_url, "https://a.example/b");
  EXPECT_EQ(read.before_message_send_timeout.count(), 700);
  EXPECT_EQ(read.command_url_template, "https://a.example/{type}");
  EXPECT_TRUE(read.fail_message_with_command);
  EXPECT_TRUE(read.compress_payloads);
}

TEST_F(UpdateAppTest, UnknownFieldsAreRefusedWithTheNearestKnownOne) {
  EXPECT_EQ(Refused(R"({"before_message_send_url":"https://a.example"})"),
            "before_message_send_url is not a known field; did you mean "
            "before_message_send_hook_url?");
  EXPECT_EQ(Refused(R"({"eventHooks":[]})"),
            "eventHooks is not a known field; did you mean event_hooks?");
  EXPECT_EQ(Refused(R"({"push_config":{"versoin":"v2"}})"),
            "push_config.versoin is not a known field; did you mean push_config.version?");
  EXPECT_EQ(Refused(R"({"file_upload_config":{"max_size":1}})"),
            "file_upload_config.max_size is not a known field; did you mean "
            "file_upload_config.size_limit?");
}

TEST_F(UpdateAppTest, WhatIsReadOnlyMayComeBackButNotChange) {
  const AppPtr before = Stored();
  PatchOk(std::string(Get().root().raw()));
  EXPECT_EQ(Get().root().size(), Get().root().size());
  EXPECT_EQ(Stored()->hooks, before->hooks);
  EXPECT_EQ(Stored()->name, before->name);
  PatchOk(R"({"name":"","organization":"","suspended":false,"suspended_explanation":"",
    "channel_configs":null,"policies":null,"push_notifications":{"version":"","apn":{}},
    "geofences":[],"moderation_keyframe_video_enabled":false,"id":0})");
  for (const char* member :
       {R"("name":"x")", R"("suspended":true)", R"("use_hook_v2":false)", R"("id":7)",
        R"("campaign_enabled":true)", R"("channel_configs":{"messaging":{"reactions":false}})",
        R"("channel_configs":{"messaging":{"commands":["x"]}})",
        R"("channel_configs":{"harbour":{"max_message_length":9}})",
        R"("push_notifications":{"version":"v1"})",
        R"("push_notifications":{"apn":{"enabled":true}})", R"("policies":{"x":[{"name":"y"}]})"}) {
    EXPECT_NE(Refused("{" + std::string(member) + "}", ErrorKind::kNotImplemented)
                  .find("cannot be changed by this server"),
              std::string::npos)
        << member;
  }
}

class LegacyAppTest : public AppTest {
 protected:
  LegacyAppTest() { Create(false); }
};

TEST_F(LegacyAppTest, RefusesEventHooks) {
  EXPECT_EQ(Refused(R"({"event_hooks":[]})"), "cannot set event hooks in hook v1 system");
  PatchOk(R"({"event_hooks":null})");
}

TEST_F(LegacyAppTest, TurnsLegacyFieldsIntoHiddenHooks) {
  PatchOk(R"({"webhook_url":"https://a.example/in","webhook_events":["message.new"],
    "sqs_url":"https://sqs.eu-west-1.amazonaws.com/1/q","sqs_key":"k","sqs_secret":"s",
    "sns_topic_arn":"arn:aws:sns:ap-south-1:1:t","sns_key":"k2","sns_secret":"s2",
    "async_moderation_config":{"timeout_ms":700,
      "callback":{"mode":"CALLBACK_MODE_REST","server_url":"https://a.example/p"}}})");
  const auto& hooks = Hooks();
  ASSERT_EQ(hooks.size(), 4U);
  EXPECT_EQ(hooks[0].type, HookType::kWebhook);
  EXPECT_EQ(hooks[0].url, "https://a.example/in");
  EXPECT_EQ(hooks[0].event_types, std::vector<std::string>{"message.new"});
  EXPECT_EQ(hooks[0].app, app_);
  EXPECT_EQ(hooks[1].doc_json,
            R"({"hook_type":"sqs","sqs_queue_url":"https://sqs.eu-west-1.amazonaws.com/1/q",)"
            R"("sqs_region":"eu-west-1","sqs_auth_type":"keys","sqs_key":"k","sqs_secret":"s"})");
  EXPECT_EQ(
      hooks[2].doc_json,
      R"({"hook_type":"sns","sns_topic_arn":"arn:aws:sns:ap-south-1:1:t",)"
      R"("sns_region":"ap-south-1","sns_auth_type":"keys","sns_key":"k2","sns_secret":"s2"})");
  EXPECT_EQ(hooks[3].type, HookType::kPendingMessage);
  EXPECT_EQ(hooks[3].url, "https://a.example/p");
  EXPECT_EQ(hooks[3].doc_json,
            R"({"hook_type":"pending_message","webhook_url":"https://a.example/p",)"
            R"("timeout_ms":700,"callback":{"mode":"CALLBACK_MODE_REST"}})");

  const json::Document app = Get();
  EXPECT_EQ(app.root()["event_hooks"].raw(), "[]");
  EXPECT_FALSE(HasTopLevelEventHooks(*Stored()));
  EXPECT_EQ(app.root()["webhook_url"].AsString(), "https://a.example/in");
  EXPECT_EQ(app.root()["sqs_secret"].AsString(), "s");
  EXPECT_EQ(app.root()["webhook_events"].raw(), R"(["message.new"])");
}

TEST_F(LegacyAppTest, HooksKeepTheirIdentityAndVanishWithTheirField) {
  PatchOk(R"({"webhook_url":"https://a.example/1","sqs_url":"http://127.0.0.1:1/q"})");
  ASSERT_EQ(Hooks().size(), 1U);  // The queue waits for its key and secret.
  const HookId webhook = Hooks()[0].pk;
  PatchOk(R"({"sqs_key":"k","sqs_secret":"s"})");
  ASSERT_EQ(Hooks().size(), 2U);
  EXPECT_NE(Hooks()[1].doc_json.find(R"("sqs_region":"us-east-1")"), std::string::npos);
  PatchOk(R"({"webhook_url":"https://a.example/2"})");
  EXPECT_EQ(Hooks()[0].pk, webhook);
  EXPECT_EQ(Hooks()[0].url, "https://a.example/2");
  PatchOk(R"({"webhook_url":""})");
  ASSERT_EQ(Hooks().size(), 1U);
  EXPECT_EQ(Hooks()[0].type, HookType::kSqs);
}

TEST_F(LegacyAppTest, OnlySettingItsOwnFieldsSwitchesAHookOnAgain) {
  PatchOk(R"({"webhook_url":"https://a.example/1"})");
  tx_.DisableHook(app_, 0, "410 Gone");
  PatchOk(R"({"sns_key":"k"})");
  EXPECT_FALSE(Hooks()[0].enabled);
  PatchOk(R"({"webhook_url":"https://a.example/1"})");
  EXPECT_TRUE(Hooks()[0].enabled);
}

TEST_F(LegacyAppTest, APendingConfigWithoutAddressSetsTheTimeoutOnly) {
  PatchOk(R"({"async_moderation_config":{"timeout_ms":5}})");
  EXPECT_EQ(Hooks()[0].doc_json, R"({"hook_type":"pending_message","timeout_ms":5,)"
                                 R"("callback":{"mode":"CALLBACK_MODE_NONE"}})");
}

TEST_F(LegacyAppTest, WhatIsNotCarriedOutIsRefused) {
  PatchOk(R"({"sqs_key":"stored"})");
  capabilities_ = {};
  for (const char* name : {"sqs_url", "sqs_key", "sqs_secret", "sns_topic_arn", "sns_key",
                           "sns_secret", "async_moderation_config"}) {
    const std::string value = std::string_view(name) == "sns_topic_arn" ? R"("arn:aws:sns:r:1:t")"
                              : std::string_view(name) == "sqs_url"     ? R"("https://a.example")"
                              : std::string_view(name) == "async_moderation_config"
                                  ? R"({"timeout_ms":10})"
                                  : R"("x")";
    EXPECT_EQ(Refused("{\"" + std::string(name) + "\":" + value + "}", ErrorKind::kNotImplemented),
              std::string(name) + " is not carried out by this server");
  }
  PatchOk(R"({"sqs_key":"stored","webhook_url":"https://a.example/1","sns_key":""})");
  PatchOk(R"({"sqs_key":""})");
  EXPECT_EQ(Hooks().size(), 1U);
}

TEST_F(LegacyAppTest, RefusesBadLegacyFields) {
  EXPECT_EQ(Refused(R"({"webhook_url":"x"})"), "webhook_url must be an absolute http or https URL");
  EXPECT_EQ(Refused(R"({"webhook_url":5})"), "webhook_url must be a string");
  EXPECT_EQ(Refused(R"({"webhook_events":"x"})"), "webhook_events must be a list of strings");
  EXPECT_EQ(Refused(R"({"sqs_url":"x"})"), "sqs_url must be an absolute http or https URL");
  EXPECT_EQ(Refused(R"({"sns_topic_arn":"x"})"), "sns_topic_arn must be an ARN");
  EXPECT_EQ(Refused(R"({"async_moderation_config":5})"),
            "async_moderation_config must be an object");
  EXPECT_EQ(Refused(R"({"async_moderation_config":{"timeout_ms":-5}})"),
            "async_moderation_config.timeout_ms must be between 0 and 2147483647");
  EXPECT_EQ(Refused(R"({"async_moderation_config":{"callback":{"mode":"x"}}})"),
            "async_moderation_config.callback.mode must be one of [CALLBACK_MODE_NONE "
            "CALLBACK_MODE_REST CALLBACK_MODE_TWIRP]");
  EXPECT_EQ(Refused(R"({"async_moderation_config":{"callback":{"server_url":"x"}}})"),
            "async_moderation_config.callback.server_url must be an absolute http or https URL");
}

}  // namespace
}  // namespace hookline::settings
