#include "net/dns_cache.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace hookline::net {
namespace {

using std::chrono::seconds;
using Kind = LookupResult::Kind;

constexpr AppId kApp{1};

class DnsCacheTest : public testing::Test {
 protected:
  static LookupResult Found(const char* address, seconds ttl = seconds(60)) {
    return {Kind::kFound, {*IpAddress::Parse(address)}, ttl, ""};
  }
  static LookupResult Failed(Kind kind) { return {kind, {}, seconds(0), "why"}; }

  DnsCache::Time At(int second) const { return start_ + seconds(second); }
  Resolver::Answer Store(const LookupResult& result, int second) {
    return cache_.Store("a.example", kApp, result, At(second));
  }
  /// The first address, "failed", or "unknown"; with "?" if it is to be looked up again.
  std::string See(int second) {
    const auto known = cache_.Find("a.example", At(second));
    if (!known) return "unknown";
    const auto& addresses = known->answer.addresses;
    return (addresses.empty() ? "failed" : addresses[0].ToString()) + (known->refresh ? "?" : "");
  }

  const DnsCache::Time start_ = DnsCache::Time(std::chrono::hours(1000));
  DnsCache cache_;
};

TEST_F(DnsCacheTest, AGoodAnswerLivesAsLongAsItsTtlSays) {
  EXPECT_EQ(See(0), "unknown");
  EXPECT_EQ(Store(Found("192.0.2.1", seconds(60)), 0).lifetime, seconds(60));
  EXPECT_EQ(See(59), "192.0.2.1");
  EXPECT_EQ(cache_.Find("a.example", At(20))->answer.lifetime, seconds(40));
  EXPECT_EQ(See(60), "192.0.2.1?");
}

TEST_F(DnsCacheTest, TheTtlIsHeldToLimits) {
  Store(Found("192.0.2.1", seconds(0)), 0);
  EXPECT_EQ(See(4), "192.0.2.1");
  EXPECT_EQ(See(5), "192.0.2.1?");
  Store(Found("192.0.2.2", seconds(86'400)), 10);
  EXPECT_EQ(See(309), "192.0.2.2");
  EXPECT_EQ(See(310), "192.0.2.2?");
}

TEST_F(DnsCacheTest, AnExpiredAnswerIsGivenOutUntilThereIsANewOneButNotForEver) {
  Store(Found("192.0.2.1", seconds(60)), 0);
  EXPECT_EQ(See(61), "192.0.2.1?");
  // For a moment only, so that the new one is seen soon.
  EXPECT_EQ(cache_.Find("a.example", At(61))->answer.lifetime, seconds(1));
  EXPECT_EQ(See(60 + 1799), "192.0.2.1?");
  EXPECT_EQ(See(60 + 1800), "unknown");
  Store(Found("192.0.2.2"), 60 + 1801);
  EXPECT_EQ(See(60 + 1802), "192.0.2.2");
}

TEST_F(DnsCacheTest, ARefreshThatFailsLeavesTheExpiredAnswerAndIsNotRepeatedAtOnce) {
  Store(Found("192.0.2.1", seconds(60)), 0);
  EXPECT_EQ(Store(Failed(Kind::kFailed), 70).addresses.size(), 1U);
  EXPECT_EQ(See(71), "192.0.2.1");
  EXPECT_EQ(See(75), "192.0.2.1?");
  EXPECT_EQ(Store(Failed(Kind::kNoAddress), 80).addresses.size(), 1U);
  EXPECT_EQ(See(109), "192.0.2.1");
  EXPECT_EQ(See(110), "192.0.2.1?");
  EXPECT_EQ(Store(Failed(Kind::kLocal), 120).addresses.size(), 1U);
  EXPECT_EQ(See(120), "192.0.2.1");
  EXPECT_EQ(See(121), "192.0.2.1?");
  // When it is too old, the failure is what is known.
  Store(Failed(Kind::kNoAddress), 60 + 1800 - 10);
  EXPECT_EQ(See(60 + 1800), "failed");
}

TEST_F(DnsCacheTest, ANameThatIsGoneIsGone) {
  Store(Found("192.0.2.1", seconds(60)), 0);
  const Resolver::Answer answer = Store(Failed(Kind::kNoSuchName), 70);
  EXPECT_TRUE(answer.addresses.empty());
  EXPECT_EQ(answer.failure, "why");
  EXPECT_FALSE(answer.local);
  EXPECT_EQ(See(71), "failed");
}

TEST_F(DnsCacheTest, ThatThereIsNoNameOrAddressLivesThirtySeconds) {
  for (const Kind kind : {Kind::kNoSuchName, Kind::kNoAddress}) {
    cache_.Clear();
    EXPECT_EQ(Store(Failed(kind), 0).lifetime, seconds(30));
    EXPECT_EQ(See(29), "failed");
    EXPECT_EQ(See(30), "unknown");
  }
}

TEST_F(DnsCacheTest, AFailureLivesLongerEachTimeUpToThirtySeconds) {
  int now = 0;
  for (const int life : {5, 10, 15, 20, 25, 30, 30, 30}) {
    Store(Failed(Kind::kFailed), now);
    EXPECT_EQ(See(now + life - 1), "failed");
    EXPECT_EQ(See(now + life), "unknown");
    now += life;
  }
  Store(Found("192.0.2.1", seconds(5)), now);
  // Begins anew, when the good answer is too old.
  Store(Failed(Kind::kFailed), now + 4000);
  EXPECT_EQ(See(now + 4004), "failed");
  EXPECT_EQ(See(now + 4005), "unknown");
}

TEST_F(DnsCacheTest, TroubleOfOurOwnIsNotRemembered) {
  EXPECT_TRUE(Store(Failed(Kind::kLocal), 0).local);
  EXPECT_EQ(See(0), "unknown");
  Store(Failed(Kind::kNoSuchName), 0);
  EXPECT_TRUE(Store(Failed(Kind::kLocal), 31).local);
  EXPECT_EQ(See(31), "unknown");
}

TEST_F(DnsCacheTest, WithOtherServersWhatIsKnownHasExpired) {
  Store(Found("192.0.2.1"), 0);
  cache_.Store("b.example", kApp, Failed(Kind::kNoSuchName), At(0));
  cache_.Expire(At(1));
  EXPECT_EQ(See(1), "192.0.2.1?");
  EXPECT_FALSE(cache_.Find("b.example", At(1)));
  EXPECT_EQ(cache_.entries(), 1U);
}

TEST_F(DnsCacheTest, IsBoundedInEntriesAndBytesAndKeepsWhatIsUsed) {
  DnsCache::Limits limits;
  limits.entries_max = 100;
  DnsCache by_entries(limits);
  by_entries.Store("used.example", AppId{7}, Found("192.0.2.1"), At(0));
  for (int i = 0; i < 5000; ++i) {
    const std::string host = std::to_string(i) + ".example";
    by_entries.Store(host, kApp, Found("192.0.2.1"), At(0));
    ASSERT_LE(by_entries.entries(), 100U);
    ASSERT_TRUE(by_entries.Find("used.example", At(0))) << i;
  }
  EXPECT_TRUE(by_entries.Find("4999.example", At(0)));
  EXPECT_FALSE(by_entries.Find("1.example", At(0)));

  limits = DnsCache::Limits();
  limits.bytes_max = 64 * 1024;
  limits.app_entries_max = limits.entries_max;
  DnsCache by_bytes(limits);
  for (int i = 0; i < 5000; ++i) {
    by_bytes.Store(std::to_string(i) + std::string(200, 'x'), kApp, Failed(Kind::kFailed), At(0));
    ASSERT_LE(by_bytes.bytes(), limits.bytes_max);
  }
  EXPECT_GT(by_bytes.entries(), 50U);
  by_bytes.Expire(At(1));
  EXPECT_EQ(by_bytes.entries(), 0U);
  EXPECT_EQ(by_bytes.bytes(), 0U);
}

TEST_F(DnsCacheTest, OneAppsNamesDoNotPushOutAnothers) {
  DnsCache::Limits limits;
  limits.entries_max = 100;
  limits.app_entries_max = 20;
  DnsCache cache(limits);
  for (int i = 0; i < 50; ++i) {
    cache.Store(std::to_string(i) + ".other", AppId{7 + i}, Found("192.0.2.1"), At(0));
  }
  for (int i = 0; i < 1000; ++i) {
    cache.Store(std::to_string(i) + ".example", kApp, Found("192.0.2.1"), At(0));
  }
  EXPECT_EQ(cache.entries(), 70U);
  EXPECT_TRUE(cache.Find("0.other", At(0)));
}

}  // namespace
}  // namespace hookline::net
