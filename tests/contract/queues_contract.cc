// Goal: what waits is bounded in number and bytes, everybody has a share of the queues and of the
// readers, and no read lasts for ever.
// Method: the writer or the readers are held by jobs that wait for a latch, so that what is posted
// meanwhile queues up; time is the test's own.
#include <gmock/gmock.h>

#include <algorithm>
#include <latch>
#include <mutex>
#include <semaphore>

#include "contract/store_contract.h"

namespace hookline::store {
namespace {

using testing::ElementsAre;

constexpr AppId kBusy{101};
constexpr AppId kOther{102};
constexpr AppId kThird{103};

// Holds the writer's thread until it is released.
class HeldWriter {
 public:
  explicit HeldWriter(Store& store) {
    store.WriteInternal(
        [this](Tx&) {
          running_.count_down();
          release_.wait();
          return false;
        },
        [this](Commit) { done_.count_down(); });
    running_.wait();
  }
  ~HeldWriter() {
    release_.count_down();
    done_.wait();
  }

 private:
  std::latch running_{1};
  std::latch release_{1};
  std::latch done_{1};
};

class Results {
 public:
  auto Add() {
    return [this](Commit result) {
      const std::lock_guard lock(mutex_);
      results_.push_back(result);
    };
  }
  std::ptrdiff_t Count(Commit wanted) const {
    const std::lock_guard lock(mutex_);
    return std::ranges::count(results_, wanted);
  }

 private:
  mutable std::mutex mutex_;
  std::vector<Commit> results_;
};

bool Nothing(Tx&) { return false; }

void PutManyUsers(Tx& tx, chat::User user) {
  for (int i = 0; i < 3000; ++i) {
    user.id = "user-" + std::to_string(i);
    tx.PutUser(user);
  }
}

// One that looks at every user: long enough for a store to look at the clock meanwhile.
chat::UserQuery LongQuery() {
  chat::UserQuery query;
  query.limit = 1;
  query.sort = {{"some_field", true}};
  return query;
}

TEST_P(StoreContract, AnAppMayHaveAsManyJobsWaitingAsAreLeftFree) {
  options_.write_queue_max = 12;
  Reopen();
  Results busy;
  Results other;
  Results third;
  {
    HeldWriter held(*store_);
    for (int i = 0; i < 20; ++i) store_->Write({kBusy, 1}, Nothing, busy.Add());
    for (int i = 0; i < 20; ++i) store_->Write({kOther, 1}, Nothing, other.Add());
    for (int i = 0; i < 20; ++i) store_->Write({kThird, 1}, Nothing, third.Add());
  }
  store_->Stop();
  EXPECT_EQ(busy.Count(Commit::kRolledBack), 6);
  EXPECT_EQ(other.Count(Commit::kRolledBack), 3);
  EXPECT_EQ(third.Count(Commit::kRolledBack), 1);
  EXPECT_EQ(busy.Count(Commit::kRejected), 14);
}

TEST_P(StoreContract, TheWriteQueueIsBoundedInBytesToo) {
  options_.write_queue_bytes_max = 1000;
  Reopen();
  Results busy;
  Results other;
  Results huge;
  {
    HeldWriter held(*store_);
    for (int i = 0; i < 20; ++i) store_->Write({kBusy, 100}, Nothing, busy.Add());
    EXPECT_EQ(busy.Count(Commit::kRejected), 15);
    EXPECT_EQ(store_->queues().write_bytes_queued, 500);
    store_->Write({kOther, 10}, Nothing, other.Add());
    EXPECT_EQ(other.Count(Commit::kRejected), 0);
    store_->Write({kThird, 600}, Nothing, huge.Add());
    EXPECT_EQ(huge.Count(Commit::kRejected), 1);
    EXPECT_EQ(store_->queues().writes_rejected, 16);
  }
  ASSERT_EQ(TryWrite([](Tx&) { return true; }), Commit::kCommitted);
  store_->Stop();
  EXPECT_EQ(busy.Count(Commit::kRolledBack), 5);
  EXPECT_EQ(other.Count(Commit::kRolledBack), 1);
  EXPECT_EQ(store_->queues().writes_queued, 0);
  EXPECT_EQ(store_->queues().write_bytes_queued, 0);
}

TEST_P(StoreContract, WhatIsLargerThanTheQueueRunsWhenThereIsNothingElse) {
  options_.write_queue_bytes_max = 1000;
  Reopen();
  Results results;
  store_->Write({kBusy, 5000}, Nothing, results.Add());
  store_->Stop();
  EXPECT_EQ(results.Count(Commit::kRolledBack), 1);
}

TEST_P(StoreContract, AppsTakeTurnsAndEachAppsJobsKeepTheirOrder) {
  std::vector<std::string> order;  // The writer's thread alone writes it.
  {
    HeldWriter held(*store_);
    const auto post = [&](AppId app, const std::string& name) {
      store_->Write(
          {app, 1},
          [&order, name](Tx&) {
            order.push_back(name);
            return false;
          },
          [](Commit) {});
    };
    for (const char* name : {"a1", "a2", "a3", "a4"}) post(kBusy, name);
    for (const char* name : {"b1", "b2"}) post(kOther, name);
    post(kThird, "c1");
  }
  store_->Stop();
  EXPECT_THAT(order, ElementsAre("a1", "b1", "c1", "a2", "b2", "a3", "a4"));
}

TEST_P(StoreContract, InternalJobsDoNotWaitForACrowdOfCallers) {
  constexpr int kCrowd = 3000;
  std::atomic<int> before = 0;
  std::atomic<int> ran = 0;
  {
    HeldWriter held(*store_);
    for (int i = 0; i < kCrowd; ++i) {
      store_->Write(
          {kBusy, 1},
          [&ran](Tx&) {
            ++ran;
            return false;
          },
          [](Commit) {});
    }
    store_->WriteInternal(
        [&](Tx&) {
          before = ran.load();
          return false;
        },
        [](Commit) {});
  }
  store_->Stop();
  EXPECT_EQ(ran, kCrowd);
  EXPECT_LT(before, kCrowd / 4);
}

// Jobs that occupy a reader each until they are released.
class HeldReaders {
 public:
  explicit HeldReaders(Store& store) : store_(store) {}
  ~HeldReaders() {
    release_.count_down();
    for (int i = 0; i < posted_; ++i) ended_.acquire();
  }
  void Post(AppId app) {
    ++posted_;
    store_.Read(
        {app, 1},
        [this](Reader&) {
          running_.release();
          release_.wait();
        },
        [this](Commit) { ended_.release(); });
  }
  void AwaitOne() { running_.acquire(); }

