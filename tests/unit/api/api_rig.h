#pragma once

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <exception>
#include <future>
#include <memory>
#include <string>
#include <vector>

#include "api/authenticate.h"
#include "api/environment.h"
#include "api/exchange.h"
#include "api/message_flow.h"
#include "api/router.h"
#include "api/transactions.h"
#include "base/clock.h"
#include "hooks/sync_caller.h"
#include "hooks/transport.h"
#include "settings/apps.h"
#include "settings/directory.h"
#include "settings/update_app.h"
#include "store/sqlite/open.h"
#include "unit/store/fault_vfs.h"
#include "unit/store/temp_directory.h"

namespace hookline::api {

/// A store that does to every write what it is told to.
class MoodyStore final : public store::Store {
 public:
  enum class Mood {
    kKind,
    kRejects,   ///< Takes nothing.
    kFails,     ///< Runs nothing.
    kLoses,     ///< Runs the job and keeps nothing, whatever the job says.
    kFindsBad,  ///< Says that the job cannot be done.
    kRepeats,   ///< Loses the first run of a job, and keeps the second.
  };
  using WriteJob = std::move_only_function<bool(store::Tx&)>;
  using Done = std::move_only_function<void(store::Commit)>;

  explicit MoodyStore(std::unique_ptr<store::Store> real) : real_(std::move(real)) {}

  void Write(store::Origin origin, WriteJob run, Done done) override {
    switch (mood) {
      case Mood::kKind:
        return real_->Write(origin, std::move(run), std::move(done));
      case Mood::kRejects:
        return done(store::Commit::kRejected);
      case Mood::kFails:
        return done(store::Commit::kFailed);
      case Mood::kFindsBad:
        return done(store::Commit::kFault);
      case Mood::kLoses:
        return real_->Write(
            origin,
            [run = std::move(run)](store::Tx& tx) mutable {
              run(tx);
              return false;
            },
            [done = std::move(done)](store::Commit) mutable { done(store::Commit::kFailed); });
      case Mood::kRepeats: {
        auto job = std::make_shared<WriteJob>(std::move(run));
        real_->Write(
            origin,
            [job](store::Tx& tx) {
              (*job)(tx);
              return false;
            },
            [](store::Commit) {});
        return real_->Write(origin, [job](store::Tx& tx) { return (*job)(tx); }, std::move(done));
      }
    }
  }
  void WriteInternal(WriteJob run, Done done) override {
    Write({}, std::move(run), std::move(done));
  }
  void ReadInternal(std::move_only_function<void(store::Reader&)> run, Done done) override {
    Read({}, std::move(run), std::move(done));
  }
  void Read(store::Origin origin, std::move_only_function<void(store::Reader&)> run,
            Done done) override {
    if (reads_end) return done(*reads_end);
    real_->Read(origin, std::move(run), std::move(done));
  }
  void SetCommitListener(delivery::CommitListener* listener) override {
    real_->SetCommitListener(listener);
  }
  std::int64_t epoch() const override { return real_->epoch(); }
  bool healthy() const override { return real_->healthy(); }
  store::QueueStats queues() const override { return real_->queues(); }
  store::StorageStats storage() const override { return real_->storage(); }
  void Stop() override { real_->Stop(); }

  Mood mood = Mood::kKind;
  std::optional<store::Commit> reads_end;  ///< Reads end like this, without being begun.

 private:
  std::unique_ptr<store::Store> real_;
};

/// For co_spawn: what a coroutine throws ends the test.
inline void RethrowFrom(const std::exception_ptr& failure) {
  if (failure) std::rethrow_exception(failure);
}

/// Answers every call at once, with what the test has set.
class PromptTransport final : public hooks::Transport {
 public:
  void Send(hooks::TransportRequest,
            std::move_only_function<void(hooks::TransportOutcome)> done) override {
    ++calls;
    if (on_call) on_call();
    done({FailureClass::kNone, 200, answer, {}});
  }
  void After(std::chrono::milliseconds, std::move_only_function<void()> fn) override { fn(); }
  int calls = 0;
  std::string answer = R"({"message":{}})";
  std::function<void()> on_call;
};

/// The API's middle, from authenticated requests down to a real store on a disk that can be full.
class ApiRig : public testing::Test {
 protected:
  using Mood = MoodyStore::Mood;

  void SetUp() override {
    store::fault_vfs::Install();
    store::SqliteOptions options;
    options.directory = directory_.path() + "/data";
    options.vfs = "fault";
    options.log = [](std::string_view) {};
    auto opened = store::OpenSqlite(options);
    ASSERT_TRUE(opened) << opened.error().message();
    store_ = std::make_unique<MoodyStore>(std::move(*opened));
    InStore([this](store::Tx& tx) {
      settings::NewApp request;
      request.name = "dock";
      app_ = *settings::CreateApp(tx, request, clock_.WallNow());
    });
    apps_.Publish(app_);
    ApiOptions api_options;
    api_options.allow_http_targets = true;
    environment_ = std::make_unique<Environment>(clock_, apps_, std::move(api_options),
                                                 router_.size(), [](const settings::AppPtr&) {});
    transactions_ = std::make_unique<Transactions>(*store_, *environment_);
    caller_ = std::make_unique<hooks::SyncCaller>(transport_, clock_);
    flow_ = std::make_unique<MessageFlow>(*transactions_, *environment_, *caller_);
  }
  void TearDown() override { store::fault_vfs::SetDiskFull(false); }

