// Delivery with its real neighbours: SQLite, the outgoing HTTP loops, and a receiver on a socket.
// Restarts in the middle of the traffic must lose nothing.

#include <gtest/gtest.h>

#include <chrono>
#include <future>
#include <memory>
#include <mutex>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "delivery/dispatcher.h"
#include "delivery/router.h"
#include "hookline/signature.h"
#include "net/dns_resolver.h"
#include "sinks/http_sink.h"
#include "sinks/loop_adapter.h"
#include "store/sqlite/open.h"
#include "store/work_store.h"
#include "support/raw_server.h"
#include "unit/store/temp_directory.h"

namespace hookline::delivery {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using test_support::RawConnection;
using test_support::RawServer;

constexpr seconds kPatience{60};

/// One process's worth of delivery on a data directory.
class Node {
 public:
  explicit Node(const std::string& directory) {
    store::SqliteOptions options;
    options.directory = directory;
    options.clock = &clock_;
    auto opened = store::OpenSqlite(options);
    if (!opened) throw std::runtime_error(opened.error().message());
    store_ = std::move(*opened);
    work_ = std::make_unique<store::WorkStoreAdapter>(*store_);
    LoadDirectory();
    StartDispatcher();
  }

  ~Node() { Stop(milliseconds(0)); }

  void Stop(std::chrono::nanoseconds patience) {
    if (stopped_) return;
    stopped_ = true;
    dispatcher_->StopAccepting();
    dispatcher_->Drain(patience);
    for (auto& loop : loops_) loop->Stop();
    store_->Stop();
  }

  bool Write(std::function<void(store::Tx&)> run) {
    std::promise<store::Commit> done;
    store_->Write(
        store::Origin{},
        [&](store::Tx& tx) {
          run(tx);
          return true;
        },
        [&](store::Commit commit) { done.set_value(commit); });
    return done.get_future().get() == store::Commit::kCommitted;
  }

  void Read(std::function<void(store::Reader&)> run) {
    std::promise<store::Commit> done;
    store_->Read(
        store::Origin{}, [&](store::Reader& reader) { run(reader); },
        [&](store::Commit commit) { done.set_value(commit); });
    ASSERT_EQ(done.get_future().get(), store::Commit::kCommitted);
  }

  int Count(DeliveryState state) {
    int count = 0;
    Read([&](store::Reader& reader) {
      DeliveryFilter filter;
      filter.state = state;
      filter.limit = 1'000'000;
      count = static_cast<int>(reader.ListDeliveries(filter).size());
    });
    return count;
  }

  bool WaitUntilNothingPends() {
    const auto until = std::chrono::steady_clock::now() + kPatience;
    while (Count(DeliveryState::kPending) > 0) {
      if (std::chrono::steady_clock::now() > until) return false;
      std::this_thread::yield();
    }
    return true;
  }

  void Publish(AppId app) {
    Read([&](store::Reader& reader) { directory_.Publish(reader.FindApp(app)); });
    dispatcher_->OnAppChanged(directory_.Find(app));
  }

  int Emit(AppId app, const std::string& body) {
    RoutedEvent event;
    event.type = "message.new";
    event.created_at = clock_.WallNow();
    event.encode = [&](bool) { return body; };
    int routed = 0;
    EXPECT_TRUE(Write([&](store::Tx& tx) {
      routed = Route(tx, *directory_.Find(app), event, clock_.ScheduleNow());
    }));
    return routed;
  }

  settings::AppPtr App(AppId app) const { return directory_.Find(app); }
  Dispatcher& dispatcher() { return *dispatcher_; }

 private:
  void LoadDirectory() {
    Read([this](store::Reader& reader) {
      for (const settings::AppPtr& app : reader.ListApps()) directory_.Publish(app);
    });
  }

