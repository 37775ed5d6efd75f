// Goal: the chat port keeps every field of its entities, and its lists are in the promised order.
// Method: write, then read through a reader thread and through the writer.
#include <gmock/gmock.h>

#include <algorithm>

#include "contract/store_contract.h"

namespace hookline::store {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::string> Ids(const std::vector<chat::Message>& messages) {
  std::vector<std::string> ids;
  for (const chat::Message& message : messages) ids.push_back(message.id);
  return ids;
}

std::vector<std::string> UserIds(const std::vector<chat::Member>& members) {
  std::vector<std::string> ids;
  for (const chat::Member& member : members) ids.push_back(member.user_id);
  return ids;
}

TEST_P(StoreContract, UsersKeepEveryField) {
  chat::User user = MakeUser("ann");
  user.role = "admin";
  user.name = "Ann \"O'Hara\"";
  user.image = "";
  user.language = "en";
  user.teams = {"red", "b\"lue"};
  user.teams_role_json = R"({"red":"admin"})";
  user.privacy_settings_json = R"({"typing":{"enabled":false}})";
  user.invisible = true;
  user.banned = true;
  user.shadow_banned = true;
  user.deleted_at = At(5);
  user.deactivated_at = At(6);
  user.last_active = At(7);
  user.revoke_tokens_issued_before = At(8);
  user.custom_json = R"({"n":1.10,"big":12345678901234567890})";
  Write([&](Tx& tx) { tx.PutUser(user); });
  ReadBoth([&](Reader& reader) {
    const chat::UserPtr found = reader.FindUser(app_, "ann");
    ASSERT_NE(found, nullptr);
    EXPECT_EQ(found->app, app_);
    EXPECT_EQ(found->role, user.role);
    EXPECT_EQ(found->name, user.name);
    EXPECT_EQ(found->image, user.image);
    EXPECT_EQ(found->language, user.language);
    EXPECT_EQ(found->teams, user.teams);
    EXPECT_EQ(found->teams_role_json, user.teams_role_json);
    EXPECT_EQ(found->privacy_settings_json, user.privacy_settings_json);
    EXPECT_TRUE(found->invisible && found->banned && found->shadow_banned);
    EXPECT_EQ(found->created_at, user.created_at);
    EXPECT_EQ(found->updated_at, user.updated_at);
    EXPECT_EQ(found->deleted_at, user.deleted_at);
    EXPECT_EQ(found->deactivated_at, user.deactivated_at);
    EXPECT_EQ(found->last_active, user.last_active);
    EXPECT_EQ(found->revoke_tokens_issued_before, user.revoke_tokens_issued_before);
    EXPECT_EQ(found->custom_json, user.custom_json);
    EXPECT_EQ(reader.FindUser({app_.value + 1}, "ann"), nullptr);
  });
  user = MakeUser("ann");
  Write([&](Tx& tx) { tx.PutUser(user); });
  ReadBoth([&](Reader& reader) {
    const chat::UserPtr found = reader.FindUser(app_, "ann");
    EXPECT_EQ(found->name, std::nullopt);
    EXPECT_EQ(found->custom_json, "{}");
    EXPECT_THAT(found->teams, IsEmpty());
  });
}

TEST_P(StoreContract, ChannelsKeepEveryField) {
  chat::Channel channel = MakeChannel("general");
  channel.team = "red";
  channel.frozen = true;
  channel.disabled = true;
  channel.cooldown = 30;
  channel.config_overrides_json = R"({"replies":false})";
  channel.filter_tags = {"a", "b"};
  channel.auto_translation_enabled = true;
  channel.auto_translation_language = "nl";
  channel.countable_messages = 3;
  channel.message_count = 4;
  channel.member_count = 5;
  channel.last_message_at = At(6);
  channel.truncated_at = At(7);
  channel.truncated_by_id = "bob";
  channel.newest_message_at = At(9);
  channel.reveals = 8;
  channel.unread_floor = 2;
  channel.custom_json = R"({"name":"x"})";
  const auto expect = [&](const chat::ChannelPtr& found) {
    ASSERT_NE(found, nullptr);
    EXPECT_EQ(found->pk, channel.pk);
    EXPECT_EQ(found->cid(), "messaging:general");
    EXPECT_EQ(found->created_by_id, channel.created_by_id);
    EXPECT_EQ(found->team, channel.team);
    EXPECT_EQ(found->frozen, channel.frozen);
    EXPECT_EQ(found->disabled, channel.disabled);
    EXPECT_EQ(found->cooldown, channel.cooldown);
    EXPECT_EQ(found->config_overrides_json, channel.config_overrides_json);
    EXPECT_EQ(found->filter_tags, channel.filter_tags);
    EXPECT_EQ(found->auto_translation_enabled, channel.auto_translation_enabled);
    EXPECT_EQ(found->auto_translation_language, channel.auto_translation_language);
    EXPECT_EQ(found->countable_messages, channel.countable_messages);
    EXPECT_EQ(found->message_count, channel.message_count);
    EXPECT_EQ(found->member_count, channel.member_count);
    EXPECT_EQ(found->last_message_at, channel.last_message_at);
    EXPECT_EQ(found->created_at, channel.created_at);
    EXPECT_EQ(found->updated_at, channel.updated_at);
    EXPECT_EQ(found->truncated_at, channel.truncated_at);
    EXPECT_EQ(found->truncated_by_id, channel.truncated_by_id);
    EXPECT_EQ(found->newest_message_at, channel.newest_message_at);
    EXPECT_EQ(found->reveals, channel.reveals);
    EXPECT_EQ(found->unread_floor, channel.unread_floor);
    EXPECT_EQ(found->custom_json, channel.custom_json);
  };
  Write([&](Tx& tx) { channel.pk = tx.InsertChannel(channel); });
  EXPECT_TRUE(channel.pk);
  ReadBoth([&](Reader& reader) {
    expect(reader.FindChannel(app_, "messaging", "general"));
    expect(reader.FindChannel(channel.pk));
    EXPECT_EQ(reader.FindChannel(app_, "team", "general"), nullptr);
    EXPECT_EQ(reader.FindChannel({app_.value + 1}, "messaging", "general"), nullptr);
    EXPECT_TRUE(reader.HasChannelOfType(app_, "messaging"));
    EXPECT_FALSE(reader.HasChannelOfType(app_, "team"));
  });
  channel.frozen = false;
  channel.message_count = 40;
  channel.custom_json = "{}";
  channel.filter_tags = {};
  Write([&](Tx& tx) { tx.UpdateChannel(channel); });
  ReadBoth([&](Reader& reader) { expect(reader.FindChannel(app_, "messaging", "general")); });
}

TEST_P(StoreContract, ADeletedChannelFreesItsCid) {
  chat::Channel old = MakeChannel("general");
  ChannelId renewed;
  Write([&](Tx& tx) {
    old.pk = tx.InsertChannel(old);
    tx.InsertMessage(MakeMessage(old.pk, "m"));
    old.deleted_at = At(9);
    tx.UpdateChannel(old);
    EXPECT_EQ(tx.FindChannel(app_, "messaging", "general"), nullptr);
    EXPECT_FALSE(tx.HasChannelOfType(app_, "messaging"));
    renewed = tx.InsertChannel(MakeChannel("general"));
  });
  EXPECT_NE(renewed, old.pk);
  ReadBoth([&](Reader& reader) {
    EXPECT_EQ(reader.FindChannel(app_, "messaging", "general")->pk, renewed);
    EXPECT_EQ(reader.FindChannel(old.pk)->deleted_at, At(9));
    EXPECT_EQ(reader.FindMessage(app_, "m")->channel, old.pk);
  });
}

TEST_P(StoreContract, MembersKeepEveryField) {
  const ChannelId channel = AddChannel();
  chat::Member member = MakeMember(channel, "ann");
  member.channel_role = "channel_moderator";
  member.role = "owner";
  member.is_moderator = true;
  member.banned = true;
  member.shadow_banned = true;
  member.notifications_muted = true;
  member.invited = true;
  member.invite_accepted_at = At(4);
  member.invite_rejected_at = At(5);
  member.pinned_at = At(6);
  member.archived_at = At(7);
  member.history_from = At(10);
  member.hidden_mark = 11;
  member.read_count = 8;
  member.last_read_at = At(9);
  member.last_read_message_id = "m";
  member.custom_json = R"({"a":1})";
  Write([&](Tx& tx) {
    tx.PutMember(MakeMember(channel, "ann"));
    tx.PutMember(member);
  });
  ReadBoth([&](Reader& reader) {
    const auto found = reader.FindMember(channel, "ann");
    ASSERT_TRUE(found);
    EXPECT_EQ(found->channel, channel);
    EXPECT_EQ(found->app, app_);
    EXPECT_EQ(found->channel_role, member.channel_role);
    EXPECT_EQ(found->role, member.role);
    EXPECT_TRUE(found->is_moderator && found->banned && found->shadow_banned);
    EXPECT_TRUE(found->notifications_muted && found->invited);
    EXPECT_EQ(found->invite_accepted_at, member.invite_accepted_at);
    EXPECT_EQ(found->invite_rejected_at, member.invite_rejected_at);
    EXPECT_EQ(found->pinned_at, member.pinned_at);
    EXPECT_EQ(found->archived_at, member.archived_at);
    EXPECT_EQ(found->history_from, member.history_from);
    EXPECT_EQ(found->hidden_mark, member.hidden_mark);
    EXPECT_EQ(found->created_at, member.created_at);
    EXPECT_EQ(found->updated_at, member.updated_at);
    EXPECT_EQ(found->read_count, member.read_count);
    EXPECT_EQ(found->last_read_at, member.last_read_at);
    EXPECT_EQ(found->last_read_message_id, member.last_read_message_id);
    EXPECT_EQ(found->custom_json, member.custom_json);
    EXPECT_EQ(reader.FindMember(channel, "bob"), std::nullopt);
    EXPECT_EQ(reader.ListMembers(channel, 10, 0).at(0).read_count, member.read_count);
  });
}

TEST_P(StoreContract, MembersAreListedByAgeThenId) {
  const ChannelId channel = AddChannel();
  Write([&](Tx& tx) {
    tx.PutMember(MakeMember(channel, "zoe", 1));
    tx.PutMember(MakeMember(channel, "bob", 2));
    tx.PutMember(MakeMember(channel, "ann", 2));
    tx.PutMember(MakeMember(channel, "eve", 3));
  });
  ReadBoth([&](Reader& reader) {
    EXPECT_THAT(UserIds(reader.ListMembers(channel, 10, 0)),
                ElementsAre("zoe", "ann", "bob", "eve"));
    EXPECT_THAT(UserIds(reader.ListMembers(channel, 2, 1)), ElementsAre("ann", "bob"));
  });
  Write([&](Tx& tx) {
    tx.DeleteMember(channel, "ann");
    chat::Member bob = *tx.FindMember(channel, "bob");
    bob.read_count = 5;
    tx.PutMember(bob);
    EXPECT_EQ(tx.ListMembers(channel, 10, 0).at(1).read_count, 5);
  });
  ReadBoth([&](Reader& reader) {
    EXPECT_THAT(UserIds(reader.ListMembers(channel, 10, 0)), ElementsAre("zoe", "bob", "eve"));
    EXPECT_EQ(reader.FindMember(channel, "ann"), std::nullopt);
  });
}

TEST_P(StoreContract, UnreadIsSummedOverTheUsersLiveChannels) {
  std::vector<chat::Channel> channels;
  Write([&](Tx& tx) {
    for (const char* id : {"a", "b", "c"}) {
      channels.push_back(MakeChannel(id));
      channels.back().pk = tx.InsertChannel(channels.back());
      tx.PutMember(MakeMember(channels.back().pk, "ann"));
    }
    tx.PutMember(MakeMember(channels[0].pk, "bob"));
  });
  const auto expect = [&](const char* user, std::int64_t messages, std::int64_t in_channels) {
    ReadBoth([&](Reader& reader) {
      EXPECT_EQ(reader.Unread(app_, user).messages, messages) << user;
      EXPECT_EQ(reader.Unread(app_, user).channels, in_channels) << user;
    });
  };
  const auto update = [&](std::size_t index, const std::function<void(chat::Channel&)>& change) {
    change(channels[index]);
    Write([&](Tx& tx) { tx.UpdateChannel(channels[index]); });
  };
  expect("ann", 0, 0);
  expect("nobody", 0, 0);
  update(0, [](chat::Channel& c) { c.countable_messages = 3; });
  expect("ann", 3, 1);
  expect("bob", 3, 1);
  update(1, [](chat::Channel& c) { c.countable_messages = 2; });
  expect("ann", 5, 2);
  expect("bob", 3, 1);
  Write([&](Tx& tx) {
    chat::Member member = *tx.FindMember(channels[0].pk, "ann");
    member.read_count = 3;
    tx.PutMember(member);
  });
  expect("ann", 2, 1);
  update(0, [](chat::Channel& c) { c.countable_messages = 4; });
  expect("ann", 3, 2);
  expect("bob", 4, 1);
  Write([&](Tx& tx) { tx.DeleteMember(channels[1].pk, "ann"); });
  expect("ann", 1, 1);
  Write([&](Tx& tx) { tx.PutMember(MakeMember(channels[1].pk, "bob")); });
  expect("bob", 6, 2);
  update(0, [&](chat::Channel& c) { c.deleted_at = At(9); });
  expect("ann", 0, 0);
  expect("bob", 2, 1);
  Write([&](Tx& tx) { tx.PurgeChannel(channels[1].pk); });
  expect("bob", 0, 0);
  update(2, [](chat::Channel& c) { c.countable_messages = 1; });
  expect("ann", 1, 1);
}

TEST_P(StoreContract, MessagesKeepEveryField) {
  const ChannelId channel = AddChannel();
  chat::Message m = MakeMessage(channel, "m");
  m.html = "<p>hello</p>";
  m.mml = "<mml/>";
  m.type = "system";
  m.command = "giphy";
  m.args = "cats";
  m.parent_id = "p";
  m.show_in_channel = true;
  m.quoted_message_id = "q";
  m.attachments_json = R"([{"type":"image"}])";
  m.mentioned_user_ids = {"bob", "eve"};
  m.i18n_json = R"({"en_text":"hello"})";
  m.restricted_visibility = {"bob"};
  m.silent = true;
  m.shadowed = true;
  m.countable = true;
  m.pinned = true;
  m.pinned_at = At(4);
  m.pin_expires = At(5);
  m.pinned_by_id = "bob";
  m.reply_count = 6;
  m.deleted_reply_count = 7;
  m.thread_participant_ids = {"ann", "bob"};
  m.reaction_groups = {{"lo\"ve", 2, 3, At(8), At(9)}, {"wow", 1, -1, At(10), At(10)}};
  m.deleted_at = At(11);
  m.text_updated_at = At(12);
  m.custom_json = R"({"x":1e400})";
  const auto expect = [&](const std::optional<chat::Message>& found) {
    ASSERT_TRUE(found);
    EXPECT_EQ(found->pk, m.pk);
    EXPECT_EQ(found->app, m.app);
    EXPECT_EQ(found->channel, m.channel);
    EXPECT_EQ(found->cid, "messaging:general");
    EXPECT_EQ(found->id, m.id);
    EXPECT_EQ(found->user_id, m.user_id);
    EXPECT_EQ(found->text, m.text);
    EXPECT_EQ(found->html, m.html);
    EXPECT_EQ(found->mml, m.mml);
    EXPECT_EQ(found->type, m.type);
    EXPECT_EQ(found->command, m.command);
    EXPECT_EQ(found->args, m.args);
    EXPECT_EQ(found->parent_id, m.parent_id);
    EXPECT_EQ(found->show_in_channel, m.show_in_channel);
    EXPECT_EQ(found->quoted_message_id, m.quoted_message_id);
    EXPECT_EQ(found->attachments_json, m.attachments_json);
    EXPECT_EQ(found->mentioned_user_ids, m.mentioned_user_ids);
    EXPECT_EQ(found->i18n_json, m.i18n_json);
    EXPECT_EQ(found->restricted_visibility, m.restricted_visibility);
    EXPECT_EQ(found->silent, m.silent);
    EXPECT_EQ(found->shadowed, m.shadowed);
    EXPECT_EQ(found->countable, m.countable);
    EXPECT_EQ(found->pinned, m.pinned);
    EXPECT_EQ(found->pinned_at, m.pinned_at);
    EXPECT_EQ(found->pin_expires, m.pin_expires);
    EXPECT_EQ(found->pinned_by_id, m.pinned_by_id);
    EXPECT_EQ(found->reply_count, m.reply_count);
    EXPECT_EQ(found->deleted_reply_count, m.deleted_reply_count);
    EXPECT_EQ(found->thread_participant_ids, m.thread_participant_ids);
    ASSERT_EQ(found->reaction_groups.size(), m.reaction_groups.size());
    for (std::size_t i = 0; i < m.reaction_groups.size(); ++i) {
      EXPECT_EQ(found->reaction_groups[i].type, m.reaction_groups[i].type);
      EXPECT_EQ(found->reaction_groups[i].count, m.reaction_groups[i].count);
      EXPECT_EQ(found->reaction_groups[i].sum_scores, m.reaction_groups[i].sum_scores);
      EXPECT_EQ(found->reaction_groups[i].first_reaction_at,
                m.reaction_groups[i].first_reaction_at);
      EXPECT_EQ(found->reaction_groups[i].last_reaction_at, m.reaction_groups[i].last_reaction_at);
    }
    EXPECT_EQ(found->created_at, m.created_at);
    EXPECT_EQ(found->updated_at, m.updated_at);
    EXPECT_EQ(found->deleted_at, m.deleted_at);
    EXPECT_EQ(found->text_updated_at, m.text_updated_at);
    EXPECT_EQ(found->custom_json, m.custom_json);
  };
  Write([&](Tx& tx) { m.pk = tx.InsertMessage(m); });
  ReadBoth([&](Reader& reader) {
    expect(reader.FindMessage(app_, "m"));
    EXPECT_EQ(reader.FindMessage({app_.value + 1}, "m"), std::nullopt);
  });
  m.text = "changed";
  m.type = "deleted";
  m.pinned = false;
  m.pinned_at = {};
  m.reaction_groups = {};
  m.mentioned_user_ids = {};
  Write([&](Tx& tx) { tx.UpdateMessage(m); });
  ReadBoth([&](Reader& reader) { expect(reader.FindMessage(app_, "m")); });
  Write([&](Tx& tx) { tx.DeleteMessage(m.pk); });
  ReadBoth([&](Reader& reader) { EXPECT_EQ(reader.FindMessage(app_, "m"), std::nullopt); });
}

TEST_P(StoreContract, AMessageIdIsUsedOnceInAnApp) {
  const ChannelId channel = AddChannel();
  Write([&](Tx& tx) { tx.InsertMessage(MakeMessage(channel, "m")); });
  EXPECT_EQ(TryWrite([&](Tx& tx) {
              tx.InsertMessage(MakeMessage(channel, "m"));
              return true;
            }),
            Commit::kFailed);
  Write([&](Tx& tx) {
    chat::Message other = MakeMessage(channel, "m");
    other.app = {app_.value + 1};
    EXPECT_TRUE(tx.InsertMessage(other));
  });
}

TEST_P(StoreContract, ChannelListsHoldTopLevelMessagesAndShownReplies) {
  const ChannelId channel = AddChannel();
  const ChannelId other = AddChannel("other");
  Write([&](Tx& tx) {
    tx.InsertMessage(MakeMessage(channel, "parent", 1));
    chat::Message reply = MakeMessage(channel, "reply", 2);
    reply.parent_id = "parent";
    tx.InsertMessage(reply);
    reply.id = "shown";
    reply.show_in_channel = true;
    reply.created_at = At(3);
    tx.InsertMessage(reply);
    chat::Message ephemeral = MakeMessage(channel, "ephemeral", 4);
    ephemeral.type = "ephemeral";
    ephemeral.pk = tx.InsertMessage(ephemeral);
    tx.InsertMessage(MakeMessage(other, "elsewhere", 4));
  });
  ReadBoth([&](Reader& reader) {
    EXPECT_THAT(Ids(reader.ListMessages(channel, {})), ElementsAre("parent", "shown"));
    EXPECT_THAT(Ids(reader.ListReplies(app_, "parent", {})), ElementsAre("reply", "shown"));
    EXPECT_THAT(Ids(reader.ListReplies(app_, "none", {})), IsEmpty());
  });
  Write([&](Tx& tx) {
    chat::Message sent = *tx.FindMessage(app_, "ephemeral");
    sent.type = "regular";
    tx.UpdateMessage(sent);
    chat::Message hidden = *tx.FindMessage(app_, "shown");
    hidden.show_in_channel = false;
    tx.UpdateMessage(hidden);
  });
  ReadBoth([&](Reader& reader) {
    EXPECT_THAT(Ids(reader.ListMessages(channel, {})), ElementsAre("parent", "ephemeral"));
  });
}

TEST_P(StoreContract, PagesOfMessages) {
  const ChannelId channel = AddChannel();
  Write([&](Tx& tx) {
    chat::Message parent = MakeMessage(channel, "parent", 0);
    tx.InsertMessage(parent);
    // Two of them share an instant: the order of their making decides.
    for (const auto& [id, at] : std::vector<std::pair<std::string, int>>{
             {"a", 1}, {"b", 2}, {"d", 3}, {"c", 3}, {"e", 4}, {"f", 5}}) {
      chat::Message message = MakeMessage(channel, id, at);
      message.parent_id = "parent";
      message.show_in_channel = true;
      tx.InsertMessage(message);
    }
  });
  const auto expect = [&](const std::function<void(chat::MessagePage&)>& set,
                          const std::vector<std::string>& ids) {
    chat::MessagePage page;
    page.limit = 3;
    set(page);
    ReadBoth([&](Reader& reader) {
      EXPECT_EQ(Ids(reader.ListReplies(app_, "parent", page)), ids);
      std::vector<std::string> listed = Ids(reader.ListMessages(channel, page));
      // The parent is in the channel's list only; here it counts as the oldest.
      if (!listed.empty() && listed.front() == "parent") return;
      EXPECT_EQ(listed, ids);
    });
  };
  using Page = chat::MessagePage;
  expect([](Page&) {}, {"c", "e", "f"});
  expect([](Page& p) { p.id_lt = "c"; }, {"a", "b", "d"});
  expect([](Page& p) { p.id_lte = "c"; }, {"b", "d", "c"});
  expect([](Page& p) { p.from_oldest = true; }, {"a", "b", "d"});
  expect(
      [](Page& p) {
        p.from_oldest = true;
        p.id_lt = "e";
      },
      {"b", "d", "c"});
  expect([](Page& p) { p.id_gt = "d"; }, {"c", "e", "f"});
  expect([](Page& p) { p.id_gt = "a"; }, {"b", "d", "c"});
  expect([](Page& p) { p.id_gte = "a"; }, {"a", "b", "d"});
  expect([](Page& p) { p.id_gte = "e"; }, {"e", "f"});
  expect([](Page& p) { p.id_lt = "no such message"; }, {});
  expect([](Page& p) { p.id_around = "no such message"; }, {});
  expect([](Page& p) { p.created_before = At(4); }, {"b", "d", "c"});
  expect([](Page& p) { p.created_before_or_equal = At(4); }, {"d", "c", "e"});
  expect([](Page& p) { p.created_after = At(3); }, {"e", "f"});
  expect([](Page& p) { p.created_after_or_equal = At(3); }, {"d", "c", "e"});
  expect([](Page& p) { p.id_around = "d"; }, {"b", "d", "c"});
  expect([](Page& p) { p.created_around = At(3); }, {"b", "d", "c"});
  // A limit to what is seen, not a place to start from.
  expect([](Page& p) { p.not_before = At(4); }, {"e", "f"});
  expect([](Page& p) { p.not_before = At(2); }, {"c", "e", "f"});
  expect(
      [](Page& p) {
        p.id_around = "d";
        p.not_before = At(3);
      },
      {"d", "c", "e"});
  expect(
      [](Page& p) {
        p.id_gt = "a";
        p.not_before = At(4);
      },
      {"e", "f"});
  expect([](Page& p) { p.id_around = "f"; }, {"c", "e", "f"});
  expect(
      [](Page& p) {
        p.id_gt = "a";
        p.id_lt = "e";
        p.limit = 10;
      },
      {"b", "d", "c"});
  chat::MessagePage around;
  around.limit = 4;
  around.id_around = "a";
  ReadBoth([&](Reader& reader) {
    EXPECT_THAT(Ids(reader.ListReplies(app_, "parent", around)), ElementsAre("a", "b", "d", "c"));
  });
}

TEST_P(StoreContract, PagesStayStableWhileMessagesAreAdded) {
  const ChannelId channel = AddChannel();
  const auto add = [&](int number) {
    Write([&](Tx& tx) {
      tx.InsertMessage(MakeMessage(channel, "m" + std::to_string(number), number));
    });
  };
  for (int i = 0; i < 20; ++i) add(i);
  std::vector<std::string> seen;
  chat::MessagePage page;
  page.limit = 6;
  for (int round = 0; round < 10; ++round) {
    std::vector<std::string> ids;
    Read([&](Reader& reader) { ids = Ids(reader.ListMessages(channel, page)); });
    if (ids.empty()) break;
    seen.insert(seen.begin(), ids.begin(), ids.end());
    page.id_lt = ids.front();
    add(100 + round);
  }
  std::vector<std::string> expected;
  for (int i = 0; i < 20; ++i) expected.push_back("m" + std::to_string(i));
  EXPECT_EQ(seen, expected);
}

TEST_P(StoreContract, PinnedMessagesAreThoseOfLate) {
  const ChannelId channel = AddChannel();
  Write([&](Tx& tx) {
    for (const auto& [id, at] :
         std::vector<std::pair<std::string, int>>{{"a", 30}, {"b", 10}, {"c", 20}, {"d", 0}}) {
      chat::Message message = MakeMessage(channel, id);
      message.pinned = at != 0;
      if (at != 0) message.pinned_at = At(at);
      tx.InsertMessage(message);
    }
  });
  ReadBoth([&](Reader& reader) {
    EXPECT_THAT(Ids(reader.ListPinned(channel, At(0), {}, "", 2)), ElementsAre("c", "a"));
    EXPECT_THAT(Ids(reader.ListPinned(channel, At(0), {}, "", 10)), ElementsAre("b", "c", "a"));
  });
  Write([&](Tx& tx) {
    chat::Message unpinned = *tx.FindMessage(app_, "c");
    unpinned.pinned = false;
    unpinned.pinned_at = {};
    tx.UpdateMessage(unpinned);
    chat::Message deleted = *tx.FindMessage(app_, "b");
    deleted.deleted_at = At(99);
    tx.UpdateMessage(deleted);
  });
  ReadBoth([&](Reader& reader) {
    EXPECT_THAT(Ids(reader.ListPinned(channel, At(0), {}, "", 10)), ElementsAre("a"));
  });
  Write([&](Tx& tx) {
    chat::Message short_lived = *tx.FindMessage(app_, "a");
    short_lived.pin_expires = At(100);
    tx.UpdateMessage(short_lived);
  });
  ReadBoth([&](Reader& reader) {
    EXPECT_THAT(Ids(reader.ListPinned(channel, At(99), {}, "", 10)), ElementsAre("a"));
    EXPECT_THAT(Ids(reader.ListPinned(channel, At(100), {}, "", 10)), IsEmpty());
  });
}

TEST_P(StoreContract, ReactionsAreListedAndSummed) {
  const ChannelId channel = AddChannel();
  MessageId message;
  const auto make = [&](std::string user, std::string type, int score, int at) {
    chat::Reaction reaction;
    reaction.message = message;
    reaction.message_id = "m";
    reaction.app = app_;
    reaction.user_id = std::move(user);
    reaction.type = std::move(type);
    reaction.score = score;
    reaction.created_at = At(at);
    reaction.updated_at = At(at + 1);
    reaction.custom_json = R"({"a":1})";
    return reaction;
  };
  Write([&](Tx& tx) {
    message = tx.InsertMessage(MakeMessage(channel, "m"));
    tx.PutReaction(make("ann", "love", 1, 1));
    tx.PutReaction(make("bob", "love", 5, 2));
    tx.PutReaction(make("ann", "wow", 2, 3));
    tx.PutReaction(make("ann", "love", 3, 1));
  });
  ReadBoth([&](Reader& reader) {
    const auto found = reader.FindReaction(message, "bob", "love");
    ASSERT_TRUE(found);
    EXPECT_EQ(found->message, message);
    EXPECT_EQ(found->message_id, "m");
    EXPECT_EQ(found->app, app_);
    EXPECT_EQ(found->score, 5);
    EXPECT_EQ(found->created_at, At(2));
    EXPECT_EQ(found->updated_at, At(3));
    EXPECT_EQ(found->custom_json, R"({"a":1})");
    EXPECT_EQ(reader.FindReaction(message, "bob", "wow"), std::nullopt);
    const auto newest = reader.ListReactions(message, 2, 0);
    ASSERT_EQ(newest.size(), 2U);
    EXPECT_EQ(newest[0].type, "wow");
    EXPECT_EQ(newest[1].user_id, "bob");
    EXPECT_EQ(reader.ListReactions(message, 2, 2).at(0).score, 3);
    EXPECT_EQ(reader.ListReactionsOf(message, "ann").size(), 2U);
    const auto groups = reader.SumReactions(message);
    ASSERT_EQ(groups.size(), 2U);
    EXPECT_EQ(groups[0].type, "love");
    EXPECT_EQ(groups[0].count, 2);
    EXPECT_EQ(groups[0].sum_scores, 8);
    EXPECT_EQ(groups[0].first_reaction_at, At(1));
    EXPECT_EQ(groups[0].last_reaction_at, At(2));
  });
  Write([&](Tx& tx) { tx.DeleteReaction(message, "bob", "love"); });
  ReadBoth([&](Reader& reader) {
    EXPECT_EQ(reader.FindReaction(message, "bob", "love"), std::nullopt);
    EXPECT_EQ(reader.SumReactions(message).at(0).count, 1);
  });
  Write([&](Tx& tx) { tx.DeleteMessage(message); });
  ReadBoth([&](Reader& reader) { EXPECT_THAT(reader.ListReactionsOf(message, "ann"), IsEmpty()); });
}

TEST_P(StoreContract, TasksAreKeptAndReplaced) {
  chat::Task task;
  task.app = app_;
  task.id = "t";
  task.status = "waiting";
  task.created_at = At(1);
  task.updated_at = At(2);
  Write([&](Tx& tx) { tx.PutTask(task); });
  task.status = "completed";
  task.updated_at = At(3);
  task.result_json = R"({"ok":true})";
  Write([&](Tx& tx) { tx.PutTask(task); });
  ReadBoth([&](Reader& reader) {
    const auto found = reader.FindTask(app_, "t");
    ASSERT_TRUE(found);
    EXPECT_EQ(found->status, "completed");
    EXPECT_EQ(found->created_at, At(1));
    EXPECT_EQ(found->updated_at, At(3));
    EXPECT_EQ(found->result_json, R"({"ok":true})");
    EXPECT_EQ(found->error_json, "");
    EXPECT_EQ(reader.FindTask({app_.value + 1}, "t"), std::nullopt);
  });
}

}  // namespace
}  // namespace hookline::store
