// Events that API callers name themselves, sent in channels.
#include "unit/chat/chat_fixture.h"

namespace hookline::chat {
namespace {

class CustomEventsTest : public ChatTest {
 protected:
  void SetUp() override { MakeChannel("room", {"ann", "bob"}); }
};

TEST_F(CustomEventsTest, CarryTheirFieldsAsTheyCame) {
  const auto sent =
      SendEvent("room", R"({"type":"crane_moved","user_id":"ann","berth":"B3","n":1.10,
                                          "parent_id":"p","custom":{"deep":{"a":1e300}}})");
  ASSERT_DONE(sent);
  EXPECT_EQ(sent->type, "crane_moved");
  EXPECT_EQ(sent->user_id, "ann");
  EXPECT_EQ(sent->parent_id, "p");
  const RecordedEvent event = Only("crane_moved");
  EXPECT_TRUE(event.custom);
  EXPECT_EQ(event.cid, "messaging:room");
  EXPECT_EQ(event.user_id, "ann");
  EXPECT_EQ(event.json().Text("berth"), "B3");
  EXPECT_EQ(event.json().Raw("n"), "1.10");
  EXPECT_EQ(event.json().Raw("deep"), R"({"a":1e300})");
  EXPECT_EQ(event.json().Text("user.id"), "ann");
  EXPECT_EQ(event.json().Text("parent_id"), "p");
  EXPECT_EQ(event.json_v2().Raw("custom.n"), "1.10");
  EXPECT_FALSE(event.json_v2().Has("n"));
}

TEST_F(CustomEventsTest, MayHaveADotUnlessItIsStreams) {
  EXPECT_DONE(SendEvent("room", R"({"type":"crane.moved","user_id":"ann"})"));
  for (const std::string type : {"message.new",
                                 "message.anything",
                                 "channel.updated",
                                 "member.added",
                                 "reaction.new",
                                 "user.banned",
                                 "user.watching.start",
                                 "export.users.success",
                                 "health.check",
                                 "connection.changed",
                                 "notification.mark_unread",
                                 "reminder.created",
                                 "thread.updated",
                                 "flag.updated",
                                 "user_group.created",
                                 "campaign.started",
                                 "moderation.flagged",
                                 "review_queue_item.new",
                                 "moderation_check.completed",
                                 "moderation_rule.triggered",
                                 "appeal.created",
                                 "channel_batch_update.started",
                                 "call.created",
                                 "webhook.test"}) {
    EXPECT_REFUSED(SendEvent("room", R"({"user_id":"ann","type":")" + type + "\"}"),
                   ErrorKind::kInput, "event.type " + type + " is reserved");
  }
  EXPECT_EQ(EventTypes(), std::vector<std::string>{"crane.moved"});
}

// docs/contract/rulings.md#4: the type tells custom events from Stream's. A 2nd `type` would make
// parsers disagree about it.
TEST_F(CustomEventsTest, CannotRenameThemselves) {
  for (const std::string field : {"type", "cid", "channel_type", "channel_id", "user", "user_id",
                                  "created_at", "request_info", "members", "received_at"}) {
    events_.clear();
    ASSERT_DONE(
        SendEvent("room", R"({"type":"x","user_id":"ann","custom":{")" + field + R"(":1}})"));
    EXPECT_EQ(Only("x").json().Int("custom." + field), 1);
    EXPECT_NE(Only("x").json().Raw(field), "1");
  }
  events_.clear();
  ASSERT_DONE(SendEvent(
      "room",
      R"({"type":"x","user_id":"ann","cid":"messaging:room","created_at":"2001-01-01T00:00:00Z",
          "channel_id":"room","channel_type":"messaging","team":"","members":[],"message":null,
          "request_info":{},"watcher_count":0})"));
  const test::Json event = Only("x").json();
  EXPECT_EQ(event.Text("cid"), "messaging:room");
  EXPECT_EQ(event.Text("channel_id"), "room");
  EXPECT_EQ(event.Text("created_at"), FormatRfc3339(now_));
  EXPECT_EQ(event.Text("request_info.ip"), "198.51.100.7");
  EXPECT_EQ(event.Size("members"), 2U);
  event.Keys();
}

