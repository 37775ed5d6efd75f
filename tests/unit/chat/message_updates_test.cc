// Changing and deleting messages.
#include "chat/channel_state.h"
#include "unit/chat/chat_fixture.h"

namespace hookline::chat {
namespace {

class MessageUpdatesTest : public ChatTest {
 protected:
  void SetUp() override {
    MakeChannel("room", {"ann", "bob"});
    ASSERT_DONE(Send("room", R"({"id":"q","text":"quoted","user_id":"bob"})"));
    ASSERT_DONE(Send("room", R"({"id":"m","text":"old","user_id":"ann","mml":"<mml/>",
        "attachments":[{"type":"image"}],"mentioned_users":["bob"],"quoted_message_id":"q",
        "silent":true,"a":1,"b":{"c":1,"d":2}})"));
    events_.clear();
    created_ = now_;
  }

  // The names of change_set that are true.
  std::set<std::string> Changed() const {
    std::set<std::string> names;
    const test::Json event = Only("message.updated").json();
    for (const json::Value flag : event.At("message_update.change_set")) {
      EXPECT_TRUE(flag.IsBool());
      if (flag.AsBool() == true) names.insert(std::string(flag.key()));
    }
    return names;
  }

  Timestamp created_;
};

TEST_F(MessageUpdatesTest, AnUpdateReplacesWhatAClientMaySet) {
  ASSERT_DONE(Edit("m", R"({"text":"new","user_id":"bob","b":2.50})"));
  const auto message = FindMessage("m");
  EXPECT_EQ(message->text, "new");
  EXPECT_EQ(message->html, "<p>new</p>\n");
  EXPECT_EQ(message->mml, "");
  EXPECT_EQ(message->attachments_json, "[]");
  EXPECT_TRUE(message->mentioned_user_ids.empty());
  EXPECT_EQ(message->quoted_message_id, "");
  EXPECT_FALSE(message->silent);
  EXPECT_EQ(message->custom_json, R"({"b":2.50})");
  EXPECT_EQ(message->user_id, "ann");
  EXPECT_EQ(message->created_at, created_);
  EXPECT_EQ(message->updated_at, now_);
  EXPECT_EQ(message->text_updated_at, now_);
  EXPECT_EQ(Changed(),
            (std::set<std::string>{"text", "html", "mml", "attachments", "custom",
                                   "mentioned_user_ids", "quoted_message_id", "silent"}));
  const test::Json event = Only("message.updated").json();
  EXPECT_EQ(event.Text("message_update.old_text"), "old");
  // Who changed it, not who wrote it.
  EXPECT_EQ(event.Text("user.id"), "bob");
  EXPECT_EQ(event.Text("message.user.id"), "ann");
  EXPECT_TRUE(event.Has("message.message_text_updated_at"));
}

TEST_F(MessageUpdatesTest, TheChangeSetNamesOnlyWhatChanged) {
  struct Case {
    const char* body;
    std::set<std::string> changed;
  };
  const Case cases[] = {
      {R"({"set":{"text":"new"},"user_id":"ann"})", {"text", "html"}},
      {R"({"set":{"text":"new"},"user_id":"ann"})", {}},
      {R"({"set":{"mml":"<x/>"},"user_id":"ann"})", {"mml"}},
      {R"({"set":{"attachments":[]},"user_id":"ann"})", {"attachments"}},
      {R"({"set":{"a":2},"user_id":"ann"})", {"custom"}},
      {R"({"unset":["mentioned_users"],"user_id":"ann"})", {"mentioned_user_ids"}},
      {R"({"unset":["quoted_message_id"],"user_id":"ann"})", {"quoted_message_id"}},
      {R"({"set":{"silent":false},"user_id":"ann"})", {"silent"}},
      {R"({"set":{"pinned":true},"user_id":"ann"})", {"pin"}},
  };
  for (const Case& c : cases) {
    events_.clear();
    ASSERT_DONE(Patch("m", c.body));
    EXPECT_EQ(Changed(), c.changed) << c.body;
  }
}

TEST_F(MessageUpdatesTest, APartialUpdateTouchesOnlyWhatItNames) {
  ASSERT_DONE(
      Patch("m", R"({"set":{"b.c":3.00,"color":"red"},"unset":["a","b.d"],"user_id":"bob"})"));
  const auto message = FindMessage("m");
  EXPECT_EQ(message->text, "old");
  EXPECT_EQ(message->custom_json, R"({"b":{"c":3.00},"color":"red"})");
  EXPECT_EQ(message->mentioned_user_ids, std::vector<std::string>{"bob"});
  EXPECT_FALSE(message->text_updated_at);
  EXPECT_EQ(Only("message.updated").json().Text("user.id"), "bob");
}

TEST_F(MessageUpdatesTest, APartialUpdateRefusesReservedFields) {
  for (const std::string name :
       {"id", "user", "type", "created_at", "reply_count", "cid", "parent_id", "user_id",
        "reaction_counts", "thread_participants", "command", "pinned_by"}) {
    EXPECT_REFUSED(Patch("m", R"({"user_id":"ann","set":{")" + name + R"(":"x"}})"),
                   ErrorKind::kInput, "message." + name + " is a reserved field");
    EXPECT_KIND(Patch("m", R"({"user_id":"ann","unset":[")" + name + R"("]})"), ErrorKind::kInput);
  }
  EXPECT_KIND(Patch("m", R"({"user_id":"ann","set":{"text.x":"x"}})"), ErrorKind::kInput);
  EXPECT_KIND(Patch("m", R"({"user_id":"ann","set":{"text":5}})"), ErrorKind::kInput);
  EXPECT_REFUSED(Patch("m", R"({"set":{"a":1}})"), ErrorKind::kInput,
                 "either user or user_id must be provided when using server side auth.");
  EXPECT_REFUSED(Patch("none", R"({"set":{"a":1},"user_id":"ann"})"), ErrorKind::kNotFound,
                 "message with id none doesn't exist");
  EXPECT_REFUSED(Edit("none", R"({"text":"x","user_id":"ann"})"), ErrorKind::kNotFound,
                 "message with id none doesn't exist");
}

TEST_F(MessageUpdatesTest, AClientMaySendBackTheMessageThatItGot) {
  const test::Json got = MessageJson(*FindMessage("m"));
  std::string body(got.root().raw());
  body.insert(1, R"("user_id":"ann",)");
  // Official clients take `user` out, but leave the rest.
  const std::size_t user = body.find(R"("user":{)");
  body.replace(user, 6, R"("channel")");
  EXPECT_DONE(Edit("m", body));
  const auto message = FindMessage("m");
  EXPECT_EQ(message->text, "old");
  EXPECT_EQ(message->custom_json, R"({"a":1,"b":{"c":1,"d":2}})");
  EXPECT_EQ(message->mentioned_user_ids, std::vector<std::string>{"bob"});
  EXPECT_EQ(message->quoted_message_id, "q");
  EXPECT_TRUE(message->silent);
}

TEST_F(MessageUpdatesTest, PinsAndUnpins) {
  ASSERT_DONE(Patch(
      "m", R"({"set":{"pinned":true,"pin_expires":"2027-01-01T00:00:00Z"},"user_id":"bob"})"));
  auto message = FindMessage("m");
  EXPECT_TRUE(message->pinned);
  EXPECT_EQ(message->pinned_at, now_);
  EXPECT_EQ(message->pinned_by_id, "bob");
  EXPECT_EQ(FormatRfc3339(message->pin_expires), "2027-01-01T00:00:00Z");
  const Timestamp pinned_at = now_;
  // Pinning what is pinned keeps who did it and when.
  ASSERT_DONE(Patch("m", R"({"set":{"pinned":true,"pin_expires":null},"user_id":"ann"})"));
  message = FindMessage("m");
  EXPECT_EQ(message->pinned_at, pinned_at);
  EXPECT_EQ(message->pinned_by_id, "bob");
  EXPECT_FALSE(message->pin_expires);
  EXPECT_EQ(Look([&](Tx& tx) { return tx.ListPinned(message->channel, now_, {}, "", 10).size(); }),
            1U);
  ASSERT_DONE(Patch("m", R"({"set":{"pinned":false},"user_id":"ann"})"));
  message = FindMessage("m");
  EXPECT_FALSE(message->pinned);
  EXPECT_FALSE(message->pinned_at);
  EXPECT_EQ(message->pinned_by_id, "");
  ASSERT_DONE(Patch("m", R"({"set":{"pinned":true},"user_id":"ann"})"));
  ASSERT_DONE(Patch("m", R"({"unset":["pinned"],"user_id":"ann"})"));
  EXPECT_FALSE(FindMessage("m")->pinned);
}

// Whatever way a message is read and told of, and before anybody has come by to unpin it.
TEST_F(MessageUpdatesTest, AnExpiredPinIsShownNowhere) {
  const Timestamp expires = now_ + std::chrono::seconds(100);
  ASSERT_DONE(Patch("m", R"({"set":{"pinned":true,"pin_expires":")" + FormatRfc3339(expires) +
                             R"("},"user_id":"bob"})"));
  const ChannelPtr channel = FindChannel("room");
  const auto shown = [&](Timestamp at) {
    return Look([&](Tx& tx) {
      Encoder encoder(tx, app_, Format::kV1, at);
      json::Writer w;
      w.BeginObject();
      StateOptions options;
      options.messages.limit = 10;
      EXPECT_TRUE(WriteChannelState(w, encoder, tx, *channel, options));
      w.EndObject();
      return w.Take();
    });
  };
  const std::string before = shown(expires - std::chrono::nanoseconds(1));
  EXPECT_NE(before.find(R"("pinned":true)"), std::string::npos);
  const test::Json after(shown(expires));
  EXPECT_EQ(after.root()["pinned_messages"].size(), 0U);
  json::Value listed;
  for (const json::Value message : after.root()["messages"]) {
    if (message["id"].AsString() == "m") listed = message;
  }
  EXPECT_EQ(listed["pinned"].AsBool(), false);
  EXPECT_TRUE(listed["pinned_by"].IsNull());
  EXPECT_TRUE(listed["pin_expires"].IsNull());

