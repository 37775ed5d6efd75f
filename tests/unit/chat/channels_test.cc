// Opening, updating and deleting channels, with a server token.
#include "unit/chat/chat_fixture.h"

namespace hookline::chat {
namespace {

using ChannelsTest = ChatTest;

constexpr std::string_view kNoCreator =
    "either data.created_by or data.created_by_id must be provided when using server side auth.";

TEST_F(ChannelsTest, CreatesAChannelAsItIsDescribed) {
  MakeUsers({"ann", "bob"});
  events_.clear();
  const auto opened =
      Open("room", R"({"data":{"created_by_id":"ann","members":["ann",{"user_id":"bob",
      "channel_role":"channel_moderator","shirt":1.0}],"team":"red","frozen":true,"disabled":false,
      "cooldown":5,"filter_tags":["t"],"config_overrides":{"replies":false},"name":"Room","n":1.10}})");
  ASSERT_DONE(opened);
  EXPECT_TRUE(opened->created);
  const ChannelPtr channel = FindChannel("room");
  ASSERT_TRUE(channel);
  EXPECT_EQ(channel->cid(), "messaging:room");
  EXPECT_EQ(channel->created_by_id, "ann");
  EXPECT_EQ(channel->team, "red");
  EXPECT_TRUE(channel->frozen);
  EXPECT_EQ(channel->cooldown, 5);
  EXPECT_EQ(channel->filter_tags, std::vector<std::string>{"t"});
  EXPECT_EQ(channel->member_count, 2);
  EXPECT_EQ(channel->custom_json, R"({"name":"Room","n":1.10})");
  EXPECT_EQ(channel->created_at, now_);
  EXPECT_FALSE(channel->last_message_at);
  EXPECT_FALSE(Look([&](Tx& tx) { return ConfigOf(tx, *channel).replies; }));
  EXPECT_EQ(FindMember("room", "ann")->role, "owner");
  EXPECT_EQ(FindMember("room", "ann")->channel_role, "channel_member");
  const auto bob = FindMember("room", "bob");
  EXPECT_EQ(bob->channel_role, "channel_moderator");
  EXPECT_TRUE(bob->is_moderator);
  EXPECT_EQ(bob->custom_json, R"({"shirt":1.0})");
  // Members who are there from the start are told of by channel.created alone.
  EXPECT_EQ(EventTypes(), std::vector<std::string>{"channel.created"});
}

TEST_F(ChannelsTest, ChannelCreatedListsTheMembersTwice) {
  MakeUsers({"ann", "bob"});
  ASSERT_DONE(Open("room", R"({"data":{"created_by_id":"ann","members":["bob","ann"]}})"));
  const test::Json event = Only("channel.created").json();
  EXPECT_EQ(event.Size("channel.members"), 2U);
  EXPECT_EQ(event.Text("channel.members.0.user_id"), "ann");
  EXPECT_EQ(event.Size("members"), 2U);
  EXPECT_EQ(event.Text("user.id"), "ann");
}

TEST_F(ChannelsTest, OpeningAgainChangesNothing) {
  MakeChannel("room", {"ann", "bob"});
  const Timestamp created = FindChannel("room")->created_at;
  const auto again = Open("room", R"({"data":{"name":"other","members":["zoe"]}})");
  ASSERT_DONE(again);
  EXPECT_FALSE(again->created);
  EXPECT_TRUE(events_.empty());
  EXPECT_EQ(FindChannel("room")->custom_json, "{}");
  EXPECT_EQ(FindChannel("room")->created_at, created);
  EXPECT_EQ(FindChannel("room")->member_count, 2);
  EXPECT_DONE(Open("room", "{}"));
  EXPECT_DONE(Open("room", R"({"data":null})"));
}

TEST_F(ChannelsTest, AsksForACreator) {
  MakeUsers({"ann"});
  EXPECT_REFUSED(Open("room", "{}"), ErrorKind::kInput, kNoCreator);
  EXPECT_REFUSED(Open("room", R"({"data":{}})"), ErrorKind::kInput, kNoCreator);
  EXPECT_REFUSED(Open("room", R"({"data":{"created_by":{}}})"), ErrorKind::kInput, kNoCreator);
  EXPECT_REFUSED(Open("room", R"({"data":{"created_by_id":""}})"), ErrorKind::kInput, kNoCreator);
  EXPECT_REFUSED(Open("room", R"({"data":{"created_by_id":"zoe"}})"), ErrorKind::kInput,
                 "the user zoe does not exist");
  // A user described by an object is created.
  EXPECT_DONE(Open("room", R"({"data":{"created_by":{"id":"new","name":"New"}}})"));
  EXPECT_EQ(FindUser("new")->name, "New");
  EXPECT_EQ(FindChannel("room")->created_by_id, "new");
}

