// `event_hooks` in PATCH /app and GET /app: what is created, updated, deleted, kept and refused.
#include "settings/event_hooks.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <tuple>

#include "app_fixture.h"
#include "settings/hook_document.h"
#include "settings/unsupported.h"

namespace hookline::settings {
namespace {

class EventHooksTest : public AppTest {};

constexpr std::string_view kPlainHook =
    R"({"event_hooks":[{"id":"h1","hook_type":"webhook","webhook_url":"https://a.example/in"}]})";

TEST_F(EventHooksTest, CreatesHooksAsThePythonClientDoes) {
  PatchOk(R"({"event_hooks":[
    {"hook_type":"webhook","webhook_url":"http://a.example/1","event_types":["message.new"],
     "product":"chat"},
    {"hook_type":"webhook","webhook_url":"http://a.example/2","event_types":[]},
    {"hook_type":"pending_message","webhook_url":"http://a.example/3","timeout_ms":500,
     "callback":{"mode":"CALLBACK_MODE_REST"}}]})");
  const auto& hooks = Hooks();
  ASSERT_EQ(hooks.size(), 3U);
  EXPECT_EQ(hooks[0].id, "generated-1");
  EXPECT_TRUE(hooks[0].enabled);
  EXPECT_EQ(hooks[0].product, "chat");
  EXPECT_EQ(hooks[0].event_types, std::vector<std::string>{"message.new"});
  EXPECT_EQ(hooks[1].url, "http://a.example/2");
  EXPECT_TRUE(hooks[1].event_types.empty());
  EXPECT_TRUE(hooks[1].custom_events);
  EXPECT_EQ(hooks[2].type, HookType::kPendingMessage);
  EXPECT_EQ(hooks[2].app, app_);
  EXPECT_TRUE(hooks[2].pk);
  EXPECT_EQ(hooks[2].created_at, now_);

  PatchOk(R"({"event_hooks":[]})");
  EXPECT_TRUE(Hooks().empty());
  EXPECT_EQ(GetHooks(), "[]");
}

TEST_F(EventHooksTest, ReturnsWhatTheDotNetClientSent) {
  const std::string sent =
      R"([{"id":"5f0c0b2e-0000-4000-8000-000000000001","hook_type":"webhook","enabled":true,)"
      R"("event_types":["message.new"],"webhook_url":"https://a.example/in","sqs_auth_type":"keys",)"
      R"("sns_auth_type":"keys"},)"
      R"({"id":"5f0c0b2e-0000-4000-8000-000000000002","hook_type":"sqs","enabled":true,)"
      R"("event_types":[],"sqs_queue_url":"https://sqs.region.amazonaws.com/1/q",)"
      R"("sqs_region":"us-east-1","sqs_auth_type":"resource","sns_auth_type":"keys"},)"
      R"({"id":"5f0c0b2e-0000-4000-8000-000000000003","hook_type":"sns","enabled":false,)"
      R"("event_types":[],"sns_topic_arn":"arn:aws:sns:us-east-1:1:t","sns_region":"us-east-1",)"
      R"("sqs_auth_type":"keys","sns_auth_type":"resource"}])";
  PatchOk(R"({"event_hooks":)" + sent + "}");
  const auto document = json::Document::Parse(sent);
  const json::Document app = Get();
  const json::Value got = app.root()["event_hooks"];
  ASSERT_EQ(got.size(), 3U);
  auto actual = got.begin();
  for (const json::Value hook : document->root()) {
    for (const json::Value member : hook) {
      EXPECT_EQ((*actual)[member.key()].raw(), member.raw()) << member.key();
    }
    EXPECT_EQ((*actual).size(), hook.size() + 3);  // product, created_at, updated_at
    EXPECT_EQ((*actual)["product"].AsString(), "all");
    EXPECT_EQ((*actual)["created_at"].AsString(), "1970-01-01T00:00:02Z");
    ++actual;
  }
}

