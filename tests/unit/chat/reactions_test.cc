// Reactions: counts, scores, groups, and what they tell.
#include "unit/chat/chat_fixture.h"

namespace hookline::chat {
namespace {

class ReactionsTest : public ChatTest {
 protected:
  void SetUp() override {
    MakeChannel("room", {"ann", "bob"});
    ASSERT_DONE(Send("room", R"({"id":"m","text":"x","user_id":"ann"})"));
    events_.clear();
  }
};

TEST_F(ReactionsTest, CountsAndSums) {
  ASSERT_DONE(React("m", R"({"reaction":{"type":"lol","user_id":"ann","score":2,"why":1.10}})"));
  const Timestamp first = now_;
  ASSERT_DONE(React("m", R"({"reaction":{"type":"lol","user_id":"bob"}})"));
  ASSERT_DONE(React("m", R"({"reaction":{"type":"wow","user":{"id":"new"},"score":0}})"));
  const test::Json message = MessageJson(*FindMessage("m"), Format::kV1, "bob");
  EXPECT_EQ(message.Raw("reaction_counts"), R"({"lol":2,"wow":1})");
  EXPECT_EQ(message.Raw("reaction_scores"), R"({"lol":3,"wow":1})");
  EXPECT_EQ(message.Int("reaction_groups.lol.count"), 2);
  EXPECT_EQ(message.Int("reaction_groups.lol.sum_scores"), 3);
  EXPECT_EQ(message.Text("reaction_groups.lol.first_reaction_at"), FormatRfc3339(first));
  EXPECT_EQ(message.Text("reaction_groups.lol.last_reaction_at"),
            FormatRfc3339(first + std::chrono::seconds(1)));
  // Newest first; one's own apart.
  EXPECT_EQ(message.Size("latest_reactions"), 3U);
  EXPECT_EQ(message.Text("latest_reactions.0.type"), "wow");
  EXPECT_EQ(message.Raw("latest_reactions.2.why"), "1.10");
  EXPECT_EQ(message.Size("own_reactions"), 1U);
  EXPECT_EQ(message.Text("own_reactions.0.user_id"), "bob");
  EXPECT_EQ(EventTypes(), (std::vector<std::string>{"reaction.new", "reaction.new", "user.updated",
                                                    "reaction.new"}));
}

TEST_F(ReactionsTest, TheEventShowsTheMessageAsItIsThen) {
  ASSERT_DONE(React("m", R"({"reaction":{"type":"lol","user_id":"bob","score":4}})"));
  const RecordedEvent event = Only("reaction.new");
  EXPECT_EQ(event.user_id, "bob");
  EXPECT_EQ(event.json().Int("message.reaction_counts.lol"), 1);
  EXPECT_EQ(event.json().Int("message.reaction_scores.lol"), 4);
  EXPECT_EQ(event.json().Text("reaction.type"), "lol");
  EXPECT_EQ(event.json().Text("reaction.message_id"), "m");
  EXPECT_EQ(event.json().Text("reaction.user.id"), "bob");
  EXPECT_EQ(event.json().Text("user.id"), "bob");
  EXPECT_EQ(event.json().Text("channel.cid"), "messaging:room");
  // Nobody in particular reads a webhook.
  EXPECT_EQ(event.json().Raw("message.own_reactions"), "[]");
}

TEST_F(ReactionsTest, TheSameAgainUpdates) {
  ASSERT_DONE(React("m", R"({"reaction":{"type":"lol","user_id":"bob"}})"));
  const Timestamp created = now_;
  ASSERT_DONE(React("m", R"({"reaction":{"type":"lol","user_id":"bob","score":5}})"));
  EXPECT_EQ(EventTypes(), (std::vector<std::string>{"reaction.new", "reaction.updated"}));
  const test::Json event = Only("reaction.updated").json();
  EXPECT_EQ(event.Raw("message.reaction_counts"), R"({"lol":1})");
  EXPECT_EQ(event.Raw("message.reaction_scores"), R"({"lol":5})");
  EXPECT_EQ(event.Text("reaction.created_at"), FormatRfc3339(created));
  EXPECT_EQ(event.Text("reaction.updated_at"), FormatRfc3339(now_));
}

TEST_F(ReactionsTest, EnforceUniqueReplacesTheOthers) {
  ASSERT_DONE(React("m", R"({"reaction":{"type":"lol","user_id":"bob"}})"));
  ASSERT_DONE(React("m", R"({"reaction":{"type":"wow","user_id":"bob"}})"));
  ASSERT_DONE(React("m", R"({"reaction":{"type":"lol","user_id":"ann"}})"));
  events_.clear();
  ASSERT_DONE(React("m", R"({"reaction":{"type":"sad","user_id":"bob"},"enforce_unique":true})"));
  EXPECT_EQ(EventTypes(),
            (std::vector<std::string>{"reaction.deleted", "reaction.deleted", "reaction.new"}));
  EXPECT_EQ(MessageJson(*FindMessage("m")).Raw("reaction_counts"), R"({"lol":1,"sad":1})");
  events_.clear();
  ASSERT_DONE(
      React("m", R"({"reaction":{"type":"sad","user_id":"bob","score":2},"enforce_unique":true})"));
  EXPECT_EQ(EventTypes(), std::vector<std::string>{"reaction.updated"});
}

TEST_F(ReactionsTest, TheLastOneLeavesEmptyCounts) {
  ASSERT_DONE(React("m", R"({"reaction":{"type":"lol","user_id":"bob"}})"));
  const auto removed = Unreact("m", "lol", "bob");
  ASSERT_DONE(removed);
  EXPECT_EQ(removed->reaction.type, "lol");
  const test::Json event = Only("reaction.deleted").json();
  EXPECT_EQ(event.Raw("message.reaction_counts"), "{}");
  EXPECT_EQ(event.Raw("message.reaction_scores"), "{}");
  EXPECT_EQ(event.Raw("message.reaction_groups"), "{}");
  EXPECT_EQ(event.Raw("message.latest_reactions"), "[]");
  EXPECT_EQ(event.Text("reaction.type"), "lol");
  EXPECT_KIND(Unreact("m", "lol", "bob"), ErrorKind::kNotFound);
  EXPECT_REFUSED(Unreact("m", "lol", ""), ErrorKind::kInput,
                 "either user or user_id must be provided when using server side auth.");
  EXPECT_KIND(Unreact("none", "lol", "bob"), ErrorKind::kNotFound);
}

TEST_F(ReactionsTest, AtMostTenAreTheLatest) {
  for (int i = 0; i < 12; ++i) {
    ASSERT_DONE(
        React("m", R"({"reaction":{"type":"t)" + std::to_string(i) + R"(","user_id":"bob"}})"));
  }
  const test::Json message = MessageJson(*FindMessage("m"));
  EXPECT_EQ(message.Size("latest_reactions"), 10U);
  EXPECT_EQ(message.Text("latest_reactions.0.type"), "t11");
  EXPECT_EQ(message.Size("reaction_counts"), 12U);
}

TEST_F(ReactionsTest, RefusesWhatIsNoReaction) {
  EXPECT_REFUSED(React("m", "{}"), ErrorKind::kInput, "reaction is a required field");
  EXPECT_REFUSED(React("m", R"({"reaction":{"type":"lol"}})"), ErrorKind::kInput,
                 "either reaction.user or reaction.user_id must be provided when using server side "
                 "auth.");
  EXPECT_KIND(React("m", R"({"reaction":{"user_id":"bob"}})"), ErrorKind::kInput);
  EXPECT_KIND(React("m", R"({"reaction":{"type":"","user_id":"bob"}})"), ErrorKind::kInput);
  EXPECT_KIND(React("m", R"({"reaction":{"type":1,"user_id":"bob"}})"), ErrorKind::kInput);
  EXPECT_KIND(React("m", R"({"reaction":{"type":"lol","user_id":"bob","score":1.5}})"),
              ErrorKind::kInput);
  EXPECT_KIND(React("m", R"({"reaction":{"type":"lol","user_id":"bob","score":"1"}})"),
              ErrorKind::kInput);
  EXPECT_KIND(React("m", R"({"reaction":{"type":"lol","user_id":"bob"},"enforce_unique":1})"),
              ErrorKind::kInput);
  EXPECT_REFUSED(React("none", R"({"reaction":{"type":"lol","user_id":"bob"}})"),
                 ErrorKind::kNotFound, "message with id none doesn't exist");
  EXPECT_DONE(
      React("m", R"({"reaction":{"type":")" + std::string(30, 'x') + R"(","user_id":"bob"}})"));
  EXPECT_KIND(
      React("m", R"({"reaction":{"type":")" + std::string(31, 'x') + R"(","user_id":"bob"}})"),
      ErrorKind::kInput);
  ASSERT_DONE(PatchChannel("room", R"({"set":{"config_overrides":{"reactions":false}}})"));
  EXPECT_KIND(React("m", R"({"reaction":{"type":"lol","user_id":"bob"}})"),
              ErrorKind::kFeatureNotSupported);
}

// Sums of extreme scores would not fit, and a sum that does not fit breaks the statement.
TEST_F(ReactionsTest, ScoresHaveLimits) {
  const auto react = [&](const std::string& user, const std::string& score) {
    return React(
        "m", R"({"reaction":{"type":"lol","user_id":")" + user + R"(","score":)" + score + "}}");
  };
  EXPECT_KIND(react("ann", "9223372036854775807"), ErrorKind::kInput);
  EXPECT_KIND(react("ann", "-9223372036854775808"), ErrorKind::kInput);
  EXPECT_DONE(react("ann", "2147483647"));
  EXPECT_DONE(react("bob", "2147483647"));
  EXPECT_EQ(MessageJson(*FindMessage("m")).Int("reaction_scores.lol"), 4294967294);
  EXPECT_DONE(react("bob", "-2147483648"));
  EXPECT_EQ(MessageJson(*FindMessage("m")).Int("reaction_scores.lol"), -1);
}

TEST_F(ReactionsTest, AReactionInAThreadNamesItsParticipants) {
  ASSERT_DONE(Send("room", R"({"id":"r","parent_id":"m","user_id":"bob"})"));
  events_.clear();
  ASSERT_DONE(React("m", R"({"reaction":{"type":"lol","user_id":"bob"}})"));
  const test::Json event = Only("reaction.new").json();
  EXPECT_EQ(event.Text("thread_participants.0.id"), "ann");
  EXPECT_EQ(event.Text("thread_participants.1.id"), "bob");
}

}  // namespace
}  // namespace hookline::chat
