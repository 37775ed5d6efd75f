// Unread counters (docs/contract/payloads.md#counters).
#include "unit/chat/chat_fixture.h"

namespace hookline::chat {
namespace {

class UnreadTest : public ChatTest {
 protected:
  void SetUp() override {
    MakeChannel("one", {"ann", "bob"});
    MakeChannel("two", {"ann", "bob"});
  }

  void Say(const std::string& channel, const std::string& user, const std::string& more = "") {
    ASSERT_DONE(Send(channel, R"({"text":"x","user_id":")" + user + "\"" + more + "}"));
  }

  // The counters of a user in the last event: its own, or as a member.
  struct Counters {
    std::int64_t in_channel, total, channels;
    bool operator==(const Counters&) const = default;
  };
  Counters Of(const std::string& user, const std::string& path) const {
    const test::Json event = events_.back().json();
    EXPECT_EQ(event.Text(path + ".id"), user);
    EXPECT_EQ(event.Int(path + ".unread_count"), event.Int(path + ".total_unread_count"));
    return {event.Int(path + ".channel_unread_count"), event.Int(path + ".total_unread_count"),
            event.Int(path + ".unread_channels")};
  }
  static constexpr Counters kNothing{0, 0, 0};
};

TEST_F(UnreadTest, TheSendersOwnMessageNeverCounts) {
  Say("one", "ann");
  EXPECT_EQ(Of("ann", "user"), kNothing);
  EXPECT_EQ(Of("ann", "members.0.user"), kNothing);
  EXPECT_EQ(Of("bob", "members.1.user"), (Counters{1, 1, 1}));
  Say("one", "ann");
  EXPECT_EQ(Of("bob", "members.1.user"), (Counters{2, 2, 1}));
  // Who answers has read what was there.
  Say("one", "bob");
  EXPECT_EQ(Of("bob", "user"), kNothing);
  EXPECT_EQ(Of("ann", "members.0.user"), (Counters{1, 1, 1}));
}

TEST_F(UnreadTest, AnotherChannelRaisesTheTotalsOnly) {
  Say("one", "ann");
  Say("two", "ann");
  Say("two", "ann");
  EXPECT_EQ(Of("bob", "members.1.user"), (Counters{2, 3, 2}));
  Say("one", "bob");
  EXPECT_EQ(Of("bob", "user"), (Counters{0, 2, 1}));
}

TEST_F(UnreadTest, MarkUnreadCountsFromTheMessageOn) {
  ASSERT_DONE(Send("one", R"({"id":"a","text":"x","user_id":"ann"})"));
  ASSERT_DONE(Send("one", R"({"id":"b","text":"x","user_id":"ann"})"));
  const Timestamp sent = now_;
  ASSERT_DONE(Send("one", R"({"id":"c","text":"x","user_id":"ann"})"));
  const auto mark = [&](std::string_view text, const Caller& caller = Server()) {
    const test::Json body(text);
    return Do(caller, [&](Context& context) {
      return MarkUnread(context, *context.store.FindChannel(app_, "messaging", "one"), body.root());
    });
  };
  ASSERT_DONE(Read("one", R"({"user_id":"bob"})"));
  events_.clear();
  ASSERT_DONE(mark(R"({"user_id":"bob","message_id":"b"})"));
  EXPECT_EQ(Of("bob", "user"), (Counters{2, 2, 1}));
  const test::Json event = Only("notification.mark_unread").json();
  EXPECT_EQ(event.Text("cid"), "messaging:one");
  EXPECT_EQ(event.Text("first_unread_message_id"), "b");
  EXPECT_EQ(event.Text("last_read_message_id"), "a");
  EXPECT_EQ(event.Text("last_read_at"), FormatRfc3339(sent - std::chrono::nanoseconds(1)));
  EXPECT_EQ(event.Int("unread_messages"), 2);
  ASSERT_DONE(mark(R"({"message_timestamp":")" + FormatRfc3339(sent) + "\"}", As("bob")));
  EXPECT_EQ(Unread("bob").messages, 2);
  ASSERT_DONE(mark(R"({"user_id":"bob","message_id":"a"})"));
  EXPECT_EQ(Unread("bob").messages, 3);
  ASSERT_DONE(Read("one", R"({"user_id":"bob"})"));
  EXPECT_EQ(Unread("bob").messages, 0);

