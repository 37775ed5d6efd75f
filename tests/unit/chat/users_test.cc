// UpdateUsers, UpdateUsersPartial and events sent to users.
#include "unit/chat/chat_fixture.h"

namespace hookline::chat {
namespace {

using UsersTest = ChatTest;

TEST_F(UsersTest, CreatesAUserWithItsCustomFieldsAsTheyCame) {
  ASSERT_DONE(Upsert(
      R"({"ann":{"id":"ann","name":"Ann","image":"i","language":"fr","teams":["red","blue"],
          "invisible":true,"privacy_settings":{"read_receipts":{"enabled":false}},
          "age": 1.10 ,"big":12345678901234567890,"huge":1e300,"zero":-0,"deep":{"a": [1, 2.50]}}})"));
  const UserPtr user = FindUser("ann");
  ASSERT_TRUE(user);
  EXPECT_EQ(user->role, "user");
  EXPECT_EQ(user->name, "Ann");
  EXPECT_EQ(user->image, "i");
  EXPECT_EQ(user->language, "fr");
  EXPECT_EQ(user->teams, (std::vector<std::string>{"red", "blue"}));
  EXPECT_TRUE(user->invisible);
  EXPECT_EQ(user->privacy_settings_json, R"({"read_receipts":{"enabled":false}})");
  EXPECT_EQ(
      user->custom_json,
      R"({"age":1.10,"big":12345678901234567890,"huge":1e300,"zero":-0,"deep":{"a":[1,2.50]}})");
  EXPECT_EQ(user->created_at, now_);
  EXPECT_EQ(user->updated_at, now_);
}

TEST_F(UsersTest, AnUpsertReplacesButKeepsRoleLanguageAndTeams) {
  ASSERT_DONE(Upsert(
      R"({"ann":{"role":"admin","name":"Ann","image":"i","language":"fr","teams":["red"],"x":1}})"));
  const Timestamp created = now_;
  ASSERT_DONE(Upsert(R"({"ann":{"y":2}})"));
  const UserPtr user = FindUser("ann");
  EXPECT_EQ(user->role, "admin");
  EXPECT_EQ(user->language, "fr");
  EXPECT_EQ(user->teams, std::vector<std::string>{"red"});
  EXPECT_EQ(user->name, std::nullopt);
  EXPECT_EQ(user->image, std::nullopt);
  EXPECT_EQ(user->custom_json, R"({"y":2})");
  EXPECT_EQ(user->created_at, created);
  EXPECT_EQ(user->updated_at, now_);
}

TEST_F(UsersTest, TakesCustomFieldsOfBothKindsOfClients) {
  ASSERT_DONE(Upsert(R"({"ann":{"custom":{"a":1,"b":2},"b":3}})"));
  EXPECT_EQ(FindUser("ann")->custom_json, R"({"a":1,"b":3})");
  ASSERT_DONE(Upsert(R"({"ann":{"custom":{}}})"));
  EXPECT_EQ(FindUser("ann")->custom_json, "{}");
  ASSERT_DONE(Upsert(R"({"ann":{"custom":null}})"));
  EXPECT_EQ(FindUser("ann")->custom_json, "{}");
}

// Flat in v1, they would stand beside the real ones and could pass for them.
TEST_F(UsersTest, CustomFieldsCannotTakeTheNamesOfBuiltInOnes) {
  ASSERT_DONE(Upsert(R"({"ann":{"custom":{"role":"admin","online":true}}})"));
  ASSERT_DONE(PatchUsers(R"([{"id":"ann","set":{"custom.banned":true}}])"));
  EXPECT_EQ(FindUser("ann")->role, "user");
  EXPECT_FALSE(FindUser("ann")->banned);
  EXPECT_EQ(FindUser("ann")->custom_json,
            R"({"custom":{"role":"admin","online":true,"banned":true}})");
}

TEST_F(UsersTest, WhatOnlyTheServerSetsIsIgnoredInAnUpsert) {
  ASSERT_DONE(Upsert(
      R"({"ann":{"created_at":"2001-01-01T00:00:00Z","banned":false,"online":true,
          "last_active":"2001-01-01T00:00:00Z","deactivated_at":null,"unread_count":7,"devices":[],
          "revoke_tokens_issued_before":"0001-01-01T00:00:00Z"}})"));
  const UserPtr user = FindUser("ann");
  EXPECT_EQ(user->created_at, now_);
  EXPECT_FALSE(user->banned);
  EXPECT_FALSE(user->deleted_at);
  EXPECT_FALSE(user->revoke_tokens_issued_before);
  EXPECT_EQ(user->custom_json, "{}");
}

