// Goal: who came with the history hidden, or cleared it, reads nothing older by any way of reading.
// Method: a room with a past, a newcomer, and each way in turn; servers see everything.
#include "unit/chat/chat_fixture.h"

namespace hookline::chat {
namespace {

class VisibilityTest : public ChatTest {
 protected:
  void SetUp() override {
    MakeUsers({"eve"});
    MakeChannel("room", {"ann", "bob"});
    ASSERT_DONE(Send("room", R"({"id":"old","text":"secret","user_id":"ann","pinned":true})"));
    ASSERT_DONE(Send("room", R"({"id":"old-reply","text":"x","user_id":"ann","parent_id":"old"})"));
    ASSERT_DONE(React("old", R"({"reaction":{"type":"lol","user_id":"ann"}})"));
  }

  /// The channel as `viewer` gets it.
  Result<test::Json> State(std::string_view options_json, std::string viewer) {
    const test::Json body(options_json);
    auto options = ReadStateOptions(body.root());
    if (!options) return std::unexpected(options.error());
    options->viewer = std::move(viewer);
    return Look([&](Tx& tx) -> Result<test::Json> {
      Encoder encoder(tx, app_, Format::kV1, now_);
      json::Writer w;
      w.BeginObject();
      const ChannelPtr channel = tx.FindChannel(app_, "messaging", "room");
      if (auto done = WriteChannelState(w, encoder, tx, *channel, *options); !done) {
        return std::unexpected(done.error());
      }
      w.EndObject();
      return test::Json(w.Take());
    });
  }
  std::vector<std::string> Listed(std::string viewer, std::string_view list = "messages",
                                  std::string_view options = "{}") {
    std::vector<std::string> ids;
    const auto state = State(options, std::move(viewer));
    EXPECT_DONE(state);
    if (!state) return ids;
    for (const json::Value message : state->root()[list]) {
      ids.emplace_back(message["id"].AsString().value_or(""));
    }
    return ids;
  }
  using Ids = std::vector<std::string>;
};

TEST_F(VisibilityTest, ANewcomerWithoutTheHistoryReadsNothingOlder) {
  ASSERT_DONE(Update("room", R"({"add_members":["eve"],"hide_history":true})"));
  ASSERT_DONE(
      Send("room", R"({"id":"new","text":"hi","user_id":"ann","quoted_message_id":"old"})"));
  const Caller eve = As("eve");
  EXPECT_EQ(Listed("eve"), Ids{"new"});
  EXPECT_EQ(Listed("eve", "pinned_messages"), Ids{});
  EXPECT_EQ(Listed("eve", "messages", R"({"messages":{"id_around":"new"}})"), Ids{"new"});
  EXPECT_EQ(
      Listed("eve", "messages", R"({"messages":{"created_at_around":"2026-01-01T00:00:00Z"}})"),
      Ids{"new"});
  EXPECT_KIND(State(R"({"messages":{"id_gt":"old"}})", "eve"), ErrorKind::kInput);
  for (const char* id : {"old", "old-reply"}) {
    EXPECT_KIND(Do(eve, [&](Context& c) { return RequireMessage(c.read(), id); }),
                ErrorKind::kNotFound);
  }
  EXPECT_KIND(React("old", R"({"reaction":{"type":"lol"}})", eve), ErrorKind::kNotFound);
  EXPECT_KIND(Send("room", R"({"text":"x","parent_id":"old"})", eve), ErrorKind::kInput);
  EXPECT_KIND(Send("room", R"({"text":"x","quoted_message_id":"old"})", eve), ErrorKind::kInput);
  EXPECT_KIND(Read("room", R"({"message_id":"old"})", eve), ErrorKind::kInput);
  const auto quoting = MessageJson(*FindMessage("new"), Format::kV1, "eve");
  EXPECT_FALSE(quoting.root()["quoted_message"]);
  EXPECT_TRUE(MessageJson(*FindMessage("new"), Format::kV1, "bob").root()["quoted_message"]);
  EXPECT_EQ(Unread("eve").messages, 1);
  EXPECT_EQ(Listed("bob"), (Ids{"old", "new"}));
  EXPECT_EQ(Listed(""), (Ids{"old", "new"}));
}

TEST_F(VisibilityTest, TheHistoryIsHiddenUpToATime) {
  const Timestamp between = now_;
  ASSERT_DONE(Send("room", R"({"id":"later","text":"x","user_id":"ann"})"));
  ASSERT_DONE(Update("room", R"({"add_members":[{"user_id":"eve"}],"hide_history_before":")" +
                                 FormatRfc3339(between + std::chrono::milliseconds(1)) + "\"}"));
  EXPECT_EQ(Listed("eve"), Ids{"later"});
  EXPECT_KIND(Update("room", R"({"add_members":["eve"],"hide_history_before":"soon"})"),
              ErrorKind::kInput);
  EXPECT_KIND(Update("room", R"({"add_members":["eve"],"hide_history":"yes"})"), ErrorKind::kInput);
}

TEST_F(VisibilityTest, WhoIsAddedPlainlyReadsEverything) {
  ASSERT_DONE(Update("room", R"({"add_members":["eve"],"hide_history":false})"));
  EXPECT_EQ(Listed("eve"), Ids{"old"});
  // It is about those who come, not about those who are there.
  ASSERT_DONE(Update("room", R"({"add_members":["bob"],"hide_history":true})"));
  EXPECT_EQ(Listed("bob"), Ids{"old"});
}

TEST_F(VisibilityTest, AnUnknownCursorIsAnError) {
  for (const char* name : {"id_lt", "id_lte", "id_gt", "id_gte", "id_around"}) {
    EXPECT_KIND(State(R"({"messages":{")" + std::string(name) + R"(":"nope"}})", ""),
                ErrorKind::kInput);
  }
  MakeChannel("other", {"ann"});
  ASSERT_DONE(Send("other", R"({"id":"elsewhere","text":"x","user_id":"ann"})"));
  EXPECT_KIND(State(R"({"messages":{"id_lt":"elsewhere"}})", ""), ErrorKind::kInput);
}

class HideTest : public VisibilityTest {
 protected:
  Result<void> Hide(std::string_view body_json, const Caller& caller = Server()) {
    const test::Json body(body_json);
    return Do(caller, [&](Context& c) { return HideChannel(c, *Room(c), body.root()); });
  }
  Result<void> Show(std::string_view body_json, const Caller& caller = Server()) {
    const test::Json body(body_json);
    return Do(caller, [&](Context& c) { return ShowChannel(c, *Room(c), body.root()); });
  }
  ChannelPtr Room(Context& c) { return c.store.FindChannel(app_, "messaging", "room"); }
  Ids Query(std::string viewer, bool without_hidden = true) {
    return Look([&](Tx& tx) {
      ChannelQuery query;
      query.viewer = std::move(viewer);
      query.without_hidden = without_hidden;
      Ids ids;
      for (const ChannelPtr& channel : *tx.QueryChannels(app_, query)) ids.push_back(channel->id);
      return ids;
    });
  }
};

TEST_F(HideTest, AHiddenChannelIsOutOfTheListUntilAMessageComes) {
  events_.clear();
  ASSERT_DONE(Hide(R"({"user_id":"bob"})"));
  const auto hidden = Only("channel.hidden").json();
  EXPECT_EQ(hidden.root()["user"]["id"].AsString(), "bob");
  EXPECT_EQ(hidden.root()["clear_history"].AsBool(), false);
  EXPECT_EQ(hidden.root()["channel"]["id"].AsString(), "room");
  EXPECT_EQ(hidden.root()["cid"].AsString(), "messaging:room");
  EXPECT_EQ(Query("bob"), Ids{});
  EXPECT_EQ(Query("bob", false), Ids{"room"});
  EXPECT_EQ(Query("ann"), Ids{"room"});
  EXPECT_EQ(Query(""), Ids{"room"});
  // A reply in a thread does not show it.
  ASSERT_DONE(Send("room", R"({"text":"x","user_id":"ann","parent_id":"old"})"));
  EXPECT_EQ(Query("bob"), Ids{});
  ASSERT_DONE(Send("room", R"({"text":"x","user_id":"ann"})"));
  EXPECT_EQ(Query("bob"), Ids{"room"});
  EXPECT_EQ(Listed("bob").size(), 2U);
}

TEST_F(HideTest, AMemberShowsItAgain) {
  ASSERT_DONE(Hide("{}", As("bob")));
  events_.clear();
  ASSERT_DONE(Show("{}", As("bob")));
  EXPECT_EQ(Only("channel.visible").json().root()["user"]["id"].AsString(), "bob");
  EXPECT_EQ(Query("bob"), Ids{"room"});
  ASSERT_DONE(Show("{}", As("bob")));
  EXPECT_EQ(Only("channel.visible").user_id, "bob");
}

TEST_F(HideTest, TheHistoryCanBeCleared) {
  ASSERT_DONE(Send("room", R"({"id":"unread","text":"x","user_id":"ann"})"));
  EXPECT_EQ(Unread("bob").messages, 2);
  events_.clear();
  ASSERT_DONE(Hide(R"({"user":{"id":"bob"},"clear_history":true})"));
  EXPECT_EQ(Only("channel.hidden").json().root()["clear_history"].AsBool(), true);
  EXPECT_EQ(Unread("bob").messages, 0);
  ASSERT_DONE(Send("room", R"({"id":"new","text":"x","user_id":"ann"})"));
  EXPECT_EQ(Listed("bob"), Ids{"new"});
  EXPECT_EQ(Listed("ann"), (Ids{"old", "unread", "new"}));
}

TEST_F(HideTest, OnlyMembersHideAndShow) {
  EXPECT_KIND(Hide(R"({"user_id":"eve"})"), ErrorKind::kInput);
  EXPECT_KIND(Hide(R"({"user_id":"nobody"})"), ErrorKind::kInput);
  EXPECT_KIND(Hide(R"({"user":{"id":"nobody"}})"), ErrorKind::kInput);
  EXPECT_FALSE(FindUser("nobody"));
  EXPECT_REFUSED(Hide("{}"), ErrorKind::kInput,
                 "either user or user_id must be provided when using server side auth.");
  EXPECT_KIND(Show(R"({"user_id":"eve"})"), ErrorKind::kInput);
  EXPECT_KIND(Hide(R"({"user_id":"ann"})", As("bob")), ErrorKind::kNotAllowed);
}

TEST_F(HideTest, AChannelIsMadeHiddenForItsCreator) {
  ASSERT_DONE(Open("quiet", R"({"data":{"created_by_id":"ann","members":["ann","bob"]},
                                "hide_for_creator":true})"));
  EXPECT_EQ(Query("ann"), Ids{"room"});
  EXPECT_EQ(Query("bob"), (Ids{"quiet", "room"}));
  ASSERT_DONE(Send("quiet", R"({"text":"x","user_id":"bob"})"));
  EXPECT_EQ(Query("ann"), (Ids{"quiet", "room"}));
  EXPECT_KIND(Open("lost", R"({"data":{"created_by_id":"ann"},"hide_for_creator":true})"),
              ErrorKind::kInput);
}

}  // namespace
}  // namespace hookline::chat
