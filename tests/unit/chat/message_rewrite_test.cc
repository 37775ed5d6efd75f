// What a synchronous hook may do to a message, rule by rule.
#include "chat/message_rewrite.h"

#include <fmt/core.h>
#include <gtest/gtest.h>

#include <string>

#include "chat/messages.h"

namespace hookline::chat {
namespace {

Message MakeMessage() {
  Message message;
  message.pk = MessageId{5};
  message.app = AppId{1};
  message.channel = ChannelId{2};
  message.cid = "messaging:dock-4";
  message.id = "m1";
  message.user_id = "mara";
  message.text = "card 4111";
  message.html = "<p>card 4111</p>\n";
  message.attachments_json = R"([{"type":"image"}])";
  message.mentioned_user_ids = {"olaf"};
  message.created_at = Timestamp{1'000};
  message.updated_at = Timestamp{2'000};
  message.custom_json = R"({"priority":"high","price":1.10})";
  return message;
}

class RewriteTest : public ::testing::Test {
 protected:
  // `{"message": <answer>}` applied to message_.
  Result<HookVerdict> Apply(std::string_view answer, HookRole role = HookRole::kBeforeMessageSend) {
    const auto parsed = ParseHookAnswer(R"({"message":)" + std::string(answer) + "}", false);
    if (!parsed) return std::unexpected(parsed.error());
    return ApplyRewrite(config_, limits_, parsed->message, role, message_);
  }
  Result<HookVerdict> Command(std::string_view answer) {
    return Apply(answer, HookRole::kCommandHandler);
  }
  void ExpectProceeds(std::string_view answer, HookRole role = HookRole::kBeforeMessageSend) {
    const auto verdict = Apply(answer, role);
    ASSERT_TRUE(verdict) << answer << ": " << verdict.error().message();
    EXPECT_EQ(*verdict, HookVerdict::kProceed) << answer;
  }
  void ExpectUnchanged(std::string_view answer, HookRole role = HookRole::kBeforeMessageSend) {
    const Message before = message_;
    ExpectProceeds(answer, role);
    EXPECT_EQ(message_, before) << answer;
  }
  void ExpectBad(std::string_view answer, std::string_view reason) {
    const Message before = message_;
    const auto verdict = Apply(answer);
    ASSERT_FALSE(verdict) << answer;
    EXPECT_EQ(verdict.error().message(), reason);
    EXPECT_EQ(message_, before) << answer;
  }

  ChannelType config_;
  Limits limits_;
  Message message_ = MakeMessage();
};

TEST(ParseHookAnswerTest, TakesAnObjectWithAMessageObject) {
  const auto answer = ParseHookAnswer(
      R"( {"user":{},"message":{"text":"x"},"channel":7,"request_info":null} )", false);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->message["text"].AsString(), "x");
}

TEST(ParseHookAnswerTest, RefusesEverythingElse) {
  for (const std::string_view body :
       {"", " ", "null", "7", "\"\"", "[]", "{}", "[{\"message\":{}}]", "{\"message\":null}",
        "{\"message\":\"x\"}", "{\"message\":[]}", "{\"message\":true}", "{\"message\":{}",
        "{\"message\":{}} x", "{\"message\":{\"text\":}}", "<html></html>", "{\"Message\":{}}",
        "{\"message\":{\"n\":1e400}}"}) {
    const auto answer = ParseHookAnswer(body, false);
    ASSERT_FALSE(answer) << body;
    EXPECT_EQ(answer.error().kind(), ErrorKind::kInput);
  }
}

// Half an emoji is no reason to let a message through unmoderated.
TEST(ParseHookAnswerTest, WhatIsNoTextIsReplaced) {
  for (const std::string_view text : {"\xff", "\\ud800", "\xF0\x9F"}) {
    const auto answer =
        ParseHookAnswer(fmt::format(R"({{"message":{{"text":"x{}"}}}})", text), false);
    ASSERT_TRUE(answer) << text;
    EXPECT_EQ(answer->message["text"].AsString(), "x\uFFFD");
  }
}

TEST(ParseHookAnswerTest, TakesANullMessageOnlyWhereItIsAllowed) {
  const auto answer = ParseHookAnswer(R"({"message":null})", true);
  ASSERT_TRUE(answer);
  EXPECT_TRUE(answer->message.IsNull());
  EXPECT_FALSE(ParseHookAnswer(R"({})", true));
  EXPECT_FALSE(ParseHookAnswer(R"({"message":false})", true));
}

TEST(ParseHookAnswerTest, RefusesDeepNesting) {
  const std::string deep(100, '[');
  EXPECT_FALSE(ParseHookAnswer(R"({"message":{"x":)" + deep + std::string(100, ']') + "}}", false));
}

TEST(ParseHookAnswerTest, StaysValidWhenMoved) {
  auto answer = ParseHookAnswer(R"({"message":{"text":"x"}})", false);
  ASSERT_TRUE(answer);
  const HookAnswer moved = std::move(*answer);
  EXPECT_EQ(moved.message["text"].AsString(), "x");
}

TEST_F(RewriteTest, AnEmptyMessageChangesNothing) { ExpectUnchanged("{}"); }

TEST_F(RewriteTest, TextIsReplacedAndHtmlFollows) {
  ExpectProceeds(R"({"text":"card <b>"})");
  EXPECT_EQ(message_.text, "card <b>");
  EXPECT_EQ(message_.html, "<p>card &lt;b&gt;</p>\n");
  ExpectProceeds(R"({"text":""})");
  EXPECT_EQ(message_.text, "");
  EXPECT_EQ(message_.html, "");
}

TEST_F(RewriteTest, AnAnswerIsHeldToTheSendersLimits) {
  ExpectBad(R"({"text":"x","n":")" + std::string(5200, 'x') + "\"}",
            "the custom data of the message is too large: 5239 bytes, the limit is 5120 bytes");
  limits_.message_bytes = 1000;
  const auto refused = Apply(R"({"attachments":[{"n":")" + std::string(1000, 'x') + "\"}]}");
  ASSERT_FALSE(refused);
  EXPECT_TRUE(refused.error().message().starts_with("the message is too large"));
  // A discard is never lost to a limit.
  const auto discarded = Apply(R"({"type":"error","text":")" + std::string(2000, 'x') + "\"}");
  ASSERT_TRUE(discarded);
  EXPECT_EQ(*discarded, HookVerdict::kDiscard);
}