TEST_F(UsersTest, AnUpsertRefusesWhatItWouldNotDo) {
  for (const std::string known : {"ann", "zoe"}) {
    if (known == "zoe") ASSERT_DONE(Upsert(R"({"zoe":{}})"));
    for (const std::string field :
         {R"("banned":true)", R"("shadow_banned":true)",
          R"("deactivated_at":"2020-01-01T00:00:00Z")", R"("deleted_at":"2020-01-01T00:00:00Z")",
          R"("ban_expires":"2030-01-01T00:00:00Z")", R"("bypass_moderation":true)",
          R"("devices":[{"id":"x"}])", R"("banned":"yes")", R"("role":"a b")", R"("role":"<x>")"}) {
      EXPECT_KIND(Upsert("{\"" + known + "\":{" + field + "}}"), ErrorKind::kInput);
    }
  }
  // Who may not let a user in again may not shut one out either.
  const std::string revoked = R"({"zoe":{"revoke_tokens_issued_before":"2020-01-01T00:00:00Z"}})";
  EXPECT_KIND(Upsert(revoked, As("zoe")), ErrorKind::kNotAllowed);
  ASSERT_DONE(Upsert(revoked));
  EXPECT_TRUE(FindUser("zoe")->revoke_tokens_issued_before);
  // A whole user that is sent back names it too, and nothing changes.
  EXPECT_DONE(Upsert(revoked, As("zoe")));
  ASSERT_DONE(Upsert(R"({"zoe":{"revoke_tokens_issued_before":"0001-01-01T00:00:00Z"}})"));
  EXPECT_TRUE(FindUser("zoe")->revoke_tokens_issued_before);
}

TEST_F(UsersTest, RefusesWhatIsNoUser) {
  EXPECT_REFUSED(Upsert("{}"), ErrorKind::kInput, "users is a required field");
  EXPECT_REFUSED(Upsert("[]"), ErrorKind::kInput, "users is a required field");
  EXPECT_REFUSED(Upsert("null"), ErrorKind::kInput, "users is a required field");
  EXPECT_REFUSED(Upsert(R"({"ann":1})"), ErrorKind::kInput, "users.ann must be an object");
  EXPECT_REFUSED(Upsert(R"({"ann":{"id":"bob"}})"), ErrorKind::kInput,
                 "users.ann.id must be the same as its key");
  EXPECT_REFUSED(UpsertExactly(R"({"ann":{}})"), ErrorKind::kInput,
                 "users.ann.id must be the same as its key");
  EXPECT_REFUSED(UpsertExactly(R"({"ann":{"id":1}})"), ErrorKind::kInput,
                 "users.ann.id must be the same as its key");
  EXPECT_REFUSED(Upsert(R"({"ann":{"name":1}})"), ErrorKind::kInput, "user.name must be a string");
  EXPECT_REFUSED(Upsert(R"({"ann":{"teams":"red"}})"), ErrorKind::kInput,
                 "user.teams must be a list of strings");
  EXPECT_REFUSED(Upsert(R"({"ann":{"teams":[1]}})"), ErrorKind::kInput,
                 "user.teams must be a list of strings");
  EXPECT_REFUSED(Upsert(R"({"ann":{"invisible":"yes"}})"), ErrorKind::kInput,
                 "user.invisible must be a boolean");
  EXPECT_REFUSED(Upsert(R"({"ann":{"privacy_settings":1}})"), ErrorKind::kInput,
                 "user.privacy_settings must be an object");
  EXPECT_KIND(Upsert(R"({"":{}})"), ErrorKind::kInput);
  EXPECT_KIND(Upsert(R"({"a b":{}})"), ErrorKind::kInput);
  EXPECT_KIND(Upsert(R"({"a/b":{}})"), ErrorKind::kInput);
  EXPECT_KIND(Upsert("{\"" + std::string(256, 'a') + "\":{}}"), ErrorKind::kInput);
  EXPECT_DONE(Upsert("{\"" + std::string(255, 'a') + "\":{}}"));
  EXPECT_DONE(Upsert(R"({"a@_-.!|:+=~Z9":{}})"));
}

TEST_F(UsersTest, OneBadUserOfManyLeavesNoneBehind) {
  EXPECT_KIND(Upsert(R"({"ann":{},"bob":{"name":1}})"), ErrorKind::kInput);
  EXPECT_FALSE(FindUser("ann"));
  EXPECT_TRUE(events_.empty());
}

