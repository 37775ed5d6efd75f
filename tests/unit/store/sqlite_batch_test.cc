// Goal: a job that fails, fails alone, whatever its size and its way of failing; a batch that is
// not kept answers none of its jobs with success, whatever they saw; work that the store repeats by
// itself ends, or waits without being a nuisance.
// Method: jobs that share a batch because the writer is held until all are queued; jobs that change
// many scattered pages on the real file layer; random jobs on a flaky one, compared with a model.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <latch>
#include <map>
#include <random>

#include "store/sqlite/open.h"
#include "unit/store/fault_vfs.h"
#include "unit/store/temp_directory.h"

namespace hookline::store {
namespace {

constexpr AppId kApp{1};

std::string Scattered(std::uint64_t n) {
  // Any fixed bijection will do: neighbours in number are far apart in the table.
  n = (n + 1) * 0x9E3779B97F4A7C15ULL;
  char text[17];
  std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(n));
  return text;
}

void PutUser(Tx& tx, const std::string& id, const std::string& name, std::size_t bytes = 300) {
  chat::User user;
  user.app = kApp;
  user.id = id;
  user.name = name;
  user.image = std::string(bytes, 'x');
  tx.PutUser(user);
}

std::string NameOf(Reader& reader, const std::string& id) {
  const chat::UserPtr user = reader.FindUser(kApp, id);
  return user == nullptr ? "" : user->name.value_or("");
}

class SqliteBatchTest : public testing::Test {
 protected:
  void SetUp() override {
    fault_vfs::Install();
    Open();
  }
  void TearDown() override {
    fault_vfs::SetFlaky(0, 0);
    fault_vfs::SetDiskFull(false);
  }

  void Open() {
    SqliteOptions options;
    options.directory = directory_.path() + "/data";
    options.vfs = vfs_;
    options.log = [this](std::string_view line) {
      const std::lock_guard lock(log_mutex_);
      log_.emplace_back(line);
    };
    auto store = OpenSqlite(options);
    ASSERT_TRUE(store) << store.error().message();
    store_ = std::move(*store);
  }
  void Reopen(const std::string& vfs) {
    store_ = nullptr;
    vfs_ = vfs;
    Open();
  }
  std::size_t LogLines() {
    const std::lock_guard lock(log_mutex_);
    return log_.size();
  }

  Commit Write(std::move_only_function<bool(Tx&)> run) {
    std::promise<Commit> promise;
    store_->Write(Origin{}, std::move(run),
                  [&promise](Commit result) { promise.set_value(result); });
    return promise.get_future().get();
  }
  void Read(std::move_only_function<void(Reader&)> run) {
    std::promise<Commit> promise;
    store_->Read(Origin{}, std::move(run),
                 [&promise](Commit result) { promise.set_value(result); });
    ASSERT_EQ(promise.get_future().get(), Commit::kCommitted);
  }
  // Runs all of them in one batch, and returns what they were told.
  std::vector<Commit> WriteTogether(std::vector<std::function<bool(Tx&)>> jobs) {
    std::vector<Commit> results(jobs.size());
    std::latch queued(1);
    std::latch done(static_cast<std::ptrdiff_t>(jobs.size()) + 1);
    store_->Write(
        Origin{},
        [&queued](Tx&) {
          queued.wait();
          return false;
        },
        [&done](Commit) { done.count_down(); });
    for (std::size_t i = 0; i < jobs.size(); ++i) {
      store_->Write(Origin{}, std::move(jobs[i]), [&, i](Commit result) {
        results[i] = result;
        done.count_down();
      });
    }
    queued.count_down();
    done.wait();
    return results;
  }
  static bool All(const std::vector<Commit>& results, Commit wanted) {
    return std::ranges::all_of(results, [wanted](Commit result) { return result == wanted; });
  }