TEST_F(RewriteTest, HtmlIsNotForTheHook) { ExpectUnchanged(R"({"html":"<script>"})"); }

TEST_F(RewriteTest, TextMayBeAsLongAsTheChannelAllows) {
  config_.max_message_length = 10;
  ExpectProceeds(R"({"text":"0123456789"})");
  EXPECT_EQ(message_.text, "0123456789");
  ExpectBad(R"({"text":"01234567890","silent":true})", "message.text is longer than 10 characters");
}

TEST_F(RewriteTest, AnUnchangedTextIsNotJudged) {
  config_.max_message_length = 3;
  ExpectProceeds(R"({"text":"card 4111","silent":true})");
  EXPECT_TRUE(message_.silent);
}

TEST_F(RewriteTest, SilentAndShowInChannel) {
  ExpectProceeds(R"({"silent":true,"show_in_channel":true})");
  EXPECT_TRUE(message_.silent);
  EXPECT_TRUE(message_.show_in_channel);
  ExpectProceeds(R"({"silent":false,"show_in_channel":false})");
  EXPECT_FALSE(message_.silent);
  EXPECT_FALSE(message_.show_in_channel);
}

TEST_F(RewriteTest, I18nIsAnObjectOfStrings) {
  ExpectProceeds(R"({"i18n":{"language":"en", "de_text":"Karte"}})");
  EXPECT_EQ(message_.i18n_json, R"({"language":"en","de_text":"Karte"})");
  ExpectBad(R"({"i18n":{"de_text":7}})", "message.i18n has a wrong type");
  ExpectBad(R"({"i18n":["x"]})", "message.i18n has a wrong type");
  ExpectUnchanged(R"({"i18n":null})");
  ExpectProceeds(R"({"i18n":{}})");
  EXPECT_EQ(message_.i18n_json, "");
}

