// Goal: an app's commands and channel types are kept, and what the store keeps of them ready-made
// follows every change and every rollback.
// Method: write, then read through a reader thread and through the writer.
#include <gmock/gmock.h>

#include "chat/catalog.h"
#include "contract/store_contract.h"

namespace hookline::store {
namespace {

using testing::ElementsAre;

chat::Command MakeCommand(std::string name) {
  chat::Command command;
  command.name = std::move(name);
  command.description = "What it \"does\"";
  command.args = "[text]";
  command.set = "desk_set";
  command.created_at = {1};
  command.updated_at = {2};
  return command;
}

chat::ChannelTypeRecord MakeType(std::string name, std::string fields) {
  chat::ChannelTypeRecord type;
  type.name = std::move(name);
  type.fields_json = std::move(fields);
  type.created_at = {1};
  type.updated_at = {2};
  return type;
}

std::vector<std::string> CommandNames(const chat::ChannelType& type) {
  std::vector<std::string> names;
  for (const chat::Command& command : type.commands->list) names.push_back(command.name);
  return names;
}

TEST_P(StoreContract, AnAppWithoutOwnTypesHasTheBuiltInOnes) {
  ReadBoth([&](Reader& reader) {
    const chat::CatalogPtr catalog = reader.FindCatalog(app_);
    ASSERT_NE(catalog, nullptr);
    EXPECT_EQ(catalog->types().size(), 5);
    EXPECT_EQ(catalog->commands().size(), 6);
    EXPECT_EQ(catalog->FindRecord("messaging"), nullptr);
  });
}

TEST_P(StoreContract, CommandsKeepEveryField) {
  Write([&](Tx& tx) { tx.PutCommand(app_, MakeCommand("ticket")); });
  ReadBoth([&](Reader& reader) {
    const chat::CatalogPtr catalog = reader.FindCatalog(app_);
    const chat::Command* found = catalog->FindCommand("ticket");
    ASSERT_NE(found, nullptr);
    EXPECT_EQ(found->description, "What it \"does\"");
    EXPECT_EQ(found->args, "[text]");
    EXPECT_EQ(found->set, "desk_set");
    EXPECT_EQ(found->created_at, Timestamp{1});
    EXPECT_EQ(found->updated_at, Timestamp{2});
    EXPECT_FALSE(found->built_in);
    EXPECT_EQ(reader.FindCatalog({app_.value + 1})->FindCommand("ticket"), nullptr);
  });
  chat::Command changed = MakeCommand("ticket");
  changed.args.clear();
  Write([&](Tx& tx) { tx.PutCommand(app_, changed); });
  ReadBoth([&](Reader& reader) {
    EXPECT_EQ(reader.FindCatalog(app_)->FindCommand("ticket")->args, "");
  });
  Write([&](Tx& tx) { tx.DeleteCommand(app_, "ticket"); });
  ReadBoth(
      [&](Reader& reader) { EXPECT_EQ(reader.FindCatalog(app_)->FindCommand("ticket"), nullptr); });
}

TEST_P(StoreContract, ChannelTypesKeepTheirSettings) {
  Write([&](Tx& tx) {
    tx.PutChannelType(app_, MakeType("harbour", R"({"replies":false,"commands":["giphy"]})"));
    tx.PutChannelType(app_, MakeType("messaging", R"({"max_message_length":30})"));
  });
  ReadBoth([&](Reader& reader) {
    const chat::CatalogPtr catalog = reader.FindCatalog(app_);
    const chat::ChannelType* own = catalog->FindType("harbour");
    ASSERT_NE(own, nullptr);
    EXPECT_FALSE(own->replies);
    EXPECT_TRUE(own->reactions);
    EXPECT_EQ(own->created_at, Timestamp{1});
    EXPECT_EQ(own->updated_at, Timestamp{2});
    EXPECT_THAT(CommandNames(*own), ElementsAre("giphy"));
    EXPECT_EQ(catalog->FindType("messaging")->max_message_length, 30);
    EXPECT_EQ(catalog->FindRecord("messaging")->fields_json, R"({"max_message_length":30})");
    EXPECT_EQ(reader.FindCatalog({app_.value + 1})->FindType("messaging")->max_message_length,
              5000);
  });
  Write([&](Tx& tx) { tx.DeleteChannelType(app_, "harbour"); });
  ReadBoth([&](Reader& reader) {
    EXPECT_EQ(reader.FindCatalog(app_)->FindType("harbour"), nullptr);
    EXPECT_EQ(reader.FindCatalog(app_)->FindType("messaging")->max_message_length, 30);
  });
}

TEST_P(StoreContract, TheCatalogIsKeptBetweenChanges) {
  Write([&](Tx& tx) { tx.PutCommand(app_, MakeCommand("ticket")); });
  chat::CatalogPtr first;
  Write([&](Tx& tx) { first = tx.FindCatalog(app_); });
  Write([&](Tx& tx) { EXPECT_EQ(tx.FindCatalog(app_), first); });
}

TEST_P(StoreContract, AChangeOfTheCatalogThatIsRolledBackLeavesNoTrace) {
  Write([&](Tx& tx) { tx.PutCommand(app_, MakeCommand("kept")); });
  const Commit result = TryWrite([&](Tx& tx) {
    tx.PutCommand(app_, MakeCommand("undone"));
    EXPECT_NE(tx.FindCatalog(app_)->FindCommand("undone"), nullptr);
    return false;
  });
  EXPECT_EQ(result, Commit::kRolledBack);
  ReadBoth([&](Reader& reader) {
    EXPECT_EQ(reader.FindCatalog(app_)->FindCommand("undone"), nullptr);
    EXPECT_NE(reader.FindCatalog(app_)->FindCommand("kept"), nullptr);
  });
  // The number of changes is the same as if the lost one had counted.
  Write([&](Tx& tx) { tx.PutCommand(app_, MakeCommand("third")); });
  ReadBoth([&](Reader& reader) {
    EXPECT_EQ(reader.FindCatalog(app_)->FindCommand("undone"), nullptr);
    EXPECT_NE(reader.FindCatalog(app_)->FindCommand("third"), nullptr);
  });
}

TEST_P(StoreContract, TheCatalogSurvivesAReopening) {
  Write([&](Tx& tx) {
    tx.PutCommand(app_, MakeCommand("ticket"));
    tx.PutChannelType(app_, MakeType("harbour", R"({"commands":["desk_set"]})"));
  });
  Reopen();
  ReadBoth([&](Reader& reader) {
    EXPECT_THAT(CommandNames(*reader.FindCatalog(app_)->FindType("harbour")),
                ElementsAre("ticket"));
  });
}

}  // namespace
}  // namespace hookline::store
