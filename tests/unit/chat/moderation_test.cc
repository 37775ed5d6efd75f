// Goal: mutes, bans and flags do what they say, tell of it, and end; only those may who may.
// Method: requests and commands through the domain on a real store.
#include "chat/moderation.h"

#include <gmock/gmock.h>

#include "chat/built_in_commands.h"
#include "chat/giphy.h"
#include "chat/moderation_requests.h"
#include "unit/chat/chat_fixture.h"

namespace hookline::chat {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class ModerationTest : public ChatTest {
 protected:
  void SetUp() override { MakeChannel("room", {"ann", "bob", "eve"}); }

  Result<MuteAnswer> Mute(std::string_view body_json, const Caller& caller = Server()) {
    const test::Json body(body_json);
    return Do(caller, [&](Context& c) { return RequestMute(c, body.root()); });
  }
  Result<MuteAnswer> Unmute(std::string_view body_json) {
    const test::Json body(body_json);
    return Do(Server(), [&](Context& c) { return RequestUnmute(c, body.root()); });
  }
  Result<void> Ban(std::string_view body_json, const Caller& caller = Server()) {
    const test::Json body(body_json);
    return Do(caller, [&](Context& c) { return RequestBan(c, body.root()); });
  }
  Result<void> Unban(const UnbanRequest& request, const Caller& caller = Server()) {
    return Do(caller, [&](Context& c) { return RequestUnban(c, request); });
  }
  Result<Flag> Report(std::string_view body_json) {
    const test::Json body(body_json);
    return Do(Server(), [&](Context& c) { return RequestFlag(c, body.root()); });
  }
  Result<Flag> TakeBack(std::string_view body_json) {
    const test::Json body(body_json);
    return Do(Server(), [&](Context& c) { return RequestUnflag(c, body.root()); });
  }
  int Sweep() {
    int swept = 0;
    InTransaction([&](store::Tx& tx) {
      swept = SweepExpired(tx, now_, 10);
      return true;
    });
    return swept;
  }
  /// Sends a message that gives a built-in command, as the API does.
  Result<Message> Command(std::string_view message_json, const Caller& caller = Server()) {
    const test::Json body(message_json);
    return Do(caller, [&](Context& c) -> Result<Message> {
      auto draft = DraftMessage(c.read(), "messaging", "room", body.root());
      if (!draft) return std::unexpected(draft.error());
      const auto call = ParseCommand(draft->config, draft->message.text);
      if (!call) return InputError("no command");
      return RunBuiltInCommand(c, std::move(*draft), *call, options_);
    });
  }
  Result<std::optional<Message>> Act(std::string_view id, std::string_view body_json) {
    const test::Json body(body_json);
    return Do(Server(), [&](Context& c) -> Result<std::optional<Message>> {
      auto action = RequireEphemeral(c.read(), id, body.root());
      if (!action) return std::unexpected(action.error());
      return RunGiphyAction(c, std::move(*action), options_);
    });
  }
  std::string ThumbOf(const Message& message) {
    return test::Json(message.attachments_json).Text("0.thumb_url");
  }

