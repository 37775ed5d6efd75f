// The HTTP server over real sockets: connections, pipelining, protocol details, TLS, draining.

#include <future>

#include "server_fixture.h"
#include "support/raw_client.h"
#include "support/test_certificates.h"

namespace hookline::net {
namespace {

using test_support::FindHeader;
using test_support::RawClient;
using testing::Test;

std::string Body(const std::optional<std::string>& response) {
  if (!response) return "(no response)";
  return response->substr(response->find("\r\n\r\n") + 4);
}

std::string Status(const std::optional<std::string>& response) {
  return response ? response->substr(9, 3) : "(no response)";
}

class HttpServerTest : public ServerFixture {};

TEST_F(HttpServerTest, KeepsTheConnectionForTheNextRequest) {
  StartServer();
  RawClient client(port());
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(client.Send("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nhi"));
    const auto response = client.ReadResponse();
    EXPECT_EQ(Status(response), "200");
    EXPECT_EQ(Body(response), "POST /echo hi");
    EXPECT_EQ(FindHeader(*response, "Connection"), std::nullopt);
    EXPECT_TRUE(FindHeader(*response, "Date").has_value());
  }
  EXPECT_EQ(server_->connections(), 1U);
}

TEST_F(HttpServerTest, AnswersPipelinedRequestsInOrder) {
  StartServer();
  RawClient client(port());
  ASSERT_TRUE(
      client.Send("GET /a HTTP/1.1\r\nHost: x\r\n\r\n"
                  "POST /b HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\none"
                  "POST /c HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
                  "3;ext=1\r\ntwo\r\n2\r\n!!\r\n0\r\nX-Trailer: t\r\n\r\n"
                  "GET /d HTTP/1.1\r\nHost: x\r\n\r\n"));
  EXPECT_EQ(Body(client.ReadResponse()), "GET /a ");
  EXPECT_EQ(Body(client.ReadResponse()), "POST /b one");
  EXPECT_EQ(Body(client.ReadResponse()), "POST /c two!!");
  EXPECT_EQ(Body(client.ReadResponse()), "GET /d ");
}

TEST_F(HttpServerTest, TakesARequestInPiecesOfOneByte) {
  StartServer();
  RawClient client(port());
  const std::string request =
      "\r\nPOST /echo?x=1 HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nbody";
  for (const char& byte : request) ASSERT_TRUE(client.Send({&byte, 1}));
  EXPECT_EQ(Body(client.ReadResponse()), "POST /echo body");
}

TEST_F(HttpServerTest, ClosesWhenTheClientOrTheHandlerAsksForIt) {
  StartServer();
  RawClient polite(port());
  ASSERT_TRUE(polite.Send("GET /echo HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"));
  EXPECT_EQ(FindHeader(polite.ReadResponse().value_or(""), "Connection"), "close");
  EXPECT_TRUE(polite.SeesClose());

  RawClient other(port());
  ASSERT_TRUE(other.Send("GET /close HTTP/1.1\r\nHost: x\r\n\r\n"));
  EXPECT_EQ(FindHeader(other.ReadResponse().value_or(""), "Connection"), "close");
  EXPECT_TRUE(other.SeesClose());
}

TEST_F(HttpServerTest, SpeaksHttp10) {
  StartServer();
  RawClient plain(port());
  ASSERT_TRUE(plain.Send("GET /echo HTTP/1.0\r\n\r\n"));
  EXPECT_EQ(Status(plain.ReadResponse()), "200");
  EXPECT_TRUE(plain.SeesClose());

  RawClient keeping(port());
  for (int i = 0; i < 2; ++i) {
    ASSERT_TRUE(keeping.Send("GET /echo HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"));
    EXPECT_EQ(FindHeader(keeping.ReadResponse().value_or(""), "Connection"), "keep-alive");
  }
}

TEST_F(HttpServerTest, HeadAnd204HaveNoBody) {
  StartServer();
  RawClient client(port());
  ASSERT_TRUE(client.Send("HEAD /echo HTTP/1.1\r\nHost: x\r\n\r\n"));
  const auto head = client.ReadResponse(/*head_only=*/true);
  EXPECT_EQ(FindHeader(head.value_or(""), "Content-Length"), "11");
  ASSERT_TRUE(client.Send("GET /empty HTTP/1.1\r\nHost: x\r\n\r\n"));
  const auto empty = client.ReadResponse();
  EXPECT_EQ(Status(empty), "204");
  EXPECT_EQ(FindHeader(empty.value_or(""), "Content-Length"), std::nullopt);
  ASSERT_TRUE(client.Send("GET /echo HTTP/1.1\r\nHost: x\r\n\r\n"));
  EXPECT_EQ(Body(client.ReadResponse()), "GET /echo ");
}

TEST_F(HttpServerTest, SendsContinueBeforeTheBody) {
  StartServer();
  RawClient client(port());
  ASSERT_TRUE(client.Send(
      "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n"));
  EXPECT_EQ(client.ReadResponse(), "HTTP/1.1 100 Continue\r\n\r\n");
  ASSERT_TRUE(client.Send("body"));
  EXPECT_EQ(Body(client.ReadResponse()), "POST /echo body");
}

TEST_F(HttpServerTest, HandlerExceptionIsLoggedAndAnswered) {
  StartServer();
  RawClient client(port());
  ASSERT_TRUE(client.Send("GET /throw HTTP/1.1\r\nHost: x\r\n\r\n"));
  const auto response = client.ReadResponse();
  EXPECT_EQ(Status(response), "500");
  EXPECT_EQ(Body(response), "internal error");
  EXPECT_EQ(log_lines(), std::vector<std::string>{"request handler failed: handler broke"});
  ASSERT_TRUE(client.Send("GET /echo HTTP/1.1\r\nHost: x\r\n\r\n"));
  EXPECT_EQ(Status(client.ReadResponse()), "200");
}

TEST_F(HttpServerTest, HandlerTextCannotAddHeaders) {
  StartServer();
  RawClient client(port());
  ASSERT_TRUE(client.Send("GET /header HTTP/1.1\r\nHost: x\r\n\r\n"));
  const std::string response = client.ReadResponse().value_or("");
  EXPECT_EQ(FindHeader(response, "X-Test"), "a  X-Evil: b");
  EXPECT_EQ(FindHeader(response, "X-Evil"), std::nullopt);
}

TEST_F(HttpServerTest, DrainClosesIdleConnectionsAndLetsActiveRequestsFinish) {
  StartServer();
  RawClient idle(port());
  ASSERT_TRUE(idle.Send("GET /echo HTTP/1.1\r\nHost: x\r\n\r\n"));
  ASSERT_EQ(Status(idle.ReadResponse()), "200");
  RawClient active(port());
  ASSERT_TRUE(active.Send("GET /hold HTTP/1.1\r\nHost: x\r\n\r\n"));
  ASSERT_TRUE(WaitForHandled(2));

  server_->StopAccepting();
  auto drained =
      std::async(std::launch::async, [this] { return server_->Drain(std::chrono::seconds(30)); });
  EXPECT_TRUE(idle.SeesClose());
  Release();
  const auto response = active.ReadResponse();
  EXPECT_EQ(Status(response), "200");
  EXPECT_EQ(FindHeader(response.value_or(""), "Connection"), "close");
  EXPECT_TRUE(active.SeesClose());
  active.Close();
  EXPECT_TRUE(drained.get());
  EXPECT_EQ(server_->connections(), 0U);
}

TEST_F(HttpServerTest, DrainCancelsWhatIsLeftAtTheDeadline) {
  StartServer();
  RawClient active(port());
  ASSERT_TRUE(active.Send("GET /hold HTTP/1.1\r\nHost: x\r\n\r\n"));
  ASSERT_TRUE(WaitForHandled(1));
  server_->StopAccepting();
  EXPECT_TRUE(server_->Drain(std::chrono::milliseconds(1)));
  EXPECT_TRUE(active.SeesClose(/*or_reset=*/true));
  EXPECT_TRUE(log_lines().empty());
}

TEST_F(HttpServerTest, DestructionWithoutDrainEndsEverything) {
  StartServer();
  RawClient active(port());
  ASSERT_TRUE(active.Send("GET /hold HTTP/1.1\r\nHost: x\r\n\r\n"));
  ASSERT_TRUE(WaitForHandled(1));
  server_.reset();
  EXPECT_TRUE(active.SeesClose(/*or_reset=*/true));
}

TEST_F(HttpServerTest, StoppedThreadsLeaveNothingBehind) {
  StartServer();
  RawClient active(port());
  ASSERT_TRUE(active.Send("GET /hold HTTP/1.1\r\nHost: x\r\n\r\n"));
  ASSERT_TRUE(WaitForHandled(1));
  threads_.Stop();
  EXPECT_FALSE(server_->Drain(std::chrono::seconds(0)));
  server_.reset();
}

TEST_F(HttpServerTest, ManyConnectionsOverAllThreads) {
  StartServer();
  std::vector<std::unique_ptr<RawClient>> clients;
  for (int i = 0; i < 50; ++i) clients.push_back(std::make_unique<RawClient>(port()));
  for (int round = 0; round < 20; ++round) {
    for (auto& client : clients) {
      ASSERT_TRUE(client->Send("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\n1"));
    }
    for (auto& client : clients) ASSERT_EQ(Body(client->ReadResponse()), "POST /echo 1");
  }
}

TEST_F(HttpServerTest, ReportsAnAddressInUse) {
  StartServer();
  HttpServerOptions options;
  options.port = port();
  HttpServer second(threads_, options, nullptr, nullptr, nullptr);
  const Result<void> started = second.Start();
  ASSERT_FALSE(started.has_value());
  EXPECT_NE(started.error().message().find(std::to_string(port())), std::string::npos);
}

TEST_F(HttpServerTest, RefusesBadTlsFilesAndAddresses) {
  HttpServerOptions options;
  options.address = "not-an-address";
  EXPECT_FALSE(HttpServer(threads_, options, nullptr, nullptr, nullptr).Start().has_value());
  options = HttpServerOptions();
  options.tls_certificate_file = "/does/not/exist.pem";
  options.tls_key_file = "/does/not/exist.key";
  const Result<void> started = HttpServer(threads_, options, nullptr, nullptr, nullptr).Start();
  ASSERT_FALSE(started.has_value());
  EXPECT_NE(started.error().message().find("/does/not/exist.pem"), std::string::npos);
}

}  // namespace
}  // namespace hookline::net