  void StartDispatcher() {
    net::TargetPolicyOptions policy;
    policy.allow_private = true;
    policy.allow_http = true;
    std::vector<ShardSpec> specs;
    for (int i = 0; i < 2; ++i) {
      loops_.push_back(std::make_unique<net::HttpLoop>(
          net::HttpLoopOptions(), std::make_shared<const net::TargetPolicy>(policy),
          std::make_shared<net::DnsResolver>()));
      adapters_.push_back(std::make_unique<sinks::LoopAdapter>(*loops_.back()));
      sinks_.push_back(std::make_unique<sinks::HttpSink>(*loops_.back()));
      ShardSpec spec;
      spec.loop = adapters_.back().get();
      spec.sinks[static_cast<std::size_t>(settings::HookType::kWebhook)] = sinks_.back().get();
      specs.push_back(spec);
    }
    dispatcher_ = std::make_unique<Dispatcher>(Dispatcher::Ports{*work_, directory_, clock_, {}},
                                               specs, DispatcherOptions{});
    store_->SetCommitListener(dispatcher_.get());
    for (auto& loop : loops_) loop->Start();
    dispatcher_->Start();
  }

  SystemClock clock_;
  settings::Directory directory_;
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<store::WorkStoreAdapter> work_;
  std::vector<std::unique_ptr<net::HttpLoop>> loops_;
  std::vector<std::unique_ptr<sinks::LoopAdapter>> adapters_;
  std::vector<std::unique_ptr<sinks::HttpSink>> sinks_;
  std::unique_ptr<Dispatcher> dispatcher_;
  bool stopped_ = false;
};

std::string HeaderOf(const std::string& request, const std::string& name) {
  const std::string start = "\r\n" + name + ": ";
  const std::size_t at = request.find(start);
  if (at == std::string::npos) return "";
  const std::size_t from = at + start.size();
  return request.substr(from, request.find("\r\n", from) - from);
}

/// Checks signatures and keeps what it accepted, by X-Webhook-Id.
class Receiver {
 public:
  explicit Receiver(std::function<int(const std::string& id, int attempt)> status)
      : status_(std::move(status)),
        server_([this](RawConnection& connection) { Serve(connection); }) {}

  std::string url(std::string_view path) const { return server_.url(path); }
  std::size_t accepted() {
    const std::lock_guard lock(mutex_);
    return accepted_.size();
  }

 private:
  void Serve(RawConnection& connection) {
    while (const auto request = connection.ReadRequest()) {
      const std::string body = request->substr(request->find("\r\n\r\n") + 4);
      EXPECT_TRUE(webhook::VerifySignature(body, HeaderOf(*request, "X-Signature"), "the-secret"));
      const std::string id = HeaderOf(*request, "X-Webhook-Id");
      const int status = status_(id, std::stoi(HeaderOf(*request, "X-Webhook-Attempt")));
      if (status == 200) {
        const std::lock_guard lock(mutex_);
        accepted_.insert(id);
      }
      if (!connection.Answer(status)) return;
    }
  }

  const std::function<int(const std::string&, int)> status_;
  std::mutex mutex_;
  std::set<std::string> accepted_;
  RawServer server_;
};

class DeliveryIntegrationTest : public ::testing::Test {
 protected:
  AppId AddApp(Node& node, const std::vector<std::string>& urls) {
    AppId id;
    EXPECT_TRUE(node.Write([&](store::Tx& tx) {
      settings::App app;
      app.name = "test";
      id = tx.InsertApp(app);
      tx.InsertKey(id, {"the-key", "the-secret", {1}, {}});
      std::vector<settings::EventHook> hooks;
      for (const std::string& url : urls) {
        settings::EventHook hook;
        hook.id = ToString(RandomUuid());
        hook.url = url;
        hooks.push_back(hook);
      }
      tx.ReplaceHooks(id, hooks);
    }));
    node.Publish(id);
    return id;
  }

