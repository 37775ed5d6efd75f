// Kept connections: when they are used again, and what happens when one turns out to be dead.

#include <atomic>
#include <thread>

#include "loop_fixture.h"
#include "support/socket_io.h"

namespace hookline::net {
namespace {

using std::chrono::milliseconds;
using test_support::RawConnection;
using test_support::RawServer;

/// The first connection answers once and breaks, by a reset, at the next request; later ones do as
/// `then` says.
RawServer::Script FirstOneGoesStale(RawServer::Script then) {
  return [then = std::move(then)](RawConnection& connection) {
    if (connection.index() != 0) return then(connection);
    connection.ReadRequest();
    connection.Answer(200);
    connection.ReadRequest();
    connection.Reset();
  };
}

void AlwaysOk(RawConnection& connection) {
  while (connection.ReadRequest()) connection.Answer(200);
}

class HttpLoopKeptTest : public LoopFixture {};

TEST_F(HttpLoopKeptTest, AStaleConnectionCostsOneMoreTryAndNoFailure) {
  RawServer server(FirstOneGoesStale(AlwaysOk));
  StartLoop();
  ASSERT_EQ(Run(Post(server.url())).status, 200);
  const HttpOutcome outcome = Run(Post(server.url(), "second"));
  EXPECT_EQ(outcome.status, 200) << outcome.detail;
  EXPECT_EQ(server.requests(), 3U);
  EXPECT_EQ(server.connections(), 2U);
}

TEST_F(HttpLoopKeptTest, TheOneMoreTryIsTheLast) {
  RawServer server(FirstOneGoesStale([](RawConnection& connection) {
    connection.ReadRequest();
    connection.Reset();
  }));
  StartLoop();
  ASSERT_EQ(Run(Post(server.url())).status, 200);
  EXPECT_EQ(Run(Post(server.url())).failure, FailureClass::kReset);
  EXPECT_EQ(server.requests(), 3U);
}

TEST_F(HttpLoopKeptTest, AResetOnAFreshConnectionIsNotRepeated) {
  RawServer server([](RawConnection& connection) {
    connection.ReadRequest();
    connection.Reset();
  });
  StartLoop();
  EXPECT_EQ(Run(Post(server.url())).failure, FailureClass::kReset);
  EXPECT_EQ(server.requests(), 1U);
}

TEST_F(HttpLoopKeptTest, ABreakAfterAByteOfTheAnswerIsNotRepeated) {
  RawServer server([](RawConnection& connection) {
    connection.ReadRequest();
    connection.Answer(200);
    connection.ReadRequest();
    connection.Send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n");
    connection.Reset();
  });
  StartLoop();
  ASSERT_EQ(Run(Post(server.url())).status, 200);
  EXPECT_EQ(Run(Post(server.url())).failure, FailureClass::kReset);
  EXPECT_EQ(server.requests(), 2U);
}

TEST_F(HttpLoopKeptTest, AFreshConnectionIsOneThatNobodyUsedBefore) {
  RawServer server(AlwaysOk);
  StartLoop();
  for (int i = 0; i < 3; ++i) {
    HttpCall call = Post(server.url());
    call.fresh_connection = true;
    EXPECT_EQ(Run(std::move(call)).status, 200);
  }
  EXPECT_EQ(server.connections(), 3U);
}

TEST_F(HttpLoopKeptTest, AfterATimeOutOnAKeptConnectionTheOthersAreNotUsed) {
  // Four connections are kept; then every one of them falls silent.
  constexpr std::size_t kKept = 4;
  std::atomic<std::size_t> waiting{0};
  RawServer server([&](RawConnection& connection) {
    if (connection.index() >= kKept) return AlwaysOk(connection);
    connection.ReadRequest();
    ++waiting;
    while (waiting < kKept) std::this_thread::yield();
    connection.Answer(200, "", "Keep-Alive: timeout=30\r\n");
    connection.ReadRequest();
    connection.Hang();
  });
  StartLoop();
  std::vector<std::future<HttpOutcome>> first;
  for (std::size_t i = 0; i < kKept; ++i) first.push_back(Send(Post(server.url())));
  for (auto& outcome : first) ASSERT_EQ(outcome.get().status, 200);
  HttpCall call = Post(server.url());
  call.timeout = milliseconds(2100);
  ASSERT_EQ(Run(call).failure, FailureClass::kTimeout);
  for (int i = 0; i < 5; ++i) EXPECT_EQ(Run(Post(server.url())).status, 200) << i;
}

TEST_F(HttpLoopKeptTest, AReceiverThatKeepsConnectionsShortlyGetsFreshOnes) {
  RawServer server([](RawConnection& connection) {
    while (connection.ReadRequest()) connection.Answer(200, "", "Keep-Alive: timeout=1, max=5\r\n");
  });
  StartLoop();
  for (int i = 0; i < 3; ++i) EXPECT_EQ(Run(Post(server.url())).status, 200);
  EXPECT_EQ(server.connections(), 3U);
}

TEST_F(HttpLoopKeptTest, AReceiverThatKeepsConnectionsLongIsTakenAtItsWord) {
  RawServer server([](RawConnection& connection) {
    while (connection.ReadRequest())
      connection.Answer(200, "", "Keep-Alive: max=9, Timeout=30\r\n");
  });
  StartLoop();
  for (int i = 0; i < 3; ++i) EXPECT_EQ(Run(Post(server.url())).status, 200);
  EXPECT_EQ(server.connections(), 1U);
}

TEST_F(HttpLoopKeptTest, AnIdleConnectionIsUsedForAFewSecondsOnly) {
  HttpLoopOptions options;
  options.connection_idle_max = std::chrono::seconds(1);
  RawServer server(AlwaysOk);
  StartLoop(options);
  ASSERT_EQ(Run(Post(server.url())).status, 200);
  // Time itself is what is tested here.
  std::this_thread::sleep_for(milliseconds(2100));
  ASSERT_EQ(Run(Post(server.url())).status, 200);
  EXPECT_EQ(server.connections(), 2U);
}

TEST_F(HttpLoopKeptTest, WaitingForAConnectionDoesNotCountWhereItMayTakeTime) {
  HttpLoopOptions options;
  options.connections_max = 1;
  RawServer server([](RawConnection& connection) {
    connection.ReadRequest();
    connection.Hang();
  });
  RawServer other(AlwaysOk);
  StartLoop(options);
  HttpCall slow = Post(server.url());
  slow.timeout = milliseconds(4000);
  auto held = Send(slow);
  ASSERT_TRUE(server.WaitForRequests(1));
  HttpCall patient = Post(other.url());
  patient.timeout = milliseconds(3000);  // Less than the wait, and plenty for the call.
  patient.connection_wait_max = milliseconds(30'000);
  const HttpOutcome outcome = Run(patient);
  EXPECT_EQ(outcome.status, 200) << outcome.detail;
  EXPECT_LE(outcome.elapsed, milliseconds(3000));
  EXPECT_EQ(held.get().failure, FailureClass::kTimeout);
}

TEST_F(HttpLoopKeptTest, WhoWaitsTooLongForAConnectionHasLocalTrouble) {
  HttpLoopOptions options;
  options.connections_max = 1;
  RawServer server([](RawConnection& connection) {
    connection.ReadRequest();
    connection.Hang();
  });
  StartLoop(options);
  auto held = Send(Post(server.url()));
  ASSERT_TRUE(server.WaitForRequests(1));
  HttpCall call = Post(server.url());
  call.timeout = milliseconds(20);
  call.connection_wait_max = milliseconds(20);
  EXPECT_EQ(Run(call).failure, FailureClass::kLocal);
}

TEST_F(HttpLoopKeptTest, NamesUnderLocalhostAreLoopbackIfTheLoopSaysSo) {
  HttpLoopOptions options;
  options.localhost_names = true;
  RawServer server(AlwaysOk);
  StartLoop(options);
  const std::string port = std::to_string(server.port());
  EXPECT_EQ(Run(Post("http://hooks.localhost:" + port + "/")).status, 200);
  EXPECT_EQ(Run(Post("http://localhost:" + port + "/")).status, 200);
  EXPECT_EQ(resolver_->questions(), 0U);
}

}  // namespace
}  // namespace hookline::net