  now_ = expires;
  const test::Json reaction(R"({"reaction":{"type":"lol","user_id":"bob"}})");
  ASSERT_DONE(
      Do(Server(), [&](Context& context) { return SendReaction(context, "m", reaction.root()); }));
  const auto event = Only("reaction.new").json();
  EXPECT_EQ(event.root()["message"]["pinned"].AsBool(), false);
}

TEST_F(MessageUpdatesTest, ASoftDeletedMessageStaysButCannotChange) {
  ASSERT_DONE(Delete("m", false, Server(), "bob"));
  const auto message = FindMessage("m");
  ASSERT_TRUE(message);
  EXPECT_EQ(message->type, "deleted");
  EXPECT_EQ(message->deleted_at, now_);
  EXPECT_EQ(FindChannel("room")->message_count, 1);
  const test::Json event = Only("message.deleted").json();
  EXPECT_TRUE(event.IsFalse("hard_delete"));
  EXPECT_EQ(event.Text("message.type"), "deleted");
  EXPECT_TRUE(event.Has("message.deleted_at"));
  EXPECT_EQ(event.Text("user.id"), "bob");
  EXPECT_KIND(Edit("m", R"({"text":"x","user_id":"ann"})"), ErrorKind::kInput);
  EXPECT_KIND(Patch("m", R"({"set":{"a":1},"user_id":"ann"})"), ErrorKind::kInput);
  EXPECT_KIND(React("m", R"({"reaction":{"type":"lol","user_id":"ann"}})"), ErrorKind::kInput);
  EXPECT_KIND(Delete("m"), ErrorKind::kInput);
  EXPECT_EQ(FindChannel("room")->message_count, 1);
}

