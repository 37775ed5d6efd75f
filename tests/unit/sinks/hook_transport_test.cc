// Synchronous calls all the way: a SyncCaller over a real HttpLoop against scripted servers. Each
// way in which a server can fail has its class, and none of them takes longer than the limit.
#include "sinks/hook_transport.h"

#include <gtest/gtest.h>

#include <future>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "hookline/signature.h"
#include "hooks/sync_caller.h"
#include "net/dns_resolver.h"
#include "support/raw_server.h"

namespace hookline::sinks {
namespace {

using std::chrono::milliseconds;
using test_support::RawConnection;
using test_support::RawServer;

class HookTransportTest : public ::testing::Test {
 protected:
  HookTransportTest() {
    net::TargetPolicyOptions policy;
    policy.allow_private = true;
    policy.allow_http = true;
    for (auto& loop : loops_) {
      loop = std::make_unique<net::HttpLoop>(net::HttpLoopOptions(),
                                             std::make_shared<const net::TargetPolicy>(policy),
                                             std::make_shared<net::DnsResolver>());
      loop->Start();
    }
    transport_ = std::make_unique<HookTransport>(
        std::vector<net::HttpLoop*>{loops_[0].get(), loops_[1].get()});
    caller_ = std::make_unique<hooks::SyncCaller>(*transport_, clock_);
    auto app = std::make_shared<settings::App>();
    app->id = AppId{7};
    app->keys = {{"key1", "secret1", {}, {}}, {"key2", "secret2", {}, {}}};
    app_ = app;
  }
  ~HookTransportTest() override { Stop(); }

  void Stop() {
    for (auto& loop : loops_) loop->Stop();
  }

  std::future<hooks::SyncAnswer> Start(std::string url,
                                       milliseconds limit = std::chrono::seconds(30),
                                       std::string user = {}) {
    hooks::SyncCall call;
    call.app = app_;
    call.user = std::move(user);
    call.url = std::move(url);
    call.body = std::make_shared<const std::string>(kBody);
    call.limits = {limit, limit};
    auto promise = std::make_shared<std::promise<hooks::SyncAnswer>>();
    auto future = promise->get_future();
    caller_->Call(std::move(call),
                  [promise](hooks::SyncAnswer answer) { promise->set_value(std::move(answer)); });
    return future;
  }
  hooks::SyncAnswer Call(std::string url, milliseconds limit = std::chrono::seconds(30)) {
    return Start(std::move(url), limit).get();
  }
  hooks::SyncAnswer CallScript(RawServer::Script script,
                               milliseconds limit = std::chrono::seconds(30)) {
    RawServer server(std::move(script));
    return Call(server.url(), limit);
  }

