// Goal: every way to write asks who may: bans, frozen channels and slow mode hold for users'
// tokens, not for servers.
#include "chat/moderation_requests.h"
#include "unit/chat/chat_fixture.h"

namespace hookline::chat {
namespace {

class WriteAccessTest : public ChatTest {
 protected:
  void SetUp() override {
    MakeChannel("room", {"ann", "bob"});
    ASSERT_DONE(Send("room", R"({"id":"m","text":"x","user_id":"bob"})"));
    ASSERT_DONE(React("m", R"({"reaction":{"type":"sad","user_id":"bob"}})"));
  }

  void ExpectAllWays(const Caller& caller, bool allowed) {
    const auto expect = [&](const auto& result, const char* way) {
      EXPECT_EQ(result.has_value(), allowed) << way;
      if (!result) {
        EXPECT_EQ(result.error().kind(), ErrorKind::kNotAllowed) << way;
      }
    };
    const std::string who = caller.server ? R"(,"user_id":"bob")" : "";
    expect(Send("room", R"({"text":"x")" + who + "}", caller), "send");
    expect(Send("room", R"({"text":"x","parent_id":"m")" + who + "}", caller), "reply");
    expect(Edit("m", R"({"text":"y")" + who + "}", caller), "update");
    expect(Patch("m", R"({"set":{"a":1})" + who + "}", caller), "partial update");
    expect(React("m", R"({"reaction":{"type":"lol")" + who + "}}", caller), "react");
    expect(Unreact("m", "sad", caller.server ? "bob" : "", caller), "take back");
    expect(SendEvent("room", R"({"type":"poke")" + who + "}", caller), "event");
  }
};

TEST_F(WriteAccessTest, AMemberWrites) { ExpectAllWays(As("bob"), true); }

TEST_F(WriteAccessTest, AFrozenChannelTakesNothingFromUsers) {
  ASSERT_DONE(PatchChannel("room", R"({"set":{"frozen":true}})"));
  ExpectAllWays(As("bob"), false);
  ExpectAllWays(Server(), true);
  ASSERT_DONE(PatchChannel("room", R"({"unset":["frozen"]})"));
  EXPECT_DONE(React("m", R"({"reaction":{"type":"lol"}})", As("bob")));
}

TEST_F(WriteAccessTest, WhoIsBannedMakesAndChangesNothing) {
  const test::Json ban(R"({"target_user_id":"ann","banned_by_id":"bob"})");
  ASSERT_DONE(Do(Server(), [&](Context& c) { return RequestBan(c, ban.root()); }));
  const Caller ann = As("ann");
  EXPECT_KIND(Open("fresh", "{}", ann), ErrorKind::kNotAllowed);
  EXPECT_DONE(Open("room", "{}", ann));  // Reading stays.
  EXPECT_KIND(Update("room", R"({"data":{"a":1}})", ann), ErrorKind::kNotAllowed);
  EXPECT_KIND(PatchChannel("room", R"({"set":{"a":1}})", ann), ErrorKind::kNotAllowed);
  EXPECT_KIND(PatchMember("room", "ann", R"({"set":{"a":1}})", ann), ErrorKind::kNotAllowed);
  EXPECT_DONE(PatchMember("room", "ann", R"({"set":{"pinned":true}})", ann));  // For her alone.
}

TEST_F(WriteAccessTest, ADisabledChannelTakesNothingFromUsers) {
  ASSERT_DONE(PatchChannel("room", R"({"set":{"disabled":true}})"));
  ExpectAllWays(As("bob"), false);
}

TEST_F(WriteAccessTest, TheMessageOfAnUpdateIsWrittenToo) {
  ASSERT_DONE(PatchChannel("room", R"({"set":{"frozen":true}})"));
  EXPECT_KIND(Update("room", R"({"message":{"text":"x"}})", As("ann")), ErrorKind::kNotAllowed);
  EXPECT_DONE(Update("room", R"({"data":{"a":1}})", As("ann")));
}

TEST_F(WriteAccessTest, SlowModeHoldsMembersBack) {
  ASSERT_DONE(Update("room", R"({"cooldown":3})"));
  ASSERT_DONE(Send("room", R"({"text":"1"})", As("bob")));
  EXPECT_REFUSED(Send("room", R"({"text":"2"})", As("bob")), ErrorKind::kCooldown,
                 "user bob is not allowed to send messages on channel messaging:room under cool "
                 "down period(3s)");
  // Every call is a second later: the last one is the third.
  EXPECT_KIND(Send("room", R"({"text":"2","parent_id":"m"})", As("bob")), ErrorKind::kCooldown);
  EXPECT_DONE(Send("room", R"({"text":"2"})", As("bob")));
  EXPECT_DONE(React("m", R"({"reaction":{"type":"lol"}})", As("bob")));
  ASSERT_DONE(Update("room", R"({"cooldown":0})"));
  EXPECT_DONE(Send("room", R"({"text":"3"})", As("bob")));
  EXPECT_DONE(Send("room", R"({"text":"4"})", As("bob")));
}

TEST_F(WriteAccessTest, SlowModeIsForEachUserOfEachChannel) {
  MakeChannel("other", {"ann", "bob"});
  ASSERT_DONE(Update("room", R"({"cooldown":100})"));
  ASSERT_DONE(Update("other", R"({"cooldown":100})"));
  EXPECT_DONE(Send("room", R"({"text":"1"})", As("bob")));
  EXPECT_DONE(Send("other", R"({"text":"1"})", As("bob")));
  EXPECT_DONE(Send("room", R"({"text":"1"})", As("ann")));
  EXPECT_KIND(Send("room", R"({"text":"2"})", As("ann")), ErrorKind::kCooldown);
}

TEST_F(WriteAccessTest, SlowModeSparesModeratorsAdminsAndServers) {
  ASSERT_DONE(Upsert(R"({"root":{"role":"admin"}})"));
  ASSERT_DONE(
      Update("room", R"({"cooldown":100,"add_members":["root"],"add_moderators":["ann"]})"));
  for (const Caller& caller : {As("ann"), As("root")}) {
    EXPECT_DONE(Send("room", R"({"text":"1"})", caller));
    EXPECT_DONE(Send("room", R"({"text":"2"})", caller));
  }
  EXPECT_DONE(Send("room", R"({"text":"1","user_id":"bob"})"));
  EXPECT_DONE(Send("room", R"({"text":"2","user_id":"bob"})"));
}

TEST_F(WriteAccessTest, SlowModeHoldsWhereEverybodyMayWrite) {
  ASSERT_DONE(Open("show", R"({"data":{"created_by_id":"ann"}})", Server(), "livestream"));
  ASSERT_DONE(Update("show", R"({"cooldown":100})", Server(), "livestream"));
  EXPECT_DONE(Send("show", R"({"text":"1"})", As("zoe"), "livestream"));
  EXPECT_KIND(Send("show", R"({"text":"2"})", As("zoe"), "livestream"), ErrorKind::kCooldown);
}

}  // namespace
}  // namespace hookline::chat
