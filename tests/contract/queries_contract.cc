// Goal: filters and sort orders of strangers select what they say, or are refused by name.
// Method: filters are built from JSON by the domain's own parser, then run against a few rows.
#include <gmock/gmock.h>

#include "base/json_writer.h"
#include "contract/query_fixture.h"

namespace hookline::store {
namespace {

using Ids = StoreQueryContract::Ids;

TEST_P(StoreQueryContract, UsersByBuiltInFields) {
  AddUsers();
  EXPECT_EQ(Users("{}"), (Ids{"ann", "bob", "eve"}));
  EXPECT_EQ(Users(R"({"id":"ann"})"), (Ids{"ann"}));
  EXPECT_EQ(Users(R"({"id":{"$in":["ann","eve","gone","zed"]}})"), (Ids{"ann", "eve"}));
  EXPECT_EQ(Users(R"({"id":{"$in":[]}})"), Ids{});
  EXPECT_EQ(Users(R"({"id":{"$nin":["ann"]}})"), (Ids{"bob", "eve"}));
  EXPECT_EQ(Users(R"({"id":{"$gt":"ann","$lte":"bob"}})"), (Ids{"bob"}));
  EXPECT_EQ(Users(R"({"role":{"$ne":"admin"}})"), (Ids{"ann", "eve"}));
  EXPECT_EQ(Users(R"({"name":{"$exists":true}})"), (Ids{"ann", "bob"}));
  EXPECT_EQ(Users(R"({"name":{"$ne":"Ann Lee"}})"), (Ids{"bob", "eve"}));
  EXPECT_EQ(Users(R"({"name":null})"), (Ids{"eve"}));
  EXPECT_EQ(Users(R"({"banned":true})"), (Ids{"eve"}));
  EXPECT_EQ(Users(R"({"created_at":{"$gte":"2023-11-14T22:13:22Z"}})"), (Ids{"bob", "eve"}));
  EXPECT_EQ(Users(R"({"created_at":{"$lt":"2023-11-14T23:13:22+01:00"}})"), (Ids{"ann"}));
  EXPECT_EQ(Users(R"({"last_active":{"$exists":false}})"), (Ids{"bob", "eve"}));
  EXPECT_EQ(Users(R"({"last_active":null})"), (Ids{"bob", "eve"}));
}

TEST_P(StoreQueryContract, UsersByWordsOfTheirNames) {
  AddUsers();
  EXPECT_EQ(Users(R"({"name":{"$autocomplete":"ann"}})"), (Ids{"ann"}));
  EXPECT_EQ(Users(R"({"name":{"$autocomplete":"le"}})"), (Ids{"ann"}));
  EXPECT_EQ(Users(R"({"name":{"$autocomplete":"ee"}})"), Ids{});
  EXPECT_EQ(Users(R"({"name":{"$autocomplete":"100%"}})"), (Ids{"bob"}));
  EXPECT_EQ(Users(R"({"name":{"$autocomplete":"%"}})"), Ids{});
  EXPECT_EQ(Users(R"({"name":{"$autocomplete":"_ob"}})"), Ids{});
  EXPECT_EQ(Users(R"({"name":{"$q":"lee ANN"}})"), (Ids{"ann"}));
  EXPECT_EQ(Users(R"({"city":{"$autocomplete":"os"}})"), (Ids{"bob"}));
  EXPECT_EQ(Users(R"({"city":{"$q":"om"}})"), (Ids{"ann"}));
}

TEST_P(StoreQueryContract, UsersByLists) {
  AddUsers();
  EXPECT_EQ(Users(R"({"teams":{"$contains":"red"}})"), (Ids{"ann"}));
  EXPECT_EQ(Users(R"({"teams":{"$in":["red","blue"]}})"), (Ids{"ann", "eve"}));
  EXPECT_EQ(Users(R"({"teams":{"$in":[]}})"), Ids{});
  EXPECT_EQ(Users(R"({"teams":{"$nin":["red"]}})"), (Ids{"bob", "eve"}));
  EXPECT_EQ(Users(R"({"teams":["blue","red"]})"), Ids{"ann"});
  EXPECT_EQ(Users(R"({"teams":["blue"]})"), Ids{"eve"});
  EXPECT_EQ(Users(R"({"name":{"$in":["Ann Lee",null]}})"), (Ids{"ann", "eve"}));
  EXPECT_EQ(Users(R"({"name":{"$nin":["Ann Lee"]}})"), (Ids{"bob", "eve"}));
  EXPECT_EQ(Users(R"({"teams":["blue"]})"), (Ids{"eve"}));
  EXPECT_EQ(Users(R"({"teams":{"$eq":["blue","red"]}})"), (Ids{"ann"}));
  EXPECT_EQ(Users(R"({"teams":{"$exists":false}})"), (Ids{"bob"}));
  EXPECT_EQ(Users(R"({"teams":null})"), (Ids{"bob"}));
  EXPECT_EQ(Users(R"({"tags":{"$contains":"y"}})"), (Ids{"ann"}));
}

TEST_P(StoreQueryContract, UsersByCustomFields) {
  AddUsers();
  EXPECT_EQ(Users(R"({"age":30})"), (Ids{"ann"}));
  EXPECT_EQ(Users(R"({"age":"30"})"), (Ids{"eve"}));
  EXPECT_EQ(Users(R"({"age":{"$gt":7}})"), (Ids{"ann", "bob"}));
  EXPECT_EQ(Users(R"({"age":{"$lt":7.6}})"), (Ids{"bob"}));
  EXPECT_EQ(Users(R"({"age":{"$in":[30,"30"]}})"), (Ids{"ann", "eve"}));
  EXPECT_EQ(Users(R"({"age":{"$in":[30.0,7.5]}})"), (Ids{"ann", "bob"}));
  EXPECT_EQ(Users(R"({"age":{"$nin":[30,7.5]}})"), Ids{"eve"});
  EXPECT_EQ(Users(R"({"vip":{"$in":[true,"x",1,null]}})"), (Ids{"ann", "eve"}));
  EXPECT_EQ(Users(R"({"city":{"$in":["Rome",null]}})"), (Ids{"ann", "eve"}));
  EXPECT_EQ(Users(R"({"city":{"$in":[]}})"), Ids{});
  EXPECT_EQ(Users(R"({"age":{"$ne":30}})"), (Ids{"bob", "eve"}));
  EXPECT_EQ(Users(R"({"vip":true})"), (Ids{"ann"}));
  EXPECT_EQ(Users(R"({"vip":false})"), (Ids{"bob"}));
  EXPECT_EQ(Users(R"({"vip":{"$exists":true}})"), (Ids{"ann", "bob"}));
  EXPECT_EQ(Users(R"({"nothing":null})"), (Ids{"ann", "bob", "eve"}));
  EXPECT_EQ(Users(R"({"city":{"$gte":"P"}})"), (Ids{"ann"}));
  EXPECT_EQ(Users(R"({"a.b":"deep"})"), (Ids{"ann"}));
}

TEST_P(StoreQueryContract, GroupsOfConditions) {
  AddUsers();
  EXPECT_EQ(Users(R"({"$or":[{"id":"ann"},{"banned":true}]})"), (Ids{"ann", "eve"}));
  EXPECT_EQ(Users(R"({"$nor":[{"id":"ann"},{"age":7.5}]})"), (Ids{"eve"}));
  EXPECT_EQ(Users(R"({"$and":[{"age":{"$gt":1}},{"$or":[{"vip":false},{"city":"x"}]}]})"),
            (Ids{"bob"}));
}

TEST_P(StoreQueryContract, UsersInOrderAndInPages) {
  AddUsers();
  chat::UserQuery query;
  EXPECT_EQ(Users(query), (Ids{"eve", "bob", "ann"}));
  query.include_deactivated = true;
  EXPECT_EQ(Users(query), (Ids{"asleep", "eve", "bob", "ann"}));
  query.limit = 2;
  query.offset = 1;
  EXPECT_EQ(Users(query), (Ids{"eve", "bob"}));
  query = {};
  query.sort = {{"city", false}, {"id", true}};
  EXPECT_EQ(Users(query), (Ids{"ann", "bob", "eve"}));
  query.sort = {{"last_active", true}, {"created_at", false}};
  EXPECT_EQ(Users(query), (Ids{"eve", "bob", "ann"}));
}

TEST_P(StoreQueryContract, RefusesByName) {
  AddUsers();
  EXPECT_THAT(UserError(R"({"online":true})"), testing::HasSubstr("online"));
  EXPECT_THAT(UserError(R"({"created_at":"yesterday"})"), testing::HasSubstr("created_at"));
  EXPECT_THAT(UserError(R"({"created_at":5})"), testing::HasSubstr("created_at"));
  EXPECT_THAT(UserError(R"({"banned":"yes"})"), testing::HasSubstr("banned"));
  EXPECT_THAT(UserError(R"({"id":5})"), testing::HasSubstr("id"));
  EXPECT_THAT(UserError(R"({"id":{"$contains":"a"}})"), testing::HasSubstr("id"));
  EXPECT_THAT(UserError(R"({"id":["a"]})"), testing::HasSubstr("id"));
  EXPECT_THAT(UserError(R"({"teams":{"$gt":"a"}})"), testing::HasSubstr("teams"));
  EXPECT_THAT(UserError(R"({"vip":{"$gt":true}})"), testing::HasSubstr("vip"));
  EXPECT_THAT(UserError(R"({"we\"ird":1})"), testing::HasSubstr("we\"ird"));
  chat::UserQuery query;
  query.sort = {{"teams", true}};
  Read([&](Reader& reader) {
    const auto users = reader.QueryUsers(app_, query);
    ASSERT_FALSE(users);
    EXPECT_THAT(users.error().message(), testing::HasSubstr("teams"));
  });
}

