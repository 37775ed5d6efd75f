// The bodies that synchronous hooks are sent.
#include "chat/hook_request.h"

#include <gtest/gtest.h>

#include "unit/chat/chat_fixture.h"

namespace hookline::chat {
namespace {

class HookRequestTest : public ChatTest {
 protected:
  HookRequestTest() {
    EXPECT_DONE(Upsert(R"({"mara":{"name":"Mara","crane":1.10}})"));
    user_ = *FindUser("mara");
    channel_.pk = ChannelId{2};
    channel_.app = app_;
    channel_.type = "messaging";
    channel_.id = "dock-4";
    channel_.created_at = channel_.updated_at = channel_.last_message_at = kTime;
    channel_.custom_json = R"({"quay":4})";
    message_.app = app_;
    message_.channel = ChannelId{2};
    message_.cid = "messaging:dock-4";
    message_.id = "mara-9d1";
    message_.user_id = "mara";
    message_.text = "card 4111\xE2\x80\xA6";
    message_.html = "<p>card 4111</p>\n";
    message_.created_at = message_.updated_at = kTime;
    message_.custom_json = R"({"priority":"high","n":1e300})";
  }

  json::Document Parsed(const std::string& text) {
    auto document = json::Document::Parse(text);
    EXPECT_TRUE(document) << text;
    return std::move(*document);
  }
  std::string Raw(HookRole role, bool id_given) {
    return Look([&](Tx& tx) {
      Encoder encoder(tx, app_, Format::kV1, now_);
      json::Writer w;
      WriteRawMessage(w, encoder, message_, role, id_given);
      return w.Take();
    });
  }
  std::string BeforeSend(bool id_given, const RequestInfo& info) {
    return Look([&](Tx& tx) {
      Encoder encoder(tx, app_, Format::kV1, now_);
      return *WriteBeforeSendRequest(encoder, message_, id_given, user_, channel_, info);
    });
  }
  std::string Command(const FormData& form_data) {
    return Look([&](Tx& tx) {
      Encoder encoder(tx, app_, Format::kV1, now_);
      return *WriteCommandRequest(encoder, message_, user_, form_data);
    });
  }

