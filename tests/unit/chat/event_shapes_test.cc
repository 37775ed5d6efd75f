// The exact members of every event (docs/contract/payloads.md#base, #catalogue), in both formats.
#include "unit/chat/chat_fixture.h"

namespace hookline::chat {
namespace {

using Keys = std::set<std::string>;

Keys operator+(Keys a, const Keys& b) {
  a.insert(b.begin(), b.end());
  return a;
}
Keys operator-(Keys a, const Keys& b) {
  for (const std::string& key : b) a.erase(key);
  return a;
}

const Keys kBase = {"type", "created_at", "request_info"};
const Keys kContext =
    kBase + Keys{"cid", "channel_type", "channel_id", "channel_member_count", "members"};

const Keys kUser = {"id",         "role",   "language", "teams",           "created_at",
                    "updated_at", "banned", "online",   "blocked_user_ids"};
const Keys kCounters = {"channel_unread_count", "channel_last_read_at", "total_unread_count",
                        "unread_count", "unread_channels"};
const Keys kPrivacyUser = kUser + Keys{"invisible"};
const Keys kMessage = {"id",
                       "text",
                       "html",
                       "type",
                       "user",
                       "member",
                       "attachments",
                       "latest_reactions",
                       "own_reactions",
                       "cid",
                       "reaction_counts",
                       "reaction_scores",
                       "reaction_groups",
                       "reply_count",
                       "created_at",
                       "updated_at",
                       "deleted_reply_count",
                       "shadowed",
                       "mentioned_users",
                       "mentioned_channel",
                       "mentioned_here",
                       "silent",
                       "pinned",
                       "pinned_at",
                       "pinned_by",
                       "pin_expires",
                       "restricted_visibility"};
const Keys kChannel = {"id",           "type",          "cid",      "created_at",
                       "updated_at",   "frozen",        "disabled", "created_by",
                       "member_count", "message_count", "config"};
const Keys kMember = {
    "user_id", "user",          "created_at", "updated_at",   "status",
    "banned",  "shadow_banned", "role",       "channel_role", "notifications_muted"};
const Keys kReaction = {"message_id", "user_id",    "user",      "type",
                        "score",      "created_at", "updated_at"};
const Keys kConfig = {"created_at",
                      "updated_at",
                      "name",
                      "typing_events",
                      "read_events",
                      "connect_events",
                      "delivery_events",
                      "search",
                      "reactions",
                      "replies",
                      "quotes",
                      "mutes",
                      "uploads",
                      "url_enrichment",
                      "custom_events",
                      "push_notifications",
                      "reminders",
                      "mark_messages_pending",
                      "polls",
                      "user_message_reminders",
                      "shared_locations",
                      "count_messages",
                      "skip_last_msg_update_for_system_msgs",
                      "message_retention",
                      "max_message_length",
                      "automod",
                      "automod_behavior",
                      "commands"};

class EventShapesTest : public ChatTest {
 protected:
  void SetUp() override {
    MakeUsers({"cid"});
    MakeChannel("room", {"ann", "bob"});
    ASSERT_DONE(Send("room", R"({"id":"m","text":"x","user_id":"ann"})"));
    // So that everybody has a time of reading; in v2, who never read has none.
    ASSERT_DONE(Read("room", R"({"user_id":"bob"})"));
    events_.clear();
  }

  // v2 has the same members everywhere, and `custom` where custom fields can be.
  static void Expect(const RecordedEvent& event, const Keys& keys) {
    EXPECT_EQ(event.json().Keys(), keys) << event.v1;
    EXPECT_EQ(event.json_v2().Keys(), keys + Keys{"custom"}) << event.v2;
    EXPECT_EQ(event.json().Text("type"), event.type);
    EXPECT_EQ(event.json_v2().Text("type"), event.type);
    ExpectTimes(event);
    ExpectNoEmptyCustom(event.json().root());
  }
  static void ExpectObject(const RecordedEvent& event, const std::string& path, const Keys& keys) {
    EXPECT_EQ(event.json().Keys(path), keys) << path << " of " << event.v1;
    EXPECT_EQ(event.json_v2().Keys(path), keys + Keys{"custom"}) << path << " of " << event.v2;
  }
  static void ExpectMembers(const RecordedEvent& event) {
    ExpectObject(event, "members.0", kMember);
    EXPECT_EQ(event.json().Keys("members.0.user"), kUser + kCounters);
    const Keys v2 = event.json_v2().Keys("members.0.user");
    EXPECT_EQ(v2 + Keys{"channel_last_read_at"}, kUser + kCounters + Keys{"custom"});
  }