TEST_F(ChannelsTest, RefusesWhatIsNoChannel) {
  MakeUsers({"ann"});
  const std::string data = R"({"data":{"created_by_id":"ann"}})";
  EXPECT_REFUSED(Open("room", data, Server(), "chess"), ErrorKind::kNotFound,
                 "chess is not a defined channel type");
  for (const std::string id : {"a b", "a:b", "a/b", "!", "a!b", "\xc3\xa9"}) {
    EXPECT_KIND(Open(id, data), ErrorKind::kInput);
  }
  EXPECT_KIND(Open(std::string(65, 'a'), data), ErrorKind::kInput);
  EXPECT_DONE(Open(std::string(64, 'a'), data));
  EXPECT_DONE(Open("A-z_9", data));
  EXPECT_REFUSED(Open("x", R"({"data":[1]})"), ErrorKind::kInput, "data must be an object");
  EXPECT_DONE(Open("A-z_9", R"({"data":[]})"));  // PHP's empty map.
  const auto refuse = [&](const std::string& field) {
    EXPECT_KIND(Open("x", R"({"data":{"created_by_id":"ann",)" + field + "}}"), ErrorKind::kInput);
  };
  refuse(R"("team":1)");
  refuse(R"("frozen":"yes")");
  refuse(R"("cooldown":121)");
  refuse(R"("cooldown":-1)");
  refuse(R"("cooldown":1.5)");
  refuse(R"("filter_tags":["1","2","3","4","5","6","7","8","9","10","11"])");
  refuse(R"("config_overrides":["x"])");
  refuse(R"("config_overrides":{"max_message_length":-1})");
  refuse(R"("config_overrides":{"bogus":1})");
  refuse(R"("config_overrides":{"reactions":"no"})");
  refuse(R"("config_overrides":{"partition_size":20})");
  refuse(R"("config_overrides":{"max_message_length":30001})");
  refuse(R"("config_overrides":{"max_message_length":"many"})");
  refuse(R"("members":"ann")");
  refuse(R"("members":[1])");
  refuse(R"("members":[{}])");
  refuse(R"("members":[""])");
  EXPECT_REFUSED(Open("x", R"({"data":{"created_by_id":"ann","members":["ann","zoe"]}})"),
                 ErrorKind::kInput, "the user zoe does not exist");
  EXPECT_FALSE(FindChannel("x"));
}

TEST_F(ChannelsTest, TakesAtMostAHundredMembersAtOnce) {
  MakeUsers({"ann"});
  std::string list;
  for (int i = 0; i < 101; ++i) list += (list.empty() ? "\"u" : ",\"u") + std::to_string(i) + "\"";
  EXPECT_REFUSED(Open("x", R"({"data":{"created_by_id":"ann","members":[)" + list + "]}}"),
                 ErrorKind::kInput, "data.members must contain at most 100 items");
}

TEST_F(ChannelsTest, ADistinctChannelIsNamedByItsMembersInAnyOrder) {
  MakeUsers({"ann", "bob", "cid"});
  const auto open = [&](const std::string& members) {
    auto opened = Open("", R"({"data":{"created_by_id":"ann","members":[)" + members + "]}}");
    EXPECT_DONE(opened);
    return opened->channel->id;
  };
  const std::string id = open(R"("ann","bob")");
  EXPECT_TRUE(id.starts_with("!members-"));
  EXPECT_LE(id.size(), 64U);
  EXPECT_EQ(open(R"("bob","ann")"), id);
  EXPECT_EQ(open(R"({"user_id":"bob"},{"user":{"id":"ann"}})"), id);
  EXPECT_EQ(open(R"("bob","ann","bob")"), id);
  EXPECT_NE(open(R"("ann","bob","cid")"), id);
  // Clients name it by its id from then on.
  EXPECT_DONE(Send(id, R"({"text":"x","user_id":"ann"})"));
  EXPECT_REFUSED(Open("", R"({"data":{"created_by_id":"ann"}})"), ErrorKind::kInput,
                 "data.members is required for a distinct channel");
}

