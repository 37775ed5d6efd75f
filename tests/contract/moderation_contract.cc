// Goal: ephemeral messages, mutes, bans and flags keep every field, and end when they should.
// Method: write, then read through a reader thread and through the writer.
#include <gmock/gmock.h>

#include "contract/store_contract.h"

namespace hookline::store {
namespace {

using testing::IsEmpty;

chat::Ban MakeBan(AppId app, ChannelId channel, std::string user_id, Timestamp expires_at) {
  chat::Ban ban;
  ban.app = app;
  ban.channel = channel;
  ban.user_id = std::move(user_id);
  ban.banned_by_id = "mod";
  ban.reason = "ads";
  ban.shadow = true;
  ban.created_at = {5};
  ban.expires_at = expires_at;
  return ban;
}

chat::Mute MakeMute(AppId app, std::string user_id, std::string target_id, std::int64_t at,
                    Timestamp expires_at = {}) {
  chat::Mute mute;
  mute.app = app;
  mute.user_id = std::move(user_id);
  mute.target_id = std::move(target_id);
  mute.created_at = {at};
  mute.updated_at = {at + 1};
  mute.expires_at = expires_at;
  return mute;
}

TEST_P(StoreContract, EphemeralMessagesKeepEveryField) {
  const ChannelId channel = AddChannel();
  chat::Message message = MakeMessage(channel, "e1");
  message.type = "ephemeral";
  message.html = "<p>hello</p>";
  message.mml = "<mml/>";
  message.command = "ticket";
  message.args = "7 stuck";
  message.parent_id = "p";
  message.show_in_channel = true;
  message.quoted_message_id = "q";
  message.attachments_json = R"([{"type":"x"}])";
  message.mentioned_user_ids = {"ann", "bob"};
  message.i18n_json = R"({"language":"en"})";
  message.restricted_visibility = {"ann"};
  message.silent = true;
  message.custom_json = R"({"n":1.10})";
  Write([&](Tx& tx) { tx.PutEphemeral(message, At(100)); });
  ReadBoth([&](Reader& reader) {
    const auto found = reader.FindEphemeral(app_, "e1", At(99));
    ASSERT_TRUE(found);
    EXPECT_EQ(found->type, "ephemeral");
    EXPECT_EQ(found->app, app_);
    EXPECT_EQ(found->channel, channel);
    EXPECT_EQ(found->cid, message.cid);
    EXPECT_EQ(found->user_id, message.user_id);
    EXPECT_EQ(found->text, message.text);
    EXPECT_EQ(found->html, message.html);
    EXPECT_EQ(found->mml, message.mml);
    EXPECT_EQ(found->command, message.command);
    EXPECT_EQ(found->args, message.args);
    EXPECT_EQ(found->parent_id, message.parent_id);
    EXPECT_TRUE(found->show_in_channel && found->silent);
    EXPECT_EQ(found->quoted_message_id, message.quoted_message_id);
    EXPECT_EQ(found->attachments_json, message.attachments_json);
    EXPECT_EQ(found->mentioned_user_ids, message.mentioned_user_ids);
    EXPECT_EQ(found->i18n_json, message.i18n_json);
    EXPECT_EQ(found->restricted_visibility, message.restricted_visibility);
    EXPECT_EQ(found->custom_json, message.custom_json);
    EXPECT_EQ(found->created_at, message.created_at);
    EXPECT_EQ(found->updated_at, message.updated_at);
    EXPECT_FALSE(reader.FindEphemeral({app_.value + 1}, "e1", At(1)));
  });
  message.text = "changed";
  Write([&](Tx& tx) { tx.PutEphemeral(message, At(200)); });
  ReadBoth([&](Reader& reader) {
    EXPECT_EQ(reader.FindEphemeral(app_, "e1", At(150))->text, "changed");
  });
  Write([&](Tx& tx) { tx.DeleteEphemeral(app_, "e1"); });
  ReadBoth([&](Reader& reader) { EXPECT_FALSE(reader.FindEphemeral(app_, "e1", At(1))); });
}

TEST_P(StoreContract, EphemeralMessagesAreApartFromAllOthers) {
  const ChannelId channel = AddChannel();
  Write([&](Tx& tx) {
    chat::Message reply = MakeMessage(channel, "e2");
    reply.parent_id = "m";
    tx.InsertMessage(MakeMessage(channel, "m"));
    tx.PutEphemeral(MakeMessage(channel, "e1"), At(100));
    tx.PutEphemeral(reply, At(100));
  });
  ReadBoth([&](Reader& reader) {
    EXPECT_EQ(reader.ListMessages(channel, {}).size(), 1);
    EXPECT_THAT(reader.ListReplies(app_, "m", {}), IsEmpty());
    EXPECT_FALSE(reader.FindMessage(app_, "e1"));
    EXPECT_FALSE(reader.FindEphemeral(app_, "m", At(1)));
  });
}

TEST_P(StoreContract, EphemeralMessagesEndAndAreRemovedInChunks) {
  const ChannelId channel = AddChannel();
  Write([&](Tx& tx) {
    for (int i = 0; i < 5; ++i) {
      tx.PutEphemeral(MakeMessage(channel, "e" + std::to_string(i)), At(10 + i));
    }
  });
  ReadBoth([&](Reader& reader) {
    EXPECT_FALSE(reader.FindEphemeral(app_, "e0", At(10)));
    EXPECT_TRUE(reader.FindEphemeral(app_, "e1", At(10)));
  });
  const auto sweep = [&](Timestamp now, int limit) {
    int removed = -1;
    Write([&](Tx& tx) { removed = tx.DeleteExpiredEphemerals(now, limit); });
    return removed;
  };
  EXPECT_EQ(sweep(At(9), 10), 0);
  EXPECT_EQ(sweep(At(13), 3), 3);
  EXPECT_EQ(sweep(At(13), 3), 1);
  EXPECT_EQ(sweep(At(13), 3), 0);
  // What was removed is gone for every clock, what was not is still there.
  ReadBoth([&](Reader& reader) {
    EXPECT_FALSE(reader.FindEphemeral(app_, "e3", At(1)));
    EXPECT_TRUE(reader.FindEphemeral(app_, "e4", At(13)));
  });
}

TEST_P(StoreContract, MutesAreListedInTheirOrder) {
  Write([&](Tx& tx) {
    tx.PutMute(MakeMute(app_, "ann", "bob", 20));
    tx.PutMute(MakeMute(app_, "ann", "eve", 10, At(7)));
    tx.PutMute(MakeMute(app_, "bob", "ann", 5, At(9)));
    tx.PutMute(MakeMute(app_, "ann", "bob", 30));
  });
  ReadBoth([&](Reader& reader) {
    const auto mutes = reader.ListMutes(app_, "ann", 10);
    ASSERT_EQ(mutes.size(), 2);
    EXPECT_EQ(mutes[0].target_id, "eve");
    EXPECT_EQ(mutes[0].expires_at, At(7));
    EXPECT_EQ(mutes[1].target_id, "bob");
    EXPECT_EQ(mutes[1].created_at, Timestamp{30});
    EXPECT_EQ(mutes[1].updated_at, Timestamp{31});
    EXPECT_EQ(reader.ListMutes(app_, "ann", 1).size(), 1);
    EXPECT_EQ(reader.FindMute(app_, "bob", "ann")->user_id, "bob");
    EXPECT_FALSE(reader.FindMute(app_, "bob", "eve"));
    EXPECT_THAT(reader.ListMutes({app_.value + 1}, "ann", 10), IsEmpty());
    // Those without an end never come to it.
    EXPECT_THAT(reader.ListExpiredMutes(At(6), 10), IsEmpty());
    EXPECT_EQ(reader.ListExpiredMutes(At(7), 10).size(), 1);
    EXPECT_EQ(reader.ListExpiredMutes(At(1000), 10).size(), 2);
    EXPECT_EQ(reader.ListExpiredMutes(At(1000), 1).size(), 1);
  });
  Write([&](Tx& tx) { tx.DeleteMute(app_, "ann", "eve"); });
  ReadBoth([&](Reader& reader) { EXPECT_EQ(reader.ListMutes(app_, "ann", 10).size(), 1); });
}

TEST_P(StoreContract, BansAreOfAChannelOrOfTheApp) {
  const ChannelId channel{7};
  Write([&](Tx& tx) {
    tx.PutBan(MakeBan(app_, channel, "bob", At(7)));
    tx.PutBan(MakeBan(app_, {}, "bob", {}));
    tx.PutBan(MakeBan(app_, channel, "eve", {}));
  });
  ReadBoth([&](Reader& reader) {
    const auto bans = reader.ListBans(app_, channel, "bob");
    ASSERT_EQ(bans.size(), 1);
    const auto ban = bans.begin();
    EXPECT_EQ(ban->app, app_);
    EXPECT_EQ(ban->channel, channel);
    EXPECT_EQ(ban->user_id, "bob");
    EXPECT_EQ(ban->banned_by_id, "mod");
    EXPECT_EQ(ban->reason, "ads");
    EXPECT_TRUE(ban->shadow);
    EXPECT_EQ(ban->created_at, Timestamp{5});
    EXPECT_EQ(ban->expires_at, At(7));
    EXPECT_FALSE(reader.ListBans(app_, {}, "bob").at(0).expires_at);
    EXPECT_THAT(reader.ListBans(app_, {}, "eve"), IsEmpty());
    EXPECT_THAT(reader.ListBans({app_.value + 1}, channel, "bob"), IsEmpty());
    EXPECT_EQ(reader.CountBans(app_, "bob"), 2);
    EXPECT_EQ(reader.ListExpiredBans(At(1000), 10).size(), 1);
    EXPECT_THAT(reader.ListExpiredBans(At(6), 10), IsEmpty());
  });
  Write([&](Tx& tx) {
    tx.PutBan(MakeBan(app_, channel, "bob", At(9)));
    tx.DeleteBan(app_, {}, "bob", true);
  });
  ReadBoth([&](Reader& reader) {
    EXPECT_EQ(reader.ListBans(app_, channel, "bob").at(0).expires_at, At(9));
    EXPECT_EQ(reader.CountBans(app_, "bob"), 1);
  });
}

TEST_P(StoreContract, ABanAndAShadowBanAreTwo) {
  const ChannelId channel{7};
  Write([&](Tx& tx) {
    chat::Ban ban = MakeBan(app_, channel, "bob", At(7));
    tx.PutBan(ban);
    ban.shadow = false;
    ban.expires_at = At(9);
    tx.PutBan(ban);
  });
  ReadBoth([&](Reader& reader) {
    const auto bans = reader.ListBans(app_, channel, "bob");
    ASSERT_EQ(bans.size(), 2);
    EXPECT_FALSE(bans[0].shadow);
    EXPECT_EQ(bans[0].expires_at, At(9));
    EXPECT_TRUE(bans[1].shadow);
    EXPECT_EQ(bans[1].expires_at, At(7));
  });
  Write([&](Tx& tx) { tx.DeleteBan(app_, channel, "bob", false); });
  ReadBoth([&](Reader& reader) {
    const auto bans = reader.ListBans(app_, channel, "bob");
    ASSERT_EQ(bans.size(), 1);
    EXPECT_TRUE(bans[0].shadow);
  });
}

TEST_P(StoreContract, FlagsCountTheirUsers) {
  chat::Flag flag;
  flag.app = app_;
  flag.id = "flag-1";
  flag.user_id = "ann";
  flag.target_user_id = "bob";
  flag.target_message_id = "m1";
  flag.reason = "rude";
  flag.created_at = {1};
  flag.updated_at = {2};
  flag.custom_json = R"({"a":1})";
  chat::Flag other = flag;
  other.user_id = "eve";
  chat::Flag of_user = flag;
  of_user.target_message_id.clear();
  Write([&](Tx& tx) {
    tx.PutFlag(flag);
    tx.PutFlag(flag);
    tx.PutFlag(other);
    tx.PutFlag(of_user);
  });
  ReadBoth([&](Reader& reader) {
    EXPECT_EQ(reader.CountFlags(app_, "bob", "m1"), 2);
    EXPECT_EQ(reader.CountFlags(app_, "bob", ""), 1);
    EXPECT_EQ(reader.CountFlags(app_, "ann", ""), 0);
    const auto found = reader.FindFlag(app_, "ann", "bob", "m1");
    ASSERT_TRUE(found);
    EXPECT_EQ(found->id, "flag-1");
    EXPECT_EQ(found->user_id, "ann");
    EXPECT_EQ(found->target_user_id, "bob");
    EXPECT_EQ(found->target_message_id, "m1");
    EXPECT_EQ(found->reason, "rude");
    EXPECT_EQ(found->created_at, Timestamp{1});
    EXPECT_EQ(found->updated_at, Timestamp{2});
    EXPECT_EQ(found->custom_json, R"({"a":1})");
  });
  Write([&](Tx& tx) { tx.DeleteFlag(flag); });
  ReadBoth([&](Reader& reader) {
    EXPECT_FALSE(reader.FindFlag(app_, "ann", "bob", "m1"));
    EXPECT_EQ(reader.CountFlags(app_, "bob", "m1"), 1);
    EXPECT_EQ(reader.CountFlags(app_, "bob", ""), 1);
  });
}

}  // namespace
}  // namespace hookline::store