// What a stranger writes must never become part of the statement.
TEST_P(StoreQueryContract, HostileTextIsOnlyText) {
  AddUsers();
  for (const char* text :
       {"' OR 1=1 --", "\\\" OR 1", "a.$.b", "x'); DROP TABLE users; --", "?1"}) {
    const std::string quoted = json::Quoted(text);
    EXPECT_EQ(Users(R"({"id":)" + quoted + "}"), Ids{});
    EXPECT_EQ(Users(R"({"city":{"$in":[)" + quoted + "]}}"), Ids{});
    EXPECT_EQ(Users(R"({"name":{"$autocomplete":)" + quoted + "}}"), Ids{});
    if (std::string_view(text).find('"') == std::string_view::npos) {
      EXPECT_EQ(Users("{" + quoted + ":1}"), Ids{});
    }
  }
  EXPECT_EQ(Users("{}"), (Ids{"ann", "bob", "eve"}));
}

TEST_P(StoreQueryContract, ChannelsByFields) {
  AddChannels();
  EXPECT_EQ(Channels("{}"), (Ids{"a", "b", "c"}));
  EXPECT_EQ(Channels(R"({"type":"messaging"})"), (Ids{"a", "b"}));
  EXPECT_EQ(Channels(R"({"cid":"messaging:a"})"), (Ids{"a"}));
  EXPECT_EQ(Channels(R"({"cid":{"$in":["messaging:a","team:c","team:a"]}})"), (Ids{"a", "c"}));
  EXPECT_EQ(Channels(R"({"cid":{"$ne":"messaging:a"}})"), (Ids{"b", "c"}));
  EXPECT_EQ(Channels(R"({"id":{"$in":["b","c"]}})"), (Ids{"b", "c"}));
  EXPECT_EQ(Channels(R"({"cid":{"$in":[]}})"), Ids{});
  EXPECT_EQ(Channels(R"({"cid":{"$nin":["messaging:a","team:a"]}})"), (Ids{"b", "c"}));
  EXPECT_EQ(Channels(R"({"member_count":{"$in":[1,3]}})"), (Ids{"b", "c"}));
  EXPECT_EQ(Channels(R"({"frozen":{"$in":[true]}})"), Ids{"b"});
  EXPECT_EQ(Channels(R"({"created_by_id":"bob"})"), (Ids{"c"}));
  EXPECT_EQ(Channels(R"({"frozen":true})"), (Ids{"b"}));
  EXPECT_EQ(Channels(R"({"frozen":false,"type":"messaging"})"), (Ids{"a"}));
  EXPECT_EQ(Channels(R"({"team":"red"})"), (Ids{"c"}));
  EXPECT_EQ(Channels(R"({"member_count":{"$gte":2}})"), (Ids{"a", "b"}));
  EXPECT_EQ(Channels(R"({"last_message_at":{"$exists":true}})"), (Ids{"a", "b"}));
  EXPECT_EQ(Channels(R"({"filter_tags":{"$contains":"x"}})"), (Ids{"a"}));
  EXPECT_EQ(Channels(R"({"filter_tags":{"$in":["y","z"]}})"), (Ids{"a"}));
  EXPECT_EQ(Channels(R"({"name":{"$autocomplete":"tea"}})"), (Ids{"a"}));
}