TEST_F(RewriteTest, AttachmentsAreReplaced) {
  ExpectProceeds(R"({"attachments":[{"type":"card","price":1.10}, {}]})");
  EXPECT_EQ(message_.attachments_json, R"([{"type":"card","price":1.10},{}])");
  ExpectProceeds(R"({"attachments":[ ]})");
  EXPECT_EQ(message_.attachments_json, "[]");
}

TEST_F(RewriteTest, NullRemovesAllAttachments) {
  ExpectProceeds(R"({"attachments":null})");
  EXPECT_EQ(message_.attachments_json, "[]");
}

TEST_F(RewriteTest, AttachmentsHaveLimits) {
  std::string list = "{}";
  for (int i = 1; i < 30; ++i) list += ",{}";
  ExpectProceeds("{\"attachments\":[" + list + "]}");
  ExpectBad("{\"attachments\":[" + list + ",{}],\"text\":\"x\"}",
            "message.attachments has more than 30 items");
  ExpectBad(R"({"attachments":[{},"x"]})", "message.attachments has items that are not objects");
}

TEST_F(RewriteTest, CustomFieldsAreAddedAndOverwritten) {
  ExpectProceeds(R"({"priority":{"level":3},"checked":true,"gone":null})");
  EXPECT_EQ(message_.custom_json,
            R"({"priority":{"level":3},"price":1.10,"checked":true,"gone":null})");
}

TEST_F(RewriteTest, CustomFieldsThatAreNotNamedStay) {
  ExpectProceeds(R"({"a":1})");
  ExpectProceeds(R"({"b":2})");
  EXPECT_EQ(message_.custom_json, R"({"priority":"high","price":1.10,"a":1,"b":2})");
}

TEST_F(RewriteTest, TheTextOfNumbersSurvives) {
  ExpectProceeds(R"({"a":1.10,"b":1e300,"c":12345678901234567890,"d":-0,"e":[ 1.0 ]})");
  EXPECT_EQ(message_.custom_json, R"({"priority":"high","price":1.10,"a":1.10,"b":1e300,)"
                                  R"("c":12345678901234567890,"d":-0,"e":[1.0]})");
}

TEST_F(RewriteTest, TheLastOfARepeatedNameCounts) {
  ExpectProceeds(R"({"text":"one","a":1,"text":"two","a":2})");
  EXPECT_EQ(message_.text, "two");
  EXPECT_EQ(message_.custom_json, R"({"priority":"high","price":1.10,"a":2})");
}

TEST_F(RewriteTest, CustomFieldsMayStandUnderCustom) {
  ExpectProceeds(R"({"custom":{"a":1.10,"user":"spoofed","text":"spoofed"}})");
  EXPECT_EQ(
      message_.custom_json,
      R"({"priority":"high","price":1.10,"a":1.10,"custom":{"user":"spoofed","text":"spoofed"}})");
  EXPECT_EQ(message_.text, "card 4111");
  ExpectUnchanged(R"({"custom":7})");
  ExpectUnchanged(R"({"custom":null})");
}

