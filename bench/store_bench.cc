// What the store costs: one sendMessage with all that the domain reads and writes for it, in
// batches of various sizes; and the outcome of a delivery.
//
// `cpu_us` is CPU time of the whole process per job, `jobs/s` is by the wall clock. The directory
// is HOOKLINE_BENCH_DIR or the present one: it should be on the disk that matters.
#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <latch>
#include <string>
#include <vector>

#include "store/sqlite/open.h"

namespace hookline::store {
namespace {

constexpr int kMembers = 6;

double ProcessCpuSeconds() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

class World {
 public:
  explicit World(int channels) {
    const char* base = std::getenv("HOOKLINE_BENCH_DIR");
    directory_ = std::filesystem::path(base != nullptr ? base : ".") / "store_bench.tmp";
    std::filesystem::remove_all(directory_);
    SqliteOptions options;
    options.directory = directory_;
    auto store = OpenSqlite(options);
    if (!store) Die(store.error().message(), __FILE__, __LINE__);
    store_ = std::move(*store);
    Do([&](Tx& tx) {
      app_ = tx.InsertApp({});
      tx.InsertKey(app_, {"key", "secret", {1}, {}});
      settings::EventHook hook;
      hook.id = "hook";
      tx.ReplaceHooks(app_, {hook});
      hook_ = tx.FindApp(app_)->hooks[0].pk;
      for (int c = 0; c < channels; ++c) {
        chat::Channel channel;
        channel.app = app_;
        channel.type = "messaging";
        channel.id = fmt::format("channel-{}", c);
        channel.pk = tx.InsertChannel(channel);
        channels_.push_back(channel.pk);
        for (int m = 0; m < kMembers; ++m) {
          chat::User user;
          user.app = app_;
          user.id = UserId(c, m);
          user.name = "Somebody";
          tx.PutUser(user);
          chat::Member member;
          member.channel = channel.pk;
          member.app = app_;
          member.user_id = user.id;
          tx.PutMember(member);
        }
      }
      return true;
    });
  }
  ~World() {
    store_ = nullptr;
    std::filesystem::remove_all(directory_);
  }

  Store& store() { return *store_; }

  static std::string UserId(int channel, int member) {
    return fmt::format("user-{}-{}", channel, member);
  }

  void Do(std::move_only_function<bool(Tx&)> run) {
    std::latch done(1);
    store_->Write(Origin{}, std::move(run), [&done](Commit) { done.count_down(); });
    done.wait();
  }

  // What sendMessage does to the store.
  bool SendMessage(Tx& tx, int number) {
    const int c = number % static_cast<int>(channels_.size());
    const Timestamp now{1'800'000'000'000'000'000 + number};
    const settings::AppPtr app = tx.FindApp(app_);
    const std::string sender = UserId(c, number % kMembers);
    const chat::UserPtr user = tx.FindUser(app_, sender);
    const chat::ChannelPtr channel =
        tx.FindChannel(app_, "messaging", fmt::format("channel-{}", c));
    auto member = tx.FindMember(channel->pk, sender);
    chat::Message message;
    message.id = ToString(RandomUuid());
    if (tx.FindMessage(app_, message.id)) return false;
    message.app = app_;
    message.channel = channel->pk;
    message.user_id = sender;
    message.text = text_;
    message.html = "<p>" + text_ + "</p>\n";
    message.countable = true;
    message.created_at = now;
    message.updated_at = now;
    tx.InsertMessage(message);
    chat::Channel changed = *channel;
    ++changed.countable_messages;
    ++changed.message_count;
    changed.last_message_at = now;
    tx.UpdateChannel(changed);
    member->read_count = changed.countable_messages;
    member->last_read_at = now;
    tx.PutMember(*member);
    std::int64_t unread = 0;
    for (const chat::Member& other : tx.ListMembers(channel->pk, 51, 0)) {
      benchmark::DoNotOptimize(tx.FindUser(app_, other.user_id));
      unread += tx.Unread(app_, other.user_id).messages;
    }
    benchmark::DoNotOptimize(unread);
    delivery::EventPayload event;
    event.app = app_;
    event.type = "message.new";
    event.channel_type = "messaging";
    event.channel_id = changed.id;
    event.cid = changed.cid();
    event.user_id = sender;
    event.created_at = now;
    event.body_v1 = body_;
    delivery::PendingDelivery delivery;
    delivery.uuid = TimeOrderedUuid(now);
    delivery.hook = hook_;
    delivery.event = tx.InsertEvent(std::move(event));
    delivery.next_attempt_at = now;
    last_delivery_ = tx.InsertDelivery(std::move(delivery));
    return true;
  }