  store::TempDirectory directory_;
};

TEST_F(DeliveryIntegrationTest, EverythingIsDeliveredOverRestarts) {
  // Every third delivery is refused once.
  Receiver receiver([](const std::string& id, int attempt) {
    return id.back() % 3 == 0 && attempt == 1 ? 500 : 200;
  });
  std::vector<std::string> urls;
  for (int i = 0; i < 8; ++i) urls.push_back(receiver.url("/" + std::to_string(i)));
  AppId app;
  int routed = 0;
  {
    Node node(directory_.path());
    app = AddApp(node, urls);
    for (int i = 0; i < 60; ++i) routed += node.Emit(app, R"({"type":"message.new","n":1})");
    node.Stop(milliseconds(0));  // Whatever is under way is handed back.
  }
  for (int restart = 0; restart < 3; ++restart) {
    Node node(directory_.path());
    for (int i = 0; i < 20; ++i) routed += node.Emit(app, R"({"type":"message.new","n":2})");
    node.Stop(milliseconds(restart));
  }
  Node node(directory_.path());
  ASSERT_TRUE(node.WaitUntilNothingPends());
  EXPECT_EQ(routed, 120 * 8);
  EXPECT_EQ(node.Count(DeliveryState::kDelivered), routed);
  EXPECT_EQ(receiver.accepted(), static_cast<std::size_t>(routed));
  node.Stop(kPatience);
  EXPECT_EQ(node.dispatcher().Stats().in_memory, 0);
}

TEST_F(DeliveryIntegrationTest, GoneDisablesTheHookForGood) {
  Receiver receiver([](const std::string&, int) { return 410; });
  AppId app;
  {
    Node node(directory_.path());
    app = AddApp(node, {receiver.url("/")});
    for (int i = 0; i < 10; ++i) node.Emit(app, "{}");
    ASSERT_TRUE(node.WaitUntilNothingPends());
    EXPECT_GE(node.Count(DeliveryState::kDead), 1);
    EXPECT_FALSE(node.App(app)->hooks[0].enabled);
    EXPECT_EQ(node.Emit(app, "{}"), 0);
  }
  Node node(directory_.path());
  EXPECT_FALSE(node.App(app)->hooks[0].enabled);
  EXPECT_EQ(node.App(app)->hooks[0].disabled_reason, "410 Gone");
}

TEST_F(DeliveryIntegrationTest, ADeletedHooksBacklogIsCancelled) {
  Receiver receiver([](const std::string&, int) { return 503; });
  Node node(directory_.path());
  const AppId app = AddApp(node, {receiver.url("/")});
  for (int i = 0; i < 50; ++i) node.Emit(app, "{}");
  EXPECT_TRUE(node.Write([&](store::Tx& tx) { tx.ReplaceHooks(app, {}); }));
  node.Publish(app);
  ASSERT_TRUE(node.WaitUntilNothingPends());
  EXPECT_EQ(node.Count(DeliveryState::kDelivered), 0);
  EXPECT_GT(node.Count(DeliveryState::kCancelled), 0);
}

TEST_F(DeliveryIntegrationTest, DrainingFinishesWhatIsUnderWay) {
  std::promise<void> asked;
  std::promise<void> release;
  std::shared_future<void> released = release.get_future().share();
  Receiver receiver([&](const std::string&, int) {
    asked.set_value();  // Only one call may come.
    released.wait();
    return 200;
  });
  Node node(directory_.path());
  const AppId app = AddApp(node, {receiver.url("/")});
  node.Emit(app, "{}");
  ASSERT_EQ(asked.get_future().wait_for(kPatience), std::future_status::ready);
  node.dispatcher().StopAccepting();
  node.Emit(app, "{}");
  EXPECT_FALSE(node.dispatcher().Drain(milliseconds(1)));
  release.set_value();
  EXPECT_TRUE(node.dispatcher().Drain(kPatience));
  EXPECT_EQ(node.Count(DeliveryState::kDelivered), 1);
  EXPECT_EQ(node.Count(DeliveryState::kPending), 1);
}

}  // namespace
}  // namespace hookline::delivery
