// Goal: commands and channel types of an app: validation, resolution of names and sets, what a
// message's text gives.
// Method: the domain's own functions on a real store.
#include "chat/commands.h"

#include <gmock/gmock.h>

#include "chat/catalog.h"
#include "chat/channel_types.h"
#include "unit/chat/chat_fixture.h"

namespace hookline::chat {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class CommandsTest : public ChatTest {
 protected:
  Result<Command> Create(std::string_view body_json, const Caller& caller = Server()) {
    const test::Json body(body_json);
    return Do(caller, [&](Context& c) { return CreateCommand(c, body.root()); });
  }
  Result<Command> UpdateTo(std::string_view name, std::string_view body_json) {
    const test::Json body(body_json);
    return Do(Server(), [&](Context& c) { return chat::UpdateCommand(c, name, body.root()); });
  }
  Result<void> Drop(std::string_view name) {
    return Do(Server(), [&](Context& c) { return DeleteCommand(c, name); });
  }
  Result<ChannelTypePtr> CreateType(std::string_view body_json) {
    const test::Json body(body_json);
    return Do(Server(), [&](Context& c) { return CreateChannelType(c, body.root()); });
  }
  Result<ChannelTypePtr> UpdateType(std::string_view name, std::string_view body_json,
                                    const Caller& caller = Server()) {
    const test::Json body(body_json);
    return Do(caller, [&](Context& c) { return UpdateChannelType(c, name, body.root()); });
  }
  Result<void> DropType(std::string_view name) {
    return Do(Server(), [&](Context& c) { return DeleteChannelType(c, name); });
  }
  static std::vector<std::string> Names(const ChannelType& type) {
    std::vector<std::string> names;
    for (const Command& command : type.commands->list) names.push_back(command.name);
    return names;
  }
  std::vector<std::string> NamesIn(std::string_view type) {
    return Look([&](Tx& tx) { return Names(*tx.FindCatalog(app_)->FindType(type)); });
  }
  ChannelType Config(std::string_view channel) {
    const ChannelPtr found = FindChannel(channel);
    return Look([&](Tx& tx) { return ConfigOf(tx, *found); });
  }
};

TEST_F(CommandsTest, ACommandHasTimesAndWhatItWasGiven) {
  auto made = Create(R"({"name":"ticket","description":"d","args":"[a]","set":"desk"})");
  ASSERT_DONE(made);
  EXPECT_EQ(made->created_at, now_);
  const Timestamp created = now_;
  auto changed = UpdateTo("ticket", R"({"description":"e"})");
  ASSERT_DONE(changed);
  EXPECT_EQ(changed->description, "e");
  EXPECT_EQ(changed->args, "[a]");
  EXPECT_EQ(changed->set, "desk");
  EXPECT_EQ(changed->created_at, created);
  EXPECT_EQ(changed->updated_at, now_);
}

TEST_F(CommandsTest, NamesAreCheckedAndUnique) {
  ASSERT_DONE(Create(R"({"name":"ticket","description":"d"})"));
  EXPECT_REFUSED(Create(R"({"name":"ticket","description":"d"})"), ErrorKind::kInput,
                 "command with name \"ticket\" already exists");
  EXPECT_REFUSED(Create(R"({"name":"ban","description":"d"})"), ErrorKind::kInput,
                 "command name \"ban\" is reserved");
  EXPECT_KIND(Create(R"({"name":"all","description":"d"})"), ErrorKind::kInput);
  EXPECT_KIND(Create(R"({"name":"a\tb","description":"d"})"), ErrorKind::kInput);
  EXPECT_KIND(Create(R"({"name":"","description":"d"})"), ErrorKind::kInput);
  EXPECT_KIND(Create(R"({"name":"x"})"), ErrorKind::kInput);
  EXPECT_KIND(Create(R"({"name":"x","description":"d"})", As("ann")), ErrorKind::kNotAllowed);
}

TEST_F(CommandsTest, WhatIsNotThereIsNotFound) {
  const std::string text = "command with name \"roll\" does not exist";
  EXPECT_REFUSED(UpdateTo("roll", "{}"), ErrorKind::kNotFound, text);
  EXPECT_REFUSED(Drop("roll"), ErrorKind::kNotFound, text);
  EXPECT_KIND(Drop("giphy"), ErrorKind::kInput);
  EXPECT_KIND(UpdateTo("giphy", "{}"), ErrorKind::kInput);
}

TEST_F(CommandsTest, ACommandThatATypeNamesStays) {
  ASSERT_DONE(Create(R"({"name":"ticket","description":"d","set":"desk"})"));
  ASSERT_DONE(UpdateType("team", R"({"commands":["ticket"]})"));
  EXPECT_KIND(Drop("ticket"), ErrorKind::kInput);
  ASSERT_DONE(UpdateType("team", R"({"commands":["desk","all"]})"));
  EXPECT_DONE(Drop("ticket"));
  EXPECT_THAT(NamesIn("team"), ElementsAre("giphy", "flag", "ban", "unban", "mute", "unmute"));
}

TEST_F(CommandsTest, ATypeHasWhatItsNamesAndSetsStandForNow) {
  ASSERT_DONE(CreateType(R"({"name":"desk","commands":["fun_set"]})"));
  EXPECT_THAT(NamesIn("desk"), ElementsAre("giphy"));
  // A set grows with its commands; nobody has to touch the type.
  ASSERT_DONE(Create(R"({"name":"joke","description":"d","set":"fun_set"})"));
  EXPECT_THAT(NamesIn("desk"), ElementsAre("giphy", "joke"));
  EXPECT_KIND(UpdateType("desk", R"({"commands":["nonesuch"]})"), ErrorKind::kInput);
  // Objects are what clients read, and so may send back.
  ASSERT_DONE(UpdateType("desk", R"({"commands":[{"name":"joke","set":"fun_set"}]})"));
  EXPECT_THAT(NamesIn("desk"), ElementsAre("joke"));
}

TEST_F(CommandsTest, AnUpdateChangesOnlyWhatItNames) {
  ASSERT_DONE(CreateType(R"({"name":"desk","replies":false,"max_message_length":10})"));
  const Timestamp created = now_;
  auto type = UpdateType("desk", R"({"reactions":false,"replies":null,"automod":""})");
  ASSERT_DONE(type);
  EXPECT_FALSE((*type)->replies);
  EXPECT_FALSE((*type)->reactions);
  EXPECT_EQ((*type)->max_message_length, 10);
  EXPECT_EQ((*type)->created_at, created);
  EXPECT_EQ((*type)->updated_at, now_);
}

TEST_F(CommandsTest, ABuiltInTypeIsUpdatedButNotDeleted) {
  auto type = UpdateType("livestream", R"({"replies":false})");
  ASSERT_DONE(type);
  EXPECT_FALSE((*type)->replies);
  EXPECT_TRUE((*type)->open_to_all);
  EXPECT_LT((*type)->created_at, kStart);
  EXPECT_KIND(DropType("livestream"), ErrorKind::kInput);
  EXPECT_REFUSED(UpdateType("nonesuch", "{}"), ErrorKind::kNotFound,
                 "nonesuch is not a defined channel type");
  EXPECT_KIND(UpdateType("livestream", "{}", As("ann")), ErrorKind::kNotAllowed);
}

TEST_F(CommandsTest, ATypeWithChannelsStays) {
  ASSERT_DONE(CreateType(R"({"name":"desk"})"));
  MakeUsers({"ann"});
  ASSERT_DONE(Open("room", R"({"data":{"created_by_id":"ann"}})", Server(), "desk"));
  EXPECT_KIND(DropType("desk"), ErrorKind::kInput);
  ASSERT_DONE(Do(Server(), [&](Context& c) { return DeleteChannel(c, "desk", "room", false); }));
  EXPECT_DONE(DropType("desk"));
  EXPECT_KIND(Open("room", R"({"data":{"created_by_id":"ann"}})", Server(), "desk"),
              ErrorKind::kNotFound);
}

TEST_F(CommandsTest, TheSettingsOfATypeHoldInItsChannels) {
  ASSERT_DONE(CreateType(R"({"name":"desk","max_message_length":3})"));
  MakeUsers({"ann"});
  ASSERT_DONE(Open("room", R"({"data":{"created_by_id":"ann"}})", Server(), "desk"));
  EXPECT_KIND(Send("room", R"({"text":"long","user_id":"ann"})", Server(), "desk"),
              ErrorKind::kMessageTooLong);
  ASSERT_DONE(UpdateType("desk", R"({"max_message_length":4})"));
  EXPECT_DONE(Send("room", R"({"text":"long","user_id":"ann"})", Server(), "desk"));
}

TEST_F(CommandsTest, AChannelNarrowsTheCommandsOfItsType) {
  MakeUsers({"ann"});
  ASSERT_DONE(Open("room", R"({"data":{"created_by_id":"ann","config_overrides":
      {"commands":["fun_set","mute"]}}})"));
  EXPECT_THAT(Names(Config("room")), ElementsAre("giphy", "mute"));
  ASSERT_DONE(Open("quiet", R"({"data":{"created_by_id":"ann","config_overrides":
      {"commands":[]}}})"));
  EXPECT_THAT(Names(Config("quiet")), IsEmpty());
}

TEST_F(CommandsTest, ATextGivesACommandIfItIsEnabled) {
  ASSERT_DONE(Create(R"({"name":"ticket","description":"d"})"));
  ASSERT_DONE(UpdateType("messaging", R"({"commands":["ticket","mute"]})"));
  const auto config = Look([&](Tx& tx) { return *tx.FindCatalog(app_)->FindType("messaging"); });
  const auto call = ParseCommand(config, "/ticket  crane 7 stuck\n");
  ASSERT_TRUE(call);
  EXPECT_EQ(call->name, "ticket");
  EXPECT_EQ(call->args, "crane 7 stuck");
  EXPECT_FALSE(call->built_in);
  EXPECT_TRUE(ParseCommand(config, "/mute bob")->built_in);
  EXPECT_EQ(ParseCommand(config, "/ticket")->args, "");
  EXPECT_EQ(ParseCommand(config, "/ticket\nnow")->args, "now");
  for (const std::string_view text : {"", "/", "ticket", " /ticket", "/tickets", "/Ticket x",
                                      "/giphy x", "/ ticket", "//ticket"}) {
    EXPECT_FALSE(ParseCommand(config, text)) << text;
  }
}

}  // namespace
}  // namespace hookline::chat