  BuiltInOptions options_{.public_url = "http://chat.example"};
};

TEST_F(ModerationTest, AMuteIsKeptAndTold) {
  auto answer = Mute(R"({"target_id":"bob","user_id":"ann","timeout":60})");
  ASSERT_DONE(answer);
  ASSERT_EQ(answer->mutes.size(), 1);
  EXPECT_EQ(answer->mutes[0].expires_at, now_ + std::chrono::minutes(60));
  const auto event = Only("user.muted");
  EXPECT_EQ(event.user_id, "ann");
  EXPECT_EQ(event.json().Text("user.id"), "ann");
  EXPECT_EQ(event.json().Text("target_user.id"), "bob");
  EXPECT_EQ(event.json().Size("target_users"), 1);
  EXPECT_FALSE(event.json().Has("cid"));
  const test::Json full(Look([&](Tx& tx) {
    Encoder encoder(tx, app_, Format::kV1, now_);
    json::Writer w;
    encoder.FullUser(w, *tx.FindUser(app_, "ann"));
    return w.Take();
  }));
  EXPECT_EQ(full.Size("mutes"), 1);
  EXPECT_EQ(full.Text("mutes.0.target.id"), "bob");
  EXPECT_EQ(full.Text("mutes.0.user.id"), "ann");
  EXPECT_TRUE(full.Has("mutes.0.expires"));
}

TEST_F(ModerationTest, SeveralAreMutedAtOnce) {
  auto answer = Mute(R"({"target_ids":["eve","nobody","bob","eve"],"user_id":"ann"})");
  ASSERT_DONE(answer);
  EXPECT_EQ(answer->mutes.size(), 2);
  EXPECT_THAT(answer->unknown_ids, ElementsAre("nobody"));
  const auto event = Only("user.muted").json();
  EXPECT_FALSE(event.Has("target_user"));
  EXPECT_EQ(event.Size("target_users"), 2);
}

TEST_F(ModerationTest, MutesAreChecked) {
  EXPECT_REFUSED(Mute(R"({"target_id":"nobody","user_id":"ann"})"), ErrorKind::kInput,
                 "the user nobody does not exist");
  EXPECT_KIND(Mute(R"({"target_id":"ann","user_id":"ann"})"), ErrorKind::kInput);
  EXPECT_KIND(Mute(R"({"user_id":"ann"})"), ErrorKind::kInput);
  EXPECT_REFUSED(Mute(R"({"target_id":"bob"})"), ErrorKind::kInput,
                 "either user or user_id must be provided when using server side auth.");
  EXPECT_KIND(Mute(R"({"target_id":"bob","user_id":"ann","timeout":-1})"), ErrorKind::kInput);
  EXPECT_KIND(Mute(R"({"target_id":"bob","user_id":"ann"})", As("eve")), ErrorKind::kNotAllowed);
  EXPECT_DONE(Mute(R"({"target_id":"bob"})", As("eve")));
}

TEST_F(ModerationTest, UnmutingTellsOnlyOfWhatWasMuted) {
  ASSERT_DONE(Mute(R"({"target_id":"bob","user_id":"ann"})"));
  ASSERT_DONE(Unmute(R"({"target_ids":["bob","eve"],"user_id":"ann"})"));
  EXPECT_EQ(Only("user.unmuted").json().Text("target_user.id"), "bob");
  ASSERT_DONE(Unmute(R"({"target_id":"bob","user_id":"ann"})"));
  Only("user.unmuted");
}

TEST_F(ModerationTest, ABanOfAChannelShutsItsMemberUp) {
  ASSERT_DONE(Ban(R"({"target_user_id":"bob","banned_by_id":"ann","type":"messaging","id":"room",
                      "reason":"ads","timeout":5})"));
  const auto event = Only("user.banned");
  EXPECT_EQ(event.cid, "messaging:room");
  EXPECT_EQ(event.json().Text("channel_id"), "room");
  EXPECT_EQ(event.json().Text("user.id"), "bob");
  EXPECT_EQ(event.json().Text("created_by.id"), "ann");
  EXPECT_EQ(event.json().Text("reason"), "ads");
  EXPECT_EQ(event.json().Text("expiration"), FormatRfc3339(now_ + std::chrono::minutes(5)));
  EXPECT_TRUE(event.json().IsFalse("shadow"));
  EXPECT_EQ(event.json().Int("total_bans"), 1);
  EXPECT_TRUE(Only("member.updated").json().IsTrue("member.banned"));
  EXPECT_TRUE(FindMember("room", "bob")->banned);
  EXPECT_FALSE(FindUser("bob")->banned);

  EXPECT_KIND(Send("room", R"({"text":"x"})", As("bob")), ErrorKind::kNotAllowed);
  EXPECT_DONE(Send("room", R"({"text":"x","user_id":"bob"})"));  // The server may.
  EXPECT_DONE(Send("room", R"({"text":"x"})", As("eve")));
  // The ban ends at its time, whether anybody has cleaned up or not.
  now_ = now_ + std::chrono::minutes(5);
  EXPECT_DONE(Send("room", R"({"text":"x"})", As("bob")));
  EXPECT_EQ(Sweep(), 1);
  EXPECT_FALSE(FindMember("room", "bob")->banned);
  EXPECT_EQ(Sweep(), 0);
}

TEST_F(ModerationTest, ABanOfTheAppHoldsEverywhere) {
  ASSERT_DONE(Ban(R"({"target_user_id":"bob","user_id":"ann"})"));
  const auto event = Only("user.banned").json();
  EXPECT_FALSE(event.Has("cid"));
  EXPECT_TRUE(event.IsTrue("user.banned"));
  EXPECT_FALSE(event.Has("expiration"));
  EXPECT_TRUE(FindUser("bob")->banned);
  EXPECT_REFUSED(Send("room", R"({"text":"x"})", As("bob")), ErrorKind::kNotAllowed,
                 "user bob is banned");
  ASSERT_DONE(Unban({"bob", "", "", "", "ann"}));
  EXPECT_EQ(Only("user.unbanned").json().Text("created_by.id"), "ann");
  EXPECT_FALSE(FindUser("bob")->banned);
  EXPECT_DONE(Send("room", R"({"text":"x"})", As("bob")));
  ASSERT_DONE(Unban({"bob", "", "", "", ""}));
  Only("user.unbanned");
}

TEST_F(ModerationTest, AShadowBanLetsWriteInTheDark) {
  ASSERT_DONE(Ban(R"({"target_user_id":"bob","banned_by":{"id":"mod"},"shadow":true,
                      "channel_cid":"messaging:room"})"));
  EXPECT_TRUE(FindUser("mod"));
  EXPECT_TRUE(Only("user.banned").json().IsTrue("shadow"));
  EXPECT_TRUE(FindMember("room", "bob")->shadow_banned);
  EXPECT_FALSE(FindMember("room", "bob")->banned);
  auto sent = Send("room", R"({"text":"x"})", As("bob"));
  ASSERT_DONE(sent);
  EXPECT_TRUE(sent->shadowed);
}

TEST_F(ModerationTest, ABanAndAShadowBanAreSeparate) {
  for (const std::string_view place : {"", R"(,"channel_cid":"messaging:room")"}) {
    const std::string head = R"({"target_user_id":"bob","banned_by_id":"ann")";
    const std::string_view cid = place.empty() ? "" : "messaging:room";
    const auto shown = [&]() -> std::pair<bool, bool> {
      if (cid.empty()) return {FindUser("bob")->banned, FindUser("bob")->shadow_banned};
      const auto member = FindMember("room", "bob");
      return {member->banned, member->shadow_banned};
    };
    const auto unban = [&](std::optional<bool> shadow) {
      return Unban({"bob", "", "", cid, "ann", shadow});
    };
    ASSERT_DONE(Ban(head + std::string(place) + "}"));
    ASSERT_DONE(Ban(head + R"(,"shadow":true,"timeout":5)" + std::string(place) + "}"));
    EXPECT_EQ(shown(), std::pair(true, true));
    EXPECT_KIND(Send("room", R"({"text":"x"})", As("bob")), ErrorKind::kNotAllowed);
    ASSERT_DONE(unban(true));
    EXPECT_EQ(shown(), std::pair(true, false));
    ASSERT_DONE(unban(true));  // There is none any more.
    EXPECT_EQ(shown(), std::pair(true, false));
    EXPECT_KIND(Send("room", R"({"text":"x"})", As("bob")), ErrorKind::kNotAllowed);
    ASSERT_DONE(Ban(head + R"(,"shadow":true,"timeout":5)" + std::string(place) + "}"));
    ASSERT_DONE(unban(false));
    EXPECT_EQ(shown(), std::pair(false, true));
    auto sent = Send("room", R"({"text":"x"})", As("bob"));
    ASSERT_DONE(sent);
    EXPECT_TRUE(sent->shadowed);
    // The end of the one is not the end of the other.
    ASSERT_DONE(Ban(head + std::string(place) + "}"));
    now_ = now_ + std::chrono::minutes(6);
    EXPECT_EQ(Sweep(), 1);
    EXPECT_EQ(shown(), std::pair(true, false));
    ASSERT_DONE(Ban(head + R"(,"shadow":true)" + std::string(place) + "}"));
    ASSERT_DONE(unban(std::nullopt));
    EXPECT_EQ(shown(), std::pair(false, false));
  }
}

TEST_F(ModerationTest, OptionsOfABanHaveTheirTypes) {
  for (const std::string_view option :
       {R"("type":5)", R"("id":5)", R"("channel_cid":[])", R"("shadow":"true")"}) {
    EXPECT_KIND(Ban(R"({"target_user_id":"bob","user_id":"ann",)" + std::string(option) + "}"),
                ErrorKind::kInput);
  }
  EXPECT_DONE(Ban(
      R"({"target_user_id":"bob","user_id":"ann","delete_messages":"","ip_ban":false,"type":""})"));
}

TEST_F(ModerationTest, BansAreForThoseWhoManageAChannel) {
  const std::string body =
      R"({"target_user_id":"bob","type":"messaging","id":"room","reason":"x"})";
  EXPECT_KIND(Ban(body, As("eve")), ErrorKind::kNotAllowed);
  EXPECT_DONE(Ban(body, As("ann")));  // Its creator.
  EXPECT_KIND(Ban(R"({"target_user_id":"bob"})", As("ann")), ErrorKind::kNotAllowed);
  EXPECT_KIND(Unban({"bob", "messaging", "room", "", ""}, As("eve")), ErrorKind::kNotAllowed);
  EXPECT_KIND(Ban(R"({"target_user_id":"bob"})"), ErrorKind::kInput);
  EXPECT_KIND(Ban(R"({"target_user_id":"nobody","user_id":"ann"})"), ErrorKind::kInput);
  EXPECT_KIND(Ban(R"({"target_user_id":"bob","user_id":"ann","type":"messaging"})"),
              ErrorKind::kInput);
}

TEST_F(ModerationTest, FlagsOfMessagesAreCounted) {
  ASSERT_DONE(Send("room", R"({"id":"m","text":"rude","user_id":"bob"})"));
  auto flag = Report(R"({"target_message_id":"m","user_id":"ann","reason":"rude"})");
  ASSERT_DONE(flag);
  auto event = Only("message.flagged").json();
  EXPECT_EQ(event.Text("cid"), "messaging:room");
  EXPECT_EQ(event.Text("message_id"), "m");
  EXPECT_EQ(event.Text("message.id"), "m");
  EXPECT_EQ(event.Text("user.id"), "ann");
  EXPECT_EQ(event.Text("reason"), "rude");
  EXPECT_EQ(event.Int("total_flags"), 1);
  EXPECT_EQ(event.Text("flag.target_message_id"), "m");
  events_.clear();
  ASSERT_DONE(
      Report(R"({"entity_type":"stream:chat:v1:message","entity_id":"m","user_id":"eve"})"));
  EXPECT_EQ(Only("message.flagged").json().Int("total_flags"), 2);
  auto again = Report(R"({"target_message_id":"m","user_id":"ann","reason":"worse"})");
  ASSERT_DONE(again);
  EXPECT_EQ(again->id, flag->id);
  ASSERT_DONE(TakeBack(R"({"target_message_id":"m","user_id":"ann"})"));
  EXPECT_EQ(Only("message.unflagged").json().Int("total_flags"), 1);
  EXPECT_KIND(TakeBack(R"({"target_message_id":"m","user_id":"ann"})"), ErrorKind::kNotFound);
}

TEST_F(ModerationTest, FlagsOfUsersAreCounted) {
  ASSERT_DONE(Report(R"({"target_user_id":"bob","user_id":"ann","custom":{"a":1}})"));
  const auto event = Only("user.flagged").json();
  EXPECT_EQ(event.Text("user.id"), "ann");
  EXPECT_EQ(event.Text("target_user.id"), "bob");
  EXPECT_EQ(event.Int("total_flags"), 1);
  EXPECT_EQ(event.Raw("custom"), R"({"a":1})");
  ASSERT_DONE(TakeBack(R"({"target_user_id":"bob","user_id":"ann"})"));
  EXPECT_EQ(Only("user.unflagged").json().Int("total_flags"), 0);
  EXPECT_KIND(Report(R"({"target_user_id":"bob","target_message_id":"m","user_id":"ann"})"),
              ErrorKind::kInput);
  EXPECT_KIND(Report(R"({"user_id":"ann"})"), ErrorKind::kInput);
}

TEST_F(ModerationTest, MuteCommandsNameUsersByIdOrMention) {
  auto answer = Command(R"({"id":"c","text":"/mute @bob","user_id":"ann"})");
  ASSERT_DONE(answer);
  EXPECT_EQ(answer->type, "ephemeral");
  EXPECT_EQ(answer->id, "c");
  EXPECT_EQ(answer->command, "mute");
  EXPECT_EQ(answer->args, "@bob");
  EXPECT_EQ(answer->text, "bob has been muted");
  EXPECT_EQ(Only("user.muted").json().Text("target_user.id"), "bob");
  EXPECT_FALSE(FindMessage("c"));
  EXPECT_FALSE(Look([&](Tx& tx) { return tx.FindEphemeral(app_, "c", now_); }));
  ASSERT_DONE(Command(R"({"text":"/unmute bob","user_id":"ann"})"));
  EXPECT_EQ(Only("user.unmuted").json().Text("target_user.id"), "bob");

  ASSERT_DONE(Upsert(R"({"eve":{"name":"Eve Lee"}})"));
  answer =
      Command(R"({"text":"/flag @Eve Lee is rude","user_id":"ann","mentioned_users":["eve"]})");
  ASSERT_DONE(answer);
  EXPECT_EQ(answer->text, "Eve Lee has been flagged");
  EXPECT_EQ(Only("user.flagged").json().Text("reason"), "is rude");
  EXPECT_EQ(FindChannel("room")->message_count, 0);
}

TEST_F(ModerationTest, CommandsAboutNobodyAnswerWithAnError) {
  for (const std::string_view text : {"/mute", "/mute @nobody", "/ban", "/ban ann", "/flag ann"}) {
    auto answer = Command(R"({"user_id":"ann","text":")" + std::string(text) + "\"}");
    ASSERT_DONE(answer);
    EXPECT_EQ(answer->type, "error") << text;
    EXPECT_FALSE(answer->text.empty());
  }
  EXPECT_THAT(EventTypes(), ElementsAre());
}