TEST_F(EventHooksTest, AClientThatReadsAndWritesBackLosesNothing) {
  PatchOk(
      R"({"event_hooks":[{"id":"h1","hook_type":"webhook","webhook_url":"https://a.example/{type}",
    "should_send_custom_events":false,"payload_format":"v2","body_encoding":"raw",
    "retry":{"schedule":["5s"]},
    "failover_config":{"type":"gcs","gcs_bucket":"b","gcs_credentials":"{}"}}]})");
  const AppPtr before = Stored();
  now_ = Timestamp{3'000'000'000};
  // All of it, and a subset as Go's struct would send it, with its zero times.
  PatchOk(R"({"event_hooks":)" + GetHooks() + "}");
  EXPECT_EQ(*Stored(), *before);
  PatchOk(R"({"event_hooks":[{"id":"h1","hook_type":"webhook","enabled":true,"event_types":[],
    "webhook_url":"https://a.example/{type}","created_at":"0001-01-01T00:00:00Z",
    "updated_at":"0001-01-01T00:00:00Z"}]})");
  const EventHook& hook = Hooks().front();
  EXPECT_EQ(hook.pk, before->hooks.front().pk);
  EXPECT_FALSE(hook.custom_events);
  EXPECT_TRUE(hook.payload_v2);
  EXPECT_EQ(hook.retry_json, R"({"schedule":["5s"]})");
  EXPECT_EQ(hook.created_at, before->hooks.front().created_at);
  EXPECT_EQ(hook.updated_at, now_);
}

TEST_F(EventHooksTest, UpdatesByIdAndDeletesWhatIsMissing) {
  PatchOk(R"({"event_hooks":[
    {"id":"h1","hook_type":"webhook","webhook_url":"https://a.example/1"},
    {"id":"h2","hook_type":"webhook","webhook_url":"https://a.example/2"}]})");
  const HookId h2 = Hooks()[1].pk;
  PatchOk(R"({"event_hooks":[
    {"id":"","hook_type":"webhook","webhook_url":"https://a.example/3"},
    {"id":"h2","webhook_url":"https://a.example/new"}]})");
  const auto& hooks = Hooks();
  ASSERT_EQ(hooks.size(), 2U);
  EXPECT_EQ(hooks[0].id, "generated-1");
  EXPECT_EQ(hooks[1].pk, h2);
  EXPECT_EQ(hooks[1].url, "https://a.example/new");
}

TEST_F(EventHooksTest, NullClearsAKeyAndLeavesTheList) {
  PatchOk(R"({"event_hooks":[{"id":"h1","hook_type":"webhook","webhook_url":"https://a.example",
    "event_types":["message.new"],"product":"chat","payload_format":"v2","timeout_ms":0}]})");
  PatchOk(R"({"event_hooks":null})");
  PatchOk(R"({})");
  EXPECT_EQ(Hooks().size(), 1U);
  PatchOk(R"({"event_hooks":[{"id":"h1","event_types":null,"product":null,"payload_format":"",
    "timeout_ms":null,"callback":{"mode":""},"failover_config":{}}]})");
  const EventHook& hook = Hooks().front();
  EXPECT_TRUE(hook.event_types.empty());
  EXPECT_EQ(hook.product, "all");
  EXPECT_FALSE(hook.payload_v2);
  EXPECT_EQ(hook.doc_json, R"({"hook_type":"webhook","webhook_url":"https://a.example"})");
}

TEST_F(EventHooksTest, DeleteMarksRemoveItems) {
  PatchOk(R"({"event_hooks":[
    {"id":"h1","hook_type":"webhook","webhook_url":"https://a.example/1"},
    {"id":"h2","hook_type":"webhook","webhook_url":"https://a.example/2"},
    {"id":"h3","hook_type":"webhook","webhook_url":"https://a.example/3"}]})");
  PatchOk(R"({"explicit_event_hooks_deletion":true,"event_hooks":[]})");
  EXPECT_EQ(Hooks().size(), 3U);
  PatchOk(R"({"explicit_event_hooks_deletion":true,"event_hooks":[
    {"id":"h2","delete":true},{"id":"unknown","delete":true},
    {"id":"h3","webhook_url":"https://a.example/new"},
    {"id":"h4","hook_type":"webhook","webhook_url":"https://a.example/4","delete":false}]})");
  ASSERT_EQ(Hooks().size(), 3U);
  EXPECT_EQ(Hooks()[0].id, "h1");
  EXPECT_EQ(Hooks()[1].url, "https://a.example/new");
  EXPECT_EQ(Hooks()[2].id, "h4");
  PatchOk(R"({"event_hooks":[{"id":"h1","delete":true},{"id":"h3"}]})");
  ASSERT_EQ(Hooks().size(), 1U);
  EXPECT_EQ(Hooks()[0].id, "h3");
}

