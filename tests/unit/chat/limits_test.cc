// How large things may be: what is stored, and the events that carry it.
#include "chat/limits.h"

#include <fmt/core.h>
#include <gtest/gtest.h>

#include "unit/chat/chat_fixture.h"

namespace hookline::chat {
namespace {

std::string Text(std::size_t bytes) { return std::string(bytes, 'x'); }

// An object's members whose canonical text, in braces, has exactly `bytes` bytes.
std::string Custom(std::size_t bytes) {
  return fmt::format(R"("x": "{}")", Text(bytes - std::string_view(R"({"x":""})").size()));
}

class LimitsTest : public ChatTest {
 protected:
  void SetUp() override { MakeChannel("room", {"ann", "bob"}); }
};

TEST_F(LimitsTest, CustomDataOfEachEntityIsBounded) {
  for (const bool fits : {true, false}) {
    const std::string custom = Custom(fits ? 5120 : 5121);
    const std::string id = fits ? "fits" : "over";
    const auto expect = [&](const char* entity, auto&& result) {
      ASSERT_EQ(result.has_value(), fits) << entity;
      if (fits) return;
      EXPECT_EQ(result.error().kind(), ErrorKind::kInput);
      EXPECT_EQ(result.error().message(),
                fmt::format("the custom data of the {} is too large: 5121 bytes, the limit is 5120 "
                            "bytes",
                            entity));
    };
    expect("user", Upsert(fmt::format(R"({{"{}":{{{}}}}})", id, custom)));
    expect("user", PatchUsers(fmt::format(R"([{{"id":"bob","set":{{{}}}}}])", custom)));
    expect("channel", Open(id, fmt::format(R"({{"data":{{"created_by_id":"ann",{}}}}})", custom)));
    expect("channel", Update("room", fmt::format(R"({{"data":{{{}}}}})", custom)));
    expect("channel", PatchChannel("room", fmt::format(R"({{"set":{{{}}}}})", custom)));
    expect("message", Send("room", fmt::format(R"({{"id":"{}","user_id":"ann",{}}})", id, custom)));
    expect("member", PatchMember("room", "bob", fmt::format(R"({{"set":{{{}}}}})", custom)));
    if (fits) ASSERT_TRUE(Send("room", R"({"id":"m","user_id":"ann","text":"t"})"));
    expect("message", Edit("m", fmt::format(R"({{"text":"t","user_id":"ann",{}}})", custom)));
    expect("message", Patch("m", fmt::format(R"({{"user_id":"ann","set":{{{}}}}})", custom)));
    expect("reaction",
           React("m",
                 fmt::format(R"({{"reaction":{{"type":"{}","user_id":"ann",{}}}}})", id, custom)));
  }
}

TEST_F(LimitsTest, WhatIsTooLargeAlreadyMayShrinkButNotGrow) {
  ASSERT_TRUE(Send("room", fmt::format(R"({{"id":"m","user_id":"ann",{}}})", Custom(3000))));
  limits_.custom_bytes = 1000;
  limits_.message_bytes = 2000;
  EXPECT_TRUE(Patch("m", R"({"user_id":"ann","set":{"silent":true}})"));
  EXPECT_FALSE(Patch("m", R"({"user_id":"ann","set":{"y":1}})"));
  EXPECT_FALSE(Patch("m", R"({"user_id":"ann","set":{"text":"longer"}})"));
  EXPECT_TRUE(Patch("m", R"({"user_id":"ann","set":{"x":"short"}})"));
}

TEST_F(LimitsTest, AMessageInAllIsBounded) {
  const auto message = [](std::size_t attachment, std::size_t mml) {
    return fmt::format(
        R"({{"user_id":"ann","text":"{}","mml":"{}","attachments":[{{"t":"{}"}}],{}}})", Text(4000),
        Text(mml), Text(attachment), Custom(5000));
  };
  EXPECT_TRUE(Send("room", message(50'000, 5'000)));
  const auto refused = Send("room", message(50'000, 7'000));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind(), ErrorKind::kInput);
  EXPECT_EQ(refused.error().message(),
            "the message is too large: 66014 bytes, the limit is 65536 bytes");
  EXPECT_FALSE(Send("room", message(61'000, 0)));
  EXPECT_FALSE(Update("room", fmt::format(R"({{"message":{}}})", message(61'000, 0))));
  // What counts is how it is written: each of these is six bytes.
  limits_.message_bytes = 1000;
  std::string controls;
  for (int i = 0; i < 200; ++i) controls += "\\u0001";
  EXPECT_FALSE(Send("room", fmt::format(R"({{"user_id":"ann","text":"{}"}})", controls)));
}

TEST_F(LimitsTest, UsersAndChannelsAreBoundedBesidesCustomData) {
  EXPECT_TRUE(Upsert(fmt::format(R"({{"eve":{{"name":"{}"}}}})", Text(8000))));
  for (const char* field : {R"("name":"{}")", R"("image":"{}")", R"("language":"{}")",
                            R"("teams":["{}"])", R"("privacy_settings":{{"x":"{}"}})"}) {
    const std::string set = fmt::format(fmt::runtime(field), Text(9000));
    EXPECT_FALSE(Upsert(fmt::format(R"({{"eve":{{{}}}}})", set))) << field;
    EXPECT_FALSE(Upsert(fmt::format(R"({{"new":{{{}}}}})", set))) << field;
    EXPECT_FALSE(PatchUsers(fmt::format(R"([{{"id":"eve","set":{{{}}}}}])", set))) << field;
  }
  for (const char* field : {R"("team":"{}")", R"("filter_tags":["{}"])",
                            R"("config_overrides":{{"commands":["{}"]}})"}) {
    const std::string set = fmt::format(fmt::runtime(field), Text(9000));
    EXPECT_FALSE(Update("room", fmt::format(R"({{"data":{{{}}}}})", set))) << field;
    EXPECT_FALSE(PatchChannel("room", fmt::format(R"({{"set":{{{}}}}})", set))) << field;
  }
  EXPECT_FALSE(Update("room", fmt::format(R"({{"add_filter_tags":["{}"]}})", Text(9000))));
}

TEST_F(LimitsTest, ALargeEventLosesTheMembersCustomDataFirst) {
  for (const char* user : {"ann", "bob"}) {
    ASSERT_TRUE(PatchUsers(fmt::format(R"([{{"id":"{}","set":{{{}}}}}])", user, Custom(4000))));
    ASSERT_TRUE(PatchMember("room", user, fmt::format(R"({{"set":{{{}}}}})", Custom(4000))));
  }
  events_.clear();
  ASSERT_TRUE(Send("room", R"({"id":"m","user_id":"ann","text":"whole"})"));
  EXPECT_TRUE(Only("message.new").json().Has("members.1.user.x"));
  EXPECT_FALSE(Only("message.new").json().Has("members_truncated"));

  limits_.event_bytes = 14'000;
  events_.clear();
  ASSERT_TRUE(Send("room", R"({"id":"n","user_id":"ann","text":"cut","y":1})"));
  for (const std::string& text : {Only("message.new").v1, Only("message.new").v2}) {
    const test::Json event(text);
    EXPECT_LE(text.size(), limits_.event_bytes);
    EXPECT_TRUE(event.IsTrue("members_truncated"));
    EXPECT_EQ(event.Size("members"), 2U);
    EXPECT_EQ(event.Text("members.1.user.id"), "bob");
    EXPECT_FALSE(event.Has("members.0.x"));
    EXPECT_FALSE(event.Has("members.0.user.x"));
  }
  // Who acted is told in full.
  EXPECT_TRUE(Only("message.new").json().Has("message.user.x"));
  EXPECT_TRUE(Only("message.new").json().Has("user.x"));
  EXPECT_EQ(Only("message.new").json().Int("message.y"), 1);
}

TEST_F(LimitsTest, ThenTheQuotedMessageAndThenItIsRefused) {
  const std::string quoted = Text(4500);
  ASSERT_TRUE(Send("room", fmt::format(R"({{"id":"q","user_id":"ann","text":"{}"}})", quoted)));
  limits_.event_bytes = 9'000;
  events_.clear();
  ASSERT_TRUE(Send("room", R"({"id":"m","user_id":"ann","text":"t","quoted_message_id":"q"})"));
  const test::Json event = Only("message.new").json();
  EXPECT_EQ(event.Text("message.quoted_message_id"), "q");
  EXPECT_FALSE(event.Has("message.quoted_message"));
  EXPECT_TRUE(event.IsTrue("members_truncated"));

  limits_.event_bytes = 4'000;
  const auto refused = Send("room", R"({"id":"n","user_id":"ann","text":")" + quoted + "\"}");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind(), ErrorKind::kInput);
  EXPECT_TRUE(refused.error().message().starts_with("the event message.new is too large: "))
      << refused.error().message();
  EXPECT_FALSE(FindMessage("n"));
  // What was let in once can always be deleted.
  EXPECT_TRUE(Delete("q"));
}

TEST_F(LimitsTest, ACustomEventIsBoundedLikeAnyOther) {
  limits_.event_bytes = 10'000;
  EXPECT_TRUE(
      SendEvent("room", fmt::format(R"({{"type":"go","user_id":"ann",{}}})", Custom(5000))));
  EXPECT_FALSE(
      SendEvent("room", fmt::format(R"({{"type":"go","user_id":"ann",{}}})", Custom(11'000))));
}

}  // namespace
}  // namespace hookline::chat
