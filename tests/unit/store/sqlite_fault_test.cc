// Goal: what was reported as committed survives a power failure; a full or failing disk is survived
// and healed; nothing is synced for nothing.
// Method: a file layer that remembers what was synced (fault_vfs.h).
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <atomic>
#include <future>
#include <latch>
#include <mutex>
#include <set>
#include <thread>

#include "store/sqlite/open.h"
#include "unit/store/fault_vfs.h"
#include "unit/store/temp_directory.h"

namespace hookline::store {
namespace {

class SqliteFaultTest : public testing::Test {
 protected:
  void SetUp() override { fault_vfs::Install(); }

  static std::unique_ptr<Store> Open(const std::string& directory, const std::string& vfs) {
    SqliteOptions options;
    options.directory = directory;
    options.vfs = vfs;
    options.log = [](std::string_view) {};
    auto store = OpenSqlite(options);
    EXPECT_TRUE(store) << store.error().message();
    return store ? std::move(*store) : nullptr;
  }
  std::string data() const { return directory_.path() + "/data"; }

  // Each job writes two rows, so that half a job can be told from a whole one.
  static std::move_only_function<bool(Tx&)> PutPair(int number, std::size_t size = 10) {
    return [number, size](Tx& tx) {
      chat::User user;
      user.app = {1};
      user.id = "user-" + std::to_string(number);
      user.image = std::string(size, 'x');
      tx.PutUser(user);
      chat::Task task;
      task.app = {1};
      task.id = "task-" + std::to_string(number);
      tx.PutTask(task);
      return true;
    };
  }
  static Commit WritePair(Store& store, int number, std::size_t size = 10) {
    std::promise<Commit> promise;
    store.Write(Origin{}, PutPair(number, size),
                [&promise](Commit result) { promise.set_value(result); });
    return promise.get_future().get();
  }
  static bool HasPair(Reader& reader, int number) {
    const bool user = reader.FindUser({1}, "user-" + std::to_string(number)) != nullptr;
    const bool task = reader.FindTask({1}, "task-" + std::to_string(number)).has_value();
    EXPECT_EQ(user, task) << "half of job " << number;
    return user;
  }
  static void Read(Store& store, std::move_only_function<void(Reader&)> run) {
    std::promise<Commit> promise;
    store.Read(Origin{}, std::move(run), [&promise](Commit result) { promise.set_value(result); });
    ASSERT_EQ(promise.get_future().get(), Commit::kCommitted);
  }