  void InStore(std::function<void(store::Tx&)> work) {
    std::promise<store::Commit> ended;
    store_->Write(
        store::Origin{},
        [&](store::Tx& tx) {
          work(tx);
          return true;
        },
        [&](store::Commit commit) { ended.set_value(commit); });
    ASSERT_EQ(ended.get_future().get(), store::Commit::kCommitted);
  }
  void PatchApp(std::string_view json) {
    const auto document = json::Document::Parse(json);
    InStore([&](store::Tx& tx) {
      settings::PatchOptions options;
      options.allow_http_targets = true;
      options.now = clock_.WallNow();
      auto changed = settings::UpdateApp(tx, app_->id, document->root(), std::move(options));
      ASSERT_TRUE(changed) << changed.error().message();
      app_ = *changed;
    });
    apps_.Publish(app_);
  }

  struct Request {
    std::string method = "POST";
    std::string path{};
    std::string body{};
    std::string key{};   ///< Idempotency-Key.
    std::string user{};  ///< Empty: with the server's token.
  };
  /// Runs all of them at once and waits for their answers.
  std::vector<net::HttpResponse> Call(const std::vector<Request>& requests) {
    std::vector<net::HttpResponse> responses(requests.size());
    std::vector<std::unique_ptr<Exchange>> exchanges;
    for (std::size_t i = 0; i < requests.size(); ++i) {
      exchanges.push_back(MakeExchange(requests[i]));
      boost::asio::co_spawn(io_, Run(*exchanges.back(), responses[i]), RethrowFrom);
    }
    io_.restart();
    io_.run();
    return responses;
  }
  net::HttpResponse Call(const Request& request) { return Call(std::vector{request}).front(); }
  json::Document Json(const net::HttpResponse& response) {
    auto document = json::Document::Parse(response.body);
    EXPECT_TRUE(document) << response.body;
    return std::move(*document);
  }
  std::string MessageId(const net::HttpResponse& response) {
    return std::string(Json(response).root()["message"]["id"].AsString().value_or("(none)"));
  }
  static bool TellsWhenToTryAgain(const net::HttpResponse& response) {
    for (const auto& [name, value] : response.headers) {
      if (name == "Retry-After") return !value.empty();
    }
    return false;
  }

  /// A channel "dock" with the members mara and tom.
  void MakeChannel() {
    ASSERT_EQ(Call({.path = "/users", .body = R"({"users":{"mara":{"id":"mara"},
        "tom":{"id":"tom"},"eve":{"id":"eve"}}})"})
                  .status,
              201);
    ASSERT_EQ(Call({.path = "/channels/messaging/dock/query",
                    .body = R"({"data":{"created_by_id":"mara","members":["mara","tom"]}})"})
                  .status,
              201);
  }
  static Request Send(std::string text, std::string key = "", std::string user = "") {
    const std::string who = user.empty() ? R"(,"user_id":"mara")" : "";
    return {.path = "/channels/messaging/dock/message",
            .body = R"({"message":{"text":")" + text + '"' + who + "}}",
            .key = std::move(key),
            .user = std::move(user)};
  }
  int CountMessages() {
    const auto answer =
        Call({.path = "/channels/messaging/dock/query", .body = R"({"state":true})"});
    return static_cast<int>(Json(answer).root()["messages"].size());
  }

  store::TempDirectory directory_;
  boost::asio::io_context io_;  // The store's threads post to it: it goes after them.
  SystemClock clock_;
  settings::Directory apps_;
  settings::AppPtr app_;
  PromptTransport transport_;
  std::unique_ptr<MoodyStore> store_;
  Router router_;
  std::unique_ptr<Environment> environment_;
  std::unique_ptr<Transactions> transactions_;
  std::unique_ptr<hooks::SyncCaller> caller_;
  std::unique_ptr<MessageFlow> flow_;

 private:
  std::unique_ptr<Exchange> MakeExchange(const Request& request) {
    auto exchange = std::make_unique<Exchange>();
    exchange->started = std::chrono::steady_clock::now();
    net::HttpRequest& http = exchange->request;
    http.method = request.method;
    http.path = request.path;
    http.body = request.body;
    if (!request.key.empty()) http.headers.Add("Idempotency-Key", request.key);
    const Router::Match match = router_.Find(http.method, http.path);
    EXPECT_NE(match.operation, nullptr) << request.path;
    Call_(exchange->call, match, http, request);
    return exchange;
  }
  void Call_(api::Call& call, const Router::Match& match, const net::HttpRequest& http,
             const Request& request) {
    call.http = &http;
    call.operation = match.operation;
    call.args = match.args;
    call.format = match.format;
    call.app = app_;
    call.caller.server = request.user.empty();
    call.caller.user_id = request.user;
    call.token_issued_at = {1};
    if (http.body.empty()) return;
    auto document = json::Document::Parse(http.body);
    EXPECT_TRUE(document) << http.body;
    call.document = std::move(*document);
  }
  boost::asio::awaitable<void> Run(const Exchange& exchange, net::HttpResponse& response) {
    const Operation& operation = *exchange.call.operation;
    if (operation.write != nullptr) {
      Transactions::WriteWork work = operation.write;
      response = co_await transactions_->Write(exchange, std::move(work));
    } else if (operation.read != nullptr) {
      Transactions::ReadWork work = operation.read;
      response = co_await transactions_->Read(exchange, std::move(work));
    } else if (operation.async == AsyncWork::kSendMessage) {
      response = co_await flow_->Send(exchange);
    } else if (operation.async == AsyncWork::kUpdateMessage) {
      response = co_await flow_->Update(exchange);
    } else if (operation.async == AsyncWork::kUpdateChannel) {
      response = co_await flow_->ChangeChannel(exchange, kUpdateChannel);
    } else {
      ADD_FAILURE() << "the rig cannot run " << operation.name;
    }
  }
};

}  // namespace hookline::api
