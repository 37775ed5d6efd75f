// Requests are judged by their heads, and pay for what they take up.

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

std::string Head(std::string_view target, std::size_t length, std::string_view more = "") {
  return "POST " + std::string(target) +
         " HTTP/1.1\r\nHost: x\r\nContent-Length: " + std::to_string(length) + "\r\n" +
         std::string(more) + "\r\n";
}

class HttpAdmissionTest : public ServerFixture {
 protected:
  void ExpectServed(RawClient& client) {
    ASSERT_TRUE(client.Send("GET /echo HTTP/1.1\r\nHost: x\r\n\r\n"));
    EXPECT_EQ(Status(client.ReadResponse()), "200");
  }
};

TEST_F(HttpAdmissionTest, ASmallBodyOfARefusedRequestIsDropped) {
  StartServer();
  RawClient client(port());
  ASSERT_TRUE(client.Send(Head("/refuse", 1000) + std::string(1000, 'b')));
  const auto response = client.ReadResponse();
  EXPECT_EQ(Status(response), "401");
  EXPECT_EQ(FindHeader(*response, "Connection"), std::nullopt);
  ASSERT_TRUE(
      client.Send("POST /refuse HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
                  "3\r\nabc\r\n0\r\n\r\n"));
  EXPECT_EQ(Status(client.ReadResponse()), "401");
  ExpectServed(client);
}

TEST_F(HttpAdmissionTest, ALargeBodyOfARefusedRequestIsNotWaitedFor) {
  StartServer();
  for (const std::string& request :
       {Head("/refuse", 2'000'000), Head("/refuse", 10, "Expect: 100-continue\r\n"),
        Head("/free", 2'000'000),
        "POST /refuse HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n20000\r\n" +
            std::string(0x20000, 'c')}) {
    RawClient client(port());
    ASSERT_TRUE(client.Send(request));
    const auto response = client.ReadResponse();
    EXPECT_EQ(Status(response), request.find("/free") == std::string::npos ? "401" : "200");
    EXPECT_EQ(FindHeader(response.value_or(""), "Connection"), "close");
    EXPECT_TRUE(client.SeesClose());
  }
  EXPECT_EQ(memory_->used(), 0U);
}

TEST_F(HttpAdmissionTest, ARefusedBodyThatStopsEndsTheConnection) {
  HttpServerOptions options;
  options.body_timeout = milliseconds(50);
  StartServer(options);
  RawClient client(port());
  ASSERT_TRUE(client.Send(Head("/refuse", 10) + "half"));
  const auto response = client.ReadResponse();
  EXPECT_EQ(Status(response), "401");
  EXPECT_EQ(FindHeader(response.value_or(""), "Connection"), "close");
}

TEST_F(HttpAdmissionTest, AJudgeThatThrowsIsLoggedAndAnswered) {
  StartServer();
  RawClient client(port());
  ASSERT_TRUE(client.Send("GET /throw-early HTTP/1.1\r\nHost: x\r\n\r\n"));
  const auto response = client.ReadResponse();
  EXPECT_EQ(Status(response), "500");
  EXPECT_EQ(FindHeader(response.value_or(""), "X-Path"), "/throw-early");
  EXPECT_EQ(log_lines(), std::vector<std::string>{"judging a request failed: judge broke"});
  ExpectServed(client);
}

TEST_F(HttpAdmissionTest, BodiesPayForWhatHasCome) {
  StartServer();
  {
    RawClient slow(port());
    ASSERT_TRUE(slow.Send(Head("/echo?app=1", 2'000'000)));
    ASSERT_TRUE(WaitForMemory([](std::size_t used) { return used > 0; }));
    EXPECT_EQ(memory_->used(), MemoryBudget::kBeginningBytes) << "an announcement costs nothing";
    ASSERT_TRUE(slow.Send(std::string(1'000'000, 'b')));
    ASSERT_TRUE(WaitForMemory([](std::size_t used) { return used > 1'000'000; }));
    EXPECT_LT(memory_->used(), 2'100'000U);
  }
  EXPECT_TRUE(WaitForMemory([](std::size_t used) { return used == 0; })) << "the client has gone";
  RawClient whole(port());
  ASSERT_TRUE(whole.Send(Head("/echo?app=1", 2'000'000) + std::string(2'000'000, 'b')));
  EXPECT_EQ(Status(whole.ReadResponse()), "200");
  EXPECT_TRUE(WaitForMemory([](std::size_t used) { return used == 0; }));
}