TEST_F(EventHooksTest, DisablingMarksWhatToCancel) {
  PatchOk(kPlainHook);
  tx_.last_delivery = DeliveryId{41};
  PatchOk(R"({"event_hooks":[{"id":"h1","enabled":false}]})");
  EXPECT_FALSE(Hooks()[0].enabled);
  EXPECT_EQ(Hooks()[0].cancel_up_to, DeliveryId{41});
  tx_.last_delivery = DeliveryId{50};
  PatchOk(R"({"event_hooks":[{"id":"h1","enabled":false}]})");
  PatchOk(R"({"event_hooks":[{"id":"h1","enabled":true}]})");
  EXPECT_EQ(Hooks()[0].cancel_up_to, DeliveryId{41});
}

TEST_F(EventHooksTest, AHookThatIsGoneStaysOffUntilItIsSwitchedOn) {
  PatchOk(R"({"event_hooks":[{"id":"h1","hook_type":"webhook","enabled":true,
    "webhook_url":"https://a.example/in"}]})");
  tx_.DisableHook(app_, 0, "410 Gone");
  EXPECT_EQ(Get().root()["event_hooks"].begin().operator*()["enabled"].AsBool(), false);
  PatchOk(R"({"event_hooks":)" + GetHooks() + "}");
  EXPECT_EQ(Hooks()[0].disabled_reason, "410 Gone");
  PatchOk(R"({"event_hooks":[{"id":"h1","enabled":true}]})");
  EXPECT_TRUE(Hooks()[0].enabled);
  EXPECT_EQ(Hooks()[0].disabled_reason, "");
}

TEST_F(EventHooksTest, AHookMaySayHowManyAttemptsMayBeUnderWay) {
  const auto set = [&](std::string_view value) {
    return fmt::format(R"({{"event_hooks":[{{"id":"h1","hook_type":"webhook",
        "webhook_url":"https://a.example/in","max_in_flight":{}}}]}})",
                       value);
  };
  PatchOk(kPlainHook);
  EXPECT_EQ(MaxInFlight(Hooks()[0]), std::nullopt);
  EXPECT_EQ(GetHooks().find("max_in_flight"), std::string::npos);
  for (const int value : {1, 2, 1000}) {
    PatchOk(set(std::to_string(value)));
    EXPECT_EQ(MaxInFlight(Hooks()[0]), value);
    EXPECT_NE(GetHooks().find(fmt::format(R"("max_in_flight":{},)", value)), std::string::npos);
  }
  for (const std::string_view bad : {"0", "-1", "1001"}) {
    EXPECT_EQ(Refused(set(bad)), "event_hooks[0].max_in_flight must be between 1 and 1000") << bad;
  }
  for (const std::string_view bad : {"\"2\"", "2.5", "true", "[]"}) {
    EXPECT_EQ(Refused(set(bad)), "event_hooks[0].max_in_flight must be an integer") << bad;
  }
  EXPECT_EQ(MaxInFlight(Hooks()[0]), 1000);
  PatchOk(set("null"));
  EXPECT_EQ(MaxInFlight(Hooks()[0]), std::nullopt);
}

TEST_F(EventHooksTest, TakesEveryKindOfHook) {
  PatchOk(R"({"event_hooks":[
    {"hook_type":"sqs","sqs_queue_url":"https://sqs.eu-west-1.amazonaws.com/1/q",
     "sqs_region":"eu-west-1","sqs_auth_type":"keys","sqs_key":"k","sqs_secret":"s",
     "body_encoding":"base64"},
    {"hook_type":"sqs","sqs_queue_url":"https://sqs.eu-west-1.amazonaws.com/1/q",
     "sqs_region":"eu-west-1","sqs_auth_type":"role","sqs_role_arn":"arn:aws:iam::1:role/x"},
    {"hook_type":"sns","sns_topic_arn":"arn:aws:sns:eu-west-1:1:t","sns_region":"eu-west-1",
     "sns_key":"k","sns_secret":"s","sns_event_based_message_group_id_enabled":true},
    {"hook_type":"pending_message","callback":{"mode":"CALLBACK_MODE_NONE"},"timeout_ms":0},
    {"hook_type":"pending_message","callback":{"server_url":"https://a.example/p"}}]})");
  const auto& hooks = Hooks();
  ASSERT_EQ(hooks.size(), 5U);
  EXPECT_EQ(hooks[0].type, HookType::kSqs);
  EXPECT_EQ(hooks[2].type, HookType::kSns);
  EXPECT_EQ(hooks[0].url, "");
  EXPECT_EQ(hooks[3].url, "");
  EXPECT_EQ(hooks[4].url, "https://a.example/p");
}

