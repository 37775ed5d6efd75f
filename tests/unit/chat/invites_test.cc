// Goal: who is invited is asked first; the answer is told of, and can be given once.
#include "unit/chat/chat_fixture.h"

namespace hookline::chat {
namespace {

class InvitesTest : public ChatTest {
 protected:
  void SetUp() override {
    MakeUsers({"ann", "bob", "eve"});
    ASSERT_DONE(Open("room", R"({"data":{"created_by_id":"ann","members":["ann","bob"],
                                 "invites":["bob"]}})"));
  }
};

TEST_F(InvitesTest, AnInvitedMemberHasNotJoinedYet) {
  const auto bob = FindMember("room", "bob");
  ASSERT_TRUE(bob);
  EXPECT_TRUE(bob->invited && bob->pending());
  EXPECT_FALSE(bob->invite_accepted_at);
  EXPECT_FALSE(FindMember("room", "ann")->invited);
  EXPECT_EQ(FindChannel("room")->member_count, 2);
  const auto created = Only("channel.created").json();
  EXPECT_TRUE(created.IsTrue("channel.members.1.invited"));
  EXPECT_EQ(created.Text("channel.members.1.status"), "pending");
  EXPECT_FALSE(created.Has("channel.members.1.invite_accepted_at"));
}

TEST_F(InvitesTest, AcceptingJoins) {
  events_.clear();
  const auto accepted =
      Update("room", R"({"accept_invite":true,"message":{"text":"here"}})", As("bob"));
  ASSERT_DONE(accepted);
  EXPECT_EQ(accepted->message->text, "here");
  EXPECT_EQ(FindMember("room", "bob")->invite_accepted_at, now_);
  const auto updated = Only("member.updated").json();
  EXPECT_TRUE(updated.root()["member"]["invite_accepted_at"]);
  EXPECT_EQ(updated.root()["member"]["status"].AsString(), "member");
  EXPECT_EQ(Only("member.added").json().root()["user"]["id"].AsString(), "bob");
  events_.clear();
  const auto again =
      Update("room", R"({"accept_invite":true,"message":{"text":"here"}})", As("bob"));
  ASSERT_DONE(again);
  EXPECT_FALSE(again->message);
  EXPECT_TRUE(events_.empty());
  EXPECT_KIND(Update("room", R"({"reject_invite":true})", As("bob")), ErrorKind::kInput);
}

TEST_F(InvitesTest, RejectingIsRememberedAndMayBeReconsidered) {
  events_.clear();
  ASSERT_DONE(Update("room", R"({"reject_invite":true,"user_id":"bob"})"));
  EXPECT_TRUE(Only("member.updated").json().root()["member"]["invite_rejected_at"]);
  EXPECT_EQ(EventTypes(), std::vector<std::string>{"member.updated"});
  EXPECT_EQ(FindMember("room", "bob")->invite_rejected_at, now_);
  ASSERT_DONE(Update("room", R"({"reject_invite":true,"user_id":"bob"})"));
  EXPECT_EQ(events_.size(), 1U);
  ASSERT_DONE(Update("room", R"({"invites":["bob"]})"));
  EXPECT_FALSE(FindMember("room", "bob")->invite_rejected_at);
  ASSERT_DONE(Update("room", R"({"accept_invite":true,"user_id":"bob"})"));
  EXPECT_FALSE(FindMember("room", "bob")->pending());
}

TEST_F(InvitesTest, OnlyTheInvitedAnswer) {
  EXPECT_KIND(Update("room", R"({"accept_invite":true,"user_id":"eve"})"), ErrorKind::kInput);
  EXPECT_KIND(Update("room", R"({"accept_invite":true,"user_id":"ann"})"), ErrorKind::kInput);
  EXPECT_KIND(Update("room", R"({"accept_invite":true,"user_id":"nobody"})"), ErrorKind::kInput);
  EXPECT_KIND(Update("room", R"({"accept_invite":true,"user":{"id":"nobody"}})"),
              ErrorKind::kInput);
  EXPECT_KIND(Update("room", R"({"accept_invite":true})", As("nobody")), ErrorKind::kNotAllowed);
  EXPECT_FALSE(FindUser("nobody"));
  EXPECT_REFUSED(Update("room", R"({"accept_invite":true})"), ErrorKind::kInput,
                 "either user or user_id must be provided when using server side auth.");
  EXPECT_KIND(Update("room", R"({"accept_invite":true,"reject_invite":true,"user_id":"bob"})"),
              ErrorKind::kInput);
  EXPECT_KIND(Update("room", R"({"accept_invite":true,"data":{"a":1}})", As("bob")),
              ErrorKind::kNotAllowed);
}

TEST_F(InvitesTest, MembersAreInvitedLater) {
  events_.clear();
  const auto updated = Update("room", R"({"invites":["eve",{"user_id":"ann"}]})");
  ASSERT_DONE(updated);
  EXPECT_EQ(updated->channel->member_count, 3);
  EXPECT_EQ(EventTypes(), std::vector<std::string>{"member.updated"});
  EXPECT_EQ(Only("member.updated").json().root()["member"]["invited"].AsBool(), true);
  EXPECT_FALSE(FindMember("room", "ann")->invited);
  // Somebody else's word makes the answer needless.
  events_.clear();
  ASSERT_DONE(Update("room", R"({"add_members":["eve"]})"));
  EXPECT_FALSE(FindMember("room", "eve")->invited);
  EXPECT_EQ(EventTypes(), std::vector<std::string>{"member.added"});
  EXPECT_EQ(FindChannel("room")->member_count, 3);
  EXPECT_KIND(Update("room", R"({"invites":["nobody"]})"), ErrorKind::kInput);
}

TEST_F(InvitesTest, ADistinctChannelTakesNoInvites) {
  const auto opened = Open("", R"({"data":{"created_by_id":"ann","members":["ann","bob"]}})");
  ASSERT_DONE(opened);
  EXPECT_REFUSED(Update(opened->channel->id, R"({"invites":["eve"]})"), ErrorKind::kNotAllowed,
                 "cannot invite members to the distinct channel, please create a new distinct "
                 "channel with the desired members");
}

}  // namespace
}  // namespace hookline::chat
