// Goal: what a query costs grows with the rows that it must look at, not with the number of values
// that it compares with; a user's channels are found without looking at everybody's.
// Method: the store looks at the clock every so many steps of SQLite's machine, so a clock that
// counts how often it is asked measures the work, the same on every machine.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <atomic>
#include <future>

#include "chat/filter.h"
#include "store/sqlite/open.h"
#include "unit/store/temp_directory.h"

namespace hookline::store {
namespace {

constexpr AppId kApp{1};
constexpr int kChannels = 2000;
constexpr int kUsers = 200;
constexpr int kStepsPerLook = 1000;

class CountingClock final : public Clock {
 public:
  Timestamp WallNow() const override { return {1'800'000'000'000'000'000}; }
  std::chrono::steady_clock::time_point SteadyNow() const override {
    ++looks;
    return {};
  }
  Timestamp ScheduleNow() const override { return WallNow(); }
  mutable std::atomic<int> looks = 0;
};

std::string Id(const char* kind, int number) { return fmt::format("{}-{}", kind, number); }

/// `["kind-0", …]`
std::string List(const char* kind, int count) {
  std::string list = "[";
  for (int i = 0; i < count; ++i) list += fmt::format("{}\"{}\"", i > 0 ? "," : "", Id(kind, i));
  return list + "]";
}

class SqliteQueryCostTest : public testing::Test {
 protected:
  void SetUp() override {
    SqliteOptions options;
    options.directory = directory_.path() + "/data";
    options.clock = &clock_;
    auto store = OpenSqlite(options);
    ASSERT_TRUE(store) << store.error().message();
    store_ = std::move(*store);
    std::promise<Commit> done;
    store_->WriteInternal(
        [](Tx& tx) {
          Fill(tx);
          return true;
        },
        [&done](Commit result) { done.set_value(result); });
    ASSERT_EQ(done.get_future().get(), Commit::kCommitted);
  }

  static void Fill(Tx& tx) {
    for (int i = 0; i < kChannels; ++i) {
      chat::Channel channel;
      channel.app = kApp;
      channel.type = "messaging";
      channel.id = Id("channel", i);
      channel.custom_json = fmt::format(R"({{"color":"color-{}","size":{}}})", i % 500, i);
      chat::Member member;
      member.channel = tx.InsertChannel(channel);
      member.app = kApp;
      member.user_id = Id("user", i % kUsers);
      tx.PutMember(member);
    }
  }

  /// In steps of SQLite's machine for each channel that there is.
  double CostOf(const std::string& filter_text) {
    const auto document = json::Document::Parse(filter_text);
    const auto filter = chat::ParseFilter(document->root());
    EXPECT_TRUE(filter) << filter_text;
    chat::ChannelQuery query;
    query.filter = *filter;
    query.limit = 30;
    std::promise<Commit> done;
    int looks = 0;
    store_->Read(
        Origin{kApp},
        [&](Reader& reader) {
          const int before = clock_.looks;
          EXPECT_TRUE(reader.QueryChannels(kApp, query));
          looks = clock_.looks - before;
        },
        [&done](Commit result) { done.set_value(result); });
    EXPECT_EQ(done.get_future().get(), Commit::kCommitted);
    return static_cast<double>(looks) * kStepsPerLook / kChannels;
  }

  TempDirectory directory_;
  CountingClock clock_;
  std::unique_ptr<Store> store_;
};

TEST_F(SqliteQueryCostTest, ValuesAreLookedUp) {
  EXPECT_GT(CostOf("{}"), 10);
  for (const char* field : {"color", "id", "created_by_id", "team", "size", "created_at"}) {
    std::string list = List("color", 100);
    if (field == std::string("size")) {
      list = "[-1";
      for (int i = 2; i <= 100; ++i) list += fmt::format(",{}", -i);
      list += "]";
    } else if (field == std::string("created_at")) {
      list = "[";
      for (int i = 10; i < 60; ++i) {
        list += fmt::format("{}\"2020-01-01T00:00:{}Z\"", i > 10 ? "," : "", i);
      }
      list += "]";
    }
    std::string any = fmt::format(R"({{"$nor":[{{"{}":{{"$in":{}}}}}]}})", field, list);
    EXPECT_LT(CostOf(any), 100) << field;
  }
  EXPECT_LT(CostOf(fmt::format(R"({{"$nor":[{{"members":{{"$in":{}}}}}]}})", List("nobody", 100))),
            100);
  EXPECT_LT(CostOf(fmt::format(R"({{"$nor":[{{"filter_tags":{{"$in":{}}}}}]}})", List("tag", 100))),
            100);
}

TEST_F(SqliteQueryCostTest, ManyListsOfMembersAreNoTrouble) {
  std::string conditions;
  for (int i = 0; i < 10; ++i) {
    if (i > 0) conditions += ",";
    conditions += fmt::format(R"({{"members":{{"$in":{}}}}})", List("user", 100));
  }
  EXPECT_LT(CostOf("{\"$and\":[" + conditions + "]}"), 200);
  EXPECT_LT(CostOf("{\"$or\":[" + conditions + "]}"), 200);
}

TEST_F(SqliteQueryCostTest, AUsersChannelsAreFoundByTheUser) {
  EXPECT_LT(CostOf(R"({"members":{"$in":["user-7"]}})"), 3);
  EXPECT_LT(CostOf(R"({"type":"messaging","members":{"$in":["user-7"]}})"), 3);
  EXPECT_LT(CostOf(R"({"members":["user-7"]})"), 3);
  EXPECT_LT(CostOf(R"({"cid":{"$in":["messaging:channel-1","messaging:channel-9"]}})"), 3);
}

}  // namespace
}  // namespace hookline::store
