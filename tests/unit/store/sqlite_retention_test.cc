// Goal: what has ended goes after its time, and nothing else; numbers are not given twice; no step
// is long. Method: a store fills the database and is closed; the steps are taken one by one on a
// connection of the test's own, at times that the test chooses.
#include "store/sqlite/retention.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <future>

#include "store/sqlite/open.h"
#include "unit/store/temp_directory.h"

namespace hookline::store::sqlite {
namespace {

using delivery::DeliveryState;
using std::chrono::days;
using testing::ElementsAre;

constexpr AppId kApp{1};
constexpr HookId kHook{7};
constexpr int kRows = 64;

Timestamp Day(double day) {
  return {1'700'000'000'000'000'000 + static_cast<std::int64_t>(day * 86'400e9)};
}

class FixedClock final : public Clock {
 public:
  Timestamp WallNow() const override { return Day(40); }
  std::chrono::steady_clock::time_point SteadyNow() const override { return {}; }
  Timestamp ScheduleNow() const override { return WallNow(); }
};

class SqliteRetentionTest : public testing::Test {
 protected:
  void SetUp() override { Open(); }

  void Open() {
    SqliteOptions options;
    options.directory = directory_.path() + "/data";
    options.clock = &clock_;
    options.log = [](std::string_view) {};
    auto store = OpenSqlite(options);
    ASSERT_TRUE(store) << store.error().message();
    store_ = std::move(*store);
  }

  void Write(const std::function<void(Tx&)>& run) {
    std::promise<Commit> done;
    store_->WriteInternal(
        [&run](Tx& tx) {
          run(tx);
          return true;
        },
        [&done](Commit result) { done.set_value(result); });
    ASSERT_EQ(done.get_future().get(), Commit::kCommitted);
  }

  // An event of that day with a delivery for each state, which ended on the day after.
  static EventId Add(Tx& tx, double day, const std::vector<DeliveryState>& states) {
    delivery::EventPayload event;
    event.app = kApp;
    event.type = "message.new";
    event.created_at = Day(day);
    event.body_v1 = std::make_shared<const std::string>(fmt::format(R"({{"day":{}}})", day));
    const auto stored = tx.InsertEvent(event);
    for (const DeliveryState state : states) {
      delivery::PendingDelivery delivery;
      delivery.uuid = TimeOrderedUuid(event.created_at);
      delivery.hook = kHook;
      delivery.event = stored;
      delivery.next_attempt_at = event.created_at;
      delivery::OutcomeRecord record;
      record.delivery = tx.InsertDelivery(delivery);
      record.hook = kHook;
      record.attempt = 1;
      record.started_at = Day(day + 1);
      record.outcome.status = state == DeliveryState::kDelivered ? 200 : 500;
      record.state = state;
      tx.RecordOutcome(record);
    }
    return stored->id;
  }

  /// Closes the store, and takes steps at that time until there is nothing more to do.
  std::vector<RetentionTable::Step> Sweep(const Retention& ages, Timestamp now) {
    store_ = nullptr;
    std::vector<RetentionTable::Step> steps;
    Connection db(directory_.path() + "/data/hookline.db", {});
    RetentionTable table(db, ages);
    do {
      db.Exec("BEGIN");
      steps.push_back(table.Continue(now, kRows, [] {}));
      db.Exec("COMMIT");
    } while (steps.back().more && steps.size() < 10'000);
    Open();
    return steps;
  }

  /// What is left: `event: states` with the payload in brackets if it is gone.
  std::vector<std::string> Left() {
    std::vector<std::string> left;
    std::promise<Commit> done;
    store_->ReadInternal(
        [&left](Reader& reader) {
          delivery::DeliveryFilter filter;
          filter.limit = 10'000;
          for (const auto& view : reader.ListDeliveries(filter)) {
            left.push_back(fmt::format("{} {}{}", view.event.value, ToString(view.state),
                                       view.has_payload ? "" : " (no payload)"));
          }
        },
        [&done](Commit result) { done.set_value(result); });
    EXPECT_EQ(done.get_future().get(), Commit::kCommitted);
    return left;
  }
  std::int64_t Count(const char* table) {
    Connection::Options options;
    options.read_only = true;
    Connection db(directory_.path() + "/data/hookline.db", options);
    return db.QueryInt(fmt::format("SELECT COUNT(*) FROM {}", table).c_str());
  }

  FixedClock clock_;
  TempDirectory directory_;
  std::unique_ptr<Store> store_;
};

constexpr auto kDelivered = DeliveryState::kDelivered;
constexpr auto kPending = DeliveryState::kPending;
constexpr auto kDead = DeliveryState::kDead;

TEST_F(SqliteRetentionTest, PayloadsThatHaveArrivedEverywhereGo) {
  Write([](Tx& tx) {
    Add(tx, 0, {kDelivered, kDelivered});
    Add(tx, 0, {kDelivered, kPending});
    Add(tx, 0, {kDelivered, kDead});
    Add(tx, 2.5, {kDelivered});
    Add(tx, 4.5, {kDelivered});
  });
  EXPECT_EQ(Sweep({}, Day(2.9)).back().bodies, 0);
  EXPECT_EQ(Sweep({}, Day(3.1)).back().bodies, 1);
  EXPECT_THAT(Left(),
              ElementsAre("5 delivered", "4 delivered", "3 dead", "3 delivered", "2 pending",
                          "2 delivered", "1 delivered (no payload)", "1 delivered (no payload)"));
  Sweep({.bodies = {}}, Day(29));
  EXPECT_EQ(Left().front(), "5 delivered");
  Sweep({}, Day(29));
  EXPECT_EQ(Left()[0], "5 delivered (no payload)");
  EXPECT_EQ(Left()[1], "4 delivered (no payload)");
  EXPECT_EQ(Left()[2], "3 dead");
}

TEST_F(SqliteRetentionTest, ADeliveryWithoutPayloadIsNotSentAgain) {
  Write([](Tx& tx) {
    Add(tx, 0, {kDelivered});
    Add(tx, 100, {kDelivered});
  });
  Sweep({}, Day(5));
  Write([](Tx& tx) {
    for (const auto& view : tx.ListDeliveries({})) tx.Redeliver(view.id, kHook, Day(6));
  });
  EXPECT_THAT(Left(), ElementsAre("2 pending", "1 delivered (no payload)"));
}

TEST_F(SqliteRetentionTest, DeliveriesGoByTheirState) {
  const Retention ages{.deliveries = days(10), .dead_letters = days(20)};
  Write([](Tx& tx) {
    Add(tx, 0, {kDelivered, kDead, kPending});
    Add(tx, 0, {kDelivered});
    Add(tx, 0, {kDead});
    Add(tx, 100, {kDelivered});
  });
  EXPECT_EQ(Count("attempts"), 3);
  Sweep(ages, Day(12));
  EXPECT_THAT(Left(), ElementsAre("4 delivered", "3 dead", "1 pending", "1 dead"));
  EXPECT_EQ(Count("events"), 3);
  Sweep(ages, Day(22));
  EXPECT_THAT(Left(), ElementsAre("4 delivered", "1 pending"));
  EXPECT_EQ(Count("events"), 2);
  EXPECT_EQ(Count("attempts"), 1);
}

TEST_F(SqliteRetentionTest, ForEverIsForEver) {
  Write([](Tx& tx) {
    Add(tx, 0, {kDelivered});
    Add(tx, 0, {kDead});
    Add(tx, 0, {kDelivered});
  });
  Sweep({.bodies = {}, .deliveries = {}, .dead_letters = {}, .tasks = {}}, Day(10'000));
  EXPECT_EQ(Left().size(), 3U);
  Sweep({.bodies = {}, .deliveries = {}}, Day(10'000));
  EXPECT_THAT(Left(), ElementsAre("3 delivered", "1 delivered"));
}

TEST_F(SqliteRetentionTest, NumbersAreNotGivenTwice) {
  EventId last;
  DeliveryId newest;
  Write([&](Tx& tx) {
    for (int i = 0; i < 3; ++i) last = Add(tx, 0, {kDelivered, kDelivered});
    newest = tx.ListDeliveries({}).front().id;
  });
  Sweep({}, Day(1000));
  EXPECT_EQ(Left().size(), 1U);
  Write([&](Tx& tx) {
    EXPECT_GT(Add(tx, 1001, {kDelivered}), last);
    EXPECT_GT(tx.ListDeliveries({}).front().id, newest);
  });
}

TEST_F(SqliteRetentionTest, StepsAreSmall) {
  constexpr int kEvents = 400;
  Write([](Tx& tx) {
    for (int i = 0; i < kEvents; ++i) Add(tx, 0, {kDelivered, kDelivered, kDead});
  });
  int removed = 0;
  for (const RetentionTable::Step& step : Sweep({}, Day(1000))) {
    EXPECT_LE(step.bodies, kRows);
    EXPECT_LT(step.deliveries, kRows + 3);
    removed += step.deliveries;
  }
  EXPECT_EQ(removed, 3 * kEvents - 1);
}

TEST_F(SqliteRetentionTest, WhatIsPassedOverIsLookedAtAgain) {
  const Retention ages{.deliveries = days(10), .dead_letters = days(400)};
  Write([](Tx& tx) {
    for (int i = 0; i < 200; ++i) Add(tx, 0, {kDead});
    for (int i = 0; i < 200; ++i) Add(tx, 0, {kDelivered});
  });
  Sweep(ages, Day(50));
  EXPECT_EQ(Left().size(), 201U);
  Sweep(ages, Day(500));
  EXPECT_EQ(Left().size(), 1U);
}

TEST_F(SqliteRetentionTest, ADatabaseThatIsTooLargeLosesTheOldestFirst) {
  Write([](Tx& tx) {
    for (int i = 0; i < 200; ++i) Add(tx, i, {kDelivered});
    Add(tx, 201, {kPending});
  });
  // However young they are; never what is pending.
  Sweep({.bytes_max = 1}, Day(203));
  EXPECT_THAT(Left(), ElementsAre("201 pending"));
}

TEST_F(SqliteRetentionTest, TasksAndStoredRepliesGo) {
  Write([](Tx& tx) {
    for (int i = 0; i < 150; ++i) {
      chat::Task task;
      task.app = kApp;
      task.id = fmt::format("task-{}", i);
      task.created_at = Day(i < 100 ? 0 : 40);
      tx.PutTask(task);
      IdempotentReply reply;
      reply.fingerprint = "f";
      reply.created_at = Day(i < 100 ? 39.4 : 40);
      tx.PutIdempotentReply({kApp, "", fmt::format("key-{}", i)}, reply, 1 << 30);
    }
  });
  Sweep({}, Day(40.9));
  EXPECT_EQ(Count("tasks"), 50);
  EXPECT_EQ(Count("idempotent_replies"), 50);
}

}  // namespace
}  // namespace hookline::store::sqlite