  EXPECT_KIND(mark(R"({"user_id":"bob"})"), ErrorKind::kInput);
  EXPECT_KIND(mark(R"({"user_id":"bob","message_id":"zzz"})"), ErrorKind::kInput);
  EXPECT_KIND(mark(R"({"message_id":"a"})"), ErrorKind::kInput);
  MakeUsers({"eve"});
  EXPECT_KIND(mark(R"({"user_id":"eve","message_id":"a"})"), ErrorKind::kInput);
}

TEST_F(UnreadTest, MarkReadSetsAllOfTheChannelToZero) {
  Say("one", "ann");
  ASSERT_DONE(Send("one", R"({"id":"last","text":"x","user_id":"ann"})"));
  events_.clear();
  const auto member = Read("one", R"({"user_id":"bob"})");
  ASSERT_DONE(member);
  EXPECT_EQ(member->last_read_at, now_);
  EXPECT_EQ(member->last_read_message_id, "last");
  const RecordedEvent event = Only("message.read");
  EXPECT_EQ(event.user_id, "bob");
  EXPECT_EQ(Of("bob", "user"), kNothing);
  EXPECT_EQ(event.json().Text("user.channel_last_read_at"), FormatRfc3339(now_));
  EXPECT_EQ(event.json().Text("last_read_message_id"), "last");
  EXPECT_EQ(Unread("bob").messages, 0);
  // Reading twice is no mistake.
  EXPECT_DONE(Read("one", R"({"user_id":"bob"})"));
}

TEST_F(UnreadTest, AnEmptyChannelCanBeRead) {
  const auto member = Read("one", R"({"user":{"id":"bob"}})");
  ASSERT_DONE(member);
  EXPECT_EQ(member->last_read_message_id, "");
  EXPECT_FALSE(Only("message.read").json().Has("last_read_message_id"));
}

TEST_F(UnreadTest, MarkReadAsksWhoReads) {
  MakeUsers({"cid"});
  EXPECT_REFUSED(Read("one", "{}"), ErrorKind::kInput,
                 "either user or user_id must be provided when using server side auth.");
  EXPECT_REFUSED(Read("one", R"({"user_id":"zoe"})"), ErrorKind::kInput,
                 "the user zoe does not exist");
  EXPECT_KIND(Read("one", R"({"user":{"id":"zoe"}})"), ErrorKind::kInput);
  EXPECT_FALSE(FindUser("zoe"));
  EXPECT_KIND(Read("one", R"({"user_id":"bob","thread_id":"t"})"), ErrorKind::kNotImplemented);
  ASSERT_DONE(PatchChannel("one", R"({"set":{"config_overrides":{"read_events":false}}})"));
  EXPECT_KIND(Read("one", R"({"user_id":"bob"})"), ErrorKind::kEventNotSupported);
}

TEST_F(UnreadTest, WhoIsNoMemberMayReadAndKeepsNothing) {
  MakeUsers({"cid"});
  Say("one", "ann");
  const auto read = Read("one", R"({"user_id":"cid"})");
  ASSERT_DONE(read);
  EXPECT_EQ(read->user_id, "cid");
  EXPECT_EQ(Only("message.read").json().Text("user.id"), "cid");
  EXPECT_FALSE(FindMember("one", "cid"));
  events_.clear();
  EXPECT_DONE(SendEvent("one", R"({"type":"message.read","user_id":"cid"})"));
  EXPECT_EQ(Only("message.read").user_id, "cid");
}