TEST_F(ChannelsTest, FreezingAndThawingAreToldOf) {
  MakeChannel("room", {"ann"});
  using Types = std::vector<std::string>;
  ASSERT_DONE(PatchChannel("room", R"({"set":{"frozen":true}})"));
  EXPECT_EQ(EventTypes(), (Types{"channel.updated", "channel.frozen"}));
  const auto frozen = Only("channel.frozen").json();
  EXPECT_EQ(frozen.Text("cid"), "messaging:room");
  EXPECT_EQ(frozen.Text("channel_type"), "messaging");
  EXPECT_EQ(frozen.Text("channel_id"), "room");
  EXPECT_FALSE(frozen.Has("channel"));
  EXPECT_FALSE(frozen.Has("members"));
  events_.clear();
  ASSERT_DONE(PatchChannel("room", R"({"set":{"frozen":true,"a":1}})"));
  EXPECT_EQ(EventTypes(), Types{"channel.updated"});
  events_.clear();
  ASSERT_DONE(PatchChannel("room", R"({"unset":["frozen"]})"));
  EXPECT_EQ(EventTypes(), (Types{"channel.updated", "channel.unfrozen"}));
  events_.clear();
  ASSERT_DONE(Open("cold", R"({"data":{"created_by_id":"ann","frozen":true}})"));
  EXPECT_EQ(EventTypes(), Types{"channel.created"});
}

TEST_F(ChannelsTest, TheCreatorIsNamedInOneWay) {
  MakeUsers({"ann"});
  EXPECT_REFUSED(Open("room", R"({"data":{"created_by_id":"ann","created_by":{"id":"ann"}}})"),
                 ErrorKind::kInput, "cannot set both data.created_by and data.created_by_id.");
  EXPECT_DONE(Open("room", R"({"data":{"created_by_id":"","created_by":{"id":"ann"}}})"));
  EXPECT_DONE(Open("hall", R"({"data":{"created_by_id":"ann","created_by":null}})"));
}

TEST_F(ChannelsTest, AnUpdateReplacesTheCustomFields) {
  MakeUsers({"ann"});
  ASSERT_DONE(Open("room", R"({"data":{"created_by_id":"ann","team":"red","a":1,"b":2}})"));
  const Timestamp created = now_;
  events_.clear();
  ASSERT_DONE(Update("room", R"({"data":{"b":2.50,"frozen":true},"cooldown":7})"));
  const ChannelPtr channel = FindChannel("room");
  EXPECT_EQ(channel->custom_json, R"({"b":2.50})");
  EXPECT_EQ(channel->team, "red");
  EXPECT_TRUE(channel->frozen);
  EXPECT_EQ(channel->cooldown, 7);
  EXPECT_EQ(channel->created_at, created);
  EXPECT_EQ(channel->updated_at, now_);
  EXPECT_EQ(EventTypes(), (std::vector<std::string>{"channel.updated", "channel.frozen"}));
  EXPECT_FALSE(Only("channel.updated").json().Has("message"));
  ASSERT_DONE(Update("room", R"({"data":{}})"));
  EXPECT_EQ(FindChannel("room")->custom_json, "{}");
}

TEST_F(ChannelsTest, AnUpdateMayCarryASystemMessage) {
  MakeChannel("room", {"ann", "bob"});
  const auto updated =
      Update("room", R"({"data":{"a":1},"message":{"text":"renamed","user_id":"ann","why":1.0}})");
  ASSERT_DONE(updated);
  ASSERT_TRUE(updated->message);
  EXPECT_EQ(updated->message->type, "system");
  EXPECT_EQ(EventTypes(), (std::vector<std::string>{"message.new", "channel.updated"}));
  const test::Json event = Only("channel.updated").json();
  EXPECT_EQ(event.Text("message.text"), "renamed");
  EXPECT_EQ(event.Raw("message.why"), "1.0");
  EXPECT_EQ(event.Text("message_id"), updated->message->id);
  EXPECT_EQ(FindChannel("room")->last_message_at, now_);
  // A system message is nobody's unread message.
  EXPECT_EQ(Unread("bob").messages, 0);
  EXPECT_REFUSED(Update("room", R"({"message":{"text":"who?"}})"), ErrorKind::kInput,
                 "either message.user or message.user_id must be provided when using server side "
                 "auth.");
  EXPECT_DONE(Update("room", R"({"message":{"text":"me"},"user_id":"bob"})"));
}

TEST_F(ChannelsTest, SettingsBesideDataAreTold) {
  MakeChannel("room", {"ann", "bob"});
  ASSERT_DONE(Update("room", R"({"cooldown":9})"));
  EXPECT_EQ(EventTypes(), std::vector<std::string>{"channel.updated"});
  EXPECT_EQ(Only("channel.updated").json().Int("channel.cooldown"), 9);
  events_.clear();
  MakeUsers({"cid"});
  events_.clear();
  ASSERT_DONE(Update("room", R"({"add_members":["cid"],"cooldown":3,"add_filter_tags":["x"]})"));
  EXPECT_EQ(EventTypes(), (std::vector<std::string>{"member.added", "channel.updated"}));
  EXPECT_EQ(FindChannel("room")->filter_tags, std::vector<std::string>{"x"});
  ASSERT_DONE(Update("room", R"({"add_filter_tags":["y","x"],"remove_filter_tags":["x","z"]})"));
  EXPECT_EQ(FindChannel("room")->filter_tags, std::vector<std::string>{"y"});
  EXPECT_KIND(Update("room", R"({"cooldown":500})"), ErrorKind::kInput);
}

