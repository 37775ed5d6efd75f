// Goal: jobs are atomic, isolated from each other, durable, and told about in the right order.
// Method: small jobs through the public interface; batches are made by blocking the writer's
// thread in a job until the others are queued.
#include <gmock/gmock.h>
#include <algorithm>

#include <latch>
#include <thread>

#include "contract/store_contract.h"

namespace hookline::store {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class RecordingListener final : public delivery::CommitListener {
 public:
  void OnDeliveriesCommitted(std::vector<delivery::PendingDelivery> deliveries) override {
    calls.push_back(std::move(deliveries));
  }
  std::vector<std::vector<delivery::PendingDelivery>> calls;
};

// Holds the writer's thread until it is released, so that the jobs posted meanwhile share a batch.
class Blocker {
 public:
  explicit Blocker(Store& store) {
    store.Write(
        Origin{},
        [this](Tx&) {
          running_.count_down();
          release_.wait();
          return false;
        },
        [this](Commit) { done_.count_down(); });
    running_.wait();
  }
  ~Blocker() {
    Release();
    done_.wait();
  }
  void Release() {
    if (!std::exchange(released_, true)) release_.count_down();
  }

 private:
  std::latch running_{1};
  std::latch release_{1};
  std::latch done_{1};
  bool released_ = false;
};

TEST_P(StoreContract, KeepsWhatWasCommittedOverReopening) {
  Write([&](Tx& tx) { tx.PutUser(MakeUser("ann")); });
  Reopen();
  Read([&](Reader& reader) { EXPECT_NE(reader.FindUser(app_, "ann"), nullptr); });
}

TEST_P(StoreContract, EpochGrowsByOneWithEveryOpening) {
  const std::int64_t first = store_->epoch();
  Reopen();
  EXPECT_EQ(store_->epoch(), first + 1);
  Reopen();
  EXPECT_EQ(store_->epoch(), first + 2);
}

TEST_P(StoreContract, AJobSeesItsOwnWritesAndOthersOnlyAfterTheCommit) {
  Write([&](Tx& tx) {
    EXPECT_EQ(tx.FindUser(app_, "ann"), nullptr);
    tx.PutUser(MakeUser("ann"));
    EXPECT_NE(tx.FindUser(app_, "ann"), nullptr);
    Read([&](Reader& reader) { EXPECT_EQ(reader.FindUser(app_, "ann"), nullptr); });
  });
  Read([&](Reader& reader) { EXPECT_NE(reader.FindUser(app_, "ann"), nullptr); });
}

TEST_P(StoreContract, AReadJobSeesOneState) {
  Read([&](Reader& reader) {
    EXPECT_EQ(reader.FindUser(app_, "ann"), nullptr);
    Write([&](Tx& tx) { tx.PutUser(MakeUser("ann")); });
    EXPECT_EQ(reader.FindUser(app_, "ann"), nullptr);
  });
}

TEST_P(StoreContract, AJobThatReturnsFalseOrThrowsIsRolledBack) {
  EXPECT_EQ(TryWrite([&](Tx& tx) {
              tx.PutUser(MakeUser("ann"));
              return false;
            }),
            Commit::kRolledBack);
  EXPECT_EQ(TryWrite([&](Tx& tx) -> bool {
              tx.PutUser(MakeUser("bob"));
              throw Failure("on purpose");
            }),
            Commit::kFailed);
  ReadBoth([&](Reader& reader) {
    EXPECT_EQ(reader.FindUser(app_, "ann"), nullptr);
    EXPECT_EQ(reader.FindUser(app_, "bob"), nullptr);
  });
}

TEST_P(StoreContract, JobsOfOneBatchFailAlone) {
  std::vector<std::pair<std::string, Commit>> results;
  std::latch all(4);
  {
    Blocker blocker(*store_);
    const auto post = [&](std::string id, int outcome) {
      store_->Write(
          Origin{},
          [this, id, outcome](Tx& tx) {
            tx.PutUser(MakeUser(id));
            if (outcome == 2) throw Failure("on purpose");
            return outcome == 0;
          },
          [&results, &all, id](Commit result) {
            results.emplace_back(id, result);
            all.count_down();
          });
    };
    post("one", 0);
    post("two", 1);
    post("three", 2);
    post("four", 0);
  }
  all.wait();
  EXPECT_THAT(
      results,
      ElementsAre(std::pair("one", Commit::kCommitted), std::pair("two", Commit::kRolledBack),
                  std::pair("three", Commit::kFailed), std::pair("four", Commit::kCommitted)));
  ReadBoth([&](Reader& reader) {
    EXPECT_NE(reader.FindUser(app_, "one"), nullptr);
    EXPECT_EQ(reader.FindUser(app_, "two"), nullptr);
    EXPECT_EQ(reader.FindUser(app_, "three"), nullptr);
    EXPECT_NE(reader.FindUser(app_, "four"), nullptr);
  });
}

// Whatever a store remembers of users, channels, members and apps to be quick must be forgotten
// with the job that changed it.
TEST_P(StoreContract, RollingBackUndoesEveryKindOfChange) {
  const std::vector<HookId> hooks = AddAppWithHooks({"h"});
  chat::Channel channel = MakeChannel("general");
  Write([&](Tx& tx) {
    tx.PutUser(MakeUser("ann"));
    channel.pk = tx.InsertChannel(channel);
    tx.PutMember(MakeMember(channel.pk, "ann"));
  });
  const auto look = [&](Reader& reader) {
    EXPECT_EQ(reader.FindUser(app_, "ann")->role, "user");
    EXPECT_EQ(reader.FindChannel(channel.pk)->countable_messages, 0);
    EXPECT_EQ(reader.FindChannel(app_, "messaging", "general")->countable_messages, 0);
    EXPECT_EQ(reader.FindMember(channel.pk, "ann")->read_count, 0);
    EXPECT_EQ(reader.FindMember(channel.pk, "bob"), std::nullopt);
    EXPECT_EQ(reader.ListMembers(channel.pk, 10, 0).size(), 1U);
    EXPECT_EQ(reader.Unread(app_, "ann").messages, 0);
    EXPECT_EQ(reader.Unread(app_, "bob").messages, 0);
    EXPECT_EQ(reader.FindApp(app_)->hooks.size(), 1U);
    EXPECT_EQ(reader.FindApp(app_)->name, "");
  };
  ReadBoth(look);
  EXPECT_EQ(TryWrite([&](Tx& tx) {
              look(tx);
              chat::User user = MakeUser("ann");
              user.role = "admin";
              tx.PutUser(user);
              chat::Channel changed = channel;
              changed.countable_messages = 7;
              tx.UpdateChannel(changed);
              chat::Member member = MakeMember(channel.pk, "ann");
              member.read_count = 3;
              tx.PutMember(member);
              tx.PutMember(MakeMember(channel.pk, "bob"));
              settings::App app = *tx.FindApp(app_);
              app.name = "renamed";
              tx.UpdateApp(app);
              tx.ReplaceHooks(app_, {});
              EXPECT_EQ(tx.FindUser(app_, "ann")->role, "admin");
              EXPECT_EQ(tx.FindChannel(channel.pk)->countable_messages, 7);
              EXPECT_EQ(tx.FindChannel(app_, "messaging", "general")->countable_messages, 7);
              EXPECT_EQ(tx.FindMember(channel.pk, "ann")->read_count, 3);
              EXPECT_EQ(tx.ListMembers(channel.pk, 10, 0).size(), 2U);
              EXPECT_EQ(tx.Unread(app_, "ann").messages, 4);
              EXPECT_EQ(tx.Unread(app_, "bob").messages, 7);
              EXPECT_THAT(tx.FindApp(app_)->hooks, IsEmpty());
              EXPECT_EQ(tx.FindApp(app_)->name, "renamed");
              return false;
            }),
            Commit::kRolledBack);
  ReadBoth(look);
}

TEST_P(StoreContract, TellsOfACommitInOrder) {
  const std::vector<HookId> hooks = AddAppWithHooks({"h"});
  Reopen();
  std::vector<std::string> order;
  class Listener final : public delivery::CommitListener {
   public:
    explicit Listener(std::vector<std::string>& order) : order_(order) {}
    void OnDeliveriesCommitted(std::vector<delivery::PendingDelivery> deliveries) override {
      order_.push_back("deliveries " + std::to_string(deliveries.size()));
    }

   private:
    std::vector<std::string>& order_;
  } listener(order);
  store_->SetCommitListener(&listener);
  std::latch all(3);
  {
    Blocker blocker(*store_);
    for (const bool keep : {true, false, true}) {
      store_->Write(
          Origin{},
          [&, keep](Tx& tx) {
            tx.OnCommit([&order] { order.push_back("on commit"); });
            tx.InsertDelivery(MakeDelivery(hooks[0], tx.InsertEvent(MakeEvent()), At(10)));
            return keep;
          },
          [&, keep](Commit) {
            order.push_back(keep ? "done" : "rolled back");
            all.count_down();
          });
    }
  }
  all.wait();
  store_->Stop();
  // On a slow machine the jobs may fall into several commits; the order holds within each.
  int on_commit = 0;
  int handed_out = 0;
  int done = 0;
  for (const std::string& step : order) {
    if (step == "on commit") {
      ++on_commit;
    } else if (step.starts_with("deliveries ")) {
      handed_out += std::stoi(step.substr(step.find(' ')));
      EXPECT_EQ(handed_out, on_commit);
    } else if (step == "done") {
      EXPECT_LE(++done, handed_out);
    }
  }
  EXPECT_EQ(on_commit, 2);
  EXPECT_EQ(handed_out, 2);
  EXPECT_EQ(done, 2);
  EXPECT_EQ(std::ranges::count(order, "rolled back"), 1);
}

TEST_P(StoreContract, HandsOutDeliveriesWithTheEventTheyWereGiven) {
  const std::vector<HookId> hooks = AddAppWithHooks({"h", "i"});
  Reopen();
  RecordingListener listener;
  store_->SetCommitListener(&listener);
  delivery::EventPayloadPtr event;
  std::vector<DeliveryId> ids;
  Write([&](Tx& tx) {
    event = tx.InsertEvent(MakeEvent());
    for (const HookId hook : hooks) {
      ids.push_back(tx.InsertDelivery(MakeDelivery(hook, event, At(10))));
    }
  });
  store_->Stop();
  ASSERT_EQ(listener.calls.size(), 1U);
  ASSERT_EQ(listener.calls[0].size(), 2U);
  for (std::size_t i = 0; i < 2; ++i) {
    EXPECT_EQ(listener.calls[0][i].event, event);
    EXPECT_EQ(listener.calls[0][i].id, ids[i]);
    EXPECT_EQ(listener.calls[0][i].hook, hooks[i]);
    EXPECT_EQ(listener.calls[0][i].next_attempt_at, At(10));
  }
}

TEST_P(StoreContract, RejectsWritesWhenTheQueueIsFullButNotInternalOnes) {
  options_.write_queue_max = 4;
  Reopen();
  std::atomic<int> committed = 0;
  std::atomic<int> rejected = 0;
  const auto count = [&](Commit result) {
    if (result == Commit::kCommitted) ++committed;
    if (result == Commit::kRejected) ++rejected;
  };
  const auto put = [this](Tx& tx) {
    tx.PutUser(MakeUser("ann"));
    return true;
  };
  {
    Blocker blocker(*store_);
    for (int i = 0; i < 10; ++i) store_->Write(Origin{}, put, count);
    EXPECT_GE(rejected, 6);
    const int before = rejected;
    for (int i = 0; i < 10; ++i) store_->WriteInternal(put, count);
    EXPECT_EQ(rejected, before);
  }
  Write([](Tx&) {});
  EXPECT_EQ(committed + rejected, 20);
  EXPECT_EQ(TryWrite(put), Commit::kCommitted);
}

TEST_P(StoreContract, RejectsReadsWhenTheQueueIsFull) {
  options_.read_queue_max = 2;
  Reopen();
  std::latch release(1);
  std::atomic<int> rejected = 0;
  std::atomic<int> done = 0;
  for (int i = 0; i < 20; ++i) {
    store_->Read(
        Origin{}, [&release](Reader&) { release.wait(); },
        [&](Commit result) {
          if (result == Commit::kRejected) ++rejected;
          ++done;
        });
  }
  EXPECT_GE(rejected, 10);
  release.count_down();
  store_->Stop();
  EXPECT_EQ(done, 20);
}

TEST_P(StoreContract, StoppingFinishesWhatIsQueuedAndRejectsTheRest) {
  std::atomic<int> committed = 0;
  for (int i = 0; i < 100; ++i) {
    store_->Write(
        Origin{},
        [this, i](Tx& tx) {
          tx.PutUser(MakeUser("user-" + std::to_string(i)));
          return true;
        },
        [&committed](Commit result) {
          if (result == Commit::kCommitted) ++committed;
        });
  }
  store_->Stop();
  EXPECT_EQ(committed, 100);
  EXPECT_EQ(TryWrite([](Tx&) { return true; }), Commit::kRejected);
  Commit internal = Commit::kCommitted;
  store_->WriteInternal([](Tx&) { return true; }, [&](Commit result) { internal = result; });
  EXPECT_EQ(internal, Commit::kRejected);
  Commit read = Commit::kCommitted;
  store_->Read(Origin{}, [](Reader&) {}, [&](Commit result) { read = result; });
  EXPECT_EQ(read, Commit::kRejected);
  Reopen();
  Read([&](Reader& reader) { EXPECT_NE(reader.FindUser(app_, "user-99"), nullptr); });
}

TEST_P(StoreContract, TakesJobsFromManyThreads) {
  constexpr int kThreads = 4;
  constexpr int kJobs = 200;
  std::latch all(kThreads * kJobs);
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < kJobs; ++i) {
        store_->Write(
            Origin{},
            [this, t, i](Tx& tx) {
              tx.PutUser(MakeUser(std::to_string(t) + "-" + std::to_string(i)));
              return true;
            },
            [&all](Commit result) {
              EXPECT_EQ(result, Commit::kCommitted);
              all.count_down();
            });
        store_->Read(Origin{}, [](Reader& reader) { reader.FindUser({1}, "0-0"); }, [](Commit) {});
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  all.wait();
  Read([&](Reader& reader) {
    for (int t = 0; t < kThreads; ++t) {
      for (int i = 0; i < kJobs; ++i) {
        EXPECT_NE(reader.FindUser(app_, std::to_string(t) + "-" + std::to_string(i)), nullptr);
      }
    }
  });
}

TEST_P(StoreContract, IsHealthyAtFirst) { EXPECT_TRUE(store_->healthy()); }

}  // namespace
}  // namespace hookline::store