TEST_F(ModerationTest, BanCommandsAreForThoseWhoManageTheChannel) {
  EXPECT_KIND(Command(R"({"text":"/ban @bob spam"})", As("eve")), ErrorKind::kNotAllowed);
  ASSERT_DONE(Command(R"({"text":"/ban @bob spam and ads"})", As("ann")));
  EXPECT_EQ(Only("user.banned").json().Text("reason"), "spam and ads");
  EXPECT_EQ(Only("user.banned").json().Text("channel_id"), "room");
  EXPECT_KIND(Send("room", R"({"text":"x"})", As("bob")), ErrorKind::kNotAllowed);
  EXPECT_KIND(Command(R"({"text":"/mute @eve"})", As("bob")), ErrorKind::kNotAllowed);
  ASSERT_DONE(Command(R"({"text":"/unban bob"})", As("ann")));
  EXPECT_DONE(Send("room", R"({"text":"x"})", As("bob")));
}

TEST_F(ModerationTest, GiphyIsShuffledAndSent) {
  auto shown = Command(R"({"id":"g","text":"/giphy blue crane","user_id":"ann"})");
  ASSERT_DONE(shown);
  EXPECT_EQ(shown->type, "ephemeral");
  EXPECT_TRUE(IsGiphy(*shown));
  const test::Json attachment(shown->attachments_json);
  EXPECT_EQ(attachment.Text("0.type"), "giphy");
  EXPECT_EQ(attachment.Text("0.title"), "blue crane");
  EXPECT_EQ(attachment.Size("0.actions"), 3);
  EXPECT_EQ(attachment.Text("0.actions.0.name"), "image_action");
  EXPECT_EQ(attachment.Text("0.actions.1.value"), "shuffle");
  EXPECT_THAT(ThumbOf(*shown), StartsWith("http://chat.example/giphy/"));
  EXPECT_THAT(ThumbOf(*shown), HasSubstr("text=blue%20crane"));
  EXPECT_TRUE(events_.empty());

  auto shuffled = Act("g", R"({"form_data":{"image_action":"shuffle"}})");
  ASSERT_DONE(shuffled);
  EXPECT_NE(ThumbOf(**shuffled), ThumbOf(*shown));
  EXPECT_EQ((*shuffled)->id, "g");
  EXPECT_KIND(Act("g", R"({"form_data":{"image_action":"juggle"}})"), ErrorKind::kInput);
  EXPECT_KIND(Act("g", R"({"form_data":{}})"), ErrorKind::kInput);

  auto sent = Act("g", R"({"form_data":{"image_action":"send"}})");
  ASSERT_DONE(sent);
  EXPECT_EQ((*sent)->type, "regular");
  EXPECT_EQ(ThumbOf(**sent), ThumbOf(**shuffled));
  const auto event = Only("message.new").json();
  EXPECT_EQ(event.Text("message.command"), "giphy");
  EXPECT_FALSE(event.Has("message.attachments.0.actions"));
  EXPECT_KIND(Act("g", R"({"form_data":{"image_action":"send"}})"), ErrorKind::kNotFound);
}

