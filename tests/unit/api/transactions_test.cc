// Goal: an answer tells the truth about what is stored: nothing is promised that the store did not
// keep, a repeat under an Idempotency-Key is answered to whom the first answer went and to nobody
// else, and an error does not use the key up.
// Method: operations on a real store that rejects, fails, loses and repeats jobs as it is told, and
// whose disk is full at times (api_rig.h).
#include <algorithm>
#include <set>

#include "unit/api/api_rig.h"

namespace hookline::api {
namespace {

class TransactionsTest : public ApiRig {};

TEST_F(TransactionsTest, WhatTheStoreDidNotKeepIsNoSuccess) {
  MakeChannel();
  for (const Mood mood : {Mood::kRejects, Mood::kFails, Mood::kLoses}) {
    store_->mood = mood;
    const auto answer = Call(Send("lost", "key"));
    EXPECT_EQ(answer.status, 503) << answer.body;
    EXPECT_TRUE(TellsWhenToTryAgain(answer));
  }
  store_->mood = Mood::kFindsBad;
  EXPECT_EQ(Call(Send("bad", "key-2")).status, 500);
  store_->mood = Mood::kKind;
  EXPECT_EQ(CountMessages(), 0);
  // The failures have not used the key up.
  EXPECT_EQ(Call(Send("lost", "key")).status, 201);
  EXPECT_EQ(CountMessages(), 1);
}

TEST_F(TransactionsTest, AStoreThatCannotBeReadIs503) {
  MakeChannel();
  store_->reads_end = store::Commit::kFailed;
  const auto answer = Call({.method = "GET", .path = "/channels/messaging/dock"});
  EXPECT_EQ(answer.status, 503);
  EXPECT_TRUE(TellsWhenToTryAgain(answer));
}

TEST_F(TransactionsTest, AQueryThatTakesTooLongIs408) {
  MakeChannel();
  store_->reads_end = store::Commit::kTimedOut;
  const auto answer = Call({.method = "GET", .path = "/channels/messaging/dock"});
  EXPECT_EQ(answer.status, 408);
  EXPECT_EQ(Json(answer).root()["code"].AsInt(), 23);
}

TEST_F(TransactionsTest, AJobThatIsRunAgainIsAnsweredOnce) {
  store_->mood = Mood::kRepeats;
  MakeChannel();
  for (const std::string key : {"", "key"}) {
    const auto answer = Call(Send("again", key));
    ASSERT_EQ(answer.status, 201) << answer.body;
    EXPECT_EQ(Json(answer).root()["message"]["text"].AsString(), "again");
  }
  EXPECT_EQ(Call(Send("again", "key")).status, 201);
  EXPECT_EQ(CountMessages(), 2);
}

// One of them makes the message, the others find it under the key; then nothing of it is kept.
TEST_F(TransactionsTest, NobodyIsToldOfWhatABatchDidNotKeep) {
  MakeChannel();
  const std::vector<Request> same(24, Send(std::string(4800, 'x'), "same"));
  for (int round = 0; round < 3; ++round) {
    store::fault_vfs::SetDiskFull(true);
    for (const auto& answer : Call(same)) {
      EXPECT_EQ(answer.status, 503) << answer.body;
      EXPECT_TRUE(TellsWhenToTryAgain(answer));
    }
  }
  store::fault_vfs::SetDiskFull(false);
  std::set<std::string> ids;
  for (const auto& answer : Call(same)) {
    EXPECT_EQ(answer.status, 201) << answer.body;
    ids.insert(MessageId(answer));
  }
  EXPECT_EQ(ids.size(), 1U);
  EXPECT_EQ(CountMessages(), 1);
}

TEST_F(TransactionsTest, NorOfAnIdThatIsTakenByWhatWasNotKept) {
  MakeChannel();
  const Request request{.path = "/channels/messaging/dock/message",
                        .body = R"({"message":{"id":"m-1","text":"x","user_id":"mara"}})"};
  store::fault_vfs::SetDiskFull(true);
  for (const auto& answer : Call(std::vector(8, request))) EXPECT_EQ(answer.status, 503);
  store::fault_vfs::SetDiskFull(false);
  const auto answers = Call(std::vector(8, request));
  EXPECT_EQ(std::ranges::count(answers, 201, &net::HttpResponse::status), 1);
  EXPECT_EQ(std::ranges::count(answers, 400, &net::HttpResponse::status), 7);
}

using IdempotencyTest = TransactionsTest;

TEST_F(IdempotencyTest, ARepeatGetsTheFirstAnswer) {
  MakeChannel();
  const auto first = Call(Send("once", "key"));
  EXPECT_EQ(first.status, 201);
  EXPECT_EQ(Call(Send("once", "key")).body, first.body);
  EXPECT_EQ(CountMessages(), 1);
  EXPECT_EQ(Call(Send("other", "key")).status, 400);
  EXPECT_EQ(CountMessages(), 1);
}

TEST_F(IdempotencyTest, AKeyIsItsCallersOwn) {
  MakeChannel();
  const auto maras = Call(Send("hello", "key", "mara"));
  const auto toms = Call(Send("hello", "key", "tom"));
  ASSERT_EQ(maras.status, 201);
  ASSERT_EQ(toms.status, 201);
  EXPECT_NE(MessageId(maras), MessageId(toms));
  EXPECT_EQ(MessageId(Call(Send("hello", "key", "mara"))), MessageId(maras));
  // Eve is no member of the channel.
  EXPECT_EQ(Call(Send("hello", "key", "eve")).status, 403);
  EXPECT_EQ(CountMessages(), 2);
}

TEST_F(IdempotencyTest, ARevokedTokenGetsNoReplay) {
  MakeChannel();
  for (const bool with_hook : {false, true}) {
    if (with_hook) PatchApp(R"({"before_message_send_hook_url":"http://hooks.example/check"})");
    const std::string key = with_hook ? "asked" : "plain";
    ASSERT_EQ(Call(Send(key, key, "mara")).status, 201);
    const auto revoke = [this](std::int64_t before) {
      InStore([before, this](store::Tx& tx) {
        chat::User user = *tx.FindUser(app_->id, "mara");
        user.revoke_tokens_issued_before = {before};
        tx.PutUser(user);
      });
    };
    revoke(1'000'000'000);
    EXPECT_EQ(Call(Send(key, key, "mara")).status, 401);
    revoke(0);
    EXPECT_EQ(Call(Send(key, key, "mara")).status, 201);
  }
}

TEST_F(IdempotencyTest, AnErrorDoesNotUseTheKeyUp) {
  const Request request = Send("early", "key");
  EXPECT_EQ(Call(request).status, 404);
  MakeChannel();
  EXPECT_EQ(Call(request).status, 201);
  // A refusal of a state that may change.
  const Request taken{.path = "/channels/messaging/dock/message",
                      .body = R"({"message":{"id":"m-1","text":"x","user_id":"mara"}})",
                      .key = "taken"};
  ASSERT_EQ(Call({.path = taken.path, .body = taken.body}).status, 201);
  EXPECT_EQ(Call(taken).status, 400);
  EXPECT_EQ(Call({.method = "DELETE", .path = "/messages/m-1"}).status, 200);
}

TEST_F(IdempotencyTest, ARefusalOfANonMemberIsForgottenOnceHeIsOne) {
  MakeChannel();
  const Request request = Send("let me in", "key", "eve");
  EXPECT_EQ(Call(request).status, 403);
  ASSERT_EQ(Call({.path = "/channels/messaging/dock", .body = R"({"add_members":["eve"]})"}).status,
            201);
  EXPECT_EQ(Call(request).status, 201);
}

TEST_F(IdempotencyTest, QueriesIgnoreTheKey) {
  MakeChannel();
  const Request query{
      .path = "/channels/messaging/dock/query", .body = R"({"state":true})", .key = "query"};
  const Request list{.path = "/channels", .body = R"({"filter_conditions":{}})", .key = "list"};
  const auto messages = [&](const net::HttpResponse& answer) {
    return Json(answer).root()["messages"].size();
  };
  EXPECT_EQ(messages(Call(query)), 0U);
  ASSERT_EQ(Call(list).status, 201);
  Call(Send("new"));
  EXPECT_EQ(messages(Call(query)), 1U);
  EXPECT_NE(Call(list).body.find("new"), std::string::npos);
}

TEST_F(IdempotencyTest, MakingAChannelIsNoQuery) {
  ASSERT_EQ(Call({.path = "/users", .body = R"({"users":{"mara":{"id":"mara"}}})"}).status, 201);
  const Request make{.path = "/channels/messaging/fresh/query",
                     .body = R"({"data":{"created_by_id":"mara"},"state":true})",
                     .key = "make"};
  const auto first = Call(make);
  ASSERT_EQ(first.status, 201);
  EXPECT_EQ(Call(make).body, first.body);
}

TEST_F(IdempotencyTest, ALargeAnswerIsBuiltAnew) {
  std::string users;
  for (int i = 0; i < 60; ++i) {
    const std::string id = "user-" + std::to_string(i);
    if (i > 0) users += ',';
    users += '"' + id + R"(":{"id":")" + id + R"(","note":")" + std::string(2000, 'n') + "\"}";
  }
  const Request request{.path = "/users", .body = R"({"users":{)" + users + "}}", .key = "large"};
  const auto first = Call(request);
  ASSERT_EQ(first.status, 201) << first.body.substr(0, 300);
  ASSERT_GT(first.body.size(), 64U * 1024);
  std::int64_t kept = 0;
  InStore([&](store::Tx& tx) { kept = tx.IdempotentBytes(app_->id); });
  EXPECT_LT(kept, 4'000);
  const auto second = Call(request);
  EXPECT_EQ(second.status, 201);
  EXPECT_EQ(Json(second).root()["users"].size(), 60U);
}

TEST_F(IdempotencyTest, ManyAnswersAreBoundedInBytes) {
  MakeChannel();
  constexpr std::int64_t kBound = 33 * 1024 * 1024;
  InStore([&](store::Tx& tx) {
    store::IdempotentReply reply{"f", 201, std::string(64 * 1024, 'x'), {"m"}, clock_.WallNow()};
    for (int i = 0; i < 600; ++i) {
      tx.PutIdempotentReply({app_->id, "", "old-" + std::to_string(i)}, reply, kBound);
    }
  });
  // There is little room left: the names alone are kept, and do as well.
  const auto first = Call(Send("hello", "key"));
  ASSERT_EQ(first.status, 201);
  InStore([&](store::Tx& tx) {
    EXPECT_LE(tx.IdempotentBytes(app_->id), kBound + 4'000);
    const auto kept = tx.FindIdempotentReply({app_->id, "", "key"});
    ASSERT_TRUE(kept);
    EXPECT_EQ(kept->body, "");
  });
  EXPECT_EQ(MessageId(Call(Send("hello", "key"))), MessageId(first));
  EXPECT_EQ(CountMessages(), 1);
}

}  // namespace
}  // namespace hookline::api
