// Goal: ephemeral messages are their sender's alone, end in time, and become regular ones as if
// they had been sent.
// Method: the domain's own functions on a real store.
#include "chat/ephemerals.h"

#include <gmock/gmock.h>

#include "unit/chat/chat_fixture.h"

namespace hookline::chat {
namespace {

class EphemeralsTest : public ChatTest {
 protected:
  void SetUp() override { MakeChannel("room", {"ann", "bob"}); }

  Result<Message> Save(std::string_view message_json, const Caller& caller = Server(),
                       std::chrono::nanoseconds lifetime = kEphemeralLifetimeDefault) {
    const test::Json body(message_json);
    return Do(caller, [&](Context& c) -> Result<Message> {
      auto draft = DraftMessage(c.read(), "messaging", "room", body.root());
      if (!draft) return std::unexpected(draft.error());
      return SaveEphemeral(c, std::move(*draft), lifetime);
    });
  }
  Result<EphemeralAction> Act(std::string_view id, std::string_view body_json,
                              const Caller& caller = Server()) {
    const test::Json body(body_json);
    return Do(caller, [&](Context& c) { return RequireEphemeral(c.read(), id, body.root()); });
  }
  Result<Message> Commit(Message message, const Caller& caller = Server()) {
    return Do(caller, [&](Context& c) { return CommitEphemeral(c, std::move(message)); });
  }
  Result<Message> Get(std::string_view id, const Caller& caller = Server()) {
    return Do(caller, [&](Context& c) { return RequireMessageOrEphemeral(c.read(), id); });
  }
};

TEST_F(EphemeralsTest, OnlyTheOwnerAndServersSeeOne) {
  auto saved = Save(R"({"id":"e","text":"hi","user_id":"ann","shade":1.10})");
  ASSERT_DONE(saved);
  EXPECT_EQ(saved->type, "ephemeral");
  EXPECT_TRUE(events_.empty());
  EXPECT_EQ(Get("e")->custom_json, R"({"shade":1.10})");
  EXPECT_DONE(Get("e", As("ann")));
  EXPECT_REFUSED(Get("e", As("bob")), ErrorKind::kNotFound, "message with id e doesn't exist");
  EXPECT_FALSE(FindMessage("e"));
  EXPECT_EQ(FindChannel("room")->message_count, 0);
  EXPECT_FALSE(FindChannel("room")->last_message_at);
  EXPECT_EQ(Unread("bob").messages, 0);
}

TEST_F(EphemeralsTest, OneIsGoneWhenItsLifeIsOver) {
  ASSERT_DONE(Save(R"({"id":"e","text":"hi","user_id":"ann"})", Server(), std::chrono::seconds(3)));
  EXPECT_DONE(Get("e"));
  now_ = now_ + std::chrono::seconds(3);
  EXPECT_KIND(Get("e"), ErrorKind::kNotFound);
  EXPECT_KIND(Act("e", R"({"form_data":{}})"), ErrorKind::kNotFound);
}

TEST_F(EphemeralsTest, ItsIdIsTaken) {
  ASSERT_DONE(Save(R"({"id":"e","text":"hi","user_id":"ann"})"));
  EXPECT_REFUSED(Send("room", R"({"id":"e","text":"x","user_id":"bob"})"), ErrorKind::kInput,
                 "a message with ID e already exists");
}

TEST_F(EphemeralsTest, AnActionIsTheOwners) {
  ASSERT_DONE(Save(R"({"id":"e","text":"hi","user_id":"ann"})"));
  auto action = Act("e", R"({"form_data":{"a":"1","b":""}})");
  ASSERT_DONE(action);
  EXPECT_EQ(action->message.user_id, "ann");
  EXPECT_EQ(action->channel->id, "room");
  EXPECT_EQ(action->Find("a"), "1");
  EXPECT_EQ(action->Find("b"), "");
  EXPECT_FALSE(action->Find("c"));
  EXPECT_DONE(Act("e", R"({"form_data":{},"user_id":"ann"})"));
  EXPECT_DONE(Act("e", R"({"form_data":{},"user":{"id":"ann"}})"));
  EXPECT_DONE(Act("e", R"({"form_data":{}})", As("ann")));
  EXPECT_KIND(Act("e", R"({"form_data":{},"user_id":"bob"})"), ErrorKind::kNotFound);
  EXPECT_KIND(Act("e", R"({"form_data":{}})", As("bob")), ErrorKind::kNotFound);
  EXPECT_KIND(Act("e", R"({"form_data":{},"user_id":"ann"})", As("bob")), ErrorKind::kNotAllowed);
  EXPECT_KIND(Act("f", R"({"form_data":{}})"), ErrorKind::kNotFound);
}

TEST_F(EphemeralsTest, FormDataIsAnObjectOfStrings) {
  ASSERT_DONE(Save(R"({"id":"e","text":"hi","user_id":"ann"})"));
  for (const std::string_view body :
       {"{}", R"({"form_data":null})", R"({"form_data":["x"]})", R"({"form_data":"x"})",
        R"({"form_data":{"a":1}})", R"({"form_data":{"a":null}})", R"({"form_data":{"a":{}}})"}) {
    EXPECT_KIND(Act("e", body), ErrorKind::kInput);
  }
}

TEST_F(EphemeralsTest, ACommittedOneIsSentNow) {
  ASSERT_DONE(Save(R"({"id":"e","text":"hi","user_id":"ann","shade":1.10})"));
  auto action = Act("e", R"({"form_data":{}})");
  ASSERT_DONE(action);
  action->message.text = "changed";
  auto sent = Commit(action->message);
  ASSERT_DONE(sent);
  EXPECT_EQ(sent->type, "regular");
  EXPECT_EQ(sent->created_at, now_);
  const auto stored = FindMessage("e");
  ASSERT_TRUE(stored);
  EXPECT_EQ(stored->text, "changed");
  EXPECT_EQ(stored->custom_json, R"({"shade":1.10})");
  EXPECT_EQ(Only("message.new").json().Text("message.id"), "e");
  EXPECT_EQ(FindChannel("room")->message_count, 1);
  EXPECT_EQ(Unread("bob").messages, 1);
  EXPECT_EQ(Unread("ann").messages, 0);
  EXPECT_KIND(Act("e", R"({"form_data":{}})"), ErrorKind::kNotFound);
  EXPECT_KIND(Commit(action->message), ErrorKind::kInput);
}

TEST_F(EphemeralsTest, ACommittedReplyJoinsItsThread) {
  ASSERT_DONE(Send("room", R"({"id":"p","text":"parent","user_id":"bob"})"));
  ASSERT_DONE(Save(R"({"id":"e","text":"hi","user_id":"ann","parent_id":"p"})"));
  EXPECT_EQ(FindMessage("p")->reply_count, 0);
  auto sent = Commit(*Get("e"));
  ASSERT_DONE(sent);
  EXPECT_EQ(sent->type, "reply");
  EXPECT_EQ(FindMessage("p")->reply_count, 1);
}

TEST_F(EphemeralsTest, AChannelThatIsGoneTakesNothing) {
  ASSERT_DONE(Save(R"({"id":"e","text":"hi","user_id":"ann"})"));
  const Message message = *Get("e");
  ASSERT_DONE(Remove("room"));
  EXPECT_KIND(Commit(message), ErrorKind::kNotFound);
  EXPECT_KIND(Act("e", R"({"form_data":{}})"), ErrorKind::kNotFound);
  EXPECT_KIND(Get("e"), ErrorKind::kNotFound);
}

TEST_F(EphemeralsTest, ANewSenderIsMadeWithIt) {
  ASSERT_DONE(Save(R"({"text":"hi","user":{"id":"new","name":"New"}})"));
  EXPECT_EQ(FindUser("new")->name, "New");
}

}  // namespace
}  // namespace hookline::chat