TEST_F(EventHooksTest, UnknownKeysAreRefusedWithTheNearestKnownOne) {
  PatchOk(kPlainHook);
  EXPECT_EQ(Refused(R"({"event_hooks":[{"id":"h1","event_type":["message.new"]}]})"),
            "event_hooks[0].event_type is not a known field; did you mean "
            "event_hooks[0].event_types?");
  EXPECT_EQ(Refused(R"({"event_hooks":[{"id":"h1"},{"hook_type":"webhook","url":"https://a"}]})"),
            "event_hooks[1].url is not a known field; did you mean "
            "event_hooks[1].webhook_url?");
  EXPECT_EQ(Refused(R"({"event_hooks":[{"id":"h1","callback":{"moed":"CALLBACK_MODE_REST"}}]})"),
            "event_hooks[0].callback.moed is not a known field; did you mean "
            "event_hooks[0].callback.mode?");
  EXPECT_EQ(Refused(R"({"event_hooks":[{"id":"h1","failover_config":{"bucket":"b"}}]})"),
            "event_hooks[0].failover_config.bucket is not a known field; did you mean "
            "event_hooks[0].failover_config.gcs_bucket?");
  EXPECT_NE(Refused(R"({"event_hooks":[{"id":"h1","":1}]})").find(" is not a known field"),
            std::string::npos);
}

// The members of the official clients' models of a hook, as of 2026.
TEST_F(EventHooksTest, KnowsEveryKeyThatAnOfficialClientSends) {
  PatchOk(R"({"event_hooks":[{"id":"h1","hook_type":"webhook","enabled":true,"product":"all",
    "event_types":[],"webhook_url":"https://a.example/in","sqs_queue_url":"","sqs_region":"",
    "sqs_auth_type":"keys","sqs_key":"","sqs_secret":"","sqs_role_arn":"","sns_topic_arn":"",
    "sns_region":"","sns_auth_type":"keys","sns_key":"","sns_secret":"","sns_role_arn":"",
    "sns_event_based_message_group_id_enabled":false,"should_send_custom_events":true,
    "timeout_ms":0,"callback":{"mode":"","server_url":""},
    "failover_config":{"type":"","gcs_bucket":"","gcs_path":"","gcs_credentials":"",
      "s3_bucket":"","s3_path":"","s3_region":"","s3_api_key":"","s3_secret":"","s3_role_arn":""},
    "delete":false,"created_at":"0001-01-01T00:00:00Z","updated_at":null}]})");
  EXPECT_EQ(Hooks().size(), 1U);
}

// A value that no client sends by itself, for each key that only some types of hooks have.
TEST_F(EventHooksTest, KeysOfOtherTypesOfHooksAreRefused) {
  PatchOk(kPlainHook);
  for (const auto& [key, value, types] : {
           std::tuple{"timeout_ms", "500", "pending_message"},
           std::tuple{"callback", R"({"mode":"CALLBACK_MODE_REST"})", "pending_message"},
           std::tuple{"sqs_queue_url", R"("https://q")", "sqs"},
           std::tuple{"sqs_region", R"("r")", "sqs"},
           std::tuple{"sqs_key", R"("k")", "sqs"},
           std::tuple{"sqs_secret", R"("s")", "sqs"},
           std::tuple{"sqs_role_arn", R"("a")", "sqs"},
           std::tuple{"sns_topic_arn", R"("arn:x")", "sns"},
           std::tuple{"sns_region", R"("r")", "sns"},
           std::tuple{"sns_key", R"("k")", "sns"},
           std::tuple{"sns_secret", R"("s")", "sns"},
           std::tuple{"sns_role_arn", R"("a")", "sns"},
           std::tuple{"sns_event_based_message_group_id_enabled", "true", "sns"},
       }) {
    const std::string member = "\"" + std::string(key) + "\":" + value + "}]}";
    const std::string reason =
        "event_hooks[0]." + std::string(key) + " is only supported by hooks of type " + types;
    EXPECT_EQ(Refused(R"({"event_hooks":[{"id":"h1",)" + member), reason);
    EXPECT_EQ(Refused(R"({"event_hooks":[{"id":"h1","enabled":false,)" + member), reason);
  }
  EXPECT_EQ(
      Refused(R"({"event_hooks":[{"hook_type":"pending_message","payload_format":"v2",
              "webhook_url":"https://a.example/p"}]})"),
      "event_hooks[0].payload_format is only supported by hooks of type webhook or sqs or sns");
}