TEST_F(ChannelsTest, APartialUpdateSetsAndUnsets) {
  MakeUsers({"ann"});
  ASSERT_DONE(
      Open("room", R"({"data":{"created_by_id":"ann","team":"red","frozen":true,"cooldown":5,
      "filter_tags":["t"],"config_overrides":{"replies":false},"a":{"b":1},"c":2}})"));
  events_.clear();
  ASSERT_DONE(PatchChannel("room", R"({"set":{"a.b":1.50,"color":"blue","team":"blue",
      "config_overrides.reactions":false},"unset":["c","frozen","cooldown"],"user_id":"ann"})"));
  ChannelPtr channel = FindChannel("room");
  EXPECT_EQ(channel->custom_json, R"({"a":{"b":1.50},"color":"blue"})");
  EXPECT_EQ(channel->team, "blue");
  EXPECT_FALSE(channel->frozen);
  EXPECT_EQ(channel->cooldown, 0);
  EXPECT_EQ(channel->config_overrides_json, R"({"replies":false,"reactions":false})");
  const test::Json event = Only("channel.updated").json();
  EXPECT_EQ(event.Text("user.id"), "ann");
  EXPECT_EQ(event.Raw("channel.a.b"), "1.50");
  ASSERT_DONE(
      PatchChannel("room", R"({"set":{"team":null},"unset":["filter_tags","config_overrides"]})"));
  channel = FindChannel("room");
  EXPECT_EQ(channel->team, "");
  EXPECT_TRUE(channel->filter_tags.empty());
  EXPECT_EQ(channel->config_overrides_json, "");
}

TEST_F(ChannelsTest, APartialUpdateRefusesWhatItCannotDo) {
  MakeChannel("room", {"ann"});
  for (const std::string name : {"id", "type", "cid", "created_at", "created_by", "members",
                                 "member_count", "own_capabilities", "config"}) {
    EXPECT_REFUSED(PatchChannel("room", R"({"set":{")" + name + R"(":1}})"), ErrorKind::kInput,
                   "channel." + name + " is a reserved field");
    EXPECT_KIND(PatchChannel("room", R"({"unset":[")" + name + R"("]})"), ErrorKind::kInput);
  }
  EXPECT_KIND(PatchChannel("room", R"({"set":{"team.x":1}})"), ErrorKind::kInput);
  EXPECT_KIND(PatchChannel("room", R"({"set":{"frozen":1}})"), ErrorKind::kInput);
  EXPECT_KIND(PatchChannel("room", R"({"set":{"cooldown":121}})"), ErrorKind::kInput);
  EXPECT_KIND(PatchChannel("room", R"({"set":{"config_overrides.max_message_length":-5}})"),
              ErrorKind::kInput);
  EXPECT_KIND(
      PatchChannel("room", R"({"set":{"config_overrides.max_message_length":99999999999}})"),
      ErrorKind::kInput);
  EXPECT_KIND(PatchChannel("none", R"({"set":{"a":1}})"), ErrorKind::kNotFound);
  EXPECT_DONE(PatchChannel("room", R"({"set":{"config_overrides.max_message_length":10}})"));
  EXPECT_KIND(Send("room", R"({"text":"12345678901","user_id":"ann"})"),
              ErrorKind::kMessageTooLong);
}