  // Every member that is called like a time is one: text in v1, a number in v2.
  static void ExpectTimes(const RecordedEvent& event) {
    const test::Json v1 = event.json();
    const test::Json v2 = event.json_v2();
    const int text = CountTimes(v1.root(), true);
    const int numbers = CountTimes(v2.root(), false);
    EXPECT_GT(text, 0);
    EXPECT_GT(numbers, 0);
    EXPECT_LE(numbers, text);
  }
  static int CountTimes(json::Value value, bool text) {
    int count = 0;
    for (const json::Value member : value) {
      if (value.IsObject() && member.key().ends_with("_at") && !member.IsNull()) {
        ++count;
        if (text) {
          // The year 1 stands for "never read" (docs/contract/payloads.md#counters).
          EXPECT_TRUE(member.AsString() == "0001-01-01T00:00:00Z" ||
                      (member.AsString() && ParseRfc3339(*member.AsString())))
              << member.key() << ": " << member.raw();
        } else {
          EXPECT_TRUE(member.AsInt().has_value()) << member.key() << ": " << member.raw();
        }
      }
      count += CountTimes(member, text);
    }
    return count;
  }
  // docs/contract/rulings.md#35.
  static void ExpectNoEmptyCustom(json::Value value) {
    for (const json::Value member : value) {
      // A change_set says with a bool whether custom fields changed.
      if (value.IsObject() && !member.IsBool()) EXPECT_NE(member.key(), "custom");
      ExpectNoEmptyCustom(member);
    }
  }
};

TEST_F(EventShapesTest, MessageNew) {
  ASSERT_DONE(Send("room", R"({"text":"x","user_id":"ann"})"));
  const RecordedEvent event = Only("message.new");
  // No channel: only the message's custom data (docs/contract/payloads.md#objects).
  Expect(event, kContext + Keys{"message", "message_id", "user", "watcher_count"});
  ExpectObject(event, "message", kMessage);
  ExpectObject(event, "message.user", kUser);
  ExpectObject(event, "user", kUser + kCounters);
  ExpectMembers(event);
}

TEST_F(EventShapesTest, MessageNewOfAReply) {
  ASSERT_DONE(Send("room", R"({"text":"x","user_id":"bob","parent_id":"m"})"));
  const RecordedEvent event = Only("message.new");
  Expect(event,
         kContext + Keys{"message", "message_id", "user", "watcher_count", "thread_participants"});
  ExpectObject(event, "message", kMessage + Keys{"parent_id", "show_in_channel"});
  ExpectObject(event, "thread_participants.0", kUser);
}

TEST_F(EventShapesTest, MessageUpdated) {
  ASSERT_DONE(Edit("m", R"({"text":"y","user_id":"ann"})"));
  const RecordedEvent event = Only("message.updated");
  Expect(event, kContext + Keys{"message", "message_id", "user", "message_update"});
  ExpectObject(event, "message", kMessage + Keys{"message_text_updated_at"});
  ExpectObject(event, "user", kUser + kCounters);
  const Keys change_set = {
      "text",   "html", "mml", "attachments", "custom", "mentioned_user_ids", "quoted_message_id",
      "silent", "pin"};
  EXPECT_EQ(event.json_v2().Keys("message_update"), (Keys{"old_text", "change_set"}));
  EXPECT_EQ(event.json_v2().Keys("message_update.change_set"), change_set);
}

TEST_F(EventShapesTest, MessageDeleted) {
  ASSERT_DONE(Delete("m"));
  const RecordedEvent event = Only("message.deleted");
  Expect(event, kContext + Keys{"message", "message_id", "user", "hard_delete"});
  ExpectObject(event, "message", kMessage + Keys{"deleted_at"});
}

TEST_F(EventShapesTest, MessageRead) {
  ASSERT_DONE(Read("room", R"({"user_id":"bob"})"));
  const RecordedEvent event = Only("message.read");
  Expect(event, kContext + Keys{"channel", "user", "last_read_message_id"});
  ExpectObject(event, "user", kUser + kCounters);
  ExpectObject(event, "channel", kChannel + Keys{"last_message_at"});
}

TEST_F(EventShapesTest, ReactionNewUpdatedAndDeleted) {
  ASSERT_DONE(React("m", R"({"reaction":{"type":"lol","user_id":"bob"}})"));
  ASSERT_DONE(React("m", R"({"reaction":{"type":"lol","user_id":"bob","score":2}})"));
  ASSERT_DONE(Unreact("m", "lol", "bob"));
  for (const char* type : {"reaction.new", "reaction.updated", "reaction.deleted"}) {
    const RecordedEvent event = Only(type);
    Expect(event, kContext + Keys{"message", "message_id", "reaction", "channel", "user"});
    ExpectObject(event, "message", kMessage);
    ExpectObject(event, "reaction", kReaction);
    ExpectObject(event, "reaction.user", kUser);
    ExpectObject(event, "channel", kChannel + Keys{"last_message_at"});
    ExpectObject(event, "user", kUser + kCounters);
  }
  ExpectObject(Only("reaction.new"), "message.latest_reactions.0", kReaction);
}

TEST_F(EventShapesTest, MemberAddedUpdatedAndRemoved) {
  ASSERT_DONE(Update("room", R"({"add_members":["cid"]})"));
  ASSERT_DONE(Update("room", R"({"add_moderators":["cid"]})"));
  ASSERT_DONE(Update("room", R"({"remove_members":["cid"]})"));
  for (const char* type : {"member.added", "member.updated", "member.removed"}) {
    const RecordedEvent event = Only(type);
    Expect(event, kContext + Keys{"channel", "member", "user"});
    const Keys moderator = event.type == "member.added" ? Keys{} : Keys{"is_moderator"};
    ExpectObject(event, "member", kMember + moderator);
    ExpectObject(event, "member.user", kUser);
    ExpectObject(event, "channel", kChannel + Keys{"last_message_at"});
    EXPECT_EQ(event.json().Keys("user"), kUser + kCounters);
  }
}

TEST_F(EventShapesTest, ChannelCreated) {
  ASSERT_DONE(Open("new", R"({"data":{"created_by_id":"ann","members":["ann"]}})"));
  const RecordedEvent event = Only("channel.created");
  Expect(event, kContext + Keys{"channel", "user"});
  ExpectObject(event, "channel", kChannel + Keys{"members"});
  ExpectObject(event, "channel.members.0", kMember);
  ExpectObject(event, "channel.created_by", kUser);
  EXPECT_EQ(event.json().Keys("channel.config"), kConfig);
  EXPECT_EQ(event.json_v2().Keys("channel.config"), kConfig);
  ExpectObject(event, "user", kUser);
}

TEST_F(EventShapesTest, ChannelCreatedWithoutMembers) {
  ASSERT_DONE(Open("new", R"({"data":{"created_by_id":"ann"}})"));
  Expect(Only("channel.created"), kContext - Keys{"members"} + Keys{"channel", "user"});
}

TEST_F(EventShapesTest, ChannelUpdated) {
  ASSERT_DONE(Update("room", R"({"data":{},"user_id":"ann"})"));
  const RecordedEvent event = Only("channel.updated");
  Expect(event, kContext + Keys{"channel", "user"});
  ExpectObject(event, "channel", kChannel + Keys{"last_message_at"});
  events_.clear();
  ASSERT_DONE(PatchChannel("room", R"({"set":{"team":"red","cooldown":3,"filter_tags":["t"],
                                              "config_overrides":{"count_messages":false}}})"));
  const RecordedEvent full = Only("channel.updated");
  // Nobody was named as the actor.
  Expect(full, kContext + Keys{"channel", "team"});
  ExpectObject(full, "channel",
               kChannel - Keys{"message_count"} +
                   Keys{"last_message_at", "team", "cooldown", "filter_tags", "config_overrides"});
  events_.clear();
  ASSERT_DONE(Update("room", R"({"message":{"text":"x"},"user_id":"ann"})"));
  Expect(Only("channel.updated"),
         kContext + Keys{"channel", "user", "team", "message", "message_id"});
}

TEST_F(EventShapesTest, ChannelDeleted) {
  ASSERT_DONE(Remove("room", false, As("ann")));
  const RecordedEvent event = Only("channel.deleted");
  Expect(event, kContext + Keys{"channel", "user"});
  ExpectObject(event, "channel", kChannel + Keys{"last_message_at", "deleted_at"});
}

TEST_F(EventShapesTest, UserUpdated) {
  ASSERT_DONE(Upsert(R"({"dan":{"name":"Dan","image":"i","privacy_settings":{}}})"));
  const RecordedEvent event = Only("user.updated");
  Expect(event, kBase + Keys{"user", "members"});
  ExpectObject(event, "user", kPrivacyUser + Keys{"name", "image", "privacy_settings"});
  EXPECT_EQ(event.json().Raw("members"), "[]");
}

TEST_F(EventShapesTest, CustomEvents) {
  ASSERT_DONE(SendEvent("room", R"({"type":"poke","user_id":"ann","hard":1})"));
  const RecordedEvent event = Only("poke");
  EXPECT_EQ(event.json().Keys(), kContext + (Keys{"user", "hard"}));
  EXPECT_EQ(event.json_v2().Keys(), kContext + (Keys{"user", "custom"}));
  ExpectTimes(event);
}

TEST_F(EventShapesTest, CustomFieldsAreFlatInV1AndNestedInV2) {
  ASSERT_DONE(Upsert(R"({"ann":{"u":1.10}})"));
  ASSERT_DONE(Update("room", R"({"data":{"c":2.20}})"));
  ASSERT_DONE(PatchMember("room", "ann", R"({"set":{"b":3.30}})"));
  ASSERT_DONE(Patch("m", R"({"set":{"x":4.40},"user_id":"ann"})"));
  ASSERT_DONE(React("m", R"({"reaction":{"type":"lol","user_id":"ann","r":5.50}})"));
  const RecordedEvent event = Only("reaction.new");
  const std::pair<const char*, const char*> fields[] = {
      {"user", "u"},           {"message.user", "u"}, {"channel", "c"}, {"members.0", "b"},
      {"members.0.user", "u"}, {"message", "x"},      {"reaction", "r"}};
  for (const auto& [object, name] : fields) {
    const std::string flat = std::string(object) + "." + name;
    const std::string nested = std::string(object) + ".custom." + name;
    EXPECT_TRUE(event.json().Has(flat)) << flat;
    EXPECT_FALSE(event.json().Has(std::string(object) + ".custom"));
    EXPECT_FALSE(event.json_v2().Has(flat)) << flat;
    EXPECT_EQ(event.json_v2().Raw(nested), event.json().Raw(flat)) << nested;
    EXPECT_TRUE(event.json().Raw(flat).ends_with("0")) << flat;
  }
}

TEST_F(EventShapesTest, RequestInfoIsAsTheClientSentIt) {
  ASSERT_DONE(Send("room", R"({"text":"x","user_id":"ann"})"));
  EXPECT_EQ(
      events_.back().json().Raw("request_info"),
      R"({"type":"server","ip":"198.51.100.7","user_agent":"agent/1","sdk":"sdk-1.0","ext":"tenant=blue"})");
  request_info_ = {.server = false, .ip = "::1", .user_agent = "\"q\"", .sdk = "", .ext = ""};
  ASSERT_DONE(Send("room", R"({"text":"x"})", As("ann")));
  EXPECT_EQ(events_.back().json().Keys("request_info"), (Keys{"type", "ip", "user_agent", "sdk"}));
  EXPECT_EQ(events_.back().json().Text("request_info.type"), "client");
  EXPECT_EQ(events_.back().json().Text("request_info.user_agent"), "\"q\"");
}

// The type comes first: people read payloads, and simple receivers look no further.
TEST_F(EventShapesTest, TheTypeComesFirst) {
  ASSERT_DONE(Send("room", R"({"text":"x","user_id":"ann"})"));
  EXPECT_TRUE(events_.back().v1.starts_with(R"({"type":"message.new","cid":"messaging:room")"));
}

}  // namespace
}  // namespace hookline::chat