TEST_F(ModerationTest, GiphyIsCancelled) {
  ASSERT_DONE(Command(R"({"id":"g","text":"/giphy x","user_id":"ann"})"));
  auto cancelled = Act("g", R"({"form_data":{"image_action":"cancel"}})");
  ASSERT_DONE(cancelled);
  EXPECT_FALSE(*cancelled);
  EXPECT_KIND(Act("g", R"({"form_data":{"image_action":"send"}})"), ErrorKind::kNotFound);
  EXPECT_TRUE(events_.empty());
  EXPECT_EQ(Command(R"({"text":"/giphy","user_id":"ann"})")->type, "error");
}

TEST_F(ModerationTest, ThePictureDependsOnTextAndSeedOnly) {
  EXPECT_EQ(GiphySvg("crane", "s1"), GiphySvg("crane", "s1"));
  EXPECT_NE(GiphySvg("crane", "s1"), GiphySvg("crane", "s2"));
  EXPECT_NE(GiphySvg("crane", "s1"), GiphySvg("ship", "s1"));
  EXPECT_THAT(GiphySvg("<script>\"&", "s"), HasSubstr("&lt;script&gt;&quot;&amp;"));
  EXPECT_LT(GiphySvg(std::string(100'000, 'x'), "s").size(), 8000);
}

TEST_F(ModerationTest, WhatHasExpiredIsSweptInChunks) {
  for (const std::string_view target : {"bob", "eve"}) {
    ASSERT_DONE(
        Mute(R"({"user_id":"ann","timeout":1,"target_id":")" + std::string(target) + "\"}"));
  }
  ASSERT_DONE(Ban(R"({"target_user_id":"bob","user_id":"ann","timeout":1})"));
  EXPECT_EQ(Sweep(), 0);
  now_ = now_ + std::chrono::minutes(2);
  EXPECT_EQ(Sweep(), 3);
  EXPECT_FALSE(FindUser("bob")->banned);
  EXPECT_TRUE(Look([&](Tx& tx) { return tx.ListMutes(app_, "ann", 10); }).empty());
}

}  // namespace
}  // namespace hookline::chat