TEST_F(ChannelsTest, ASoftDeletedChannelMakesRoomForANewOne) {
  MakeChannel("room", {"ann", "bob"});
  ASSERT_DONE(Send("room", R"({"id":"m1","text":"x","user_id":"ann"})"));
  EXPECT_EQ(Unread("bob").messages, 1);
  events_.clear();
  const auto deleted = Remove("room");
  ASSERT_DONE(deleted);
  EXPECT_EQ((*deleted)->deleted_at, now_);
  const test::Json event = Only("channel.deleted").json();
  EXPECT_TRUE(event.Has("channel.deleted_at"));
  EXPECT_EQ(event.Size("members"), 2U);
  EXPECT_FALSE(FindChannel("room"));
  EXPECT_EQ(Unread("bob").messages, 0);
  EXPECT_REFUSED(Remove("room"), ErrorKind::kNotFound, "Can't find channel with id messaging:room");
  EXPECT_KIND(Send("room", R"({"text":"x","user_id":"ann"})"), ErrorKind::kNotFound);
  EXPECT_REFUSED(Edit("m1", R"({"text":"y","user_id":"ann"})"), ErrorKind::kNotFound,
                 "message with id m1 doesn't exist");
  EXPECT_KIND(React("m1", R"({"reaction":{"type":"lol","user_id":"ann"}})"), ErrorKind::kNotFound);

  const auto again = Open("room", R"({"data":{"created_by_id":"bob","members":["bob"]}})");
  ASSERT_DONE(again);
  EXPECT_TRUE(again->created);
  EXPECT_EQ(FindChannel("room")->member_count, 1);
  EXPECT_EQ(FindChannel("room")->message_count, 0);
  EXPECT_KIND(Edit("m1", R"({"text":"y","user_id":"ann"})"), ErrorKind::kNotFound);
  ASSERT_DONE(Remove("room", true));
  EXPECT_FALSE(FindChannel("room"));
  EXPECT_DONE(Open("room", R"({"data":{"created_by_id":"bob"}})"));
}

TEST_F(ChannelsTest, DeletesManyOrNone) {
  MakeChannel("one", {"ann"});
  MakeChannel("two", {"ann"});
  const auto remove = [&](std::string_view body_json, const Caller& caller) {
    const test::Json body(body_json);
    return Do(caller, [&](Context& c) { return DeleteChannels(c, body.root()); });
  };
  EXPECT_REFUSED(remove("{}", Server()), ErrorKind::kInput, "cids is a required field");
  EXPECT_REFUSED(remove(R"({"cids":[]})", Server()), ErrorKind::kInput, "cids is a required field");
  EXPECT_KIND(remove(R"({"cids":["nocolon"]})", Server()), ErrorKind::kInput);
  EXPECT_KIND(remove(R"({"cids":["messaging:one","messaging:none"]})", Server()),
              ErrorKind::kNotFound);
  EXPECT_TRUE(FindChannel("one"));
  EXPECT_KIND(remove(R"({"cids":["messaging:one"]})", As("ann")), ErrorKind::kNotAllowed);
  const auto done =
      remove(R"({"cids":["messaging:two","messaging:one","messaging:two"]})", Server());
  ASSERT_DONE(done);
  EXPECT_EQ(EventTypes(), (std::vector<std::string>{"channel.deleted", "channel.deleted"}));
  EXPECT_EQ(done->task.id.size(), 36U);
  EXPECT_EQ(done->task.status, "completed");
  EXPECT_EQ(done->task.result_json,
            R"({"messaging:one":{"status":"ok"},"messaging:two":{"status":"ok"}})");
  EXPECT_TRUE(Look([&](Tx& tx) { return tx.FindTask(app_, done->task.id); }));
  EXPECT_FALSE(FindChannel("one"));
}

TEST_F(ChannelsTest, StateHasEveryListAClientIterates) {
  MakeChannel("room", {"ann", "bob"});
  ASSERT_DONE(Send("room", R"({"id":"m1","text":"x","user_id":"ann","pinned":true})"));
  const auto state = [&](std::string_view body_json) {
    return test::Json(Look([&](Tx& tx) {
      const test::Json body(body_json);
      auto options = ReadStateOptions(body.root());
      EXPECT_DONE(options);
      options->viewer = "bob";
      Encoder encoder(tx, app_, Format::kV1, now_);
      json::Writer w;
      w.BeginObject();
      WriteChannelState(w, encoder, tx, *tx.FindChannel(app_, "messaging", "room"), *options);
      w.EndObject();
      return w.Take();
    }));
  };
  const test::Json full = state("{}");
  EXPECT_EQ(full.Size("messages"), 1U);
  EXPECT_EQ(full.Size("pinned_messages"), 1U);
  EXPECT_EQ(full.Size("members"), 2U);
  EXPECT_EQ(full.Int("read.0.unread_messages"), 0);
  EXPECT_EQ(full.Int("read.1.unread_messages"), 1);
  EXPECT_EQ(full.Text("membership.user_id"), "bob");
  const test::Json bare = state(R"({"state":false})");
  for (const char* list : {"messages", "pinned_messages", "members", "read", "threads"}) {
    EXPECT_EQ(bare.Raw(list), "[]") << list;
  }
  EXPECT_EQ(state(R"({"messages":{"limit":0},"members":{"limit":1,"offset":1}})")
                .Text("members.0.user_id"),
            "bob");
}

}  // namespace
}  // namespace hookline::chat
