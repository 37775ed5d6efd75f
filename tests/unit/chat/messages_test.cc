// Sending messages: identity, fields, limits, threads, quotes.
#include "unit/chat/chat_fixture.h"

namespace hookline::chat {
namespace {

class MessagesTest : public ChatTest {
 protected:
  void SetUp() override { MakeChannel("room", {"ann", "bob"}); }

  // A message of ann's with the given members besides.
  Result<Message> Say(const std::string& fields) {
    return Send("room", R"({"user_id":"ann")" + (fields.empty() ? "" : "," + fields) + "}");
  }
};

TEST_F(MessagesTest, StoresAndTellsWhatWasSaid) {
  const auto sent = Say(R"("id":"m1","text":"5 < 6 & \"so\"","priority":1.10,"silent":false)");
  ASSERT_DONE(sent);
  const auto stored = FindMessage("m1");
  ASSERT_TRUE(stored);
  EXPECT_EQ(stored->type, "regular");
  EXPECT_EQ(stored->user_id, "ann");
  EXPECT_EQ(stored->cid, "messaging:room");
  EXPECT_EQ(stored->html, "<p>5 &lt; 6 &amp; &quot;so&quot;</p>\n");
  EXPECT_EQ(stored->custom_json, R"({"priority":1.10})");
  EXPECT_EQ(stored->created_at, now_);
  EXPECT_FALSE(stored->text_updated_at);
  EXPECT_EQ(FindChannel("room")->message_count, 1);
  EXPECT_EQ(FindChannel("room")->last_message_at, now_);
  const test::Json event = Only("message.new").json();
  EXPECT_EQ(event.Text("message.id"), "m1");
  EXPECT_EQ(event.Raw("message.priority"), "1.10");
  EXPECT_EQ(event.Text("user.id"), "ann");
  EXPECT_EQ(Only("message.new").user_id, "ann");
  EXPECT_FALSE(Only("message.new").custom);
}

TEST_F(MessagesTest, AClockThatWasSetBackPutsNothingBeforeWhatIsThere) {
  ASSERT_DONE(Say(R"("id":"a","text":"first")"));
  const Timestamp before = now_;
  ASSERT_DONE(Say(R"("id":"r0","text":"a reply","parent_id":"a")"));
  const Timestamp newest = now_;
  now_ = now_ - std::chrono::hours(2);
  ASSERT_DONE(Say(R"("id":"b","text":"second")"));
  ASSERT_DONE(Say(R"("id":"r1","text":"another reply","parent_id":"a")"));
  ASSERT_DONE(Say(R"("id":"c","text":"third")"));
  EXPECT_GT(newest, before);
  for (const char* id : {"b", "r1", "c"}) EXPECT_EQ(FindMessage(id)->created_at, newest) << id;
  EXPECT_EQ(FindChannel("room")->last_message_at, newest);
  const auto ids = [](const std::vector<Message>& messages) {
    std::string joined;
    for (const Message& message : messages) joined += message.id + ' ';
    return joined;
  };
  const ChannelId room = FindChannel("room")->pk;
  Look([&](Tx& tx) {
    EXPECT_EQ(ids(tx.ListMessages(room, {})), "a b c ");
    EXPECT_EQ(ids(tx.ListReplies(app_, "a", {})), "r0 r1 ");
    return 0;
  });
  // Once the clock has caught up, it counts again.
  now_ = newest + std::chrono::hours(1);
  ASSERT_DONE(Say(R"("id":"d","text":"fourth")"));
  EXPECT_EQ(FindMessage("d")->created_at, now_);
}

TEST_F(MessagesTest, AnEmptyTextHasNoHtml) {
  ASSERT_DONE(Say(R"("id":"m1")"));
  EXPECT_EQ(FindMessage("m1")->text, "");
  EXPECT_EQ(FindMessage("m1")->html, "");
}

TEST_F(MessagesTest, GivesAnIdToAMessageWithoutOne) {
  const auto one = Say(R"("text":"x")");
  const auto two = Say(R"("text":"x","id":"")");
  ASSERT_DONE(one);
  ASSERT_DONE(two);
  EXPECT_EQ(one->id.size(), 36U);
  EXPECT_NE(one->id, two->id);
}

TEST_F(MessagesTest, AnIdIsUsedOnceInAnApp) {
  MakeChannel("other", {"ann"});
  ASSERT_DONE(Say(R"("id":"m1","text":"first")"));
  events_.clear();
  EXPECT_REFUSED(Say(R"("id":"m1","text":"again")"), ErrorKind::kInput,
                 "a message with ID m1 already exists");
  EXPECT_REFUSED(Send("other", R"({"id":"m1","user_id":"ann"})"), ErrorKind::kInput,
                 "a message with ID m1 already exists");
  ASSERT_DONE(Delete("m1"));
  EXPECT_REFUSED(Say(R"("id":"m1","text":"again")"), ErrorKind::kInput,
                 "a message with ID m1 already exists");
  EXPECT_EQ(FindMessage("m1")->text, "first");
  EXPECT_EQ(EventTypes(), std::vector<std::string>{"message.deleted"});
  EXPECT_DONE(Say("\"id\":\"" + std::string(255, 'i') + "\""));
  EXPECT_KIND(Say("\"id\":\"" + std::string(256, 'i') + "\""), ErrorKind::kInput);
}

TEST_F(MessagesTest, AsksWhoSends) {
  EXPECT_REFUSED(Send("room", R"({"text":"x"})"), ErrorKind::kInput,
                 "either message.user or message.user_id must be provided when using server side "
                 "auth.");
  EXPECT_REFUSED(Send("room", R"({"text":"x","user_id":"ann","user":{"id":"ann"}})"),
                 ErrorKind::kInput, "cannot set both message.user and message.user_id.");
  // The author of a message comes to be with it; whoever changes one must be there.
  events_.clear();
  ASSERT_DONE(Send("room", R"({"id":"z","text":"x","user_id":"zoe"})"));
  EXPECT_EQ(EventTypes(), (std::vector<std::string>{"user.updated", "message.new"}));
  EXPECT_REFUSED(Edit("z", R"({"text":"y","user_id":"yan"})"), ErrorKind::kInput,
                 "the user yan does not exist");
  // Typed clients send an empty object where nobody is named.
  EXPECT_REFUSED(Send("room", R"({"text":"x","user":{}})"), ErrorKind::kInput,
                 "either message.user or message.user_id must be provided when using server side "
                 "auth.");
  EXPECT_REFUSED(Send("room", R"({"text":"x","user":{"name":"Ann"}})"), ErrorKind::kInput,
                 "message.user.id must be a string");
  EXPECT_REFUSED(Send("room", R"({"text":"x","user":"ann"})"), ErrorKind::kInput,
                 "message.user must be an object");
  EXPECT_REFUSED(Send("room", R"({"text":"x","user_id":1})"), ErrorKind::kInput,
                 "message.user_id must be a string");
  EXPECT_REFUSED(Send("room", "null"), ErrorKind::kInput, "message is a required field");
  EXPECT_REFUSED(Send("room", "[]"), ErrorKind::kInput, "message is a required field");
  // An actor who is described is created.
  ASSERT_DONE(Send("room", R"({"text":"x","user":{"id":"new","name":"New","hat":1.0}})"));
  EXPECT_EQ(FindUser("new")->name, "New");
  EXPECT_EQ(FindUser("new")->custom_json, R"({"hat":1.0})");
  // One who is known stays as they are.
  ASSERT_DONE(Send("room", R"({"text":"x","user":{"id":"new","name":"Old"}})"));
  EXPECT_EQ(FindUser("new")->name, "New");
}

TEST_F(MessagesTest, NamesTheReservedFieldThatWasSent) {
  for (const std::string field :
       {"created_at", "updated_at", "deleted_at", "message_text_updated_at", "latest_reactions",
        "own_reactions", "reaction_counts", "reaction_scores", "reaction_groups", "reply_count",
        "deleted_reply_count", "thread_participants", "command", "cid", "shadowed", "pinned_by"}) {
    EXPECT_REFUSED(Say("\"" + field + "\":1"), ErrorKind::kInput,
                   "message." + field + " is a reserved field");
    EXPECT_DONE(Say("\"" + field + "\":null"));
  }
}

TEST_F(MessagesTest, CustomFieldsMayShareTheNamesOfBuiltInOnes) {
  ASSERT_DONE(Say(R"("id":"m","text":"x","a":1,"custom":{"created_at":"noon","b":2})"));
  const test::Json v1 = MessageJson(*FindMessage("m"));
  EXPECT_EQ(v1.Raw("custom"), R"({"created_at":"noon"})");
  EXPECT_EQ(v1.Int("b"), 2);
  EXPECT_NE(v1.Text("created_at"), "noon");
  const test::Json v2 = MessageJson(*FindMessage("m"), Format::kV2);
  EXPECT_EQ(v2.Raw("custom"), R"({"a":1,"b":2,"created_at":"noon"})");
  ASSERT_DONE(
      Patch("m", R"({"user_id":"ann","set":{"custom":{"cid":7}},"unset":["custom.created_at"]})"));
  EXPECT_EQ(MessageJson(*FindMessage("m"), Format::kV2).Raw("custom"), R"({"a":1,"b":2,"cid":7})");
}

TEST_F(MessagesTest, KnowsTheTypesThatMayBeSent) {
  ASSERT_DONE(Say(R"("id":"m1","type":"regular")"));
  ASSERT_DONE(Say(R"("id":"m2","type":"system","text":"hear ye")"));
  ASSERT_DONE(Say(R"("id":"m3","type":"")"));
  EXPECT_EQ(FindMessage("m1")->type, "regular");
  EXPECT_EQ(FindMessage("m2")->type, "system");
  EXPECT_EQ(FindMessage("m3")->type, "regular");
  for (const std::string type : {"deleted", "ephemeral", "error", "Regular"}) {
    EXPECT_KIND(Say("\"type\":\"" + type + "\""), ErrorKind::kInput);
  }
  EXPECT_KIND(Send("room", R"({"text":"x","type":"system"})", As("ann")), ErrorKind::kNotAllowed);
}

TEST_F(MessagesTest, ChecksTheTypeOfEveryField) {
  for (const std::string field :
       {R"("text":1)", R"("id":1)", R"("mml":1)", R"("silent":"no")", R"("show_in_channel":1)",
        R"("attachments":{})", R"("attachments":[1])", R"("mentioned_users":"ann")",
        R"("mentioned_users":[1])", R"("mentioned_users":[{}])", R"("quoted_message_id":1)",
        R"("parent_id":1)", R"("pinned":1)", R"("pinned":true,"pin_expires":"soon")",
        R"("pinned":true,"pin_expires":5)", R"("restricted_visibility":[1])", R"("type":1)"}) {
    EXPECT_KIND(Say(field), ErrorKind::kInput);
  }
  EXPECT_TRUE(events_.empty());
  EXPECT_EQ(FindChannel("room")->message_count, 0);
}

TEST_F(MessagesTest, TheTextHasALimit) {
  EXPECT_DONE(Say("\"text\":\"" + std::string(5000, 'x') + "\""));
  EXPECT_KIND(Say("\"text\":\"" + std::string(5001, 'x') + "\""), ErrorKind::kMessageTooLong);
  // Of characters, however many bytes each takes.
  std::string accents;
  for (int i = 0; i < 5000; ++i) accents += "\xc3\xa9";
  EXPECT_DONE(Say("\"text\":\"" + accents + "\""));
  EXPECT_KIND(Say("\"text\":\"" + accents + "\xc3\xa9\""), ErrorKind::kMessageTooLong);
  ASSERT_DONE(PatchChannel("room", R"({"set":{"config_overrides":{"max_message_length":3}}})"));
  EXPECT_KIND(Say(R"("text":"four")"), ErrorKind::kMessageTooLong);
  EXPECT_DONE(Say(R"("text":"abc")"));
}

TEST_F(MessagesTest, ListsHaveLimits) {
  const auto list = [](std::size_t n, const std::string& item) {
    std::string text;
    for (std::size_t i = 0; i < n; ++i) text += (i == 0 ? "" : ",") + item;
    return "[" + text + "]";
  };
  EXPECT_DONE(Say("\"attachments\":" + list(30, "{}")));
  EXPECT_REFUSED(Say("\"attachments\":" + list(31, "{}")), ErrorKind::kInput,
                 "message.attachments must contain at most 30 items");
  EXPECT_DONE(Say("\"mentioned_users\":" + list(100, "\"bob\"")));
  EXPECT_KIND(Say("\"mentioned_users\":" + list(101, "\"bob\"")), ErrorKind::kInput);
  EXPECT_KIND(Say("\"restricted_visibility\":" + list(11, "\"bob\"")), ErrorKind::kInput);
}

TEST_F(MessagesTest, AttachmentsStayAsTheyCame) {
  const std::string attachments =
      R"([ {"type":"image", "width": 1.50,"n":1e300,"deep":{"a": [1 ,2]}} ,{"z":12345678901234567890}])";
  ASSERT_DONE(Say(R"("id":"m1","attachments":)" + attachments));
  const std::string canonical =
      R"([{"type":"image","width":1.50,"n":1e300,"deep":{"a":[1,2]}},{"z":12345678901234567890}])";
  EXPECT_EQ(FindMessage("m1")->attachments_json, canonical);
  EXPECT_EQ(Only("message.new").json().Raw("message.attachments"), canonical);
  ASSERT_DONE(Say(R"("id":"m2","attachments":[ ])"));
  EXPECT_EQ(FindMessage("m2")->attachments_json, "[]");
  ASSERT_DONE(Say(R"("id":"m3","attachments":null)"));
  EXPECT_EQ(FindMessage("m3")->attachments_json, "[]");
}

TEST_F(MessagesTest, AttachmentsNestTheirCustomFieldsInV2) {
  ASSERT_DONE(Say(
      R"("id":"m1","attachments":[{"type":"image","price":1.10,"title":"t"},{"custom":{ },"x":1},{"y":2,"custom":{ "z":3 }}])"));
  const test::Json v2 = MessageJson(*FindMessage("m1"), Format::kV2);
  EXPECT_EQ(v2.Raw("attachments.0.custom"), R"({"price":1.10})");
  EXPECT_EQ(v2.Keys("attachments.0"), (std::set<std::string>{"type", "title", "custom"}));
  EXPECT_EQ(v2.Keys("attachments.1"), std::set<std::string>{"custom"});
  EXPECT_EQ(v2.Keys("attachments.1.custom"), std::set<std::string>{"x"});
  EXPECT_EQ(v2.Keys("attachments.2.custom"), (std::set<std::string>{"y", "z"}));
}

// docs/contract/rulings.md#35: in v1, custom fields are flat, whichever client sent them.
TEST_F(MessagesTest, AttachmentsAreFlatInV1) {
  ASSERT_DONE(Say(
      R"("id":"m1","attachments":[{"type":"image","custom":{"price":1.10,"type":"other"}},{"custom":{}}])"));
  const test::Json v1 = MessageJson(*FindMessage("m1"));
  EXPECT_EQ(v1.Keys("attachments.0"), (std::set<std::string>{"type", "price"}));
  EXPECT_EQ(v1.Text("attachments.0.type"), "image");
  EXPECT_EQ(v1.Raw("attachments.0.price"), "1.10");
  EXPECT_EQ(v1.Raw("attachments.1"), "{}");
}

TEST_F(MessagesTest, MentionsBecomeUsersWhoExist) {
  ASSERT_DONE(Say(R"("id":"m1","mentioned_users":["bob","nobody",{"id":"ann"},"bob"])"));
  EXPECT_EQ(FindMessage("m1")->mentioned_user_ids, (std::vector<std::string>{"bob", "ann"}));
  const test::Json message = MessageJson(*FindMessage("m1"));
  EXPECT_EQ(message.Size("mentioned_users"), 2U);
  EXPECT_EQ(message.Text("mentioned_users.0.id"), "bob");
  EXPECT_EQ(message.Text("mentioned_users.0.role"), "user");
}

TEST_F(MessagesTest, AReplyJoinsAThread) {
  MakeUsers({"cid"});
  ASSERT_DONE(Say(R"("id":"p","text":"parent")"));
  events_.clear();
  ASSERT_DONE(Send("room", R"({"id":"r1","text":"one","parent_id":"p","user_id":"bob"})"));
  EXPECT_EQ(FindMessage("r1")->type, "reply");
  EXPECT_EQ(FindMessage("p")->reply_count, 1);
  const test::Json event = Only("message.new").json();
  EXPECT_EQ(event.Text("message.parent_id"), "p");
  EXPECT_TRUE(event.IsFalse("message.show_in_channel"));
  EXPECT_EQ(event.Text("thread_participants.0.id"), "ann");
  EXPECT_EQ(event.Text("thread_participants.1.id"), "bob");
  ASSERT_DONE(Send("room", R"({"id":"r2","text":"two","parent_id":"p","user_id":"cid",
                               "show_in_channel":true})"));
  ASSERT_DONE(Send("room", R"({"id":"r3","text":"three","parent_id":"p","user_id":"bob"})"));
  const auto parent = FindMessage("p");
  EXPECT_EQ(parent->reply_count, 3);
  EXPECT_EQ(parent->thread_participant_ids, (std::vector<std::string>{"ann", "bob", "cid"}));
  EXPECT_TRUE(MessageJson(*FindMessage("r2")).IsTrue("show_in_channel"));
  // In the channel: the parent, and the reply that is shown there.
  const auto listed = Look([&](Tx& tx) {
    std::vector<std::string> ids;
    for (const Message& m : tx.ListMessages(tx.FindChannel(app_, "messaging", "room")->pk, {}))
      ids.push_back(m.id);
    return ids;
  });
  EXPECT_EQ(listed, (std::vector<std::string>{"p", "r2"}));
  ASSERT_DONE(Delete("r1"));
  EXPECT_EQ(FindMessage("p")->reply_count, 2);
  EXPECT_EQ(FindMessage("p")->deleted_reply_count, 1);
  ASSERT_DONE(Delete("r1", true));
  EXPECT_EQ(FindMessage("p")->reply_count, 2);
  EXPECT_EQ(FindMessage("p")->deleted_reply_count, 0);
  ASSERT_DONE(Delete("r2", true));
  EXPECT_EQ(FindMessage("p")->deleted_reply_count, 0);
  EXPECT_EQ(FindMessage("p")->thread_participant_ids.size(), 3);
  ASSERT_DONE(Delete("r3"));
  EXPECT_EQ(FindMessage("p")->thread_participant_ids.size(), 3);
  ASSERT_DONE(Delete("r3", true));
  // Nothing is left of the thread.
  EXPECT_EQ(FindMessage("p")->reply_count, 0);
  EXPECT_EQ(FindMessage("p")->deleted_reply_count, 0);
  EXPECT_TRUE(FindMessage("p")->thread_participant_ids.empty());
}

TEST_F(MessagesTest, ThreadsHaveOneLevelAndOneChannel) {
  MakeChannel("other", {"ann"});
  ASSERT_DONE(Say(R"("id":"p","text":"parent")"));
  ASSERT_DONE(Say(R"("id":"r","text":"reply","parent_id":"p")"));
  EXPECT_KIND(Say(R"("text":"deeper","parent_id":"r")"), ErrorKind::kNestingLevel);
  EXPECT_REFUSED(Say(R"("text":"x","parent_id":"none")"), ErrorKind::kInput,
                 "parent message with id none doesn't exist");
  EXPECT_KIND(Send("other", R"({"text":"x","parent_id":"p","user_id":"ann"})"), ErrorKind::kInput);
  ASSERT_DONE(PatchChannel("room", R"({"set":{"config_overrides":{"replies":false}}})"));
  EXPECT_KIND(Say(R"("text":"x","parent_id":"p")"), ErrorKind::kFeatureNotSupported);
  ASSERT_DONE(PatchChannel("room", R"({"unset":["config_overrides"]})"));
  ASSERT_DONE(Delete("p"));
  EXPECT_KIND(Say(R"("text":"x","parent_id":"p")"), ErrorKind::kInput);
  EXPECT_EQ(FindMessage("p")->reply_count, 1);
}

TEST_F(MessagesTest, AQuoteCarriesTheMessageQuoted) {
  MakeChannel("other", {"ann"});
  ASSERT_DONE(Say(R"("id":"q0","text":"zero")"));
  ASSERT_DONE(Say(R"("id":"q1","text":"one","quoted_message_id":"q0")"));
  ASSERT_DONE(Say(R"("id":"q2","text":"two","quoted_message_id":"q1")"));
  const test::Json message = MessageJson(*FindMessage("q2"));
  EXPECT_EQ(message.Text("quoted_message.text"), "one");
  // One level only.
  EXPECT_EQ(message.Text("quoted_message.quoted_message_id"), "q0");
  EXPECT_FALSE(message.Has("quoted_message.quoted_message"));
  EXPECT_REFUSED(Say(R"("quoted_message_id":"none")"), ErrorKind::kInput,
                 "quoted message with id none doesn't exist");
  EXPECT_KIND(Send("other", R"({"quoted_message_id":"q0","user_id":"ann"})"), ErrorKind::kInput);
  ASSERT_DONE(PatchChannel("room", R"({"set":{"config_overrides":{"quotes":false}}})"));
  EXPECT_KIND(Say(R"("quoted_message_id":"q0")"), ErrorKind::kFeatureNotSupported);
}

TEST_F(MessagesTest, AMessageCanBePinnedFromTheStart) {
  ASSERT_DONE(Say(R"("id":"m1","pinned":true,"pin_expires":"2027-01-01T00:00:00Z")"));
  const test::Json message = MessageJson(*FindMessage("m1"));
  EXPECT_TRUE(message.IsTrue("pinned"));
  EXPECT_EQ(message.Text("pinned_by.id"), "ann");
  EXPECT_EQ(message.Text("pin_expires"), "2027-01-01T00:00:00Z");
  EXPECT_EQ(FindMessage("m1")->pinned_at, now_);
  ASSERT_DONE(Say(R"("id":"m2")"));
  const test::Json other = MessageJson(*FindMessage("m2"));
  EXPECT_TRUE(other.IsFalse("pinned"));
  for (const char* field : {"pinned_at", "pinned_by", "pin_expires"}) {
    EXPECT_EQ(other.Raw(field), "null") << field;
  }
}

TEST_F(MessagesTest, AFrozenChannelTakesOnlyTheServersMessages) {
  ASSERT_DONE(PatchChannel("room", R"({"set":{"frozen":true}})"));
  EXPECT_REFUSED(Send("room", R"({"text":"x"})", As("ann")), ErrorKind::kNotAllowed,
                 "channel messaging:room is frozen");
  EXPECT_DONE(Say(R"("text":"x")"));
}

TEST_F(MessagesTest, UnknownFieldsOfOlderResponsesAreNoCustomFields) {
  ASSERT_DONE(Say(
      R"("id":"m1","channel":{},"member":{},"quoted_message":null,"i18n":{},"html":"<b>x</b>","x":1)"));
  EXPECT_EQ(FindMessage("m1")->custom_json, R"({"x":1})");
  EXPECT_EQ(FindMessage("m1")->html, "<b>x</b>");
}

}  // namespace
}  // namespace hookline::chat