TEST_P(StoreQueryContract, ChannelsByMembers) {
  AddChannels();
  EXPECT_EQ(Channels(R"({"members":{"$in":["ann"]}})"), (Ids{"a", "b"}));
  EXPECT_EQ(Channels(R"({"members":{"$in":["eve","bob"]}})"), (Ids{"a", "b", "c"}));
  EXPECT_EQ(Channels(R"({"members":"eve"})"), (Ids{"b"}));
  EXPECT_EQ(Channels(R"({"members":["bob","ann"]})"), (Ids{"a"}));
  EXPECT_EQ(Channels(R"({"members":{"$eq":["ann","bob","ann"]}})"), (Ids{"a"}));
  EXPECT_EQ(Channels(R"({"members":["ann"]})"), Ids{});
  EXPECT_EQ(Channels(R"({"members":{"$nin":["ann"]}})"), (Ids{"c"}));
  EXPECT_EQ(Channels(R"({"members":{"$in":[]}})"), Ids{});
  EXPECT_EQ(Channels(R"({"members":["bob","ann","bob"]})"), Ids{"a"});
  EXPECT_EQ(Channels(R"({"members":["bob","zed"]})"), Ids{});
  EXPECT_EQ(Channels(R"({"members":[]})"), Ids{});
  EXPECT_EQ(Channels(R"({"type":"messaging","members":{"$in":["eve"]}})"), (Ids{"b"}));
}