  TempDirectory directory_;
  std::string vfs_ = "fault";
  std::mutex log_mutex_;
  std::vector<std::string> log_;
  std::unique_ptr<Store> store_;
};

TEST_F(SqliteBatchTest, AJobMayChangeAThousandScatteredRows) {
  Reopen("");
  for (int part = 0; part < 20; ++part) {
    ASSERT_EQ(Write([&](Tx& tx) {
                for (int i = 0; i < 1000; ++i) {
                  PutUser(tx, Scattered(static_cast<std::uint64_t>(part * 1000 + i)), "old");
                }
                return true;
              }),
              Commit::kCommitted)
        << part;
  }
  std::vector<std::function<bool(Tx&)>> jobs;
  for (int job = 0; job < 3; ++job) {
    jobs.emplace_back([job](Tx& tx) {
      for (int i = 0; i < 1000; ++i) {
        PutUser(tx, Scattered(static_cast<std::uint64_t>(i * 20 + job)), "new");
      }
      return job != 1;
    });
  }
  EXPECT_THAT(WriteTogether(std::move(jobs)),
              testing::ElementsAre(Commit::kCommitted, Commit::kRolledBack, Commit::kCommitted));
  Read([](Reader& reader) {
    for (int i = 0; i < 1000; ++i) {
      EXPECT_EQ(NameOf(reader, Scattered(static_cast<std::uint64_t>(i * 20))), "new");
      EXPECT_EQ(NameOf(reader, Scattered(static_cast<std::uint64_t>(i * 20 + 1))), "old");
      EXPECT_EQ(NameOf(reader, Scattered(static_cast<std::uint64_t>(i * 20 + 2))), "new");
    }
  });
  EXPECT_EQ(LogLines(), 0U);
}

// A disk that is full only as long as the job runs that fills it.
TEST_F(SqliteBatchTest, AJobThatBreaksTheTransactionFailsAlone) {
  std::atomic<int> runs = 0;
  const auto small = [](int i) {
    return [i](Tx& tx) {
      PutUser(tx, "user-" + std::to_string(i), "kept");
      return true;
    };
  };
  const auto large = [&runs](Tx& tx) {
    ++runs;
    fault_vfs::SetDiskFull(true);
    try {
      // More than the cache holds: pages are written before the commit.
      for (int i = 0; i < 40; ++i) PutUser(tx, "large-" + std::to_string(i), "", 3'000'000);
    } catch (...) {
      fault_vfs::SetDiskFull(false);
      throw;
    }
    fault_vfs::SetDiskFull(false);
    return true;
  };
  EXPECT_THAT(WriteTogether({small(0), small(1), large, small(2)}),
              testing::ElementsAre(Commit::kCommitted, Commit::kCommitted, Commit::kFailed,
                                   Commit::kCommitted));
  EXPECT_EQ(runs, 2);
  EXPECT_TRUE(store_->healthy());
  Read([](Reader& reader) {
    for (int i = 0; i < 3; ++i) EXPECT_EQ(NameOf(reader, "user-" + std::to_string(i)), "kept");
    EXPECT_EQ(reader.FindUser(kApp, "large-0"), nullptr);
  });
}

TEST_F(SqliteBatchTest, ABatchThatIsNotKeptFailsThoseToWhoSawIt) {
  fault_vfs::SetDiskFull(true);
  std::vector<std::function<bool(Tx&)>> jobs;
  jobs.emplace_back([](Tx& tx) {
    PutUser(tx, "ann", "first");
    return true;
  });
  for (int i = 0; i < 20; ++i) {
    // As an idempotent request does: what is there already is answered, and nothing is written.
    jobs.emplace_back([](Tx& tx) {
      if (tx.FindUser(kApp, "ann") != nullptr) return false;
      PutUser(tx, "ann", "again");
      return true;
    });
  }
  jobs.emplace_back([](Tx& tx) { return tx.FindUser(kApp, "ann") != nullptr; });
  EXPECT_TRUE(All(WriteTogether(std::move(jobs)), Commit::kFailed));
  EXPECT_FALSE(store_->healthy());
  fault_vfs::SetDiskFull(false);
  EXPECT_EQ(Write([](Tx& tx) { return tx.FindUser(kApp, "ann") == nullptr; }), Commit::kCommitted);
}

TEST_F(SqliteBatchTest, OnlyTheLastRunOfAJobHasEffects) {
  std::atomic<int> on_commit = 0;
  std::atomic<int> runs = 0;
  // The first time, the whole batch is lost; the second time, there is room again.
  const auto first = [](Tx& tx) {
    fault_vfs::SetDiskFull(false);
    PutUser(tx, "bob", "");
    return true;
  };
  const auto second = [&](Tx& tx) {
    fault_vfs::SetDiskFull(++runs == 1);
    PutUser(tx, "ann", std::to_string(runs));
    tx.OnCommit([&on_commit] { ++on_commit; });
    return true;
  };
  EXPECT_TRUE(All(WriteTogether({first, second}), Commit::kCommitted));
  EXPECT_EQ(runs, 2);
  EXPECT_EQ(on_commit, 1);
  Read([](Reader& reader) { EXPECT_EQ(NameOf(reader, "ann"), "2"); });
}

TEST_F(SqliteBatchTest, AFaultOfAJobIsToldApartFromOneOfTheStore) {
  EXPECT_EQ(Write([](Tx&) -> bool { throw std::logic_error("on purpose"); }), Commit::kFault);
  EXPECT_EQ(Write([](Tx&) -> bool { throw Failure("on purpose"); }), Commit::kFailed);
  EXPECT_TRUE(store_->healthy());
}

TEST_F(SqliteBatchTest, FailuresThatRepeatThemselvesAreLoggedOnce) {
  for (int i = 0; i < 50; ++i) {
    EXPECT_EQ(Write([](Tx&) -> bool { throw Failure("on purpose"); }), Commit::kFailed);
  }
  EXPECT_EQ(LogLines(), 1U);
}

class SqliteBigPurgeTest : public SqliteBatchTest {
 protected:
  static constexpr int kMessages = 12'000;

