// Goal: a message that passes a customer's server on its way is stored once or not at all, and the
// answer says which; whatever goes wrong, later requests are not held up.
// Method: as in transactions_test.cc, with a hook that answers at once.
#include "unit/api/api_rig.h"

namespace hookline::api {
namespace {

class MessageFlowTest : public ApiRig {
 protected:
  void SetUp() override {
    ApiRig::SetUp();
    MakeChannel();
    PatchApp(R"({"before_message_send_hook_url":"http://hooks.example/check"})");
    transport_.answer = R"({"message":{"text":"masked"}})";
  }
  static Request Update(std::string key = "") {
    return {.path = "/messages/m-1",
            .body = R"({"message":{"text":"changed","user_id":"mara"}})",
            .key = std::move(key)};
  }
  void StoreMessage() {
    ASSERT_EQ(Call({.path = "/channels/messaging/dock/message",
                    .body = R"({"message":{"id":"m-1","text":"x","user_id":"mara"}})"})
                  .status,
              201);
  }
};

TEST_F(MessageFlowTest, WhatTheStoreDidNotKeepIsNoSuccess) {
  for (const Mood mood : {Mood::kRejects, Mood::kFails, Mood::kLoses}) {
    store_->mood = mood;
    const auto answer = Call(Send("card 4111", "key"));
    EXPECT_EQ(answer.status, 503) << answer.body;
    EXPECT_TRUE(TellsWhenToTryAgain(answer));
  }
  store_->mood = Mood::kKind;
  EXPECT_EQ(CountMessages(), 0);
  EXPECT_EQ(Call(Send("card 4111", "key")).status, 201);
  EXPECT_EQ(CountMessages(), 1);
}

TEST_F(MessageFlowTest, AJobThatIsRunAgainAppliesTheAnswerAgain) {
  store_->mood = Mood::kRepeats;
  const auto answer = Call(Send("card 4111", "key"));
  ASSERT_EQ(answer.status, 201) << answer.body;
  EXPECT_EQ(Json(answer).root()["message"]["text"].AsString(), "masked");
  EXPECT_EQ(CountMessages(), 1);
}

TEST_F(MessageFlowTest, ARepeatDoesNotAskTheHookAgain) {
  const auto first = Call(Send("card 4111", "key"));
  ASSERT_EQ(first.status, 201);
  EXPECT_EQ(transport_.calls, 1);
  EXPECT_EQ(Call(Send("card 4111", "key")).body, first.body);
  EXPECT_EQ(transport_.calls, 1);
  // A key of another caller is another key.
  EXPECT_EQ(Call(Send("card 4111", "key", "tom")).status, 201);
  EXPECT_EQ(transport_.calls, 2);
}

TEST_F(MessageFlowTest, ManyAtOnceUnderOneKeyTakeEffectOnce) {
  for (const auto& answer : Call(std::vector(12, Send("card 4111", "key")))) {
    EXPECT_EQ(answer.status, 201) << answer.body;
  }
  EXPECT_EQ(CountMessages(), 1);
}

TEST_F(MessageFlowTest, AFullDiskIsTheSameForAskedMessages) {
  store::fault_vfs::SetDiskFull(true);
  for (const auto& answer : Call(std::vector(12, Send("card 4111", "key")))) {
    EXPECT_EQ(answer.status, 503) << answer.body;
  }
  store::fault_vfs::SetDiskFull(false);
  EXPECT_EQ(CountMessages(), 0);
}

TEST_F(MessageFlowTest, AnUpdateThatFailsHoldsUpNoOther) {
  StoreMessage();
  for (const Mood mood : {Mood::kRejects, Mood::kFails, Mood::kLoses}) {
    store_->mood = mood;
    for (const auto& answer : Call(std::vector(3, Update()))) EXPECT_EQ(answer.status, 503);
  }
  store_->mood = Mood::kKind;
  store_->reads_end = store::Commit::kFailed;
  EXPECT_EQ(Call(Update()).status, 503);
  store_->reads_end.reset();
  for (const auto& answer : Call(std::vector(5, Update("key")))) {
    EXPECT_EQ(answer.status, 201) << answer.body;
  }
}

}  // namespace
}  // namespace hookline::api