TEST_F(UsersTest, TakesAtMostAHundred) {
  std::string users;
  for (int i = 0; i < 101; ++i) {
    users += (users.empty() ? "" : ",") + ("\"u" + std::to_string(i)) + "\":{}";
  }
  EXPECT_REFUSED(Upsert("{" + users + "}"), ErrorKind::kInput,
                 "users must contain at most 100 items");
}

TEST_F(UsersTest, APartialUpdateSetsAndUnsetsAlongDottedPaths) {
  ASSERT_DONE(Upsert(R"({"ann":{"name":"Ann","image":"i","a":{"b":{"c":1},"d":2},"e":1.50}})"));
  ASSERT_DONE(PatchUsers(
      R"([{"id":"ann","set":{"a.b.c":2.00,"a.x.y":true,"e.f":"now an object","name":"An"},
           "unset":["a.d","image","not.there"]}])"));
  const UserPtr user = FindUser("ann");
  EXPECT_EQ(user->name, "An");
  EXPECT_EQ(user->image, std::nullopt);
  EXPECT_EQ(user->custom_json,
            R"({"a":{"b":{"c":2.00},"x":{"y":true}},"e":{"f":"now an object"}})");
  EXPECT_EQ(user->updated_at, now_);
}

TEST_F(UsersTest, APartialUpdateReachesBuiltInFields) {
  ASSERT_DONE(Upsert(R"({"ann":{"language":"fr","teams":["red"],"invisible":true,
                                "privacy_settings":{"typing_indicators":{"enabled":true}}}})"));
  ASSERT_DONE(PatchUsers(
      R"([{"id":"ann","set":{"role":"admin","teams":["blue"],"teams_role":{"blue":"boss"},
           "privacy_settings.read_receipts":{"enabled":false},
           "revoke_tokens_issued_before":"2026-01-01T00:00:00Z"},"unset":["language","invisible"]}])"));
  UserPtr user = FindUser("ann");
  EXPECT_EQ(user->role, "admin");
  EXPECT_EQ(user->teams, std::vector<std::string>{"blue"});
  EXPECT_EQ(user->teams_role_json, R"({"blue":"boss"})");
  EXPECT_EQ(user->privacy_settings_json,
            R"({"typing_indicators":{"enabled":true},"read_receipts":{"enabled":false}})");
  EXPECT_EQ(user->revoke_tokens_issued_before, kStart);
  EXPECT_EQ(user->language, "");
  EXPECT_FALSE(user->invisible);
  EXPECT_EQ(user->custom_json, "{}");
  ASSERT_DONE(PatchUsers(
      R"([{"id":"ann","set":{"revoke_tokens_issued_before":null},"unset":["teams","teams_role"]}])"));
  user = FindUser("ann");
  EXPECT_FALSE(user->revoke_tokens_issued_before);
  EXPECT_TRUE(user->teams.empty());
  EXPECT_EQ(user->teams_role_json, "");
}

TEST_F(UsersTest, APartialUpdateRefusesWhatItCannotDo) {
  ASSERT_DONE(Upsert(R"({"ann":{}})"));
  EXPECT_REFUSED(PatchUsers("[]"), ErrorKind::kInput, "users is a required field");
  EXPECT_REFUSED(PatchUsers(R"([{"set":{}}])"), ErrorKind::kInput, "users.id must be a string");
  EXPECT_REFUSED(PatchUsers(R"([{"id":"bob","set":{"a":1}}])"), ErrorKind::kNotFound,
                 "the user bob does not exist");
  EXPECT_REFUSED(PatchUsers(R"([{"id":"ann","set":["x"]}])"), ErrorKind::kInput,
                 "set must be an object");
  EXPECT_REFUSED(PatchUsers(R"([{"id":"ann","unset":"a"}])"), ErrorKind::kInput,
                 "unset must be a list");
  EXPECT_REFUSED(PatchUsers(R"([{"id":"ann","unset":[1]}])"), ErrorKind::kInput,
                 "unset must be a list of field names");
  for (const std::string name : {"id", "created_at", "updated_at", "deleted_at", "banned", "online",
                                 "unread_count", "name.first"}) {
    EXPECT_KIND(PatchUsers(R"([{"id":"ann","set":{")" + name + R"(":{"a":1}}}])"),
                ErrorKind::kInput);
  }
  EXPECT_REFUSED(PatchUsers(R"([{"id":"ann","set":{"created_at":1}}])"), ErrorKind::kInput,
                 "user.created_at is a reserved field");
  EXPECT_KIND(PatchUsers(R"([{"id":"ann","set":{"revoke_tokens_issued_before":"soon"}}])"),
              ErrorKind::kInput);
  EXPECT_KIND(PatchUsers(R"([{"id":"ann","set":{"a..b":1}}])"), ErrorKind::kInput);
  EXPECT_KIND(PatchUsers(R"([{"id":"ann","set":{"a.b.c.d.e.f.g.h.i":1}}])"), ErrorKind::kInput);
  EXPECT_EQ(FindUser("ann")->custom_json, "{}");
}