  TempDirectory directory_;
};

TEST_F(SqliteFaultTest, APowerFailureLosesNothingThatWasReported) {
  auto store = Open(data(), "fault");
  ASSERT_NE(store, nullptr);
  constexpr int kJobs = 4000;
  constexpr int kCrashes = 12;
  std::mutex mutex;
  std::set<int> reported;
  std::atomic<int> posted = 0;
  std::thread writer([&] {
    for (int i = 0; i < kJobs; ++i) {
      std::latch room(1);
      store->Write(Origin{}, PutPair(i, 400), [&, i](Commit result) {
        ASSERT_EQ(result, Commit::kCommitted);
        const std::lock_guard lock(mutex);
        reported.insert(i);
      });
      // Batches of many sizes: now and then the queue is let run empty.
      if (i % 37 == 0) {
        store->Write(Origin{}, [](Tx&) { return false; }, [&room](Commit) { room.count_down(); });
        room.wait();
      }
      ++posted;
      posted.notify_one();
    }
  });
  std::mt19937 random(20240731);
  for (int crash = 0; crash < kCrashes; ++crash) {
    const int wanted = kJobs * (crash + 1) / (kCrashes + 1);
    for (int now = posted; now < wanted; now = posted) posted.wait(now);
    std::set<int> promised;
    {
      const std::lock_guard lock(mutex);
      promised = reported;
    }
    const std::string left = directory_.path() + "/crash-" + std::to_string(crash);
    fault_vfs::Crash(data(), left, random);
    auto recovered = Open(left, "");
    ASSERT_NE(recovered, nullptr);
    Read(*recovered, [&](Reader& reader) {
      for (int i = 0; i < wanted; ++i) {
        const bool there = HasPair(reader, i);
        if (promised.contains(i)) {
          EXPECT_TRUE(there) << "job " << i << ", crash " << crash;
        }
      }
    });
    EXPECT_EQ(WritePair(*recovered, kJobs + 1), Commit::kCommitted);
  }
  writer.join();
  store->Stop();
  EXPECT_EQ(reported.size(), std::size_t{kJobs});
}

TEST_F(SqliteFaultTest, AFullDiskFailsJobsCleanlyAndHealsByItself) {
  auto store = Open(data(), "fault");
  ASSERT_NE(store, nullptr);
  ASSERT_EQ(WritePair(*store, 1), Commit::kCommitted);
  fault_vfs::SetDiskFull(true);
  EXPECT_EQ(WritePair(*store, 2), Commit::kFailed);
  EXPECT_FALSE(store->healthy());
  // More than the page cache holds is written before the commit: another way to fail.
  EXPECT_EQ(WritePair(*store, 3, 100'000'000), Commit::kFailed);
  EXPECT_EQ(WritePair(*store, 4), Commit::kFailed);
  Read(*store, [](Reader& reader) {
    EXPECT_TRUE(HasPair(reader, 1));
    EXPECT_FALSE(HasPair(reader, 2));
    EXPECT_FALSE(HasPair(reader, 3));
  });
  fault_vfs::SetDiskFull(false);
  EXPECT_EQ(WritePair(*store, 5), Commit::kCommitted);
  EXPECT_TRUE(store->healthy());
  store = nullptr;
  store = Open(data(), "");
  Read(*store, [](Reader& reader) {
    for (const int i : {1, 5}) EXPECT_TRUE(HasPair(reader, i));
    for (const int i : {2, 3, 4}) EXPECT_FALSE(HasPair(reader, i));
  });
}

TEST_F(SqliteFaultTest, FindsOutWithoutTrafficThatTheDiskHasRoomAgain) {
  std::latch healed(1);
  SqliteOptions options;
  options.directory = data();
  options.vfs = "fault";
  options.log = [&healed](std::string_view line) {
    if (line.find("again") != std::string_view::npos) healed.count_down();
  };
  auto store = OpenSqlite(options);
  ASSERT_TRUE(store);
  fault_vfs::SetDiskFull(true);
  EXPECT_EQ(WritePair(**store, 1), Commit::kFailed);
  EXPECT_FALSE((*store)->healthy());
  fault_vfs::SetDiskFull(false);
  healed.wait();
  EXPECT_TRUE((*store)->healthy());
}

TEST_F(SqliteFaultTest, OneSyncForABatchAndNoneForNothing) {
  auto store = Open(data(), "fault");
  ASSERT_NE(store, nullptr);
  ASSERT_EQ(WritePair(*store, 0), Commit::kCommitted);
  const std::int64_t before = fault_vfs::Syncs();
  std::promise<Commit> rolled_back;
  store->Write(
      Origin{},
      [](Tx& tx) {
        PutPair(1)(tx);
        return false;
      },
      [&](Commit result) { rolled_back.set_value(result); });
  EXPECT_EQ(rolled_back.get_future().get(), Commit::kRolledBack);
  std::promise<Commit> read_only;
  store->Write(
      Origin{}, [](Tx& tx) { return tx.FindUser({1}, "user-0") != nullptr; },
      [&](Commit result) { read_only.set_value(result); });
  EXPECT_EQ(read_only.get_future().get(), Commit::kCommitted);
  EXPECT_EQ(fault_vfs::Syncs(), before);
  // The first job holds the writer until the others are there.
  constexpr int kJobs = 50;
  std::latch queued(1);
  std::latch done(kJobs + 1);
  store->Write(
      Origin{},
      [&queued](Tx&) {
        queued.wait();
        return false;
      },
      [&done](Commit) { done.count_down(); });
  for (int i = 0; i < kJobs; ++i) {
    store->Write(Origin{}, PutPair(100 + i), [&done](Commit) { done.count_down(); });
  }
  queued.count_down();
  done.wait();
  EXPECT_LE(fault_vfs::Syncs(), before + 2);
}

class SqliteFailingDiskTest : public SqliteFaultTest, public testing::WithParamInterface<int> {};

// 0 stands for syncs that fail; else the result code of writes.
INSTANTIATE_TEST_SUITE_P(Errors, SqliteFailingDiskTest,
                         testing::Values(0, SQLITE_FULL, SQLITE_IOERR_WRITE));

TEST_P(SqliteFailingDiskTest, FailsJobsAndHealsByItself) {
  const auto break_disk = [](bool broken) {
    if (GetParam() == 0) return fault_vfs::SetSyncFails(broken);
    fault_vfs::SetWriteError(broken ? GetParam() : SQLITE_OK);
  };
  auto store = Open(data(), "fault");
  ASSERT_NE(store, nullptr);
  ASSERT_EQ(WritePair(*store, 0), Commit::kCommitted);
  for (int round = 1; round <= 10; ++round) {
    break_disk(true);
    EXPECT_EQ(WritePair(*store, -round), Commit::kFailed);
    EXPECT_FALSE(store->healthy());
    break_disk(false);
    EXPECT_EQ(WritePair(*store, round, 5'000), Commit::kCommitted);
    EXPECT_TRUE(store->healthy());
  }
  // Power fails right after a success.
  std::mt19937 random(7);
  fault_vfs::Crash(data(), directory_.path() + "/crash", random);
  auto recovered = Open(directory_.path() + "/crash", "");
  ASSERT_NE(recovered, nullptr);
  Read(*recovered, [](Reader& reader) {
    for (int round = 0; round <= 10; ++round) {
      EXPECT_TRUE(HasPair(reader, round)) << round;
      if (round > 0) EXPECT_FALSE(HasPair(reader, -round)) << round;
    }
  });
}

}  // namespace
}  // namespace hookline::store