TEST_F(RewriteTest, AllOtherBuiltInFieldsAreIgnored) {
  for (const std::string_view name : {"id",
                                      "user",
                                      "user_id",
                                      "cid",
                                      "html",
                                      "mml",
                                      "command",
                                      "args",
                                      "created_at",
                                      "updated_at",
                                      "deleted_at",
                                      "message_text_updated_at",
                                      "latest_reactions",
                                      "own_reactions",
                                      "reaction_counts",
                                      "reaction_scores",
                                      "reaction_groups",
                                      "reply_count",
                                      "deleted_reply_count",
                                      "parent_id",
                                      "thread_participants",
                                      "mentioned_users",
                                      "mentioned_channel",
                                      "mentioned_here",
                                      "quoted_message_id",
                                      "quoted_message",
                                      "pinned",
                                      "pinned_at",
                                      "pinned_by",
                                      "pin_expires",
                                      "shadowed",
                                      "restricted_visibility",
                                      "channel",
                                      "member",
                                      "poll_id",
                                      "poll",
                                      "moderation",
                                      "image_labels",
                                      "shared_location",
                                      "draft",
                                      "reminder",
                                      "deleted_for_me"}) {
    for (const std::string_view value : {"\"x\"", "1", "true", "null", "[]", "{\"id\":\"x\"}"}) {
      ExpectUnchanged("{\"" + std::string(name) + "\":" + std::string(value) + "}");
    }
  }
}

TEST_F(RewriteTest, AnAnswerIsAppliedWholeOrNotAtAll) {
  const auto expect_refused = [this](const std::string& bad) {
    const Message before = message_;
    EXPECT_FALSE(Apply("{\"text\":\"card ****\"," + bad + "}")) << bad;
    EXPECT_EQ(message_, before) << bad;
  };
  for (const std::string field : {"silent", "show_in_channel", "type", "i18n"}) {
    for (const std::string value : {"7", "[]", "[{}]"}) {
      expect_refused("\"" + field + "\":" + value);
    }
  }
  for (const std::string value : {"7", "true", "\"x\"", "{}"}) {
    expect_refused("\"attachments\":" + value);
  }
  expect_refused(R"("i18n":{"de_text":7})");
}

TEST_F(RewriteTest, NullLeavesItsField) {
  for (const std::string_view field : {"text", "silent", "show_in_channel", "type", "i18n"}) {
    ExpectUnchanged("{\"" + std::string(field) + "\":null}");
  }
}

TEST_F(RewriteTest, ErrorDiscards) {
  EXPECT_EQ(Apply(R"({"type":"error","text":"no cards here"})"), HookVerdict::kDiscard);
  EXPECT_EQ(message_.type, "error");
  EXPECT_EQ(message_.text, "no cards here");
  EXPECT_EQ(message_.html, "<p>no cards here</p>\n");
}

TEST_F(RewriteTest, ADiscardIsNeverLostToALimit) {
  config_.max_message_length = 3;
  EXPECT_EQ(Apply(R"({"type":"error","text":"longer","attachments":[1]})"), HookVerdict::kDiscard);
  EXPECT_EQ(message_.type, "error");
  EXPECT_EQ(message_.text, "longer");
  EXPECT_EQ(message_.attachments_json, R"([{"type":"image"}])");
  message_ = MakeMessage();
  std::string many = R"({"type":"error")";
  for (int i = 0; i < 1001; ++i) many += ",\"k" + std::to_string(i) + "\":1";
  EXPECT_EQ(Apply(many + "}"), HookVerdict::kDiscard);
  EXPECT_EQ(message_.custom_json, MakeMessage().custom_json);
}

TEST_F(RewriteTest, WhatAMessageIsMaySayAgain) {
  for (const std::string_view type : {"regular", "reply", ""}) {
    ExpectUnchanged("{\"type\":\"" + std::string(type) + "\"}");
  }
  message_.type = "system";
  ExpectUnchanged(R"({"type":"system"})");
  message_.type = "reply";
  message_.parent_id = "p";
  ExpectUnchanged(R"({"type":"regular"})");
  ExpectUnchanged(R"({"type":"reply"})");
}