 private:
  Store& store_;
  int posted_ = 0;
  std::counting_semaphore<> running_{0};
  std::counting_semaphore<> ended_{0};
  std::latch release_{1};
};

TEST_P(StoreContract, OneAppNeverOccupiesAllReaders) {
  HeldReaders held(*store_);
  for (int i = 0; i < 50; ++i) held.Post(kBusy);
  held.AwaitOne();
  for (const AppId app : {kOther, kThird, kOther}) {
    std::promise<Commit> done;
    store_->Read({app, 1}, [](Reader&) {}, [&done](Commit result) { done.set_value(result); });
    EXPECT_EQ(done.get_future().get(), Commit::kCommitted);
  }
}

TEST_P(StoreContract, OneReaderIsFreeForTheServersOwnWork) {
  HeldReaders held(*store_);
  for (const AppId app : {kBusy, kOther, kThird}) {
    for (int i = 0; i < 10; ++i) held.Post(app);
  }
  held.AwaitOne();
  std::promise<Commit> done;
  store_->ReadInternal([](Reader&) {}, [&done](Commit result) { done.set_value(result); });
  EXPECT_EQ(done.get_future().get(), Commit::kCommitted);
}

TEST_P(StoreContract, ReadsHaveSharesOfTheirQueue) {
  options_.read_queue_max = 20;
  Reopen();
  Results busy;
  Results other;
  std::latch release(1);
  const auto hold = [&release](Reader&) { release.wait(); };
  for (int i = 0; i < 30; ++i) store_->Read({kBusy, 1}, hold, busy.Add());
  for (int i = 0; i < 30; ++i) store_->Read({kOther, 1}, hold, other.Add());
  EXPECT_EQ(busy.Count(Commit::kRejected), 20);
  EXPECT_EQ(other.Count(Commit::kRejected), 25);
  release.count_down();
  store_->Stop();
}

TEST_P(StoreContract, AReadThatTakesTooLongIsGivenUp) {
  Write([this](Tx& tx) { PutManyUsers(tx, MakeUser("")); });
  const chat::UserQuery query = LongQuery();
  std::promise<Commit> late;
  bool ended = false;
  store_->Read(
      {kBusy, 1},
      [&](Reader& reader) {
        EXPECT_TRUE(reader.QueryUsers(app_, query));
        clock_.Advance(options_.read_time_max);
        static_cast<void>(reader.QueryUsers(app_, query));
        ended = true;
      },
      [&late](Commit result) { late.set_value(result); });
  EXPECT_EQ(late.get_future().get(), Commit::kTimedOut);
  EXPECT_FALSE(ended);
  EXPECT_EQ(store_->queues().reads_timed_out, 1);
  EXPECT_TRUE(store_->healthy());
  // The next one has all of its time.
  Read([&](Reader& reader) { EXPECT_TRUE(reader.QueryUsers(app_, query)); });
}

TEST_P(StoreContract, TheServersOwnReadsTakeAsLongAsTheyTake) {
  Write([this](Tx& tx) { PutManyUsers(tx, MakeUser("")); });
  const chat::UserQuery query = LongQuery();
  std::promise<Commit> done;
  store_->ReadInternal(
      [&](Reader& reader) {
        clock_.Advance(10 * options_.read_time_max);
        EXPECT_TRUE(reader.QueryUsers(app_, query));
      },
      [&done](Commit result) { done.set_value(result); });
  EXPECT_EQ(done.get_future().get(), Commit::kCommitted);
}

TEST_P(StoreContract, AReadThatWaitedTooLongIsNotBegun) {
  Results results;
  std::atomic<int> began = 0;
  {
    HeldReaders held(*store_);
    for (int i = 0; i < 10; ++i) held.Post(kBusy);
    held.AwaitOne();
    for (int i = 0; i < 5; ++i) {
      store_->Read({kBusy, 1}, [&began](Reader&) { ++began; }, results.Add());
    }
    clock_.Advance(options_.read_wait_max + std::chrono::milliseconds(1));
  }
  Read([](Reader&) {});
  store_->Stop();
  EXPECT_EQ(began, 0);
  EXPECT_EQ(results.Count(Commit::kRejected), 5);
}

TEST_P(StoreContract, StoppingInterruptsReadsAndRejectsThoseThatWait) {
  Write([this](Tx& tx) { PutManyUsers(tx, MakeUser("")); });
  const chat::UserQuery query = LongQuery();
  Results results;
  std::latch running(1);
  store_->Read(
      {kBusy, 1},
      [&](Reader& reader) {
        running.count_down();
        for (;;) static_cast<void>(reader.QueryUsers(app_, query));
      },
      results.Add());
  running.wait();
  store_->Stop();
  EXPECT_EQ(results.Count(Commit::kRejected), 1);
}

}  // namespace
}  // namespace hookline::store