TEST_F(UsersTest, AUserTokenChangesOnlyItselfAndNotItsRole) {
  ASSERT_DONE(Upsert(R"({"ann":{"name":"Ann"},"bob":{}})"));
  EXPECT_DONE(Upsert(R"({"ann":{"name":"Anna"}})", As("ann")));
  EXPECT_DONE(Upsert(R"({"ann":{"role":"user"}})", As("ann")));
  EXPECT_REFUSED(Upsert(R"({"ann":{"role":"admin"}})", As("ann")), ErrorKind::kNotAllowed,
                 "a user token cannot change the user's role");
  EXPECT_REFUSED(Upsert(R"({"new":{"role":"admin"}})", As("new")), ErrorKind::kNotAllowed,
                 "a user token cannot change the user's role");
  EXPECT_REFUSED(PatchUsers(R"([{"id":"ann","set":{"role":"admin"}}])", As("ann")),
                 ErrorKind::kNotAllowed, "a user token cannot change the user's role");
  EXPECT_KIND(PatchUsers(R"([{"id":"ann","set":{"revoke_tokens_issued_before":null}}])", As("ann")),
              ErrorKind::kNotAllowed);
  EXPECT_REFUSED(Upsert(R"({"bob":{"name":"B"}})", As("ann")), ErrorKind::kNotAllowed,
                 "a user token can update only its own user");
  EXPECT_REFUSED(PatchUsers(R"([{"id":"bob","set":{"a":1}}])", As("ann")), ErrorKind::kNotAllowed,
                 "a user token can update only its own user");
  EXPECT_EQ(FindUser("ann")->role, "user");
  ASSERT_DONE(Upsert(R"({"ann":{"role":"guide"}})"));
  EXPECT_REFUSED(PatchUsers(R"([{"id":"ann","unset":["role"]}])", As("ann")),
                 ErrorKind::kNotAllowed, "a user token cannot change the user's role");
}

TEST_F(UsersTest, UnsettingTheRoleMakesAPlainUser) {
  ASSERT_DONE(Upsert(R"({"ann":{"role":"admin"}})"));
  ASSERT_DONE(PatchUsers(R"([{"id":"ann","unset":["role"]}])"));
  EXPECT_EQ(FindUser("ann")->role, "user");
}

TEST_F(UsersTest, ADeletedUserStaysDeleted) {
  MakeUsers({"ann", "bob"});
  ASSERT_DONE(Open("room", R"({"data":{"created_by_id":"bob"}})"));
  InTransaction([&](store::Tx& tx) {
    User gone = *tx.FindUser(app_, "ann");
    gone.deleted_at = kStart;
    tx.PutUser(gone);
    return true;
  });
  EXPECT_KIND(Upsert(R"({"ann":{"name":"again"}})"), ErrorKind::kInput);
  EXPECT_KIND(PatchUsers(R"([{"id":"ann","set":{"a":1}}])"), ErrorKind::kNotFound);
  EXPECT_KIND(Send("room", R"({"text":"x","user_id":"ann"})"), ErrorKind::kInput);
  EXPECT_KIND(Send("room", R"({"text":"x","user":{"id":"ann"}})"), ErrorKind::kInput);
  EXPECT_KIND(Open("other", R"({"data":{"created_by":{"id":"ann"}}})"), ErrorKind::kInput);
  EXPECT_TRUE(FindUser("ann")->deleted_at);
}

TEST_F(UsersTest, EachChangeTellsOfItself) {
  ASSERT_DONE(Upsert(R"({"ann":{"shoe":1.0},"bob":{}})"));
  EXPECT_EQ(EventTypes(), (std::vector<std::string>{"user.updated", "user.updated"}));
  EXPECT_EQ(events_[0].user_id, "ann");
  EXPECT_EQ(events_[1].user_id, "bob");
  EXPECT_EQ(events_[0].json().Raw("user.shoe"), "1.0");
  events_.clear();
  ASSERT_DONE(PatchUsers(R"([{"id":"ann","set":{"hat":2}}])"));
  EXPECT_EQ(Only("user.updated").json().Int("user.hat"), 2);
}