  static constexpr Timestamp kTime{1'767'225'600'000'000'000};  // 2026-01-01T00:00:00Z
  User user_;
  Channel channel_;
  Message message_;
};

TEST_F(HookRequestTest, ANewMessageIsWrittenAsItsSenderWroteIt) {
  EXPECT_EQ(Raw(HookRole::kBeforeMessageSend, false),
            "{\"id\":\"\",\"text\":\"card 4111\xE2\x80\xA6\",\"html\":\"\",\"type\":\"regular\","
            R"("attachments":[],"latest_reactions":[],"own_reactions":[],)"
            R"("reaction_counts":null,"reaction_scores":null,"reply_count":0,)"
            R"("mentioned_users":[],"silent":false,"priority":"high","n":1e300})");
}

TEST_F(HookRequestTest, AnIdThatTheSenderGaveIsWritten) {
  EXPECT_EQ(Parsed(Raw(HookRole::kBeforeMessageSend, true)).root()["id"].AsString(), "mara-9d1");
}

TEST_F(HookRequestTest, AStoredMessageHasItsTimes) {
  message_.pk = MessageId{9};
  const auto document = Parsed(Raw(HookRole::kBeforeMessageSend, true));
  EXPECT_EQ(document.root()["created_at"].AsString(), "2026-01-01T00:00:00Z");
  EXPECT_EQ(document.root()["cid"].AsString(), "messaging:dock-4");
  EXPECT_EQ(document.root()["html"].AsString(), "");
}

TEST_F(HookRequestTest, ACommandIsWrittenWithItsArguments) {
  message_.text = "/ticket crane 7 stuck";
  message_.command = "ticket";
  message_.args = "crane 7 stuck";
  EXPECT_EQ(Raw(HookRole::kCommandHandler, true),
            R"({"id":"mara-9d1","text":"/ticket crane 7 stuck","command":"ticket",)"
            R"("args":"crane 7 stuck","html":"","type":"regular","cid":"messaging:dock-4",)"
            R"("created_at":"2026-01-01T00:00:00Z","updated_at":"2026-01-01T00:00:00Z",)"
            R"("attachments":[],"latest_reactions":[],"own_reactions":[],)"
            R"("reaction_counts":null,"reaction_scores":null,"reply_count":0,)"
            R"("mentioned_users":[],"silent":false,"priority":"high","n":1e300})");
}

TEST_F(HookRequestTest, WhatIsSetIsWritten) {
  message_.mml = "<mml/>";
  message_.parent_id = "p1";
  message_.show_in_channel = true;
  message_.quoted_message_id = "q1";
  message_.mentioned_user_ids = {"mara"};
  message_.i18n_json = R"({"language":"en"})";
  message_.pinned = true;
  message_.restricted_visibility = {"mara"};
  message_.attachments_json = R"([{"type":"image","w":1.0}])";
  const auto document = Parsed(Raw(HookRole::kBeforeMessageSend, true));
  const json::Value root = document.root();
  EXPECT_EQ(root["mml"].AsString(), "<mml/>");
  EXPECT_EQ(root["parent_id"].AsString(), "p1");
  EXPECT_EQ(root["show_in_channel"].AsBool(), true);
  EXPECT_EQ(root["quoted_message_id"].AsString(), "q1");
  EXPECT_EQ((*root["mentioned_users"].begin())["id"].AsString(), "mara");
  EXPECT_EQ(root["i18n"].raw(), R"({"language":"en"})");
  EXPECT_EQ(root["pinned"].AsBool(), true);
  EXPECT_EQ(root["restricted_visibility"].raw(), R"(["mara"])");
  EXPECT_EQ(root["attachments"].raw(), R"([{"type":"image","w":1.0}])");
}

TEST_F(HookRequestTest, CustomFieldsOfAttachmentsAreFlat) {
  message_.attachments_json = R"([{"type":"image","custom":{"w":1.0}}])";
  EXPECT_EQ(Parsed(Raw(HookRole::kBeforeMessageSend, true)).root()["attachments"].raw(),
            R"([{"type":"image","w":1.0}])");
}

// A handler that takes bodies of 100 KB, as they commonly do, is never asked with more.
TEST_F(HookRequestTest, ACallLeavesOutWhatWouldMakeItTooLarge) {
  const RequestInfo info;
  const std::string large = R"({"x":")" + std::string(40'000, 'x') + R"("})";
  MakeUsers({"mara"});
  ASSERT_TRUE(Upsert(R"({"olaf":{"x":")" + std::string(5'000, 'x') + R"("}})"));
  message_.mentioned_user_ids.assign(20, "olaf");
  const auto by_id = Parsed(BeforeSend(false, info));
  EXPECT_LT(by_id.root().raw().size(), 100'000U);
  EXPECT_EQ((*by_id.root()["message"]["mentioned_users"].begin()).raw(), R"({"id":"olaf"})");
  EXPECT_TRUE(by_id.root()["channel"]["quay"]);

  user_.custom_json = channel_.custom_json = large;
  message_.text.assign(30'000, 't');
  const auto plain = Parsed(BeforeSend(false, info));
  EXPECT_LT(plain.root().raw().size(), 100'000U);
  EXPECT_FALSE(plain.root()["channel"]["x"]);
  EXPECT_FALSE(plain.root()["user"]["x"]);
  EXPECT_EQ(plain.root()["message"]["priority"].AsString(), "high");
  EXPECT_EQ(plain.root()["message"]["text"].AsString()->size(), 30'000U);

  message_.text.assign(100'000, 't');
  const auto refused = Look([&](Tx& tx) {
    Encoder encoder(tx, app_, Format::kV1, now_);
    return WriteBeforeSendRequest(encoder, message_, false, user_, channel_, info);
  });
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind(), ErrorKind::kInput);
}

TEST_F(HookRequestTest, BeforeSendHasUserChannelAndRequestInfo) {
  const RequestInfo info{
      .server = false, .ip = "203.0.113.9", .user_agent = "ua", .sdk = "sdk", .ext = "tenant=blue"};
  const auto document = Parsed(BeforeSend(false, info));
  const json::Value root = document.root();
  EXPECT_EQ(root.size(), 4U);
  EXPECT_EQ(root["message"]["id"].AsString(), "");
  EXPECT_FALSE(root["message"]["created_at"]);
  EXPECT_EQ(root["user"]["id"].AsString(), "mara");
  EXPECT_EQ(root["user"]["name"].AsString(), "Mara");
  EXPECT_EQ(root["user"]["crane"].raw(), "1.10");
  EXPECT_FALSE(root["user"]["custom"]);
  EXPECT_EQ(root["channel"]["cid"].AsString(), "messaging:dock-4");
  EXPECT_EQ(root["channel"]["config"]["name"].AsString(), "messaging");
  EXPECT_EQ(root["channel"]["last_message_at"].AsString(), "2026-01-01T00:00:00Z");
  EXPECT_EQ(root["channel"]["quay"].raw(), "4");
  EXPECT_EQ(root["request_info"]["type"].AsString(), "client");
  EXPECT_EQ(root["request_info"]["ip"].AsString(), "203.0.113.9");
  EXPECT_EQ(root["request_info"]["ext"].AsString(), "tenant=blue");
}

TEST_F(HookRequestTest, ACommandHasFormDataOnlyIfThereIsSome) {
  const auto first = Parsed(Command({}));
  EXPECT_EQ(first.root().size(), 2U);
  EXPECT_EQ(first.root()["user"]["name"].AsString(), "Mara");
  const auto action = Parsed(Command({{"action", "submit"}, {"qu\"ote", ""}}));
  EXPECT_EQ(action.root()["form_data"].raw(), R"({"action":"submit","qu\"ote":""})");
}

TEST_F(HookRequestTest, AnEchoChangesNothing) {
  message_.parent_id = "p1";
  message_.type = "reply";
  message_.i18n_json = R"({"language":"en"})";
  message_.mml = "<mml/>";
  message_.mentioned_user_ids = {"mara"};
  message_.attachments_json = R"([{"type":"image","w":1.0}])";
  for (const HookRole role : {HookRole::kBeforeMessageSend, HookRole::kCommandHandler}) {
    const std::string body =
        role == HookRole::kCommandHandler ? Command({{"action", "submit"}}) : BeforeSend(false, {});
    const auto answer = ParseHookAnswer(body, false);
    ASSERT_TRUE(answer);
    Message result = message_;
    EXPECT_EQ(ApplyRewrite(ChannelType(), Limits(), answer->message, role, result),
              HookVerdict::kProceed);
    EXPECT_EQ(result, message_);
  }
}

}  // namespace
}  // namespace hookline::chat