TEST_F(MessageUpdatesTest, AHardDeletedMessageIsGone) {
  ASSERT_DONE(React("m", R"({"reaction":{"type":"lol","user_id":"bob"}})"));
  events_.clear();
  ASSERT_DONE(Delete("m", true));
  EXPECT_FALSE(FindMessage("m"));
  const test::Json event = Only("message.deleted").json();
  EXPECT_TRUE(event.IsTrue("hard_delete"));
  // Nobody was named: the author.
  EXPECT_EQ(event.Text("user.id"), "ann");
  // The event tells of the message as it was.
  EXPECT_EQ(event.Int("message.reaction_counts.lol"), 1);
  EXPECT_EQ(event.Size("message.latest_reactions"), 1U);
  EXPECT_REFUSED(Delete("m", true), ErrorKind::kNotFound, "message with id m doesn't exist");
  EXPECT_EQ(FindChannel("room")->message_count, 1);
  EXPECT_DONE(Send("room", R"({"id":"m","text":"again","user_id":"ann"})"));
}

TEST_F(MessageUpdatesTest, ASoftDeletedMessageCanStillBeDeletedForGood) {
  ASSERT_DONE(Delete("m"));
  ASSERT_DONE(Delete("m", true));
  EXPECT_FALSE(FindMessage("m"));
  EXPECT_EQ(FindChannel("room")->message_count, 1);
}

TEST_F(MessageUpdatesTest, ALongerTextThanAllowedIsRefused) {
  const std::string long_text(5001, 'x');
  EXPECT_KIND(Edit("m", "{\"user_id\":\"ann\",\"text\":\"" + long_text + "\"}"),
              ErrorKind::kMessageTooLong);
  EXPECT_KIND(Patch("m", "{\"user_id\":\"ann\",\"set\":{\"text\":\"" + long_text + "\"}}"),
              ErrorKind::kMessageTooLong);
  // What was said under another limit may still get a custom field.
  ASSERT_DONE(PatchChannel("room", R"({"set":{"config_overrides":{"max_message_length":1}}})"));
  EXPECT_DONE(Patch("m", R"({"user_id":"ann","set":{"a":1}})"));
}

}  // namespace
}  // namespace hookline::chat
