// Goal: apps, keys, hooks and stored replies are kept as the settings port says; purged channels
// leave nothing behind.
#include <gmock/gmock.h>

#include "contract/store_contract.h"

namespace hookline::store {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST_P(StoreContract, AppsKeepEveryField) {
  settings::App app;
  app.name = "shop";
  app.use_hook_v2 = false;
  app.created_at = At(1);
  app.updated_at = At(2);
  app.revoke_tokens_issued_before = At(3);
  app.fields_json = R"({"webhook_url":"https://example.com"})";
  Write([&](Tx& tx) { app.id = tx.InsertApp(app); });
  const auto expect = [&](Reader& reader) {
    const settings::AppPtr found = reader.FindApp(app.id);
    ASSERT_NE(found, nullptr);
    EXPECT_EQ(found->id, app.id);
    EXPECT_EQ(found->name, app.name);
    EXPECT_EQ(found->use_hook_v2, app.use_hook_v2);
    EXPECT_EQ(found->created_at, app.created_at);
    EXPECT_EQ(found->updated_at, app.updated_at);
    EXPECT_EQ(found->revoke_tokens_issued_before, app.revoke_tokens_issued_before);
    EXPECT_EQ(found->fields_json, app.fields_json);
    EXPECT_EQ(reader.FindApp({app.id.value + 100}), nullptr);
  };
  ReadBoth(expect);
  app.name = "market";
  app.use_hook_v2 = true;
  app.updated_at = At(9);
  Write([&](Tx& tx) { tx.UpdateApp(app); });
  ReadBoth(expect);
  AppId second;
  Write([&](Tx& tx) { second = tx.InsertApp({}); });
  ReadBoth([&](Reader& reader) {
    const auto apps = reader.ListApps();
    ASSERT_EQ(apps.size(), 2U);
    EXPECT_EQ(apps[0]->id, app.id);
    EXPECT_EQ(apps[1]->id, second);
  });
}

TEST_P(StoreContract, KeysInForceAreListedOldestFirst) {
  AddAppWithHooks({});
  Write([&](Tx& tx) {
    tx.InsertKey(app_, {"new", "secret-2", At(2), {}});
    tx.InsertKey(app_, {"old", "secret-1", At(1), {}});
    tx.InsertKey(app_, {"newer", "secret-3", At(3), {}});
  });
  const auto keys = [](Reader& reader, AppId app) {
    std::vector<std::string> keys;
    for (const settings::ApiKey& key : reader.FindApp(app)->keys) keys.push_back(key.key);
    return keys;
  };
  ReadBoth([&](Reader& reader) {
    EXPECT_THAT(keys(reader, app_), ElementsAre("old", "new", "newer"));
    EXPECT_EQ(reader.FindApp(app_)->signing_key().secret, "secret-1");
    EXPECT_EQ(reader.FindApp(app_)->signing_key().created_at, At(1));
  });
  Write([&](Tx& tx) {
    tx.RetireKey(app_, "old", At(5));
    EXPECT_TRUE(tx.KeyExists("old"));
    EXPECT_TRUE(tx.KeyExists("new"));
    EXPECT_FALSE(tx.KeyExists("other"));
  });
  ReadBoth([&](Reader& reader) { EXPECT_THAT(keys(reader, app_), ElementsAre("new", "newer")); });
}

TEST_P(StoreContract, HooksKeepEveryFieldAndTheirOrder) {
  AddAppWithHooks({});
  settings::EventHook hook = MakeHook("one");
  hook.type = settings::HookType::kSqs;
  hook.enabled = false;
  hook.disabled_reason = "410 Gone";
  hook.event_types = {"message.new", "custom"};
  hook.product = "chat";
  hook.custom_events = false;
  hook.retry_json = R"({"schedule":["5s"]})";
  hook.payload_v2 = true;
  hook.doc_json = R"({"hook_type":"sqs"})";
  hook.updated_at = At(7);
  hook.cancel_up_to = {8};
  Write([&](Tx& tx) { tx.ReplaceHooks(app_, {hook, MakeHook("two")}); });
  std::vector<settings::EventHook> hooks;
  ReadBoth([&](Reader& reader) {
    hooks = reader.FindApp(app_)->hooks;
    ASSERT_EQ(hooks.size(), 2U);
    EXPECT_TRUE(hooks[0].pk);
    EXPECT_EQ(hooks[0].app, app_);
    EXPECT_EQ(hooks[0].id, hook.id);
    EXPECT_EQ(hooks[0].type, hook.type);
    EXPECT_EQ(hooks[0].enabled, hook.enabled);
    EXPECT_EQ(hooks[0].disabled_reason, hook.disabled_reason);
    EXPECT_EQ(hooks[0].event_types, hook.event_types);
    EXPECT_EQ(hooks[0].product, hook.product);
    EXPECT_EQ(hooks[0].custom_events, hook.custom_events);
    EXPECT_EQ(hooks[0].url, hook.url);
    EXPECT_EQ(hooks[0].retry_json, hook.retry_json);
    EXPECT_EQ(hooks[0].payload_v2, hook.payload_v2);
    EXPECT_EQ(hooks[0].doc_json, hook.doc_json);
    EXPECT_EQ(hooks[0].created_at, hook.created_at);
    EXPECT_EQ(hooks[0].updated_at, hook.updated_at);
    EXPECT_EQ(hooks[0].cancel_up_to, hook.cancel_up_to);
    EXPECT_EQ(hooks[1].id, "two");
  });
  // Another order, one new, one gone; then the gone one comes back as another hook.
  const HookId two = hooks[1].pk;
  Write([&](Tx& tx) { tx.ReplaceHooks(app_, {MakeHook("three"), hooks[0]}); });
  ReadBoth([&](Reader& reader) {
    const auto now = reader.FindApp(app_)->hooks;
    ASSERT_EQ(now.size(), 2U);
    EXPECT_EQ(now[0].id, "three");
    EXPECT_EQ(now[1].pk, hooks[0].pk);
  });
  Write([&](Tx& tx) { tx.ReplaceHooks(app_, {MakeHook("two")}); });
  ReadBoth([&](Reader& reader) {
    const auto now = reader.FindApp(app_)->hooks;
    ASSERT_EQ(now.size(), 1U);
    EXPECT_NE(now[0].pk, two);
  });
  Write([&](Tx& tx) { tx.ReplaceHooks(app_, {}); });
  ReadBoth([&](Reader& reader) { EXPECT_THAT(reader.FindApp(app_)->hooks, IsEmpty()); });
}

TEST_P(StoreContract, HooksOfOneAppAreNotThoseOfAnother) {
  AddAppWithHooks({"one"});
  const AppId first = app_;
  AddAppWithHooks({"one"});
  Write([&](Tx& tx) { tx.ReplaceHooks(app_, {}); });
  ReadBoth([&](Reader& reader) { EXPECT_EQ(reader.FindApp(first)->hooks.size(), 1U); });
  EXPECT_EQ(TryWrite([&](Tx& tx) {
              tx.ReplaceHooks(app_, tx.FindApp(first)->hooks);
              return true;
            }),
            Commit::kFailed);
}

constexpr std::int64_t kPlentyOfBytes = 1'000'000;

TEST_P(StoreContract, RepliesAreRememberedForADay) {
  const IdempotencyKey key{app_, "mara", "key"};
  IdempotentReply reply;
  reply.fingerprint = "f";
  reply.status = 201;
  reply.body = R"({"ok":true})";
  reply.made = {"a", ""};
  reply.created_at = clock_.WallNow();
  Write([&](Tx& tx) { tx.PutIdempotentReply(key, reply, kPlentyOfBytes); });
  ReadBoth([&](Reader& reader) {
    const auto found = reader.FindIdempotentReply(key);
    ASSERT_TRUE(found);
    EXPECT_EQ(found->fingerprint, reply.fingerprint);
    EXPECT_EQ(found->status, reply.status);
    EXPECT_EQ(found->body, reply.body);
    EXPECT_EQ(found->made, reply.made);
    EXPECT_EQ(found->created_at, reply.created_at);
    // Another key, caller or app.
    EXPECT_FALSE(reader.FindIdempotentReply({app_, "mara", "other"}));
    EXPECT_FALSE(reader.FindIdempotentReply({app_, "", "key"}));
    EXPECT_FALSE(reader.FindIdempotentReply({{app_.value + 1}, "mara", "key"}));
  });
  clock_.Advance(std::chrono::hours(23));
  ReadBoth([&](Reader& reader) { EXPECT_TRUE(reader.FindIdempotentReply(key)); });
  clock_.Advance(std::chrono::hours(2));
  ReadBoth([&](Reader& reader) { EXPECT_FALSE(reader.FindIdempotentReply(key)); });
  reply.created_at = clock_.WallNow();
  reply.status = 400;
  Write([&](Tx& tx) { tx.PutIdempotentReply(key, reply, kPlentyOfBytes); });
  ReadBoth([&](Reader& reader) { EXPECT_EQ(reader.FindIdempotentReply(key)->status, 400); });
}

TEST_P(StoreContract, TheOldestRepliesOfAnAppMakeRoomForNewOnes) {
  IdempotentReply reply;
  reply.fingerprint = "f";
  reply.body = std::string(1000, 'x');
  reply.created_at = clock_.WallNow();
  constexpr std::int64_t kRoom = 50'000;
  const AppId other{app_.value + 1};
  const auto key = [](int i) { return "key-" + std::to_string(i); };
  Write([&](Tx& tx) {
    tx.PutIdempotentReply({other, "", "key"}, reply, kRoom);
    for (int i = 0; i < 200; ++i) tx.PutIdempotentReply({app_, "", key(i)}, reply, kRoom);
    // Replacing one takes no more room.
    for (int i = 0; i < 200; ++i) tx.PutIdempotentReply({app_, "", key(199)}, reply, kRoom);
  });
  ReadBoth([&](Reader& reader) {
    EXPECT_LE(reader.IdempotentBytes(app_), kRoom);
    EXPECT_GT(reader.IdempotentBytes(app_), kRoom / 2);
    EXPECT_FALSE(reader.FindIdempotentReply({app_, "", key(0)}));
    EXPECT_TRUE(reader.FindIdempotentReply({app_, "", key(180)}));
    EXPECT_TRUE(reader.FindIdempotentReply({app_, "", key(199)}));
    EXPECT_TRUE(reader.FindIdempotentReply({other, "", "key"}));
    EXPECT_GT(reader.IdempotentBytes(other), 1000);
  });
}

TEST_P(StoreContract, APurgedChannelIsOutOfReachAtOnce) {
  ChannelId channel;
  Write([&](Tx& tx) {
    channel = tx.InsertChannel(MakeChannel("general"));
    tx.PutMember(MakeMember(channel, "ann"));
    for (int i = 0; i < 500; ++i) {
      chat::Message message = MakeMessage(channel, "m" + std::to_string(i), i);
      if (i % 2 == 1) message.parent_id = "m0";
      tx.InsertMessage(message);
    }
  });
  ChannelId renewed;
  Write([&](Tx& tx) {
    tx.PurgeChannel(channel);
    EXPECT_EQ(tx.FindChannel(channel), nullptr);
    EXPECT_EQ(tx.FindChannel(app_, "messaging", "general"), nullptr);
    EXPECT_EQ(tx.FindMessage(app_, "m7"), std::nullopt);
    renewed = tx.InsertChannel(MakeChannel("general"));
    // Ids of the purged are free as well, whether or not their rows are gone yet.
    EXPECT_TRUE(tx.InsertMessage(MakeMessage(renewed, "m7", 7)));
    EXPECT_TRUE(tx.InsertMessage(MakeMessage(renewed, "m499", 8)));
  });
  EXPECT_NE(renewed, channel);
  Reopen();
  ReadBoth([&](Reader& reader) {
    EXPECT_EQ(reader.FindChannel(channel), nullptr);
    EXPECT_EQ(reader.FindMessage(app_, "m7")->channel, renewed);
    EXPECT_EQ(reader.FindMessage(app_, "m8"), std::nullopt);
    EXPECT_EQ(reader.ListMessages(renewed, {}).size(), 2U);
    EXPECT_THAT(reader.ListReplies(app_, "m0", {}), IsEmpty());
    EXPECT_EQ(reader.FindMember(renewed, "ann"), std::nullopt);
  });
}

}  // namespace
}  // namespace hookline::store