TEST_F(EventHooksTest, AHookThatChangesItsTypeLosesTheKeysOfTheOther) {
  PatchOk(R"({"event_hooks":[{"id":"h1","hook_type":"pending_message","timeout_ms":500,
    "webhook_url":"https://a.example/p","callback":{"mode":"CALLBACK_MODE_REST"}}]})");
  PatchOk(R"({"event_hooks":[{"id":"h1","hook_type":"webhook"}]})");
  EXPECT_EQ(Hooks().front().doc_json,
            R"({"hook_type":"webhook","webhook_url":"https://a.example/p"})");
  PatchOk(R"({"event_hooks":)" + GetHooks() + "}");
}

TEST_F(EventHooksTest, EventTypesMustBeAbleToCome) {
  const auto types = [](std::string_view type) {
    return R"({"event_hooks":[{"hook_type":"webhook","webhook_url":"https://a.example",
        "event_types":["message.new",)" +
           json::Quoted(type) + "]}]}";
  };
  for (const char* type : {"crane_moved", "channel.hidden", "campaign.started", "reminder.created",
                           "my.own.type", "notification.reminder_due", "user_group.created"}) {
    PatchOk(types(type));
    EXPECT_EQ(Hooks()[0].event_types[1], type);
  }
  EXPECT_EQ(Refused(types("message.nwe")),
            "event_hooks[0].event_types: message.nwe is not a known event type; did you mean "
            "message.new?");
  EXPECT_EQ(Refused(types("message.*")),
            "event_hooks[0].event_types: message.* is no event type: name each type, or none for "
            "all; did you mean message.new?");
  for (const char* type :
       {"*", "Message.new", " user.updated", "channel.create", "user.", "typing.start",
        "notification.message_new", "webhook.test", "reaction.added"}) {
    EXPECT_NE(Refused(types(type)).find(type), std::string::npos);
  }
  for (const char* type : {"call.created", "call.nonsense", "feeds.activity.added", "ingress.error",
                           "review_queue_item.new", "moderation.flagged"}) {
    EXPECT_EQ(
        Refused(types(type), ErrorKind::kNotImplemented),
        "event_hooks[0].event_types: " + std::string(type) + " is not emitted by this server");
  }
}