  void FillAndPurge() {
    ChannelId pk;
    for (int part = 0; part < 12; ++part) {
      ASSERT_EQ(Write([&](Tx& tx) {
                  if (part == 0) {
                    chat::Channel channel;
                    channel.app = kApp;
                    channel.type = "messaging";
                    channel.id = "general";
                    pk = tx.InsertChannel(channel);
                  }
                  for (int i = 0; i < kMessages / 12; ++i) {
                    chat::Message message;
                    message.app = kApp;
                    message.channel = pk;
                    message.id = Scattered(static_cast<std::uint64_t>(part * 1000 + i));
                    message.type = "regular";
                    message.text = std::string(1000, 't');
                    chat::Reaction reaction;
                    reaction.app = kApp;
                    reaction.message = tx.InsertMessage(message);
                    reaction.user_id = "ann";
                    reaction.type = "love";
                    tx.PutReaction(reaction);
                  }
                  return true;
                }),
                Commit::kCommitted);
    }
    ASSERT_EQ(Write([&](Tx& tx) {
                tx.PurgeChannel(pk);
                return true;
              }),
              Commit::kCommitted);
    id_ = Scattered(0);
  }
  bool Gone() {
    bool gone = false;
    Read([&](Reader& reader) {
      gone = true;
      for (const int i : {0, kMessages / 2, kMessages - 1}) {
        const auto n = static_cast<std::uint64_t>(i);
        gone = gone && !reader.FindMessage(kApp, Scattered(n)).has_value();
      }
    });
    return gone;
  }
  std::string id_;
};

TEST_F(SqliteBigPurgeTest, EndsOnTheRealFileLayer) {
  Reopen("");
  FillAndPurge();
  while (!Gone()) Write([](Tx&) { return true; });
  EXPECT_TRUE(store_->healthy());
  EXPECT_EQ(LogLines(), 0U);
}

// Pieces fail now and then, and are cut in two; in the end all is gone.
TEST_F(SqliteBigPurgeTest, EndsOnAFlakyDiskWithoutFloodingTheLog) {
  FillAndPurge();
  fault_vfs::SetFlaky(2, 20'261'125);
  for (int i = 0; i < 200; ++i) Write([](Tx&) { return true; });
  fault_vfs::SetFlaky(0, 0);
  // At least one commit: health is what the latest says, which was on the flaky disk.
  do {
    Write([](Tx& tx) {
      PutUser(tx, "ann", "Ann");
      return true;
    });
  } while (!Gone());
  EXPECT_TRUE(store_->healthy());
  EXPECT_LE(LogLines(), 4U);
}

// A model that knows what the store was told to have kept, against jobs of many sizes that end in
// every way there is, on a disk that fails at random.
TEST_F(SqliteBatchTest, RandomJobsOnAFlakyDiskLeaveWhatTheyWereToldToLeave) {
  constexpr int kUsers = 2000;
  constexpr int kRounds = 30;
  constexpr int kJobsPerRound = 12;
  std::mt19937 random(4711);
  std::map<std::string, std::string> model;
  int number = 0;
  int kept = 0;
  int failed = 0;
  for (int round = 0; round < kRounds; ++round) {
    struct Plan {
      std::vector<std::string> ids;
      std::string name;
      unsigned end = 0;
      std::string seen;  // Of the first id, in the last run.
    };
    std::vector<std::shared_ptr<Plan>> plans;
    std::vector<std::function<bool(Tx&)>> jobs;
    for (int job = 0; job < kJobsPerRound; ++job) {
      auto plan = std::make_shared<Plan>();
      const int size = random() % 4 == 0 ? 400 : 1 + static_cast<int>(random() % 10);
      for (int i = 0; i < size; ++i) plan->ids.push_back(Scattered(random() % kUsers));
      plan->name = std::to_string(++number);
      plan->end = random() % 10;
      plans.push_back(plan);
      jobs.emplace_back([plan](Tx& tx) {
        plan->seen = NameOf(tx, plan->ids.front());
        for (const std::string& id : plan->ids) PutUser(tx, id, plan->name, 900);
        if (plan->end == 0) throw Failure("on purpose");
        if (plan->end == 1) throw std::logic_error("on purpose");
        return plan->end != 2;
      });
    }
    fault_vfs::SetFlaky(round % 3 == 0 ? 0 : round % 3 == 1 ? 1 : 20, random());
    const std::vector<Commit> results = WriteTogether(std::move(jobs));
    fault_vfs::SetFlaky(0, 0);
    for (std::size_t i = 0; i < plans.size(); ++i) {
      const Plan& plan = *plans[i];
      const Commit result = results[i];
      if (result == Commit::kCommitted || result == Commit::kRolledBack) {
        // Jobs of a round are told in the order in which they were posted.
        EXPECT_EQ(plan.seen, model[plan.ids.front()]) << "round " << round << ", job " << i;
      }
      if (result == Commit::kFailed) ++failed;
      if (result != Commit::kCommitted) continue;
      ++kept;
      EXPECT_GT(plan.end, 2U);
      for (const std::string& id : plan.ids) model[id] = plan.name;
    }
    if (round % 10 == 9) Reopen("fault");
    Read([&](Reader& reader) {
      for (const auto& [id, name] : model) EXPECT_EQ(NameOf(reader, id), name) << id;
    });
  }
  EXPECT_GT(kept, kRounds);
  EXPECT_GT(failed, 0);
}

}  // namespace
}  // namespace hookline::store