// In v1 they would stand where the server's own fields stand.
TEST_F(CustomEventsTest, CannotHaveFieldsOfTheServersEvents) {
  for (const std::string field :
       {"message",       "channel",      "reaction",   "member",     "me",
        "members",       "request_info", "message_id", "thread",     "thread_participants",
        "target_user",   "created_by",   "flag",       "mute",       "total_bans",
        "watcher_count", "unread_count", "cid",        "channel_id", "channel_type",
        "team"}) {
    for (const std::string value : {"\"FAKE\"", "5", "{\"id\":\"x\"}"}) {
      EXPECT_REFUSED(SendEvent("room", R"({"type":"x",")" + field + "\":" + value + "}", As("ann")),
                     ErrorKind::kInput, "event." + field + " is a reserved field");
      const test::Json event(R"({"type":"x",")" + field + "\":" + value + "}");
      EXPECT_REFUSED(
          Do(Server(), [&](Context& c) { return SendUserEvent(c, "ann", event.root()); }),
          ErrorKind::kInput, "event." + field + " is a reserved field");
    }
  }
  EXPECT_TRUE(events_.empty());
  EXPECT_KIND(
      SendEvent("room", R"({"type":"x","parent_id":")" + std::string(256, 'p') + "\"}", As("ann")),
      ErrorKind::kInput);
}

TEST_F(CustomEventsTest, SignalsBetweenClientsAreTakenAndNotTold) {
  EXPECT_DONE(SendEvent("room", R"({"type":"typing.start","user_id":"ann"})"));
  EXPECT_DONE(SendEvent("room", R"({"type":"typing.stop","user_id":"ann"})"));
  EXPECT_TRUE(events_.empty());
}

TEST_F(CustomEventsTest, MessageReadMarksRead) {
  ASSERT_DONE(Send("room", R"({"text":"x","user_id":"ann"})"));
  events_.clear();
  EXPECT_DONE(SendEvent("room", R"({"type":"message.read","user_id":"bob"})"));
  EXPECT_EQ(EventTypes(), std::vector<std::string>{"message.read"});
  EXPECT_FALSE(events_[0].custom);
  EXPECT_EQ(Unread("bob").messages, 0);
}

TEST_F(CustomEventsTest, RefusesWhatIsNoEvent) {
  EXPECT_REFUSED(SendEvent("room", "null"), ErrorKind::kInput, "event is a required field");
  EXPECT_REFUSED(
      SendEvent("room", R"({"type":"x"})"), ErrorKind::kInput,
      "either event.user or event.user_id must be provided when using server side auth.");
  EXPECT_REFUSED(SendEvent("room", R"({"type":"x","user_id":"zoe"})"), ErrorKind::kInput,
                 "the user zoe does not exist");
  EXPECT_KIND(SendEvent("room", R"({"user_id":"ann"})"), ErrorKind::kInput);
  EXPECT_KIND(SendEvent("room", R"({"type":"","user_id":"ann"})"), ErrorKind::kInput);
  EXPECT_KIND(SendEvent("room", R"({"type":7,"user_id":"ann"})"), ErrorKind::kInput);
  EXPECT_KIND(SendEvent("room", R"({"user_id":"ann","type":")" + std::string(256, 'x') + "\"}"),
              ErrorKind::kInput);
  ASSERT_DONE(PatchChannel("room", R"({"set":{"config_overrides":{"custom_events":false}}})"));
  EXPECT_KIND(SendEvent("room", R"({"type":"x","user_id":"ann"})"), ErrorKind::kEventNotSupported);
}

}  // namespace
}  // namespace hookline::chat