TEST_F(EventHooksTest, WhatIsNotCarriedOutIsRefusedUnlessItIsOff) {
  struct Case {
    std::string item;
    std::string_view reason;
  };
  const Case cases[] = {
      {R"("hook_type":"sqs","sqs_queue_url":"https://sqs.eu-west-1.amazonaws.com/1/q",
         "sqs_region":"eu-west-1","sqs_auth_type":"resource")",
       "event_hooks[0].hook_type sqs is not carried out by this server; with \"enabled\": false "
       "the hook is stored"},
      {R"("hook_type":"sns","sns_topic_arn":"arn:aws:sns:eu-west-1:1:t","sns_region":"eu-west-1",
         "sns_auth_type":"resource")",
       "event_hooks[0].hook_type sns is not carried out by this server; with \"enabled\": false "
       "the hook is stored"},
      {R"("hook_type":"pending_message","webhook_url":"https://a.example/p","timeout_ms":500)",
       "event_hooks[0].hook_type pending_message is not carried out by this server; with "
       "\"enabled\": false the hook is stored"},
      {R"("hook_type":"webhook","webhook_url":"https://a.example/p",
         "failover_config":{"type":"gcs","gcs_bucket":"b","gcs_credentials":"{}"})",
       "event_hooks[0].failover_config is not carried out by this server"},
  };
  for (const auto& [item, reason] : cases) {
    const auto body = [&item](std::string_view more) {
      return R"({"event_hooks":[{"id":"h1",)" + item + std::string(more) + "}]}";
    };
    capabilities_ = {};
    EXPECT_EQ(Refused(body(""), ErrorKind::kNotImplemented), reason);
    EXPECT_EQ(Refused(body(R"(,"enabled":true)"), ErrorKind::kNotImplemented), reason);
    PatchOk(body(R"(,"enabled":false)"));
    EXPECT_TRUE(Warnings(*Stored(), capabilities_).empty());
    EXPECT_EQ(
        Refused(R"({"event_hooks":[{"id":"h1","enabled":true}]})", ErrorKind::kNotImplemented),
        reason);

    // Stored by a server that could: it stays, and is in nobody's way.
    capabilities_ = {true, true, true, true};
    PatchOk(R"({"event_hooks":[{"id":"h1","enabled":true}]})");
    capabilities_ = {};
    ASSERT_EQ(Warnings(*Stored(), capabilities_).size(), 1U);
    EXPECT_NE(Warnings(*Stored(), capabilities_)[0].find("h1"), std::string::npos);
    PatchOk(R"({"event_hooks":)" + GetHooks() + "}");
    PatchOk(R"({"event_hooks":[{"id":"h1","event_types":[]},
      {"hook_type":"webhook","webhook_url":"https://a.example/2"}]})");
    EXPECT_EQ(Hooks().size(), 2U);
    EXPECT_TRUE(Hooks()[0].enabled);
    PatchOk(R"({"event_hooks":[]})");
  }
}

TEST_F(EventHooksTest, ANewHooksFormatFollowsTheRoute) {
  payload_v2_ = true;
  capabilities_ = {true, true, true, true};
  PatchOk(R"({"event_hooks":[{"id":"h1","hook_type":"webhook","webhook_url":"https://a.example"},
    {"id":"h2","hook_type":"webhook","webhook_url":"https://a.example","payload_format":"v1"},
    {"id":"h3","hook_type":"pending_message","webhook_url":"https://a.example"}]})");
  EXPECT_TRUE(Hooks()[0].payload_v2);
  EXPECT_FALSE(Hooks()[1].payload_v2);
  EXPECT_FALSE(Hooks()[2].payload_v2);
  EXPECT_NE(GetHooks().find(R"("payload_format":"v2")"), std::string::npos);

  // An update keeps what the hook has, whichever route it comes by.
  payload_v2_ = false;
  PatchOk(R"({"explicit_event_hooks_deletion":true,"event_hooks":[{"id":"h1","enabled":true}]})");
  EXPECT_TRUE(Hooks()[0].payload_v2);
  payload_v2_ = true;
  PatchOk(R"({"explicit_event_hooks_deletion":true,"event_hooks":[{"id":"h2","enabled":true}]})");
  EXPECT_FALSE(Hooks()[1].payload_v2);
}