TEST_F(RewriteTest, ATypeMayBeSystemOrRegular) {
  for (const HookRole role : {HookRole::kBeforeMessageSend, HookRole::kCommandHandler}) {
    message_ = MakeMessage();
    ExpectProceeds(R"({"type":"system"})", role);
    EXPECT_EQ(message_.type, "system");
    ExpectProceeds(R"({"type":"regular"})", role);
    EXPECT_EQ(message_.type, "regular");
  }
  message_.type = "system";
  ExpectProceeds(R"({"text":"x"})");
  EXPECT_EQ(message_.type, "system");
  ExpectProceeds(R"({"text":"x"})", HookRole::kCommandHandler);
  EXPECT_EQ(message_.type, "regular");
}

TEST_F(RewriteTest, AnotherTypeMakesTheAnswerABadOne) {
  for (const std::string_view type : {"deleted", "ephemeral", "ERROR", "errors", "x"}) {
    ExpectBad("{\"text\":\"x\",\"type\":\"" + std::string(type) + "\"}",
              "message.type cannot be made " + std::string(type));
  }
  const Message before = message_;
  for (const std::string_view type : {"deleted", "ERROR", "x"}) {
    EXPECT_FALSE(Command("{\"text\":\"x\",\"type\":\"" + std::string(type) + "\"}"));
    EXPECT_EQ(message_, before);
  }
}

TEST_F(RewriteTest, ACommandHandlerMayMakeItEphemeral) {
  EXPECT_EQ(Command(R"({"type":"ephemeral","text":"Sure?"})"), HookVerdict::kEphemeral);
  EXPECT_EQ(message_.type, "ephemeral");
  EXPECT_EQ(message_.text, "Sure?");
}

TEST_F(RewriteTest, AnEphemeralMessageStaysSoUntilTheHandlerSaysOtherwise) {
  message_.type = "ephemeral";
  EXPECT_EQ(Command(R"({"type":"ephemeral","text":"still asking"})"), HookVerdict::kEphemeral);
  EXPECT_EQ(Command(R"({"type":"regular"})"), HookVerdict::kProceed);
  EXPECT_EQ(message_.type, "regular");
  message_.type = "ephemeral";
  message_.parent_id = "p";
  EXPECT_EQ(Command(R"({"type":"regular"})"), HookVerdict::kProceed);
  EXPECT_EQ(message_.type, "reply");
}

TEST_F(RewriteTest, MmlIsForCommandHandlers) {
  ExpectUnchanged(R"({"mml":"<mml/>"})");
  ExpectProceeds(R"({"mml":"<mml/>"})", HookRole::kCommandHandler);
  EXPECT_EQ(message_.mml, "<mml/>");
  EXPECT_FALSE(Command(R"({"mml":7})"));
  ExpectProceeds(R"({"mml":""})", HookRole::kCommandHandler);
  EXPECT_EQ(message_.mml, "");
}

TEST_F(RewriteTest, WhatIsNotAnObjectIsABadAnswer) {
  const auto parsed = ParseHookAnswer(R"({"message":null})", true);
  ASSERT_TRUE(parsed);
  const Message before = message_;
  EXPECT_FALSE(
      ApplyRewrite(config_, limits_, parsed->message, HookRole::kCommandHandler, message_));
  EXPECT_EQ(message_, before);
}

TEST_F(RewriteTest, CustomFieldsAreBoundedAsForSenders) {
  limits_.custom_bytes = limits_.message_bytes = 1'000'000;
  const auto fields = [](int count) {
    std::string answer = "{\"type\":\"regular\"";
    for (int i = 0; i < count; ++i) answer += ",\"k" + std::to_string(i) + "\":1";
    return answer + "}";
  };
  ExpectBad(fields(999), "the message has more than 1000 custom fields");
  ExpectBad(fields(80'000), "the message has more than 1000 custom fields");
  ExpectProceeds(fields(998));
  ExpectProceeds(R"({"priority":"low"})");
  ExpectBad(R"({"one_more":1})", "the message has more than 1000 custom fields");
}

}  // namespace
}  // namespace hookline::chat