TEST_F(UsersTest, SendsCustomEventsToUsers) {
  MakeUsers({"ann"});
  events_.clear();
  const auto send = [&](std::string_view user, std::string_view event,
                        const Caller& caller) -> Result<void> {
    const test::Json body(event);
    return Do(caller, [&](Context& c) { return SendUserEvent(c, user, body.root()); });
  };
  ASSERT_DONE(send("ann", R"({"type":"friendship_request","text":"hi","n":1.10,"custom":{"m":2}})",
                   Server()));
  const RecordedEvent event = Only("friendship_request");
  EXPECT_TRUE(event.custom);
  EXPECT_EQ(event.user_id, "ann");
  EXPECT_EQ(event.json().Raw("n"), "1.10");
  EXPECT_EQ(event.json().Int("m"), 2);
  EXPECT_EQ(event.json().Text("user.id"), "ann");
  EXPECT_EQ(event.json_v2().Raw("custom.n"), "1.10");
  EXPECT_KIND(send("ann", R"({"type":"message.new"})", Server()), ErrorKind::kInput);
  EXPECT_KIND(send("ann", R"({"type":"a.b"})", Server()), ErrorKind::kInput);
  EXPECT_KIND(send("ann", R"({"type":""})", Server()), ErrorKind::kInput);
  EXPECT_KIND(send("ann", R"({"text":"no type"})", Server()), ErrorKind::kInput);
  EXPECT_REFUSED(send("zoe", R"({"type":"x"})", Server()), ErrorKind::kNotFound,
                 "the user zoe does not exist");
  EXPECT_KIND(send("ann", R"({"type":"x"})", As("ann")), ErrorKind::kNotAllowed);
}

TEST_F(UsersTest, PrivacySettingsAreThoseThatThereAre) {
  EXPECT_REFUSED(Upsert(R"({"ann":{"privacy_settings":{"read_reciepts":{"enabled":false}}}})"),
                 ErrorKind::kInput, "user.privacy_settings.read_reciepts is not a known setting");
  EXPECT_REFUSED(Upsert(R"({"ann":{"privacy_settings":{"read_receipts":{"enabled":"no"}}}})"),
                 ErrorKind::kInput,
                 "user.privacy_settings.read_receipts may have only enabled, a boolean");
  EXPECT_DONE(Upsert(R"({"ann":{"privacy_settings":{"delivery_receipts":{"enabled":false}}}})"));
}

// Without read receipts nobody is told, and the user's own count goes down all the same.
TEST_F(UsersTest, ReadReceiptsAreKeptFromOthers) {
  MakeChannel("room", {"ann", "bob"});
  EXPECT_DONE(Upsert(R"({"bob":{"privacy_settings":{"read_receipts":{"enabled":false}}}})"));
  EXPECT_DONE(Send("room", R"({"text":"x","user_id":"ann"})"));
  events_.clear();
  EXPECT_DONE(Read("room", R"({"user_id":"bob"})"));
  EXPECT_TRUE(EventTypes().empty());
  EXPECT_EQ(Unread("bob").messages, 0);
  EXPECT_DONE(Read("room", R"({"user_id":"ann"})"));
  EXPECT_EQ(EventTypes(), std::vector<std::string>{"message.read"});
  for (const auto& [viewer, seen] : {std::pair{"ann", false}, {"bob", true}, {"", true}}) {
    const std::string state = Look([&, who = std::string(viewer)](Tx& tx) {
      Encoder encoder(tx, app_, Format::kV1, now_);
      StateOptions options;
      options.viewer = who;
      json::Writer w;
      w.BeginObject();
      EXPECT_DONE(
          WriteChannelState(w, encoder, tx, *tx.FindChannel(app_, "messaging", "room"), options));
      w.EndObject();
      return w.Take();
    });
    EXPECT_EQ(test::Json(state).root()["read"].size(), seen ? 2U : 1U) << viewer;
  }
}

TEST_F(UsersTest, OthersDoNotReadWhatWasDeleted) {
  MakeChannel("room", {"ann", "bob"});
  EXPECT_DONE(Send("room", R"({"id":"m","text":"secret","user_id":"ann"})"));
  EXPECT_DONE(Delete("m"));
  const Message message = *FindMessage("m");
  EXPECT_EQ(MessageJson(message, Format::kV1, "bob").root()["text"].AsString(), "");
  EXPECT_EQ(MessageJson(message, Format::kV1, "bob").root()["type"].AsString(), "deleted");
  EXPECT_EQ(MessageJson(message, Format::kV1, "ann").root()["text"].AsString(), "secret");
  EXPECT_EQ(MessageJson(message).root()["text"].AsString(), "secret");
}

}  // namespace
}  // namespace hookline::chat