TEST_P(StoreQueryContract, ChannelsInOrder) {
  AddChannels();
  chat::ChannelQuery query;
  EXPECT_EQ(Channels(query), (Ids{"a", "c", "b"}));
  query.sort = {{"last_message_at", true}};
  EXPECT_EQ(Channels(query), (Ids{"c", "b", "a"}));
  query.sort = {{"member_count", false}};
  EXPECT_EQ(Channels(query), (Ids{"b", "a", "c"}));
  query.limit = 1;
  query.offset = 1;
  EXPECT_EQ(Channels(query), (Ids{"a"}));
  query.sort = {{"has_unread", true}};
  Read([&](Reader& reader) { EXPECT_FALSE(reader.QueryChannels(app_, query)); });
}

TEST_P(StoreQueryContract, ChannelsByTheMembershipOfTheOneWhoAsks) {
  AddChannels();
  Write([&](Tx& tx) {
    const chat::ChannelPtr a = tx.FindChannel(app_, "messaging", "a");
    chat::Channel b = *tx.FindChannel(app_, "messaging", "b");
    b.countable_messages = 3;
    b.reveals = 5;
    tx.UpdateChannel(b);
    chat::Member in_a = MakeMember(a->pk, "ann");
    in_a.pinned_at = At(7);
    in_a.hidden_mark = a->reveals;
    tx.PutMember(in_a);
    chat::Member in_b = MakeMember(b.pk, "ann");
    in_b.archived_at = At(8);
    in_b.hidden_mark = 4;  // A message has come since.
    in_b.invited = true;
    in_b.read_count = 1;
    tx.PutMember(in_b);
  });
  chat::ChannelQuery query;
  query.sort = {{"id", true}};
  const auto ask = [&](std::string_view filter, std::string viewer) {
    query.filter = ParseFilterText(filter);
    query.viewer = std::move(viewer);
    return Channels(query);
  };
  EXPECT_EQ(ask(R"({"pinned":true})", "ann"), (Ids{"a"}));
  EXPECT_EQ(ask(R"({"pinned":false})", "ann"), (Ids{"b", "c"}));
  EXPECT_EQ(ask(R"({"pinned":true})", "bob"), Ids{});
  EXPECT_EQ(ask(R"({"archived":true})", "ann"), (Ids{"b"}));
  EXPECT_EQ(ask(R"({"hidden":true})", "ann"), (Ids{"a"}));
  EXPECT_EQ(ask(R"({"hidden":{"$ne":true}})", "ann"), (Ids{"b", "c"}));
  EXPECT_EQ(ask(R"({"joined":true})", "ann"), (Ids{"a"}));
  EXPECT_EQ(ask(R"({"invite":"pending"})", "ann"), (Ids{"b"}));
  EXPECT_EQ(ask(R"({"has_unread":true})", "ann"), (Ids{"b"}));
  EXPECT_EQ(ask(R"({"unread_count":{"$gte":2}})", "ann"), (Ids{"b"}));
  EXPECT_EQ(ask(R"({"members":{"$in":["ann"]},"$or":[{"pinned":true},{"archived":true}]})", "ann"),
            (Ids{"a", "b"}));
  query.without_hidden = true;
  EXPECT_EQ(ask("{}", "ann"), (Ids{"b", "c"}));
  EXPECT_EQ(ask("{}", "bob"), (Ids{"a", "b", "c"}));
  EXPECT_EQ(ask("{}", ""), (Ids{"a", "b", "c"}));
  query.without_hidden = false;
  query.sort = {{"pinned_at", false}, {"id", true}};
  EXPECT_EQ(ask("{}", "ann"), (Ids{"a", "b", "c"}));
  query.sort = {{"unread_count", false}, {"id", true}};
  EXPECT_EQ(ask("{}", "ann"), (Ids{"b", "a", "c"}));
  query.sort = {};
  query.viewer.clear();
  for (const std::string_view field : {"pinned", "archived", "hidden", "joined", "has_unread"}) {
    query.filter = ParseFilterText("{\"" + std::string(field) + "\":true}");
    Read([&](Reader& reader) {
      const auto refused = reader.QueryChannels(app_, query);
      ASSERT_FALSE(refused);
      EXPECT_EQ(refused.error().message(),
                "the field " + std::string(field) + " needs a user: name one in user_id");
    });
  }
}

