#include "settings/apps.h"

#include <gtest/gtest.h>

#include "fake_tx.h"

namespace hookline::settings {
namespace {

constexpr Timestamp kNow{5'000};

TEST(AppsTest, GeneratesKeysThatOfficialToolsAccept) {
  FakeTx tx;
  const auto app = CreateApp(tx, {"dock", true, std::nullopt}, kNow);
  ASSERT_TRUE(app);
  EXPECT_EQ((*app)->name, "dock");
  EXPECT_EQ((*app)->created_at, kNow);
  ASSERT_EQ((*app)->keys.size(), 1U);
  const ApiKey& key = (*app)->signing_key();
  EXPECT_EQ(key.key.size(), 12U);
  EXPECT_EQ(key.secret.size(), 64U);
  EXPECT_EQ(key.created_at, kNow);
  for (const std::string& text : {key.key, key.secret}) {
    EXPECT_EQ(text.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789"), std::string::npos);
  }
  const auto other = CreateApp(tx, {"dock", true, std::nullopt}, kNow);
  EXPECT_NE((*other)->signing_key().key, key.key);
  EXPECT_NE((*other)->id, (*app)->id);
}

TEST(AppsTest, TakesGivenKeysOnce) {
  FakeTx tx;
  const auto app = CreateApp(tx, {"dock", false, GivenKey{"boot-key", "boot-secret"}}, kNow);
  ASSERT_TRUE(app);
  EXPECT_FALSE((*app)->use_hook_v2);
  EXPECT_EQ((*app)->signing_key().key, "boot-key");
  EXPECT_EQ((*app)->signing_key().secret, "boot-secret");
  const auto again = CreateApp(tx, {"other", true, GivenKey{"boot-key", "x"}}, kNow);
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().kind(), ErrorKind::kInput);
  EXPECT_EQ(tx.ListApps().size(), 1U);
}

TEST(AppsTest, RefusesUnusableNamesAndKeys) {
  FakeTx tx;
  EXPECT_FALSE(CreateApp(tx, {"", true, std::nullopt}, kNow));
  EXPECT_FALSE(CreateApp(tx, {std::string(256, 'x'), true, std::nullopt}, kNow));
  for (const char* bad : {"", "a b", "a\n", "\xC3\xBC"}) {
    EXPECT_FALSE(CreateApp(tx, {"dock", true, GivenKey{bad, "s"}}, kNow)) << bad;
    EXPECT_FALSE(CreateApp(tx, {"dock", true, GivenKey{"k", bad}}, kNow)) << bad;
  }
  EXPECT_TRUE(tx.ListApps().empty());
}

TEST(AppsTest, TheOldestKeyGoesOnSigningUntilItIsRetired) {
  FakeTx tx;
  const AppId app = (*CreateApp(tx, {"dock", true, GivenKey{"first", "s1"}}, kNow))->id;
  const auto two = AddKey(tx, app, GivenKey{"second", "s2"}, kNow);
  ASSERT_TRUE(two);
  EXPECT_EQ((*two)->keys.size(), 2U);
  EXPECT_EQ((*two)->signing_key().key, "first");
  const auto one = RetireKey(tx, app, "first", Timestamp{9});
  ASSERT_TRUE(one);
  EXPECT_EQ((*one)->signing_key().key, "second");
  EXPECT_EQ(tx.retired_at, Timestamp{9});
  // A retired key is never given out again, and the last one stays.
  EXPECT_FALSE(AddKey(tx, app, GivenKey{"first", "s3"}, kNow));
  EXPECT_EQ(RetireKey(tx, app, "first", kNow).error().kind(), ErrorKind::kNotFound);
  EXPECT_EQ(RetireKey(tx, app, "second", kNow).error().kind(), ErrorKind::kInput);
  EXPECT_EQ((*AddKey(tx, app, std::nullopt, kNow))->keys.size(), 2U);
}

TEST(AppsTest, UnknownAppsHaveNoKeys) {
  FakeTx tx;
  EXPECT_EQ(AddKey(tx, AppId{7}, std::nullopt, kNow).error().kind(), ErrorKind::kNotFound);
  EXPECT_EQ(RetireKey(tx, AppId{7}, "k", kNow).error().kind(), ErrorKind::kNotFound);
}

TEST(AppsTest, LimitsTheNumberOfKeys) {
  FakeTx tx;
  const AppId app = (*CreateApp(tx, {"dock", true, std::nullopt}, kNow))->id;
  for (int i = 1; i < 20; ++i) ASSERT_TRUE(AddKey(tx, app, std::nullopt, kNow));
  EXPECT_EQ(AddKey(tx, app, std::nullopt, kNow).error().kind(), ErrorKind::kInput);
}

}  // namespace
}  // namespace hookline::settings
