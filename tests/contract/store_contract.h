#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "store/store.h"

// What every store must do, whatever it is made of: written against store::Store only. An adapter's
// test instantiates the suite with a backend of its own:
//
//   INSTANTIATE_TEST_SUITE_P(Sqlite, StoreContract, testing::Values(&MakeBackend));
//
// and the same for StoreQueryContract and StoreDeliveryContract.
namespace hookline::store {

/// A clock that stands still until it is told otherwise.
class SettableClock final : public Clock {
 public:
  Timestamp WallNow() const override { return {now_.load()}; }
  std::chrono::steady_clock::time_point SteadyNow() const override {
    return std::chrono::steady_clock::time_point(std::chrono::nanoseconds(now_.load()));
  }
  Timestamp ScheduleNow() const override { return WallNow(); }
  void Advance(std::chrono::nanoseconds by) { now_ += by.count(); }

 private:
  std::atomic<std::int64_t> now_{1'800'000'000'000'000'000};
};

/// One place where data is kept. Empty at first; every Open finds what was left there.
class StoreBackend {
 public:
  struct Options {
    const Clock* clock = nullptr;
    std::size_t write_queue_max = 8192;
    std::size_t write_queue_bytes_max = std::size_t{64} << 20;
    std::size_t read_queue_max = 4096;
    std::chrono::milliseconds read_time_max{2000};
    std::chrono::milliseconds read_wait_max{5000};
  };
  virtual ~StoreBackend() = default;
  virtual std::unique_ptr<Store> Open(const Options& options) = 0;
};
using MakeStoreBackend = std::unique_ptr<StoreBackend> (*)();

class StoreContract : public testing::TestWithParam<MakeStoreBackend> {
 protected:
  void SetUp() override {
    backend_ = GetParam()();
    options_.clock = &clock_;
    store_ = backend_->Open(options_);
    ASSERT_NE(store_, nullptr);
  }

  void Reopen() {
    store_ = nullptr;
    store_ = backend_->Open(options_);
    ASSERT_NE(store_, nullptr);
  }

  /// Runs a job and waits for its end.
  Commit TryWrite(std::move_only_function<bool(Tx&)> run) {
    std::promise<Commit> promise;
    store_->Write(Origin{}, std::move(run),
                  [&promise](Commit result) { promise.set_value(result); });
    return promise.get_future().get();
  }
  void Write(std::move_only_function<void(Tx&)> run) {
    const Commit result = TryWrite([&run](Tx& tx) {
      run(tx);
      return true;
    });
    ASSERT_EQ(result, Commit::kCommitted);
  }
  void Read(std::move_only_function<void(Reader&)> run) {
    std::promise<Commit> promise;
    store_->Read(Origin{}, std::move(run),
                 [&promise](Commit result) { promise.set_value(result); });
    ASSERT_EQ(promise.get_future().get(), Commit::kCommitted);
  }
  /// Checks that a reader thread and the writer see the same.
  void ReadBoth(const std::function<void(Reader&)>& run) {
    Read([&run](Reader& reader) { run(reader); });
    Write([&run](Tx& tx) { run(tx); });
  }

  /// An instant, `seconds` after some fixed one.
  static Timestamp At(std::int64_t seconds) {
    return {1'700'000'000'000'000'000 + seconds * 1'000'000'000};
  }

  chat::User MakeUser(std::string id) const {
    chat::User user;
    user.app = app_;
    user.id = std::move(id);
    user.created_at = At(1);
    user.updated_at = At(2);
    return user;
  }
  chat::Channel MakeChannel(std::string id) const {
    chat::Channel channel;
    channel.app = app_;
    channel.type = "messaging";
    channel.id = std::move(id);
    channel.created_by_id = "ann";
    channel.created_at = At(1);
    channel.updated_at = At(2);
    return channel;
  }
  chat::Member MakeMember(ChannelId channel, std::string user_id, std::int64_t at = 1) const {
    chat::Member member;
    member.channel = channel;
    member.app = app_;
    member.user_id = std::move(user_id);
    member.created_at = At(at);
    member.updated_at = At(at);
    return member;
  }
  chat::Message MakeMessage(ChannelId channel, std::string id, std::int64_t at = 1) const {
    chat::Message message;
    message.app = app_;
    message.channel = channel;
    message.cid = "messaging:general";
    message.id = std::move(id);
    message.user_id = "ann";
    message.text = "hello";
    message.created_at = At(at);
    message.updated_at = At(at);
    return message;
  }
  settings::EventHook MakeHook(std::string id) const {
    settings::EventHook hook;
    hook.app = app_;
    hook.id = std::move(id);
    hook.url = "https://example.com/hook";
    hook.created_at = At(1);
    hook.updated_at = At(1);
    return hook;
  }
  delivery::EventPayload MakeEvent(std::string body = R"({"type":"message.new"})") const {
    delivery::EventPayload event;
    event.app = app_;
    event.type = "message.new";
    event.channel_type = "messaging";
    event.channel_id = "general";
    event.cid = "messaging:general";
    event.user_id = "ann";
    event.created_at = At(3);
    event.body_v1 = std::make_shared<const std::string>(std::move(body));
    return event;
  }
  static delivery::PendingDelivery MakeDelivery(HookId hook, delivery::EventPayloadPtr event,
                                                Timestamp due) {
    delivery::PendingDelivery delivery;
    delivery.uuid = TimeOrderedUuid(due);
    delivery.hook = hook;
    delivery.event = std::move(event);
    delivery.next_attempt_at = due;
    return delivery;
  }

  /// The channel messaging:`id`, stored.
  ChannelId AddChannel(const std::string& id = "general") {
    ChannelId pk;
    Write([&](Tx& tx) { pk = tx.InsertChannel(MakeChannel(id)); });
    return pk;
  }
  /// An app (from then on the one of all entities made here) with hooks of the given ids.
  std::vector<HookId> AddAppWithHooks(const std::vector<std::string>& ids) {
    std::vector<HookId> pks;
    Write([&](Tx& tx) {
      app_ = tx.InsertApp(settings::App{});
      std::vector<settings::EventHook> hooks;
      for (const std::string& id : ids) hooks.push_back(MakeHook(id));
      tx.ReplaceHooks(app_, hooks);
      for (const settings::EventHook& hook : tx.FindApp(app_)->hooks) pks.push_back(hook.pk);
    });
    return pks;
  }
  DeliveryId AddDelivery(HookId hook, Timestamp due) {
    DeliveryId id;
    Write([&](Tx& tx) {
      id = tx.InsertDelivery(MakeDelivery(hook, tx.InsertEvent(MakeEvent()), due));
    });
    return id;
  }

  AppId app_{1};
  SettableClock clock_;
  StoreBackend::Options options_;
  std::unique_ptr<StoreBackend> backend_;
  std::unique_ptr<Store> store_;
};

}  // namespace hookline::store
