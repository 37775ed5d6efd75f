// What user tokens may do (docs/contract/rulings.md#33): act as oneself, in channels where one is a
// member (or that let everyone in), and change only what is one's own.
#include "unit/chat/chat_fixture.h"

namespace hookline::chat {
namespace {

class PermissionsTest : public ChatTest {
 protected:
  void SetUp() override {
    MakeUsers({"eve"});
    // ann made the channel, mod moderates it, bob is in it, eve is not.
    MakeChannel("room", {"ann", "bob", "mod"});
    ASSERT_DONE(Update("room", R"({"add_moderators":["mod"]})"));
    ASSERT_DONE(Send("room", R"({"id":"m","text":"ann's","user_id":"ann"})"));
    ASSERT_DONE(React("m", R"({"reaction":{"type":"lol","user_id":"ann"}})"));
    events_.clear();
  }
};

constexpr ErrorKind kNo = ErrorKind::kNotAllowed;
// Nor is a stranger told which messages there are.
constexpr ErrorKind kNone = ErrorKind::kNotFound;

TEST_F(PermissionsTest, AStrangerCanDoNothingInAChannel) {
  const Caller eve = As("eve");
  EXPECT_REFUSED(Send("room", R"({"text":"x"})", eve), kNo,
                 "user eve is not a member of channel messaging:room");
  EXPECT_KIND(Open("room", "{}", eve), kNo);
  EXPECT_KIND(Update("room", R"({"data":{"a":1}})", eve), kNo);
  EXPECT_KIND(Update("room", R"({"add_members":["eve"]})", eve), kNo);
  EXPECT_KIND(PatchChannel("room", R"({"set":{"a":1}})", eve), kNo);
  EXPECT_KIND(Remove("room", false, eve), kNo);
  EXPECT_KIND(Edit("m", R"({"text":"x"})", eve), kNone);
  EXPECT_KIND(Patch("m", R"({"set":{"a":1}})", eve), kNone);
  EXPECT_KIND(Delete("m", false, eve), kNone);
  EXPECT_KIND(React("m", R"({"reaction":{"type":"lol"}})", eve), kNone);
  EXPECT_KIND(Unreact("m", "lol", "", eve), kNone);
  EXPECT_KIND(Read("room", "{}", eve), kNo);
  EXPECT_KIND(SendEvent("room", R"({"type":"poke"})", eve), kNo);
  EXPECT_KIND(PatchMember("room", "bob", R"({"set":{"a":1}})", eve), kNo);
  EXPECT_KIND(Do(eve, [](Context& c) { return RequireMessage(c.read(), "m"); }), kNone);
  EXPECT_TRUE(events_.empty());
}

TEST_F(PermissionsTest, AMemberSpeaksOnlyForItself) {
  const Caller bob = As("bob");
  EXPECT_DONE(Send("room", R"({"text":"x"})", bob));
  EXPECT_DONE(Send("room", R"({"text":"x","user_id":"bob"})", bob));
  EXPECT_DONE(Send("room", R"({"text":"x","user":{"id":"bob"}})", bob));
  const std::string_view only_self = "a user token can act only as its own user";
  EXPECT_REFUSED(Send("room", R"({"text":"x","user_id":"ann"})", bob), kNo, only_self);
  EXPECT_REFUSED(Send("room", R"({"text":"x","user":{"id":"ann"}})", bob), kNo, only_self);
  EXPECT_REFUSED(React("m", R"({"reaction":{"type":"lol","user_id":"ann"}})", bob), kNo, only_self);
  EXPECT_REFUSED(Unreact("m", "lol", "ann", bob), kNo, only_self);
  EXPECT_REFUSED(Read("room", R"({"user_id":"ann"})", bob), kNo, only_self);
  EXPECT_REFUSED(SendEvent("room", R"({"type":"poke","user_id":"ann"})", bob), kNo, only_self);
  EXPECT_DONE(React("m", R"({"reaction":{"type":"lol"}})", bob));
  EXPECT_DONE(Unreact("m", "lol", "bob", bob));
  EXPECT_DONE(Read("room", "{}", bob));
  EXPECT_DONE(SendEvent("room", R"({"type":"poke"})", bob));
  EXPECT_DONE(Open("room", "{}", bob));
}

TEST_F(PermissionsTest, AMemberChangesOnlyItsOwnMessages) {
  EXPECT_REFUSED(Edit("m", R"({"text":"x"})", As("bob")), kNo,
                 "a user token can change only its own user's messages");
  EXPECT_KIND(Patch("m", R"({"set":{"a":1}})", As("bob")), kNo);
  EXPECT_KIND(Delete("m", false, As("bob")), kNo);
  EXPECT_DONE(Edit("m", R"({"text":"x"})", As("ann")));
  EXPECT_DONE(Patch("m", R"({"set":{"a":1}})", As("ann")));
  EXPECT_REFUSED(Delete("m", true, As("ann")), kNo,
                 "only a server token can delete a message for good");
  EXPECT_DONE(Delete("m", false, As("ann"), "bob"));
  // deleted_by is for servers: a user deletes as itself.
  EXPECT_EQ(Only("message.deleted").user_id, "ann");
}

TEST_F(PermissionsTest, AMemberDoesNotManageTheChannel) {
  const Caller bob = As("bob");
  EXPECT_KIND(Update("room", R"({"data":{"a":1}})", bob), kNo);
  EXPECT_KIND(Update("room", R"({"message":{"text":"x"}})", bob), kNo);
  EXPECT_KIND(Update("room", R"({"cooldown":5})", bob), kNo);
  EXPECT_KIND(Update("room", R"({"add_members":["eve"]})", bob), kNo);
  EXPECT_KIND(Update("room", R"({"remove_members":["ann"]})", bob), kNo);
  EXPECT_KIND(Update("room", R"({"add_moderators":["bob"]})", bob), kNo);
  EXPECT_KIND(Update("room", R"({"demote_moderators":["mod"]})", bob), kNo);
  EXPECT_KIND(
      Update("room", R"({"assign_roles":[{"user_id":"bob","channel_role":"channel_moderator"}]})",
             bob),
      kNo);
  EXPECT_KIND(PatchChannel("room", R"({"set":{"a":1}})", bob), kNo);
  EXPECT_KIND(Remove("room", false, bob), kNo);
  EXPECT_KIND(PatchMember("room", "bob", R"({"set":{"channel_role":"channel_moderator"}})", bob),
              ErrorKind::kInput);
  EXPECT_TRUE(events_.empty());
}

TEST_F(PermissionsTest, LeavingIsAllowedAndNothingElseWithIt) {
  const Caller bob = As("bob");
  for (const std::string more :
       {R"("cooldown":5)", R"("add_filter_tags":["x"])", R"("frozen":true)", R"("team":"x")",
        R"("config_overrides":{})", R"("data":{})", R"("add_members":["eve"])",
        R"("remove_members":["ann","bob"])", R"("message":{"text":"x"})"}) {
    EXPECT_KIND(Update("room", R"({"remove_members":["bob"],)" + more + "}", bob), kNo);
  }
  EXPECT_DONE(Update("room", R"({"remove_members":["bob"],"message":null})", bob));
  EXPECT_FALSE(FindMember("room", "bob"));
  EXPECT_EQ(EventTypes(), std::vector<std::string>{"member.removed"});
}

TEST_F(PermissionsTest, TheCreatorAndModeratorsManageTheChannel) {
  for (const char* id : {"ann", "mod"}) {
    const Caller caller = As(id);
    EXPECT_DONE(Update("room", R"({"data":{"a":1},"cooldown":5})", caller));
    EXPECT_DONE(Update("room", R"({"add_members":["eve"]})", caller));
    EXPECT_DONE(Update("room", R"({"remove_members":["eve"]})", caller));
    EXPECT_DONE(PatchChannel("room", R"({"set":{"a":2}})", caller));
    EXPECT_KIND(Update("room", R"({"data":{"frozen":true}})", caller), kNo);
    EXPECT_KIND(PatchChannel("room", R"({"set":{"frozen":true}})", caller), kNo);
    EXPECT_KIND(PatchChannel("room", R"({"set":{"disabled":true}})", caller), kNo);
  }
  EXPECT_KIND(Remove("room", false, As("mod")), kNo);
  EXPECT_KIND(Remove("room", true, As("ann")), kNo);
  EXPECT_DONE(Remove("room", false, As("ann")));
}

TEST_F(PermissionsTest, TheCreatorNeedNotBeAMember) {
  for (const std::string type : {"messaging", "team", "gaming", "commerce"}) {
    ASSERT_DONE(
        Open("own", R"({"data":{"created_by_id":"eve","members":["bob"]}})", Server(), type));
    const Caller eve = As("eve");
    EXPECT_DONE(Open("own", "{}", eve, type));
    EXPECT_DONE(Send("own", R"({"id":"own-)" + type + R"(","text":"x"})", eve, type));
    EXPECT_DONE(React("own-" + type, R"({"reaction":{"type":"lol"}})", eve));
    EXPECT_DONE(Edit("own-" + type, R"({"text":"y"})", eve));
    EXPECT_DONE(Update("own", R"({"data":{"a":1}})", eve, type));
    EXPECT_DONE(Update("own", R"({"add_members":["ann"]})", eve, type));
    EXPECT_DONE(Do(eve, [&](Context& c) { return DeleteChannel(c, type, "own", false); }));
  }
}

TEST_F(PermissionsTest, OnlyAServerFreezesAndThaws) {
  ASSERT_DONE(PatchChannel("room", R"({"set":{"frozen":true,"disabled":true}})"));
  EXPECT_KIND(PatchChannel("room", R"({"unset":["frozen"]})", As("ann")), kNo);
  EXPECT_KIND(PatchChannel("room", R"({"unset":["disabled"]})", As("ann")), kNo);
  EXPECT_KIND(PatchChannel("room", R"({"set":{"frozen":null}})", As("ann")), kNo);
  EXPECT_KIND(PatchChannel("room", R"({"set":{"frozen":false}})", As("ann")), kNo);
  EXPECT_KIND(Update("room", R"({"data":{"frozen":false}})", As("ann")), kNo);
  EXPECT_DONE(PatchChannel("room", R"({"set":{"a":1}})", As("ann")));
  EXPECT_TRUE(FindChannel("room")->frozen);
  EXPECT_DONE(PatchChannel("room", R"({"unset":["frozen","disabled"]})"));
  EXPECT_KIND(Open("cold", R"({"data":{"frozen":true}})", As("ann")), kNo);
}

TEST_F(PermissionsTest, AUserOpensChannelsAsItself) {
  EXPECT_KIND(Open("mine", R"({"data":{"members":["eve"],"created_by_id":"ann"}})", As("eve")),
              kNo);
  const auto opened =
      Open("mine", R"({"data":{"members":["eve","bob"],"created_by_id":"eve"}})", As("eve"));
  ASSERT_DONE(opened);
  EXPECT_EQ(opened->channel->created_by_id, "eve");
  EXPECT_EQ(FindMember("mine", "eve")->role, "owner");
  // Somebody new comes into being with its first action.
  EXPECT_DONE(Open("fresh", R"({"data":{"members":["zoe"]}})", As("zoe")));
  EXPECT_TRUE(FindUser("zoe"));
}

TEST_F(PermissionsTest, ALivestreamLetsEveryoneIn) {
  ASSERT_DONE(Open("show", R"({"data":{"created_by_id":"ann"}})", Server(), "livestream"));
  const Caller eve = As("eve");
  EXPECT_DONE(Open("show", "{}", eve, "livestream"));
  EXPECT_DONE(Send("show", R"({"id":"s","text":"x"})", eve, "livestream"));
  EXPECT_DONE(React("s", R"({"reaction":{"type":"lol"}})", As("bob")));
  EXPECT_KIND(Edit("s", R"({"text":"y"})", As("bob")), kNo);
  EXPECT_KIND(Update("show", R"({"data":{"a":1}})", eve, "livestream"), kNo);
}

TEST_F(PermissionsTest, OneAppDoesNotSeeAnother) {
  const AppId first = app_;
  InTransaction([&](store::Tx& tx) {
    settings::App other;
    other.name = "other";
    other.created_at = other.updated_at = kStart;
    app_ = tx.InsertApp(other);
    return true;
  });
  EXPECT_FALSE(FindUser("ann"));
  EXPECT_FALSE(FindChannel("room"));
  EXPECT_KIND(Edit("m", R"({"text":"x","user":{"id":"ann"}})"), ErrorKind::kNotFound);
  EXPECT_KIND(Send("room", R"({"text":"x","user":{"id":"ann"}})"), ErrorKind::kNotFound);
  EXPECT_KIND(Unreact("m", "lol", "ann"), ErrorKind::kNotFound);
  MakeChannel("room", {"ann"});
  EXPECT_DONE(Send("room", R"({"id":"m","text":"other","user_id":"ann"})"));
  EXPECT_EQ(FindMessage("m")->text, "other");
  app_ = first;
  EXPECT_EQ(FindMessage("m")->text, "ann's");
  EXPECT_EQ(FindChannel("room")->member_count, 3);
}

}  // namespace
}  // namespace hookline::chat