TEST_F(EventHooksTest, RefusesBadItemsAndNamesThem) {
  PatchOk(kPlainHook);
  struct Case {
    std::string_view item;
    std::string_view reason;
  };
  static constexpr Case kCases[] = {
      {R"(5)", "event_hooks[0] must be an object"},
      {R"({})", "event_hooks[0].hook_type is required"},
      {R"({"hook_type":""})", "event_hooks[0].hook_type is required"},
      {R"({"hook_type":7})", "event_hooks[0].hook_type must be a string"},
      {R"({"hook_type":"kafka"})",
       "event_hooks[0].hook_type must be one of [webhook sqs sns pending_message]"},
      {R"({"hook_type":"webhook"})", "event_hooks[0].webhook_url is required"},
      {R"({"hook_type":"webhook","webhook_url":""})", "event_hooks[0].webhook_url is required"},
      {R"({"hook_type":"webhook","webhook_url":5})", "event_hooks[0].webhook_url must be a string"},
      {R"({"hook_type":"webhook","webhook_url":"gibbrish"})",
       "event_hooks[0].webhook_url must be an absolute http or https URL"},
      {R"({"hook_type":"webhook","webhook_url":"https://a.example/{nope}"})",
       "event_hooks[0].webhook_url contains an unknown placeholder {nope}"},
      {R"({"hook_type":"webhook","webhook_url":"https://a","id":5})",
       "event_hooks[0].id must be a string"},
      {R"({"hook_type":"webhook","webhook_url":"https://a","enabled":"yes"})",
       "event_hooks[0].enabled must be a boolean"},
      {R"({"hook_type":"webhook","webhook_url":"https://a","delete":1})",
       "event_hooks[0].delete must be a boolean"},
      {R"({"delete":true})", "event_hooks[0].id is required to delete a hook"},
      {R"({"hook_type":"webhook","webhook_url":"https://a","product":"shop"})",
       "event_hooks[0].product must be one of [all chat video moderation feeds]"},
      {R"({"hook_type":"webhook","webhook_url":"https://a","event_types":"message.new"})",
       "event_hooks[0].event_types must be a list of strings"},
      {R"({"hook_type":"webhook","webhook_url":"https://a","event_types":[""]})",
       "event_hooks[0].event_types must not contain an empty string"},
      {R"({"hook_type":"webhook","webhook_url":"https://a","should_send_custom_events":"x"})",
       "event_hooks[0].should_send_custom_events must be a boolean"},
      {R"({"hook_type":"webhook","webhook_url":"https://a","timeout_ms":-1})",
       "event_hooks[0].timeout_ms must be between 0 and 2147483647"},
      {R"({"hook_type":"webhook","webhook_url":"https://a","payload_format":"v3"})",
       "event_hooks[0].payload_format must be one of [v1 v2]"},
      {R"({"hook_type":"webhook","webhook_url":"https://a","body_encoding":"hex"})",
       "event_hooks[0].body_encoding must be one of [raw base64]"},
      {R"({"hook_type":"webhook","webhook_url":"https://a","body_encoding":"base64"})",
       "event_hooks[0].body_encoding base64 is only supported by hooks of type sqs and sns"},
      {R"({"hook_type":"webhook","webhook_url":"https://a","retry":{"schedule":["x"]}})",
       R"(event_hooks[0].retry.schedule must hold durations such as "30s" or "2h", each at most 7d)"},
      {R"({"hook_type":"webhook","webhook_url":"https://a","failover_config":"gcs"})",
       "event_hooks[0].failover_config must be an object"},
      {R"({"hook_type":"webhook","webhook_url":"https://a","failover_config":{"type":"tape"}})",
       "event_hooks[0].failover_config.type must be one of [gcs s3]"},
      {R"({"hook_type":"webhook","webhook_url":"https://a","failover_config":{"type":"gcs"}})",
       "event_hooks[0].failover_config.gcs_bucket is required"},
      {R"({"hook_type":"webhook","webhook_url":"https://a",
          "failover_config":{"type":"gcs","gcs_bucket":"b"}})",
       "event_hooks[0].failover_config.gcs_credentials is required"},
      {R"({"hook_type":"webhook","webhook_url":"https://a",
          "failover_config":{"type":"gcs","gcs_bucket":7}})",
       "event_hooks[0].failover_config.gcs_bucket must be a string"},
      {R"({"hook_type":"pending_message","webhook_url":"https://a",
          "failover_config":{"type":"gcs","gcs_bucket":"b","gcs_credentials":"c"}})",
       "event_hooks[0].failover_config is only supported by hooks of type webhook"},
      {R"({"hook_type":"pending_message"})", "event_hooks[0].webhook_url is required"},
      {R"({"hook_type":"pending_message","callback":{"mode":"CALLBACK_MODE_REST"}})",
       "event_hooks[0].webhook_url is required"},
      {R"({"hook_type":"pending_message","callback":{"mode":"CALLBACK_MODE_NONE"},
          "webhook_url":"x"})",
       "event_hooks[0].webhook_url must be an absolute http or https URL"},
      {R"({"hook_type":"pending_message","callback":{"mode":"X"}})",
       "event_hooks[0].callback.mode must be one of [CALLBACK_MODE_NONE CALLBACK_MODE_REST "
       "CALLBACK_MODE_TWIRP]"},
      {R"({"hook_type":"pending_message","callback":["x"]})",
       "event_hooks[0].callback must be an object"},
      {R"({"hook_type":"pending_message","callback":{"server_url":"x"}})",
       "event_hooks[0].callback.server_url must be an absolute http or https URL"},
      {R"({"hook_type":"sqs"})", "event_hooks[0].sqs_queue_url is required"},
      {R"({"hook_type":"sqs","sqs_queue_url":"q"})",
       "event_hooks[0].sqs_queue_url must be an absolute http or https URL"},
      {R"({"hook_type":"sqs","sqs_queue_url":"https://q"})",
       "event_hooks[0].sqs_region is required"},
      {R"({"hook_type":"sqs","sqs_queue_url":"https://q","sqs_region":"r","sqs_auth_type":"iam"})",
       "event_hooks[0].sqs_auth_type must be one of [keys resource role]"},
      {R"({"hook_type":"sqs","sqs_queue_url":"https://q","sqs_region":"r","sqs_auth_type":"keys"})",
       "event_hooks[0].sqs_key is required"},
      {R"({"hook_type":"sqs","sqs_queue_url":"https://q","sqs_region":"r","sqs_key":"k"})",
       "event_hooks[0].sqs_secret is required"},
      {R"({"hook_type":"sqs","sqs_queue_url":"https://q","sqs_region":"r","sqs_auth_type":"role"})",
       "event_hooks[0].sqs_role_arn is required"},
      {R"({"hook_type":"sns"})", "event_hooks[0].sns_topic_arn is required"},
      {R"({"hook_type":"sns","sns_topic_arn":"topic"})",
       "event_hooks[0].sns_topic_arn must be an ARN"},
      {R"({"hook_type":"sns","sns_topic_arn":"arn:x"})", "event_hooks[0].sns_region is required"},
      {R"({"hook_type":"sns","sns_topic_arn":"arn:x","sns_region":"r","sns_auth_type":"role"})",
       "event_hooks[0].sns_role_arn is required"},
      {R"({"id":"h1","webhook_url":null})", "event_hooks[0].webhook_url is required"},
      {R"({"id":"h1","hook_type":"sqs"})", "event_hooks[0].sqs_queue_url is required"},
  };
  for (const Case& bad : kCases) {
    // A good change in the same body must not be kept either.
    EXPECT_EQ(
        Refused(R"({"disable_auth_checks":true,"event_hooks":[)" + std::string(bad.item) + "]}"),
        bad.reason)
        << bad.item;
  }
  EXPECT_EQ(Refused(R"({"event_hooks":{}})"), "event_hooks must be a list");
  EXPECT_EQ(Refused(R"({"event_hooks":[],"explicit_event_hooks_deletion":"x"})"),
            "explicit_event_hooks_deletion must be a boolean");
  EXPECT_EQ(Refused(R"({"event_hooks":[{"id":"h1"},{"id":"h1"}]})"),
            "event_hooks[1].id h1 is in the list more than once");
}