  void RecordSuccess(Tx& tx, DeliveryId id) {
    delivery::OutcomeRecord record;
    record.delivery = id;
    record.hook = hook_;
    record.attempt = 1;
    record.started_at = {1'800'000'000'000'000'000};
    record.outcome.status = 200;
    record.state = delivery::DeliveryState::kDelivered;
    tx.RecordOutcome(record);
  }

  DeliveryId last_delivery() const { return last_delivery_; }

 private:
  std::filesystem::path directory_;
  std::unique_ptr<Store> store_;
  AppId app_;
  HookId hook_;
  std::vector<ChannelId> channels_;
  DeliveryId last_delivery_;
  std::string text_ = std::string(100, 'x');
  std::shared_ptr<const std::string> body_ = std::make_shared<const std::string>(2500, 'b');
};

void Report(benchmark::State& state, std::int64_t jobs, double cpu_seconds) {
  state.SetItemsProcessed(jobs);
  state.counters["cpu_us"] = cpu_seconds * 1e6 / static_cast<double>(jobs);
}

// Argument 0: jobs in a batch; 1: channels.
void SendMessages(benchmark::State& state) {
  const auto batch = static_cast<int>(state.range(0));
  World world(static_cast<int>(state.range(1)));
  int number = 0;
  const double cpu = ProcessCpuSeconds();
  for (auto _ : state) {
    std::latch done(batch);
    for (int i = 0; i < batch; ++i, ++number) {
      world.store().Write(
          Origin{}, [&world, number](Tx& tx) { return world.SendMessage(tx, number); },
          [&done](Commit) { done.count_down(); });
    }
    done.wait();
  }
  Report(state, number, ProcessCpuSeconds() - cpu);
}
BENCHMARK(SendMessages)
    ->ArgNames({"batch", "channels"})
    ->ArgsProduct({{1, 64, 256}, {1, 1000}})
    ->MinTime(3)
    ->UseRealTime();

// Each message's delivery is recorded as delivered, one batch later.
void SendAndDeliver(benchmark::State& state) {
  const auto batch = static_cast<int>(state.range(0));
  World world(static_cast<int>(state.range(1)));
  int number = 0;
  std::int64_t delivered = 0;
  const double cpu = ProcessCpuSeconds();
  for (auto _ : state) {
    std::latch done(2 * batch);
    for (int i = 0; i < batch; ++i, ++number) {
      world.store().Write(
          Origin{}, [&world, number](Tx& tx) { return world.SendMessage(tx, number); },
          [&done](Commit) { done.count_down(); });
      world.store().WriteInternal(
          [&world, &delivered](Tx& tx) {
            world.RecordSuccess(tx, {++delivered});
            return true;
          },
          [&done](Commit) { done.count_down(); });
    }
    done.wait();
  }
  Report(state, number, ProcessCpuSeconds() - cpu);
}
BENCHMARK(SendAndDeliver)
    ->ArgNames({"batch", "channels"})
    ->ArgsProduct({{64}, {1, 1000}})
    ->MinTime(3)
    ->UseRealTime();

}  // namespace
}  // namespace hookline::store
