// The HTTP server's limits: sizes, times, connections, malformed input. Each refusal must reach a
// client that has not read yet.

#include "server_fixture.h"
#include "support/raw_client.h"

namespace hookline::net {
namespace {

using std::chrono::milliseconds;
using test_support::FindHeader;
using test_support::RawClient;

std::string Status(const std::optional<std::string>& response) {
  return response ? response->substr(9, 3) : "(no response)";
}

// Long enough for a client to say something in time on a machine that is busy.
constexpr milliseconds kTimeToSend(2000);

class HttpServerLimitsTest : public ServerFixture {
 protected:
  using ServerFixture::ServerFixture;

  /// Sends `request` and expects that answer, followed by the close.
  void ExpectRefusal(std::string_view request, std::string_view status) {
    RawClient client(port());
    ASSERT_TRUE(client.Send(request));
    const auto response = client.ReadResponse();
    EXPECT_EQ(Status(response), status) << request.substr(0, 100);
    EXPECT_EQ(FindHeader(response.value_or(""), "Connection"), "close");
    EXPECT_TRUE(client.SeesClose());
  }
};

TEST_F(HttpServerLimitsTest, RefusesMalformedRequests) {
  StartServer();
  ExpectRefusal("nonsense\r\n\r\n", "400");
  ExpectRefusal("GET / HTTP/2.0\r\nHost: x\r\n\r\n", "400");
  ExpectRefusal("GET / HTTP/1.1\r\n\r\n", "400");
  ExpectRefusal("GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n", "400");
  ExpectRefusal("GET / HTTP/1.1\r\nHost: x\r\nbad header\r\n\r\n", "400");
  ExpectRefusal("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: nine\r\n\r\n", "400");
  ExpectRefusal("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n", "400");
  ExpectRefusal("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "400");
}

TEST_F(HttpServerLimitsTest, RefusesWhatCouldHideASecondRequest) {
  StartServer();
  const std::string start = "POST / HTTP/1.1\r\nHost: x\r\n";
  ExpectRefusal(start + "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "400");
  ExpectRefusal(start + "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n", "400");
  ExpectRefusal(start + "Transfer-Encoding: gzip\r\n\r\n", "400");
  ExpectRefusal(start + "Transfer-Encoding: chunked, gzip\r\n\r\n", "400");
  ExpectRefusal(start + "Content-Length: 3\r\nContent-Length: 4\r\n\r\nabc", "400");
  for (const char* length : {"2, 2", "2,2", "+2", "0x2", "2 2", ""}) {
    ExpectRefusal(start + "Content-Length: " + length + "\r\n\r\nab", "400");
  }
  ExpectRefusal(start + "Content-Length: 2\r\nContent-Length: 2\r\n\r\nab", "400");
  for (const char* coding : {"identity, chunked", "identity", "chunked, chunked", "\"chunked\""}) {
    ExpectRefusal(start + "Transfer-Encoding: " + coding + "\r\n\r\n0\r\n\r\n", "400");
  }
  ExpectRefusal(
      start + "Transfer-Encoding: identity\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "400");
  for (const char* folded : {"X-A: b\r\n c", "X-A: b\r\n\tc", "Content-Length:\r\n 2"}) {
    ExpectRefusal(start + folded + "\r\n\r\nab", "400");
  }
  ExpectRefusal("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "400");
}

TEST_F(HttpServerLimitsTest, RefusesLongHeaders) {
  StartServer();
  const std::string long_value(17 * 1024, 'a');
  ExpectRefusal("GET / HTTP/1.1\r\nHost: x\r\nX-Long: " + long_value + "\r\n\r\n", "431");
  ExpectRefusal("GET /" + long_value + " HTTP/1.1\r\nHost: x\r\n\r\n", "431");
  std::string many = "GET / HTTP/1.1\r\nHost: x\r\n";
  for (int i = 0; i < 1000; ++i) many += "X-Many-" + std::to_string(i) + ": 123456789\r\n";
  ExpectRefusal(many + "\r\n", "431");
}

TEST_F(HttpServerLimitsTest, CountsHeadersThatComeSlowly) {
  StartServer();
  RawClient client(port());
  ASSERT_TRUE(client.Send("GET / HTTP/1.1\r\nHost: x\r\n"));
  // No end of header within the limit, whatever the size of the pieces.
  bool alive = true;
  for (int i = 0; i < 400 && alive; ++i)
    alive = client.Send("X-Piece: " + std::string(90, 'a') + "\r\n");
  EXPECT_EQ(Status(client.ReadResponse()), "431");
}

TEST_F(HttpServerLimitsTest, TakesHeadersUnderTheLimit) {
  StartServer();
  RawClient client(port());
  ASSERT_TRUE(
      client.Send("GET / HTTP/1.1\r\nHost: x\r\nX-Long: " + std::string(15'000, 'a') + "\r\n\r\n"));
  EXPECT_EQ(Status(client.ReadResponse()), "200");
}

TEST_F(HttpServerLimitsTest, RefusesAnAnnouncedBodyBeforeReadingIt) {
  HttpServerOptions options;
  options.body_bytes_max = 1000;
  StartServer(options);
  ExpectRefusal("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1001\r\n\r\n", "413");
  ExpectRefusal(
      "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1001\r\nExpect: 100-continue\r\n\r\n", "413");
  ExpectRefusal("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999\r\n\r\n",
                "400");
}

TEST_F(HttpServerLimitsTest, RefusalReachesAClientThatSendsItAllFirst) {
  StartServer();
  ExpectRefusal("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 6291456\r\n\r\n" +
                    std::string(6 * 1024 * 1024, 'b'),
                "413");
}

TEST_F(HttpServerLimitsTest, RefusesAChunkedBodyOnceItIsTooLong) {
  HttpServerOptions options;
  options.body_bytes_max = 1000;
  StartServer(options);
  std::string request = "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (int i = 0; i < 11; ++i) request += "64\r\n" + std::string(100, 'c') + "\r\n";
  ExpectRefusal(request, "413");
  ExpectRefusal(
      "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n",
      "413");
}

TEST_F(HttpServerLimitsTest, TakesRequestsByteByByte) {
  StartServer();
  RawClient client(port());
  const std::string start = "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (const auto& [sent, read] : std::vector<std::pair<std::string, std::string>>{
           {"0\r\n\r\n", ""},
           {"000\r\n\r\n", ""},
           {"0;a=b\r\n\r\n", ""},
           {"0\r\nX-Trailer: y\r\n\r\n", ""},
           {"3\r\nabc\r\n0\r\n\r\n", "abc"},
           {"1\r\n0\r\n2\r\n\r\n\r\n0\r\n\r\n", "0\r\n"}}) {
    for (const char byte : start + sent) {
      ASSERT_TRUE(client.Send({&byte, 1}));
      // So that the server sees single bytes, most of the time.
      std::this_thread::yield();
    }
    const auto response = client.ReadResponse();
    ASSERT_EQ(Status(response), "200") << sent;
    EXPECT_TRUE(response->ends_with("POST /echo " + read)) << *response;
  }
}

TEST_F(HttpServerLimitsTest, TakesBodiesUpToTheLimit) {
  HttpServerOptions options;
  options.body_bytes_max = 300'000;
  StartServer(options);
  RawClient client(port());
  const std::string body(300'000, 'd');
  ASSERT_TRUE(
      client.Send("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 300000\r\n\r\n" + body));
  const std::string response = client.ReadResponse().value_or("");
  EXPECT_EQ(Status(response), "200");
  EXPECT_TRUE(response.ends_with(body));
}

TEST_F(HttpServerLimitsTest, AnswersASlowHeaderWith408) {
  HttpServerOptions options;
  options.header_timeout = kTimeToSend;
  StartServer(options);
  ExpectRefusal("GET / HTTP/1.1\r\nHost:", "408");
}

TEST_F(HttpServerLimitsTest, AnswersASlowBodyWith408) {
  HttpServerOptions options;
  options.body_timeout = milliseconds(50);
  StartServer(options);
  ExpectRefusal("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nhalf", "408");
}

TEST_F(HttpServerLimitsTest, ClosesSilentConnections) {
  HttpServerOptions options;
  options.header_timeout = kTimeToSend;
  options.idle_timeout = kTimeToSend;
  StartServer(options);
  RawClient silent(port());
  EXPECT_TRUE(silent.SeesClose());
  RawClient idle(port());
  ASSERT_TRUE(idle.Send("GET /echo HTTP/1.1\r\nHost: x\r\n\r\n"));
  EXPECT_EQ(Status(idle.ReadResponse()), "200");
  EXPECT_TRUE(idle.SeesClose());
}

TEST_F(HttpServerLimitsTest, GivesUpOnAClientThatDoesNotRead) {
  HttpServerOptions options;
  options.body_bytes_max = 64 * 1024 * 1024;
  options.write_timeout = milliseconds(50);
  StartServer(options);
  RawClient client(port());
  const std::string body(32 * 1024 * 1024, 'e');
  ASSERT_TRUE(client.Send("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: " +
                          std::to_string(body.size()) + "\r\n\r\n" + body));
  ASSERT_TRUE(WaitForHandled(1));
  // The answer can't fit into the socket buffers, so the only way to an end is the time-out.
  ASSERT_TRUE(WaitForNoConnections());
}

// On one thread, who has been answered is idle before the next request is looked at.
class HttpServerIdleTest : public HttpServerLimitsTest {
 protected:
  HttpServerIdleTest() : HttpServerLimitsTest(1) {}
};

TEST_F(HttpServerIdleTest, ClosesTheLongestIdleConnectionForANewOne) {
  HttpServerOptions options;
  options.connections_max = 3;
  StartServer(options);
  const std::string request = "GET /echo HTTP/1.1\r\nHost: x\r\n\r\n";
  std::vector<std::unique_ptr<RawClient>> clients;
  const auto ask = [&](std::size_t index) {
    ASSERT_TRUE(clients[index]->Send(request));
    ASSERT_EQ(Status(clients[index]->ReadResponse()), "200") << index;
  };
  for (std::size_t i = 0; i < 3; ++i) {
    clients.push_back(std::make_unique<RawClient>(port()));
    ask(i);
  }
  ask(0);  // Now number 1 has been idle longest.
  for (std::size_t i = 3; i < 40; ++i) {
    clients.push_back(std::make_unique<RawClient>(port()));
    ask(i);
    if (i == 3) {
      EXPECT_TRUE(clients[1]->SeesClose());
      ask(2);
    }
  }
  const auto lines = log_lines();
  ASSERT_EQ(lines.size(), 1U) << "said once, not for every connection";
  EXPECT_NE(lines[0].find("all 3 connections are taken"), std::string::npos) << lines[0];
}

TEST_F(HttpServerIdleTest, ABusyConnectionIsNeverClosedForANewOne) {
  HttpServerOptions options;
  options.connections_max = 3;
  StartServer(options);
  RawClient busy(port());
  ASSERT_TRUE(busy.Send("GET /hold HTTP/1.1\r\nHost: x\r\n\r\n"));
  ASSERT_TRUE(WaitForHandled(1));
  std::vector<std::unique_ptr<RawClient>> others;
  for (int i = 0; i < 20; ++i) {
    others.push_back(std::make_unique<RawClient>(port()));
    ASSERT_TRUE(others.back()->Send("GET /echo HTTP/1.1\r\nHost: x\r\n\r\n"));
    ASSERT_EQ(Status(others.back()->ReadResponse()), "200");
  }
  Release();
  EXPECT_EQ(Status(busy.ReadResponse()), "200");
}

TEST_F(HttpServerLimitsTest, APeerMakesRoomForItselfByItsOwnIdleConnections) {
  HttpServerOptions options;
  options.connections_per_peer = 3;
  options.counts_loopback = true;
  StartServer(options);
  RawClient busy(port());
  ASSERT_TRUE(busy.Send("GET /hold HTTP/1.1\r\nHost: x\r\n\r\n"));
  ASSERT_TRUE(WaitForHandled(1));
  std::vector<std::unique_ptr<RawClient>> others;
  const auto deadline = std::chrono::steady_clock::now() + test_support::kPatience;
  for (int served = 0; served < 20;) {
    ASSERT_LT(std::chrono::steady_clock::now(), deadline);
    others.push_back(std::make_unique<RawClient>(port()));
    // A refused one may be closed before it has asked.
    if (!others.back()->Send("GET /echo HTTP/1.1\r\nHost: x\r\n\r\n")) continue;
    const std::string status = Status(others.back()->ReadResponse());
    // The connection that was asked last may not have become idle yet.
    if (status == "200") ++served;
  }
  Release();
  EXPECT_EQ(Status(busy.ReadResponse()), "200");
  while (server_->connections() > 3) {
    ASSERT_LT(std::chrono::steady_clock::now(), deadline);
    std::this_thread::sleep_for(milliseconds(1));
  }
}

TEST_F(HttpServerLimitsTest, APeerWhoseConnectionsAreAllBusyIsRefused) {
  HttpServerOptions options;
  options.connections_per_peer = 2;
  options.counts_loopback = true;
  StartServer(options);
  RawClient first(port());
  ASSERT_TRUE(first.Send("GET /hold HTTP/1.1\r\nHost: x\r\n\r\n"));
  RawClient second(port());
  ASSERT_TRUE(second.Send("GET /hold HTTP/1.1\r\nHost: x\r\n\r\n"));
  ASSERT_TRUE(WaitForHandled(2));
  RawClient third(port());
  ASSERT_TRUE(third.Send("GET /echo HTTP/1.1\r\nHost: x\r\n\r\n"));
  EXPECT_EQ(Status(third.ReadResponse()), "503");
  const auto lines = log_lines();
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_NE(lines[0].find("127.0.0.1 has all 2 connections"), std::string::npos) << lines[0];
  Release();
  EXPECT_EQ(Status(first.ReadResponse()), "200");
  EXPECT_EQ(Status(second.ReadResponse()), "200");
}

TEST_F(HttpServerLimitsTest, AnswersConnectionsBeyondTheLimitWith503) {
  HttpServerOptions options;
  options.connections_max = 1;
  options.refusals_max = 1;
  StartServer(options);
  RawClient first(port());
  ASSERT_TRUE(first.Send("GET /hold HTTP/1.1\r\nHost: x\r\n\r\n"));
  ASSERT_TRUE(WaitForHandled(1));
  // The second is refused politely; the third waits until there is room to refuse it as well.
  RawClient second(port());
  RawClient third(port());
  ASSERT_TRUE(second.Send("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nhi"));
  EXPECT_EQ(Status(second.ReadResponse()), "503");
  EXPECT_TRUE(second.SeesClose());
  second.Close();
  ASSERT_TRUE(third.Send("GET /echo HTTP/1.1\r\nHost: x\r\n\r\n"));
  EXPECT_EQ(Status(third.ReadResponse()), "503");
  third.Close();
  // And with room again, all is well.
  Release();
  EXPECT_EQ(Status(first.ReadResponse()), "200");
  first.Close();
  ASSERT_TRUE(WaitForNoConnections());
  RawClient fourth(port());
  ASSERT_TRUE(fourth.Send("GET /echo HTTP/1.1\r\nHost: x\r\n\r\n"));
  EXPECT_EQ(Status(fourth.ReadResponse()), "200");
}

TEST_F(HttpServerLimitsTest, SurvivesClientsThatResetAtAnyPoint) {
  StartServer();
  const std::string request = "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nbody";
  for (std::size_t bytes = 0; bytes <= request.size(); ++bytes) {
    RawClient client(port());
    ASSERT_TRUE(client.Send(std::string_view(request).substr(0, bytes)));
    client.Reset();
  }
  RawClient client(port());
  ASSERT_TRUE(client.Send(request));
  EXPECT_EQ(Status(client.ReadResponse()), "200");
}

}  // namespace
}  // namespace hookline::net