TEST_F(EventHooksTest, PlainHttpNeedsPermission) {
  allow_http_ = false;
  EXPECT_EQ(
      Refused(R"({"event_hooks":[{"hook_type":"webhook","webhook_url":"http://a.example"}]})"),
      "event_hooks[0].webhook_url must be an https URL");
}

TEST_F(EventHooksTest, LimitsTheNumberOfHooks) {
  const auto list = [](std::size_t count, std::string_view type) {
    std::string body = R"({"event_hooks":[)";
    for (std::size_t i = 0; i < count; ++i) {
      body += i == 0 ? "" : ",";
      body += R"({"hook_type":")" + std::string(type) + R"(","webhook_url":"https://a"})";
    }
    return body + "]}";
  };
  PatchOk(list(kMaxPendingMessageHooks, "pending_message"));
  EXPECT_EQ(Refused(list(kMaxPendingMessageHooks + 1, "pending_message")),
            "event_hooks must not have more than 2 hooks of type pending_message");
  PatchOk(list(kMaxHooksPerApp, "webhook"));
  EXPECT_EQ(Refused(list(kMaxHooksPerApp + 1, "webhook")),
            "event_hooks must not have more than 50 hooks");
  EXPECT_EQ(Refused(list(2 * kMaxHooksPerApp + 1, "webhook")),
            "event_hooks must not have more than 100 items");
  EXPECT_EQ(Refused(R"({"explicit_event_hooks_deletion":true,"event_hooks":[
              {"hook_type":"webhook","webhook_url":"https://a"}]})"),
            "event_hooks must not have more than 50 hooks");
}

}  // namespace
}  // namespace hookline::settings
