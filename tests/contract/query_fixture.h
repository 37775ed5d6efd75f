#pragma once

#include "base/json.h"
#include "chat/filter.h"
#include "contract/store_contract.h"

namespace hookline::store {

/// Users and channels to be queried.
class StoreQueryContract : public StoreContract {
 public:
  using Ids = std::vector<std::string>;

  static chat::Filter ParseFilterText(std::string_view text) {
    auto document = json::Document::Parse(text);
    EXPECT_TRUE(document) << text;
    auto filter = chat::ParseFilter(document->root());
    EXPECT_TRUE(filter) << text << (filter ? "" : ": " + filter.error().message());
    return filter ? *filter : chat::Filter{};
  }

 protected:
  void AddUsers() {
    Write([&](Tx& tx) {
      chat::User ann = MakeUser("ann");
      ann.name = "Ann Lee";
      ann.teams = {"red", "blue"};
      ann.custom_json = R"({"age":30,"vip":true,"tags":["x","y"],"a":{"b":"deep"},"city":"Rome"})";
      ann.created_at = At(1);
      ann.last_active = At(50);
      tx.PutUser(ann);
      chat::User bob = MakeUser("bob");
      bob.name = "Bob 100%";
      bob.role = "admin";
      bob.custom_json = R"({"age":7.5,"vip":false,"city":"Oslo","nothing":null})";
      bob.created_at = At(2);
      tx.PutUser(bob);
      chat::User eve = MakeUser("eve");
      eve.banned = true;
      eve.teams = {"blue"};
      eve.custom_json = R"({"age":"30"})";
      eve.created_at = At(3);
      tx.PutUser(eve);
      chat::User gone = MakeUser("gone");
      gone.deleted_at = At(4);
      tx.PutUser(gone);
      chat::User asleep = MakeUser("asleep");
      asleep.deactivated_at = At(4);
      asleep.created_at = At(4);
      tx.PutUser(asleep);
      chat::User stranger = MakeUser("stranger");
      stranger.app = {app_.value + 1};
      tx.PutUser(stranger);
    });
  }

  Ids Users(const chat::UserQuery& query) {
    Ids ids;
    ReadBoth([&](Reader& reader) {
      ids.clear();
      const auto users = reader.QueryUsers(app_, query);
      ASSERT_TRUE(users) << users.error().message();
      for (const chat::UserPtr& user : *users) ids.push_back(user->id);
    });
    return ids;
  }
  Ids Users(std::string_view filter) {
    chat::UserQuery query;
    query.filter = ParseFilterText(filter);
    query.sort = {{"id", true}};
    return Users(query);
  }
  std::string UserError(std::string_view filter) {
    chat::UserQuery query;
    query.filter = ParseFilterText(filter);
    std::string message;
    Read([&](Reader& reader) {
      const auto users = reader.QueryUsers(app_, query);
      if (!users) {
        EXPECT_EQ(users.error().kind(), ErrorKind::kInput);
        message = users.error().message();
      }
    });
    return message;
  }

  void AddChannels() {
    Write([&](Tx& tx) {
      const auto add = [&](std::string id, std::string type, const Ids& members, int last,
                           const std::function<void(chat::Channel&)>& change) {
        chat::Channel channel = MakeChannel(std::move(id));
        channel.type = std::move(type);
        channel.member_count = std::ssize(members);
        if (last != 0) channel.last_message_at = At(last);
        change(channel);
        const ChannelId pk = tx.InsertChannel(channel);
        for (const std::string& member : members) tx.PutMember(MakeMember(pk, member));
      };
      add("a", "messaging", {"ann", "bob"}, 30, [](chat::Channel& c) {
        c.filter_tags = {"x", "y"};
        c.custom_json = R"({"name":"Blue Team Room"})";
      });
      add("b", "messaging", {"ann", "bob", "eve"}, 10, [](chat::Channel& c) { c.frozen = true; });
      add("c", "team", {"bob"}, 0, [](chat::Channel& c) {
        c.team = "red";
        c.created_at = At(20);
        c.created_by_id = "bob";
      });
      add("d", "messaging", {"ann"}, 99, [](chat::Channel& c) { c.deleted_at = At(100); });
    });
  }
  Ids Channels(const chat::ChannelQuery& query) {
    Ids ids;
    ReadBoth([&](Reader& reader) {
      ids.clear();
      const auto channels = reader.QueryChannels(app_, query);
      ASSERT_TRUE(channels) << channels.error().message();
      for (const chat::ChannelPtr& channel : *channels) ids.push_back(channel->id);
    });
    return ids;
  }
  Ids Channels(std::string_view filter) {
    chat::ChannelQuery query;
    query.filter = ParseFilterText(filter);
    query.sort = {{"id", true}};
    return Channels(query);
  }
};

}  // namespace hookline::store