TEST_F(UnreadTest, ReadingUpToAMessageLeavesTheLaterOnes) {
  for (const char* id : {"m1", "m2", "m3"}) {
    ASSERT_DONE(Send("one", R"({"id":")" + std::string(id) + R"(","text":"x","user_id":"ann"})"));
  }
  EXPECT_EQ(Unread("bob").messages, 3);
  const auto read = Read("one", R"({"user_id":"bob","message_id":"m1"})");
  ASSERT_DONE(read);
  EXPECT_EQ(read->last_read_message_id, "m1");
  EXPECT_EQ(read->last_read_at, FindMessage("m1")->created_at);
  EXPECT_EQ(Unread("bob").messages, 2);
  ASSERT_DONE(Read("one", R"({"user_id":"bob","message_timestamp":")" +
                              FormatRfc3339(FindMessage("m2")->created_at) + "\"}"));
  EXPECT_EQ(Unread("bob").messages, 1);
  // What was read stays read.
  ASSERT_DONE(Read("one", R"({"user_id":"bob","message_id":"m1"})"));
  EXPECT_EQ(Unread("bob").messages, 1);
  EXPECT_EQ(FindMember("one", "bob")->last_read_message_id, "m2");
  ASSERT_DONE(Read("one", R"({"user_id":"bob"})"));
  EXPECT_EQ(Unread("bob").messages, 0);
  EXPECT_KIND(Read("one", R"({"user_id":"bob","message_id":"nope"})"), ErrorKind::kInput);
  EXPECT_KIND(Read("one", R"({"user_id":"bob","message_timestamp":"soon"})"), ErrorKind::kInput);
}

TEST_F(UnreadTest, WhatWasSaidBeforeSomebodyCameIsNotUnread) {
  MakeUsers({"cid"});
  Say("one", "ann");
  Say("one", "ann");
  ASSERT_DONE(Update("one", R"({"add_members":["cid"]})"));
  EXPECT_EQ(Of("cid", "user"), kNothing);
  EXPECT_EQ(Unread("cid").messages, 0);
  Say("one", "ann");
  EXPECT_EQ(Unread("cid").messages, 1);
  // Leaving takes the channel's unread messages along; coming back starts anew.
  ASSERT_DONE(Update("one", R"({"remove_members":["cid"]})"));
  EXPECT_EQ(Unread("cid").messages, 0);
  ASSERT_DONE(Update("one", R"({"add_members":["cid"]})"));
  EXPECT_EQ(Unread("cid").messages, 0);
}

TEST_F(UnreadTest, OnlyRegularMessagesCount) {
  ASSERT_DONE(Send("one", R"({"id":"p","text":"x","user_id":"ann"})"));
  ASSERT_DONE(Read("one", R"({"user_id":"bob"})"));
  Say("one", "ann", R"(,"silent":true)");
  Say("one", "ann", R"(,"type":"system")");
  Say("one", "ann", R"(,"parent_id":"p")");
  EXPECT_EQ(Unread("bob").messages, 0);
  Say("one", "ann");
  EXPECT_EQ(Unread("bob").messages, 1);
}

TEST_F(UnreadTest, WhoIsNoMemberHasNothingUnread) {
  MakeUsers({"cid"});
  Say("one", "cid");
  EXPECT_EQ(Of("cid", "user"), kNothing);
  EXPECT_EQ(Unread("cid").messages, 0);
  EXPECT_EQ(Unread("ann").messages, 1);
  EXPECT_EQ(Unread("bob").messages, 1);
}

TEST_F(UnreadTest, NeverReadIsWrittenAsYearOne) {
  Say("one", "ann");
  const RecordedEvent event = events_.back();
  EXPECT_EQ(event.json().Text("members.1.user.channel_last_read_at"), "0001-01-01T00:00:00Z");
  EXPECT_FALSE(event.json_v2().Has("members.1.user.channel_last_read_at"));
  EXPECT_EQ(event.json().Text("user.channel_last_read_at"), FormatRfc3339(now_));
  EXPECT_EQ(event.json_v2().Int("user.channel_last_read_at"), now_.ns);
}

TEST_F(UnreadTest, AUserObjectOutsideOfChannelsShowsTheTotals) {
  Say("one", "ann");
  Say("two", "ann");
  ASSERT_DONE(PatchUsers(R"([{"id":"bob","set":{"a":1}}])"));
  const test::Json user(Look([&](Tx& tx) {
    Encoder encoder(tx, app_, Format::kV1, now_);
    json::Writer w;
    encoder.FullUser(w, *tx.FindUser(app_, "bob"));
    return w.Take();
  }));
  EXPECT_EQ(user.Int("total_unread_count"), 2);
  EXPECT_EQ(user.Int("unread_channels"), 2);
}

}  // namespace
}  // namespace hookline::chat
