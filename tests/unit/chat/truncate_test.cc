// Goal: what is truncated is out of everybody's sight at once, or of those who are named, and
// counts for nothing.
#include "unit/chat/chat_fixture.h"

namespace hookline::chat {
namespace {

class TruncateTest : public ChatTest {
 protected:
  using Ids = std::vector<std::string>;

  void SetUp() override {
    MakeChannel("room", {"ann", "bob"});
    for (const char* id : {"m1", "m2", "m3"}) {
      ASSERT_DONE(
          Send("room", R"({"id":")" + std::string(id) + R"(","text":"x","user_id":"ann"})"));
    }
    ASSERT_DONE(Send("room", R"({"id":"r3","text":"x","user_id":"ann","parent_id":"m3"})"));
    events_.clear();
  }

  Result<ChannelUpdated> Truncate(std::string_view body_json, const Caller& caller = Server()) {
    const test::Json body(body_json);
    return Do(caller,
              [&](Context& c) { return TruncateChannel(c, "messaging", "room", body.root()); });
  }
  Ids Listed(std::string viewer = "") {
    return Look([&](Tx& tx) {
      Encoder encoder(tx, app_, Format::kV1, now_);
      StateOptions options;
      options.viewer = std::move(viewer);
      json::Writer w;
      w.BeginObject();
      EXPECT_DONE(
          WriteChannelState(w, encoder, tx, *tx.FindChannel(app_, "messaging", "room"), options));
      w.EndObject();
      Ids ids;
      const test::Json state(w.Take());
      for (const json::Value message : state.root()["messages"]) {
        ids.emplace_back(message["id"].AsString().value_or(""));
      }
      return ids;
    });
  }
  bool Readable(std::string_view id) {
    return Do(Server(), [&](Context& c) { return RequireMessage(c.read(), id); }).has_value();
  }
};

TEST_F(TruncateTest, NothingIsLeft) {
  const auto truncated = Truncate(R"({"user_id":"ann"})");
  ASSERT_DONE(truncated);
  const Timestamp at = now_;
  EXPECT_EQ(Listed(), Ids{});
  EXPECT_EQ(Listed("bob"), Ids{});
  for (const char* id : {"m1", "m2", "m3", "r3"}) EXPECT_FALSE(Readable(id)) << id;
  EXPECT_EQ(Unread("bob").messages, 0);
  const ChannelPtr channel = FindChannel("room");
  EXPECT_EQ(channel->message_count, 0);
  EXPECT_EQ(channel->truncated_at, at);
  EXPECT_EQ(channel->truncated_by_id, "ann");
  EXPECT_FALSE(channel->last_message_at);
  const auto event = Only("channel.truncated").json();
  EXPECT_EQ(event.Text("user.id"), "ann");
  EXPECT_TRUE(event.Has("channel.truncated_at"));
  EXPECT_EQ(EventTypes(), Ids{"channel.truncated"});
  ASSERT_DONE(Send("room", R"({"id":"new","text":"x","user_id":"ann"})"));
  EXPECT_EQ(Listed(), Ids{"new"});
  EXPECT_EQ(Unread("bob").messages, 1);
  EXPECT_EQ(FindChannel("room")->message_count, 1);
  EXPECT_KIND(Send("room", R"({"text":"x","user_id":"ann","parent_id":"m3"})"), ErrorKind::kInput);
}

TEST_F(TruncateTest, AMessageTellsOfIt) {
  const auto truncated = Truncate(R"({"message":{"text":"cleared","user_id":"ann"}})");
  ASSERT_DONE(truncated);
  ASSERT_TRUE(truncated->message);
  EXPECT_EQ(Listed(), Ids{truncated->message->id});
  EXPECT_EQ(Only("channel.truncated").json().Text("message.text"), "cleared");
  EXPECT_EQ(Only("message.new").json().Text("message.type"), "system");
}

TEST_F(TruncateTest, UpToATime) {
  const Timestamp at = FindMessage("m2")->created_at;
  ASSERT_DONE(Truncate(R"({"truncated_at":")" + FormatRfc3339(at) + "\"}"));
  EXPECT_EQ(Listed(), (Ids{"m2", "m3"}));
  EXPECT_EQ(Unread("bob").messages, 2);
  EXPECT_EQ(FindChannel("room")->message_count, 3);
  EXPECT_TRUE(FindChannel("room")->last_message_at);
  EXPECT_KIND(Truncate(R"({"truncated_at":"soon"})"), ErrorKind::kInput);
}

TEST_F(TruncateTest, ForSomeMembers) {
  ASSERT_DONE(Truncate(R"({"member_ids":["bob"]})"));
  EXPECT_EQ(Listed("bob"), Ids{});
  EXPECT_EQ(Unread("bob").messages, 0);
  EXPECT_EQ(Listed("ann"), (Ids{"m1", "m2", "m3"}));
  EXPECT_FALSE(FindChannel("room")->truncated_at);
  EXPECT_KIND(Truncate(R"({"member_ids":["zoe"]})"), ErrorKind::kInput);
  EXPECT_KIND(Truncate(R"({"member_ids":["bob"],"hard_delete":true})"), ErrorKind::kInput);
}

TEST_F(TruncateTest, ForGood) {
  ASSERT_DONE(Truncate(R"({"hard_delete":true})"));
  EXPECT_EQ(Listed(), Ids{});
  // The rows go in the background, a part with every turn of the writer.
  for (int turn = 0; turn < 1000 && FindMessage("r3"); ++turn)
    now_ = now_ + std::chrono::seconds(1);
  EXPECT_FALSE(FindMessage("m1"));
  EXPECT_FALSE(FindMessage("r3"));
  EXPECT_DONE(Send("room", R"({"id":"m1","text":"again","user_id":"ann"})"));
  EXPECT_EQ(Listed(), Ids{"m1"});
}

TEST_F(TruncateTest, TheCreatorMayAndAMemberMayNot) {
  EXPECT_KIND(Truncate("{}", As("bob")), ErrorKind::kNotAllowed);
  EXPECT_DONE(Truncate("{}", As("ann")));
  EXPECT_EQ(FindChannel("room")->truncated_by_id, "ann");
}

}  // namespace
}  // namespace hookline::chat