  static constexpr const char* kBody = R"({"message":{"text":"ahoy"}})";
  const SystemClock clock_;
  std::unique_ptr<net::HttpLoop> loops_[2];
  std::unique_ptr<HookTransport> transport_;
  std::unique_ptr<hooks::SyncCaller> caller_;
  settings::AppPtr app_;
};

TEST_F(HookTransportTest, PostsTheSignedBodyAndBringsTheAnswer) {
  RawServer server([](RawConnection& connection) {
    while (connection.ReadRequest()) connection.Answer(200, R"({"message":{"text":"x"}})");
  });
  const auto answer = Call(server.url("/check?x=1"));
  EXPECT_EQ(answer.result, FailureClass::kNone) << answer.detail;
  EXPECT_EQ(answer.body, R"({"message":{"text":"x"}})");
  ASSERT_EQ(server.request_texts().size(), 1U);
  const std::string request = server.request_texts()[0];
  EXPECT_TRUE(request.starts_with("POST /check?x=1 HTTP/1.1\r\n")) << request;
  EXPECT_TRUE(request.ends_with(std::string("\r\n\r\n") + kBody)) << request;
  const std::string signature = "\r\nX-Signature: " + webhook::Sign(kBody, "secret1") + "\r\n";
  EXPECT_NE(request.find(signature), std::string::npos) << request;
  for (const std::string_view line : {"Content-Type: application/json", "X-Webhook-Attempt: 1",
                                      "X-Api-Key: key1", "X-Webhook-Id: ", "User-Agent: "}) {
    EXPECT_NE(request.find("\r\n" + std::string(line)), std::string::npos) << line;
  }
}

TEST_F(HookTransportTest, CallsShareAConnection) {
  RawServer server([](RawConnection& connection) {
    while (connection.ReadRequest()) connection.Answer(200, "{}");
  });
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(Call(server.url()).answered());
  EXPECT_EQ(server.requests(), 5U);
  EXPECT_EQ(server.connections(), 1U);
}

TEST_F(HookTransportTest, StatusesAndEmptyBodies) {
  EXPECT_EQ(CallScript([](RawConnection& c) {
              c.ReadRequest();
              c.Answer(503, "{}");
            }).result,
            FailureClass::kStatus);
  EXPECT_EQ(CallScript([](RawConnection& c) {
              c.ReadRequest();
              c.Answer(200);
            }).result,
            FailureClass::kEmptyBody);
}

TEST_F(HookTransportTest, RedirectsAreNotFollowed) {
  RawServer other([](RawConnection& c) {
    c.ReadRequest();
    c.Answer(200, "{}");
  });
  const std::string location = "Location: " + other.url() + "\r\n";
  const auto answer = CallScript([&](RawConnection& c) {
    c.ReadRequest();
    c.Answer(302, "{}", location);
  });
  EXPECT_EQ(answer.result, FailureClass::kStatus);
  EXPECT_EQ(answer.status, 302);
  EXPECT_EQ(other.connections(), 0U);
}

TEST_F(HookTransportTest, AClosedPortIsRefused) {
  std::string url;
  {
    const RawServer gone([](RawConnection&) {});
    url = gone.url();
  }
  EXPECT_EQ(Call(url).result, FailureClass::kRefused);
}

TEST_F(HookTransportTest, AResetIsNotRepeated) {
  RawServer server([](RawConnection& connection) {
    connection.ReadRequest();
    connection.Reset();
  });
  EXPECT_EQ(Call(server.url()).result, FailureClass::kReset);
  EXPECT_EQ(server.requests(), 1U);
}

TEST_F(HookTransportTest, ASilentServerTimesOut) {
  const auto answer = CallScript(
      [](RawConnection& connection) {
        connection.ReadRequest();
        connection.Hang();
      },
      milliseconds(100));
  EXPECT_EQ(answer.result, FailureClass::kTimeout);
  EXPECT_GE(answer.elapsed, milliseconds(100));
}

TEST_F(HookTransportTest, AByteAtATimeTimesOut) {
  const auto answer = CallScript(
      [](RawConnection& connection) {
        connection.ReadRequest();
        connection.Drip("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}", milliseconds(50));
      },
      milliseconds(200));
  EXPECT_EQ(answer.result, FailureClass::kTimeout);
}

TEST_F(HookTransportTest, WhatIsNotHttpIsNamedSo) {
  EXPECT_EQ(CallScript([](RawConnection& c) {
              c.ReadRequest();
              c.Send("SSH-2.0-OpenSSH_9.2\r\n\r\n");
            }).result,
            FailureClass::kHttp);
}

TEST_F(HookTransportTest, PlainTextIsNoTls) {
  RawServer server([](RawConnection& c) {
    c.Send("HTTP/1.1 400 Bad Request\r\n\r\n");
    c.Hang();
  });
  std::string url = server.url();
  url.replace(0, 4, "https");
  EXPECT_EQ(Call(url).result, FailureClass::kTls);
}

TEST_F(HookTransportTest, TargetsAreJudged) {
  EXPECT_EQ(Call("http://169.254.169.254/latest/meta-data").result, FailureClass::kBlocked);
}

TEST_F(HookTransportTest, AnswersHaveALimit) {
  constexpr std::size_t kLimit = std::size_t{1} << 20;
  const auto answer_with = [](std::size_t bytes) {
    return [bytes](RawConnection& c) {
      c.ReadRequest();
      c.Answer(200, std::string(bytes, ' '));
    };
  };
  const auto fits = CallScript(answer_with(kLimit));
  EXPECT_EQ(fits.result, FailureClass::kNone);
  EXPECT_EQ(fits.body.size(), kLimit);
  EXPECT_EQ(CallScript(answer_with(kLimit + 1)).result, FailureClass::kTooLarge);
}

TEST_F(HookTransportTest, AnEndlessAnswerIsCutOff) {
  const auto answer = CallScript([](RawConnection& c) {
    c.ReadRequest();
    const std::string piece(64 * 1024, 'x');
    c.Send("HTTP/1.1 200 OK\r\nContent-Length: 1073741824\r\n\r\n");
    for (int i = 0; i < 16'384 && c.Send(piece); ++i) {
    }
  });
  EXPECT_EQ(answer.result, FailureClass::kTooLarge);
}

TEST_F(HookTransportTest, StoppingEndsWhatIsUnderWay) {
  RawServer server([](RawConnection& connection) {
    connection.ReadRequest();
    connection.Hang();
  });
  auto answer = Start(server.url());
  ASSERT_TRUE(server.WaitForRequests(1));
  Stop();
  EXPECT_EQ(answer.get().result, FailureClass::kCancelled);
  EXPECT_EQ(Call(server.url()).result, FailureClass::kCancelled) << "nothing is taken after that";
}

TEST_F(HookTransportTest, AThousandCallsWaitAtOnce) {
  // With the loop's limits as they are, most wait for a connection; all of them get their answer.
  RawServer server([](RawConnection& connection) {
    while (connection.ReadRequest()) connection.Answer(200, "{}");
  });
  std::vector<std::future<hooks::SyncAnswer>> answers;
  for (int i = 0; i < 1000; ++i) {
    answers.push_back(Start(server.url(), std::chrono::seconds(30), "user-" + std::to_string(i)));
  }
  for (auto& answer : answers) EXPECT_TRUE(answer.get().answered());
}

}  // namespace
}  // namespace hookline::sinks
