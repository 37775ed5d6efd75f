// Members coming, going and changing.
#include "unit/chat/chat_fixture.h"

namespace hookline::chat {
namespace {

class MembersTest : public ChatTest {
 protected:
  void SetUp() override {
    MakeUsers({"cid", "dan"});
    MakeChannel("room", {"ann", "bob"});
  }
};

TEST_F(MembersTest, ThoseWhoComeAreToldOneByOne) {
  ASSERT_DONE(Update(
      "room",
      R"({"add_members":["cid",{"user_id":"dan","channel_role":"guest","shoe":1.0},"ann"]})"));
  EXPECT_EQ(EventTypes(), (std::vector<std::string>{"member.added", "member.added"}));
  EXPECT_EQ(events_[0].user_id, "cid");
  EXPECT_EQ(events_[1].user_id, "dan");
  // The user is who was added, not who added (docs/contract/payloads.md#catalogue).
  const test::Json event = events_[1].json();
  EXPECT_EQ(event.Text("user.id"), "dan");
  EXPECT_EQ(event.Text("member.user_id"), "dan");
  EXPECT_EQ(event.Text("member.user.id"), "dan");
  EXPECT_EQ(event.Text("member.channel_role"), "guest");
  EXPECT_EQ(event.Raw("member.shoe"), "1.0");
  EXPECT_EQ(event.Int("channel_member_count"), 4);
  EXPECT_EQ(event.Int("channel.member_count"), 4);
  EXPECT_EQ(event.Size("members"), 4U);
  EXPECT_EQ(FindChannel("room")->member_count, 4);
  EXPECT_REFUSED(Update("room", R"({"add_members":["zoe"]})"), ErrorKind::kInput,
                 "the user zoe does not exist");
  EXPECT_EQ(FindChannel("room")->member_count, 4);
}

TEST_F(MembersTest, ThoseWhoGoAreTold) {
  EXPECT_REFUSED(Update("room", R"({"remove_members":["bob","zoe"]})"), ErrorKind::kInput,
                 "the user zoe does not exist");
  ASSERT_DONE(Update("room", R"({"remove_members":["bob"]})"));
  const test::Json event = Only("member.removed").json();
  EXPECT_EQ(event.Text("user.id"), "bob");
  EXPECT_EQ(event.Text("member.user_id"), "bob");
  EXPECT_EQ(event.Int("channel_member_count"), 1);
  EXPECT_EQ(event.Size("members"), 1U);
  EXPECT_FALSE(FindMember("room", "bob"));
  EXPECT_EQ(FindChannel("room")->member_count, 1);
  events_.clear();
  ASSERT_DONE(Update("room", R"({"remove_members":["bob"]})"));
  EXPECT_TRUE(events_.empty());
  // Nobody left: no members array (docs/contract/payloads.md#members).
  ASSERT_DONE(Update("room", R"({"remove_members":["ann"]})"));
  EXPECT_FALSE(Only("member.removed").json().Has("members"));
}

TEST_F(MembersTest, ModeratorsComeAndGo) {
  ASSERT_DONE(Update("room", R"({"add_moderators":["bob","cid"]})"));
  // Somebody who was not a member becomes one first.
  EXPECT_EQ(EventTypes(),
            (std::vector<std::string>{"member.added", "member.updated", "member.updated"}));
  EXPECT_TRUE(events_[2].json().IsTrue("member.is_moderator"));
  EXPECT_EQ(events_[2].json().Text("member.channel_role"), "channel_moderator");
  EXPECT_TRUE(FindMember("room", "bob")->is_moderator);
  EXPECT_EQ(FindMember("room", "bob")->role, "moderator");
  ASSERT_DONE(Update("room", R"({"add_moderators":["ann"]})"));
  EXPECT_EQ(FindMember("room", "ann")->role, "owner");
  ASSERT_DONE(Update("room", R"({"demote_moderators":["ann","bob"]})"));
  EXPECT_FALSE(FindMember("room", "bob")->is_moderator);
  EXPECT_EQ(FindMember("room", "bob")->channel_role, "channel_member");
  EXPECT_EQ(FindMember("room", "ann")->role, "owner");
  EXPECT_KIND(Update("room", R"({"demote_moderators":["dan"]})"), ErrorKind::kInput);
}

TEST_F(MembersTest, RolesAreAssigned) {
  ASSERT_DONE(Update("room", R"({"assign_roles":[{"user_id":"bob","channel_role":"helper"}]})"));
  EXPECT_EQ(EventTypes(), std::vector<std::string>{"member.updated"});
  EXPECT_EQ(FindMember("room", "bob")->channel_role, "helper");
  EXPECT_FALSE(FindMember("room", "bob")->is_moderator);
  ASSERT_DONE(
      Update("room", R"({"assign_roles":[{"user_id":"bob","channel_role":"channel_moderator"}]})"));
  EXPECT_TRUE(FindMember("room", "bob")->is_moderator);
  EXPECT_KIND(Update("room", R"({"assign_roles":["bob"]})"), ErrorKind::kInput);
  EXPECT_KIND(Update("room", R"({"assign_roles":[{"user_id":"dan","channel_role":"x"}]})"),
              ErrorKind::kInput);
}

TEST_F(MembersTest, ListsMustBeLists) {
  for (const std::string name : {"add_members", "remove_members", "add_moderators",
                                 "demote_moderators", "assign_roles", "invites"}) {
    EXPECT_KIND(Update("room", R"({")" + name + R"(":"bob"})"), ErrorKind::kInput);
    EXPECT_KIND(Update("room", R"({")" + name + R"(":[1]})"), ErrorKind::kInput);
    EXPECT_KIND(Update("room", R"({")" + name + R"(":[{"channel_role":1,"user_id":"bob"}]})"),
                ErrorKind::kInput);
    EXPECT_DONE(Update("room", R"({")" + name + R"(":null})"));
  }
}

TEST_F(MembersTest, AMemberIsUpdatedPartially) {
  const auto updated = PatchMember(
      "room", "bob", R"({"set":{"pinned":true,"archived":true,"color.dark":1.10},"unset":["x"]})");
  ASSERT_DONE(updated);
  EXPECT_EQ(updated->pinned_at, now_);
  EXPECT_EQ(updated->archived_at, now_);
  EXPECT_EQ(updated->custom_json, R"({"color":{"dark":1.10}})");
  const test::Json event = Only("member.updated").json();
  EXPECT_EQ(event.Raw("member.color.dark"), "1.10");
  EXPECT_TRUE(event.Has("member.pinned_at"));
  ASSERT_DONE(
      PatchMember("room", "bob", R"({"set":{"pinned":false},"unset":["archived","color"]})"));
  EXPECT_FALSE(FindMember("room", "bob")->pinned_at);
  EXPECT_FALSE(FindMember("room", "bob")->archived_at);
  EXPECT_EQ(FindMember("room", "bob")->custom_json, "{}");
  EXPECT_DONE(PatchMember("room", "bob", R"({"set":{"channel_role":"channel_moderator"}})"));
  EXPECT_TRUE(FindMember("room", "bob")->is_moderator);
  for (const std::string name : {"user_id", "role", "banned", "created_at", "is_moderator"}) {
    EXPECT_REFUSED(PatchMember("room", "bob", R"({"set":{")" + name + R"(":true}})"),
                   ErrorKind::kInput, "member." + name + " is a reserved field");
  }
  EXPECT_KIND(PatchMember("room", "dan", R"({"set":{"a":1}})"), ErrorKind::kInput);
}

// docs/contract/rulings.md#18.
TEST_F(MembersTest, AnEventListsFiftyMembersAndWhoActs) {
  std::string list;
  for (int i = 0; i < 60; ++i) {
    const std::string id = (i < 10 ? "u0" : "u") + std::to_string(i);
    ASSERT_DONE(Upsert("{\"" + id + "\":{}}"));
    list += (list.empty() ? "\"" : ",\"") + id + "\"";
  }
  ASSERT_DONE(Update("room", R"({"add_members":[)" + list + "]}"));
  events_.clear();
  ASSERT_DONE(Send("room", R"({"text":"x","user_id":"u59"})"));
  const test::Json last = Only("message.new").json();
  ASSERT_EQ(last.Size("members"), 50U);
  EXPECT_EQ(last.Text("members.0.user_id"), "ann");
  EXPECT_EQ(last.Text("members.1.user_id"), "bob");
  EXPECT_EQ(last.Text("members.2.user_id"), "u00");
  EXPECT_EQ(last.Text("members.48.user_id"), "u46");
  EXPECT_EQ(last.Text("members.49.user_id"), "u59");
  EXPECT_EQ(last.Int("channel_member_count"), 62);
  events_.clear();
  ASSERT_DONE(Send("room", R"({"text":"x","user_id":"ann"})"));
  EXPECT_EQ(Only("message.new").json().Text("members.49.user_id"), "u47");
  events_.clear();
  // Not a member: nobody has to make room.
  ASSERT_DONE(Send("room", R"({"text":"x","user_id":"cid"})"));
  EXPECT_EQ(Only("message.new").json().Text("members.49.user_id"), "u47");
}

}  // namespace
}  // namespace hookline::chat
