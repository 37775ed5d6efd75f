// The HTTP loop against well-behaved servers: requests as sent, answers as returned, limits on
// connections, tasks and timers, stopping.

#include "net/http_loop.h"

#include <atomic>

#include "loop_fixture.h"
#include "support/socket_io.h"

namespace hookline::net {
namespace {

using std::chrono::milliseconds;
using test_support::FindHeader;
using test_support::RawConnection;
using test_support::RawServer;

/// Answers every request of a connection with 200 and the request's body.
void Echo(RawConnection& connection) {
  while (const auto request = connection.ReadRequest()) {
    if (!connection.Answer(200, request->substr(request->find("\r\n\r\n") + 4))) return;
  }
}

class HttpLoopTest : public LoopFixture {};

TEST_F(HttpLoopTest, SendsExactlyTheRequestItWasGiven) {
  RawServer server(Echo);
  StartLoop();
  HttpCall call = Post(server.url("/hook?x=1"), R"({"a":1})");
  call.headers.emplace_back("X-Webhook-Attempt: 2");
  call.common_headers = std::make_shared<const HeaderBlock>(
      std::vector<std::string>{"User-Agent: Hookline", "X-Api-Key: k", "X-Bad: a\r\nX-Evil: b"});
  const HttpOutcome outcome = Run(std::move(call));
  EXPECT_EQ(outcome.failure, FailureClass::kNone) << outcome.detail;
  EXPECT_EQ(outcome.status, 200);
  EXPECT_EQ(outcome.body, R"({"a":1})");
  EXPECT_GT(outcome.elapsed.count(), 0);
  ASSERT_EQ(server.requests(), 1U);
  EXPECT_EQ(server.request_texts()[0],
            "POST /hook?x=1 HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(server.port()) +
                "\r\nAccept: */*\r\nAccept-Encoding: identity\r\nContent-Type: "
                "application/json\r\nX-Webhook-Attempt: 2\r\n"
                "User-Agent: Hookline\r\nX-Api-Key: k\r\nContent-Length: 7\r\n\r\n{\"a\":1}");
}

TEST_F(HttpLoopTest, SendsGetAndEmptyAndLargeBodiesInAnyOrder) {
  RawServer server(Echo);
  StartLoop();
  const std::string large(300'000, 'x');
  HttpCall get;
  get.url = server.url("/");
  get.method = HttpMethod::kGet;
  HttpCall large_call = Post(server.url(), large);
  large_call.response_bytes_max = large.size();
  EXPECT_EQ(Run(get).status, 200);
  EXPECT_EQ(Run(large_call).body, large);
  EXPECT_EQ(Run(Post(server.url(), "")).status, 200);
  EXPECT_EQ(Run(get).status, 200);
  EXPECT_EQ(Run(Post(server.url(), "small")).body, "small");
  const auto requests = server.request_texts();
  ASSERT_EQ(requests.size(), 5U);
  EXPECT_TRUE(requests[0].starts_with("GET / "));
  EXPECT_EQ(FindHeader(requests[0], "Content-Length"), std::nullopt);
  EXPECT_EQ(FindHeader(requests[1], "Expect"), std::nullopt);
  EXPECT_EQ(FindHeader(requests[2], "Content-Length"), "0");
  EXPECT_TRUE(requests[3].starts_with("GET / "));
  EXPECT_EQ(server.connections(), 1U);
}

TEST_F(HttpLoopTest, UrlCredentialsAreSentAsBasicAuthentication) {
  RawServer server(Echo);
  StartLoop();
  EXPECT_EQ(Run(Post("http://user:secret@127.0.0.1:" + std::to_string(server.port()))).status, 200);
  EXPECT_EQ(Run(Post(server.url())).status, 200);
  const auto requests = server.request_texts();
  EXPECT_EQ(FindHeader(requests[0], "Authorization"), "Basic dXNlcjpzZWNyZXQ=");
  EXPECT_EQ(FindHeader(requests[1], "Authorization"), std::nullopt);
}

TEST_F(HttpLoopTest, ReturnsAnyStatusWithoutFollowingIt) {
  RawServer other(Echo);
  RawServer server([&](RawConnection& connection) {
    const std::string location = "Location: " + other.url() + "\r\n";
    while (const auto request = connection.ReadRequest()) {
      const int status = std::stoi(request->substr(6, 3));
      connection.Answer(status, "b", location + "Retry-After:  120 \r\n");
    }
  });
  StartLoop();
  for (const int status : {201, 301, 302, 307, 308, 401, 404, 410, 429, 500, 503}) {
    const HttpOutcome outcome = Run(Post(server.url("/" + std::to_string(status))));
    EXPECT_EQ(outcome.failure, FailureClass::kNone) << outcome.detail;
    EXPECT_EQ(outcome.status, status);
    EXPECT_EQ(outcome.body, "b");
    EXPECT_EQ(outcome.retry_after, "120");
  }
  EXPECT_EQ(other.connections(), 0U);
}

TEST_F(HttpLoopTest, SkipsInterimAnswers) {
  RawServer server([](RawConnection& connection) {
    connection.ReadRequest();
    connection.Send(
        "HTTP/1.1 100 Continue\r\n\r\n"
        "HTTP/1.1 103 Early Hints\r\nRetry-After: 5\r\n\r\n"
        "HTTP/1.1 204 No Content\r\n\r\n");
    connection.Hang();
  });
  StartLoop();
  const HttpOutcome outcome = Run(Post(server.url()));
  EXPECT_EQ(outcome.failure, FailureClass::kNone) << outcome.detail;
  EXPECT_EQ(outcome.status, 204);
  EXPECT_EQ(outcome.retry_after, "");
}

TEST_F(HttpLoopTest, KeepsOnlyTheBeginningOfTheBody) {
  RawServer server([](RawConnection& connection) {
    while (connection.ReadRequest()) connection.Answer(200, std::string(100'000, 'y'));
  });
  StartLoop();
  HttpCall call = Post(server.url());
  call.response_bytes_max = 10;
  EXPECT_EQ(Run(call).body, "yyyyyyyyyy");
  call.response_bytes_max = 0;
  EXPECT_EQ(Run(call).body, "");
  EXPECT_EQ(server.connections(), 1U);
}

TEST_F(HttpLoopTest, OpensNoMoreConnectionsThanAllowed) {
  HttpLoopOptions options;
  options.connections_per_host_max = 3;
  RawServer server(Echo);
  StartLoop(options);
  std::vector<std::future<HttpOutcome>> outcomes;
  for (int i = 0; i < 200; ++i) outcomes.push_back(Send(Post(server.url())));
  for (auto& outcome : outcomes) EXPECT_EQ(outcome.get().status, 200);
  EXPECT_LE(server.connections(), 3U);
  EXPECT_EQ(server.requests(), 200U);
}

TEST_F(HttpLoopTest, TotalLimitIsSharedFairlyBetweenHosts) {
  HttpLoopOptions options;
  options.connections_max = 1;
  RawServer first(Echo);
  RawServer second(Echo);
  StartLoop(options);
  std::atomic<int> order{0};
  std::atomic<int> second_finished_at{0};
  std::promise<void> all_done;
  OnLoop([&] {
    for (int i = 0; i < 100; ++i) {
      loop_->Send(Post(first.url()), [&](HttpOutcome outcome) {
        EXPECT_EQ(outcome.status, 200);
        if (++order == 101) all_done.set_value();
      });
    }
    loop_->Send(Post(second.url()), [&](HttpOutcome outcome) {
      EXPECT_EQ(outcome.status, 200);
      second_finished_at = ++order;
      if (order == 101) all_done.set_value();
    });
  });
  WaitOnLoop(all_done.get_future());
  // It did not have to wait for the hundred that were there before: one was running, and another
  // one had its host's turn.
  EXPECT_LE(second_finished_at.load(), 3);
}

TEST_F(HttpLoopTest, MakesTenThousandCalls) {
  constexpr int kCalls = 10'000;
  constexpr int kAtOnce = 64;
  RawServer server([](RawConnection& connection) {
    while (connection.ReadRequest()) connection.Answer(200);
  });
  StartLoop();
  int sent = 0;
  int answered = 0;
  std::promise<void> all_done;
  std::function<void()> send_one = [&] {
    if (sent == kCalls) return;
    ++sent;
    loop_->Send(Post(server.url()), [&](HttpOutcome outcome) {
      ASSERT_EQ(outcome.status, 200) << outcome.detail;
      if (++answered == kCalls) all_done.set_value();
      send_one();
    });
  };
  OnLoop([&] {
    for (int i = 0; i < kAtOnce; ++i) send_one();
  });
  WaitOnLoop(all_done.get_future());
  EXPECT_EQ(server.requests(), static_cast<std::size_t>(kCalls));
  EXPECT_LE(server.connections(), static_cast<std::size_t>(kAtOnce));
}

TEST_F(HttpLoopTest, RunsTimersInOrderOfTheirTime) {
  StartLoop();
  std::vector<int> order;
  std::promise<void> done;
  OnLoop([&] {
    // All from one moment: a loop that comes late to all of them must still take them in turn.
    loop_->PostAfter(milliseconds(20), [&] {
      order.push_back(3);
      // What is due already comes, too.
      loop_->PostAfter(milliseconds(-5), [&] {
        order.push_back(4);
        done.set_value();
      });
    });
    loop_->PostAfter(milliseconds(10), [&] { order.push_back(2); });
    loop_->PostAfter(milliseconds(-5), [&] { order.push_back(1); });
  });
  WaitOnLoop(done.get_future());
  EXPECT_EQ(order, (std::vector<int>{1, 2, 3, 4}));
}

TEST_F(HttpLoopTest, StopCancelsCallsInFlight) {
  HttpLoopOptions options;
  options.connections_per_host_max = 2;
  RawServer server([](RawConnection& connection) {
    connection.ReadRequest();
    connection.Hang();
  });
  StartLoop(options);
  std::vector<std::future<HttpOutcome>> outcomes;
  for (int i = 0; i < 5; ++i) outcomes.push_back(Send(Post(server.url())));
  outcomes.push_back(Send(Post("http://never-answered.example/")));
  ASSERT_TRUE(server.WaitForRequests(2));

  bool timer_ran = false;
  std::promise<FailureClass> sent_while_stopping;
  OnLoop([&] {
    loop_->PostAfter(std::chrono::hours(1), [&] { timer_ran = true; });
    loop_->Send(Post(server.url()), [&](HttpOutcome) {
      loop_->Send(Post(server.url()),
                  [&](HttpOutcome outcome) { sent_while_stopping.set_value(outcome.failure); });
    });
  });
  loop_->Stop();
  for (auto& outcome : outcomes) EXPECT_EQ(outcome.get().failure, FailureClass::kCancelled);
  EXPECT_EQ(sent_while_stopping.get_future().get(), FailureClass::kCancelled);
  EXPECT_FALSE(timer_ran);
  EXPECT_FALSE(loop_->Post([] {}));
  EXPECT_EQ(server.requests(), 2U);
  loop_->Stop();
}

TEST_F(HttpLoopTest, RefusesMoreCallsThanItsLimit) {
  HttpLoopOptions options;
  options.calls_max = 3;
  RawServer server([](RawConnection& connection) { connection.Hang(); });
  StartLoop(options);
  std::vector<std::future<HttpOutcome>> held;
  for (int i = 0; i < 3; ++i) held.push_back(Send(Post(server.url())));
  EXPECT_EQ(Run(Post(server.url())).failure, FailureClass::kLocal);
}

}  // namespace
}  // namespace hookline::net