TEST_F(HttpAdmissionTest, AnAppThatHoldsItsShareIsRefusedAndAnotherIsServed) {
  HttpServerOptions options;
  options.memory = std::make_shared<MemoryBudget>(4U << 20);
  StartServer(options);
  RawClient slow(port());
  ASSERT_TRUE(slow.Send(Head("/echo?app=1", 1'500'000) + std::string(1'400'000, 'b')));
  ASSERT_TRUE(WaitForMemory([](std::size_t used) { return used >= 1'400'000; }));
  RawClient same(port());
  ASSERT_TRUE(same.Send(Head("/echo?app=1", 300'000) + std::string(300'000, 'b')));
  const auto refused = same.ReadResponse();
  EXPECT_EQ(Status(refused), "503");
  EXPECT_EQ(FindHeader(refused.value_or(""), "X-Path"), "/echo");
  EXPECT_TRUE(same.SeesClose());
  RawClient small(port());
  ASSERT_TRUE(small.Send(Head("/echo?app=1", 3'000) + std::string(3'000, 'b')));
  EXPECT_EQ(Status(small.ReadResponse()), "200") << "what is small needs no share";
  RawClient other(port());
  ASSERT_TRUE(other.Send(Head("/echo?app=2", 300'000) + std::string(300'000, 'b')));
  EXPECT_EQ(Status(other.ReadResponse()), "200");
  ASSERT_TRUE(slow.Send(std::string(100'000, 'b')));
  EXPECT_EQ(Status(slow.ReadResponse()), "200");
}

TEST_F(HttpAdmissionTest, AnswersThatNobodyReadsAreHeldAgainstTheirApp) {
  HttpServerOptions options;
  options.memory = std::make_shared<MemoryBudget>(64U << 20);
  StartServer(options);
  RawClient reader(port());
  {
    RawClient lazy(port());
    ASSERT_TRUE(lazy.Send("GET /large?app=1 HTTP/1.1\r\nHost: x\r\n\r\n"));
    ASSERT_TRUE(WaitForMemory([](std::size_t used) { return used >= kLargeBytes; }));
    ASSERT_TRUE(reader.Send(Head("/echo?app=1", 100'000) + std::string(100'000, 'b')));
    EXPECT_EQ(Status(reader.ReadResponse()), "503");
    RawClient other(port());
    ASSERT_TRUE(other.Send(Head("/echo?app=2", 100'000) + std::string(100'000, 'b')));
    EXPECT_EQ(Status(other.ReadResponse()), "200");
  }
  EXPECT_TRUE(WaitForMemory([](std::size_t used) { return used == 0; }));
}

TEST_F(HttpAdmissionTest, WithoutRoomOnlyWhatIsNotCountedIsAnswered) {
  HttpServerOptions options;
  options.memory = std::make_shared<MemoryBudget>(4 * MemoryBudget::kBeginningBytes);
  StartServer(options);
  RawClient holder(port());
  ASSERT_TRUE(holder.Send("GET /hold HTTP/1.1\r\nHost: x\r\n\r\n"));
  ASSERT_TRUE(WaitForHandled(1));
  RawClient client(port());
  ASSERT_TRUE(client.Send("GET /echo HTTP/1.1\r\nHost: x\r\n\r\n"));
  EXPECT_EQ(Status(client.ReadResponse()), "503");
  ASSERT_TRUE(client.Send("GET /free HTTP/1.1\r\nHost: x\r\n\r\n"));
  EXPECT_EQ(Status(client.ReadResponse()), "200");
  Release();
  EXPECT_EQ(Status(holder.ReadResponse()), "200");
  ASSERT_TRUE(WaitForMemory([](std::size_t used) { return used == 0; }));
  ExpectServed(client);
}

TEST_F(HttpAdmissionTest, ABodyThatComesTooSlowlyIsGivenUp) {
  HttpServerOptions options;
  options.rate_window = milliseconds(50);
  options.bytes_per_second_min = 1 << 30;
  StartServer(options);
  RawClient client(port());
  ASSERT_TRUE(client.Send(Head("/echo", 2'000'000) + "the beginning"));
  EXPECT_EQ(Status(client.ReadResponse()), "408");
}

TEST_F(HttpAdmissionTest, AnAnswerThatIsReadTooSlowlyIsGivenUp) {
  HttpServerOptions options;
  options.rate_window = milliseconds(50);
  options.bytes_per_second_min = 1 << 30;
  StartServer(options);
  RawClient client(port());
  // It can't fit into the socket buffers, so nothing but the rate can end this.
  ASSERT_TRUE(client.Send("GET /large HTTP/1.1\r\nHost: x\r\n\r\n"));
  ASSERT_TRUE(WaitForHandled(1));
  EXPECT_TRUE(WaitForNoConnections());
}

}  // namespace
}  // namespace hookline::net