TEST_P(StoreQueryContract, MembersByFields) {
  AddUsers();
  const ChannelId channel = AddChannel();
  Write([&](Tx& tx) {
    chat::Member ann = MakeMember(channel, "ann", 1);
    ann.is_moderator = true;
    ann.channel_role = "channel_moderator";
    ann.custom_json = R"({"seat":4})";
    tx.PutMember(ann);
    chat::Member bob = MakeMember(channel, "bob", 2);
    bob.invited = true;
    tx.PutMember(bob);
    chat::Member eve = MakeMember(channel, "eve", 2);
    eve.banned = true;
    tx.PutMember(eve);
    tx.PutMember(MakeMember(channel, "unknown", 3));
  });
  const auto members = [&](std::string_view filter, std::vector<chat::SortField> sort = {}) {
    chat::MemberQuery query;
    query.filter = ParseFilterText(filter);
    query.sort = std::move(sort);
    Ids ids;
    ReadBoth([&](Reader& reader) {
      ids.clear();
      const auto found = reader.QueryMembers(channel, query);
      ASSERT_TRUE(found) << found.error().message();
      for (const chat::Member& member : *found) ids.push_back(member.user_id);
    });
    return ids;
  };
  EXPECT_EQ(members("{}"), (Ids{"ann", "bob", "eve", "unknown"}));
  EXPECT_EQ(members(R"({"user_id":{"$in":["eve","ann"]}})"), (Ids{"ann", "eve"}));
  EXPECT_EQ(members(R"({"user.name":{"$autocomplete":"lee"}})"), (Ids{"ann"}));
  EXPECT_EQ(members(R"({"name":"Ann Lee"})"), (Ids{"ann"}));
  EXPECT_EQ(members(R"({"channel_role":"channel_moderator"})"), (Ids{"ann"}));
  EXPECT_EQ(members(R"({"is_moderator":true})"), (Ids{"ann"}));
  EXPECT_EQ(members(R"({"banned":true})"), (Ids{"eve"}));
  EXPECT_EQ(members(R"({"joined":false})"), (Ids{"bob"}));
  EXPECT_EQ(members(R"({"invite":"pending"})"), (Ids{"bob"}));
  EXPECT_EQ(members(R"({"seat":{"$gt":3}})"), (Ids{"ann"}));
  EXPECT_EQ(members("{}", {{"user_id", false}}), (Ids{"unknown", "eve", "bob", "ann"}));
  EXPECT_EQ(members("{}", {{"name", true}, {"created_at", false}}),
            (Ids{"unknown", "eve", "ann", "bob"}));
}

TEST_P(StoreQueryContract, LongFiltersAreNoTrouble) {
  AddUsers();
  std::string ids;
  for (int i = 0; i < 100; ++i) ids += (i > 0 ? ",\"u" : "\"u") + std::to_string(i) + "\"";
  EXPECT_EQ(Users(R"({"$or":[{"id":"ann"},{"id":{"$in":[)" + ids + "]}}]}"), (Ids{"ann"}));
  std::string deep = R"({"age":30})";
  for (int i = 0; i < 6; ++i) deep = R"({"$and":[)" + deep + "]}";
  EXPECT_EQ(Users(deep), (Ids{"ann"}));
}

}  // namespace
}  // namespace hookline::store
