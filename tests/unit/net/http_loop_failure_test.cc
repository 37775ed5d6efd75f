// Each way in which a receiver can fail: a class of its own, bounded time, and never a second
// sending of the same request.

#include <fcntl.h>

#include "loop_fixture.h"
#include "support/socket_io.h"

namespace hookline::net {
namespace {

using std::chrono::milliseconds;
using test_support::RawConnection;
using test_support::RawServer;

class HttpLoopFailureTest : public LoopFixture {
 protected:
  /// What becomes of one POST to a server that sends `answer` and closes.
  HttpOutcome RunAgainst(const std::string& answer) {
    RawServer server([&](RawConnection& connection) {
      connection.ReadRequest();
      connection.Send(answer);
    });
    return Run(Post(server.url()));
  }
};

TEST_F(HttpLoopFailureTest, NobodyListens) {
  std::uint16_t port = 0;
  test_support::ListenOnLoopback(port).Close();
  StartLoop();
  const HttpOutcome outcome = Run(Post("http://u:secret@127.0.0.1:" + std::to_string(port) + "/"));
  EXPECT_EQ(outcome.failure, FailureClass::kRefused) << outcome.detail;
  EXPECT_EQ(outcome.detail.find("secret"), std::string::npos);
  EXPECT_NE(outcome.detail, "");
}

TEST_F(HttpLoopFailureTest, PeerResetsOrClosesBeforeOrInTheAnswer) {
  StartLoop();
  EXPECT_EQ(RunAgainst("").failure, FailureClass::kReset);
  EXPECT_EQ(RunAgainst("HTTP/1.1 200 OK\r\nContent-Le").failure, FailureClass::kReset);
  EXPECT_EQ(RunAgainst("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf").failure,
            FailureClass::kReset);
  EXPECT_EQ(RunAgainst("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhalf").failure,
            FailureClass::kReset);

  RawServer server([](RawConnection& connection) {
    connection.ReadRequest();
    if (connection.index() == 1) connection.Send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nx");
    connection.Reset();
  });
  EXPECT_EQ(Run(Post(server.url())).failure, FailureClass::kReset);
  EXPECT_EQ(Run(Post(server.url())).failure, FailureClass::kReset);
}

TEST_F(HttpLoopFailureTest, AnAnswerUntilTheCloseIsComplete) {
  StartLoop();
  const HttpOutcome outcome = RunAgainst("HTTP/1.1 200 OK\r\n\r\nbody");
  EXPECT_EQ(outcome.failure, FailureClass::kNone) << outcome.detail;
  EXPECT_EQ(outcome.body, "body");
}

TEST_F(HttpLoopFailureTest, AnswerIsNotHttp) {
  StartLoop();
  EXPECT_EQ(RunAgainst("SSH-2.0-OpenSSH_9.2\r\n").failure, FailureClass::kHttp);
  EXPECT_EQ(RunAgainst("HTTP/1.1 abc\r\n\r\n").failure, FailureClass::kHttp);
  EXPECT_EQ(RunAgainst("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n").failure,
            FailureClass::kHttp);
  EXPECT_EQ(RunAgainst("HTTP/1.1 200 OK\r\nContent-Length: nine\r\n\r\n").failure,
            FailureClass::kHttp);
}

TEST_F(HttpLoopFailureTest, NoAnswerInTime) {
  RawServer server([](RawConnection& connection) {
    connection.ReadRequest();
    connection.Hang();
  });
  StartLoop();
  HttpCall call = Post(server.url());
  call.timeout = milliseconds(50);
  const HttpOutcome outcome = Run(call);
  EXPECT_EQ(outcome.failure, FailureClass::kTimeout) << outcome.detail;
  EXPECT_GE(outcome.elapsed, milliseconds(50));
}

TEST_F(HttpLoopFailureTest, TheTimeLimitIsForTheWholeAnswer) {
  RawServer server([](RawConnection& connection) {
    connection.ReadRequest();
    connection.Drip("HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n" + std::string(100'000, 'd'),
                    milliseconds(1));
  });
  StartLoop();
  HttpCall call = Post(server.url());
  call.timeout = milliseconds(100);
  EXPECT_EQ(Run(call).failure, FailureClass::kTimeout);
}

TEST_F(HttpLoopFailureTest, NoTimeAtAll) {
  RawServer server([](RawConnection& connection) { connection.Hang(); });
  StartLoop();
  HttpCall call = Post(server.url());
  call.timeout = milliseconds(0);
  EXPECT_EQ(Run(call).failure, FailureClass::kTimeout);
}

TEST_F(HttpLoopFailureTest, NoConnectionInTimeIsTroubleOfOurOwn) {
  HttpLoopOptions options;
  options.connections_per_host_max = 1;
  RawServer server([](RawConnection& connection) {
    connection.ReadRequest();
    connection.Hang();
  });
  StartLoop(options);
  auto first = Send(Post(server.url()));
  ASSERT_TRUE(server.WaitForRequests(1));
  HttpCall call = Post(server.url());
  call.timeout = milliseconds(50);
  EXPECT_EQ(Run(call).failure, FailureClass::kLocal);
  EXPECT_EQ(server.requests(), 1U);
}

TEST_F(HttpLoopFailureTest, EndlessAnswersAreCutOff) {
  HttpLoopOptions options;
  options.response_body_bytes_max = 100'000;
  options.response_header_bytes_max = 20'000;
  StartLoop(options);
  EXPECT_EQ(RunAgainst("HTTP/1.1 200 OK\r\n\r\n" + std::string(200'000, 'e')).failure,
            FailureClass::kTooLarge);

  std::string many = "HTTP/1.1 200 OK\r\n";
  for (int i = 0; i < 1000; ++i) many += "X-Header-" + std::to_string(i) + ": 0123456789\r\n";
  EXPECT_EQ(RunAgainst(many + "\r\n").failure, FailureClass::kTooLarge);
  EXPECT_EQ(
      RunAgainst("HTTP/1.1 200 OK\r\nX-Long: " + std::string(30'000, 'l') + "\r\n\r\n").failure,
      FailureClass::kTooLarge);
  // No end of line at all, more than libcurl itself takes.
  EXPECT_EQ(RunAgainst("HTTP/1.1 200 OK\r\nX-Long: " + std::string(300'000, 'l')).failure,
            FailureClass::kTooLarge);
  std::string interim;
  for (int i = 0; i < 1000; ++i) interim += "HTTP/1.1 102 Processing\r\n\r\n";
  EXPECT_EQ(RunAgainst(interim).failure, FailureClass::kTooLarge);
}

TEST_F(HttpLoopFailureTest, CompressedAnswersAreNotUnpacked) {
  StartLoop();
  const HttpOutcome outcome =
      RunAgainst("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nbomb");
  EXPECT_EQ(outcome.failure, FailureClass::kNone) << outcome.detail;
  EXPECT_EQ(outcome.body, "bomb");
}

class ResendTest : public LoopFixture, public testing::WithParamInterface<std::size_t> {};

TEST_P(ResendTest, AKeptConnectionThatDiesIsReplacedOnceAndByUs) {
  // The first request is answered; the second one, on the same connection, is read and then the
  // connection dies. libcurl by itself would connect again as often as it finds dead ones.
  RawServer server([](RawConnection& connection) {
    connection.ReadRequest();
    connection.Answer(200);
    connection.ReadRequest();
    connection.Close();
  });
  StartLoop();
  ASSERT_EQ(Run(Post(server.url(), "first")).status, 200);
  const HttpOutcome outcome = Run(Post(server.url(), std::string(GetParam(), 'b')));
  EXPECT_EQ(outcome.status, 200) << outcome.detail;
  EXPECT_EQ(server.requests(), 3U);
  EXPECT_EQ(server.connections(), 2U);
  // So it is for every call.
  EXPECT_EQ(Run(Post(server.url(), "third")).status, 200);
  EXPECT_EQ(server.requests(), 5U);
  EXPECT_EQ(server.connections(), 3U);
}

// One that fits into a packet with the header, and one that libcurl sends separately.
INSTANTIATE_TEST_SUITE_P(BodySizes, ResendTest, testing::Values(10, 200'000));

TEST_F(HttpLoopFailureTest, AKeptConnectionThatWasClosedInPeaceIsReplaced) {
  RawServer server([](RawConnection& connection) {
    connection.ReadRequest();
    connection.Answer(200);
  });
  StartLoop();
  // Each connection is closed after one answer. Once the close has arrived it is not used again;
  // if a call is faster than the close, it may fail, but nothing is ever sent twice.
  for (int i = 0; i < 50; ++i) {
    const HttpOutcome outcome = Run(Post(server.url()));
    EXPECT_TRUE(outcome.status == 200 || outcome.failure == FailureClass::kReset) << outcome.detail;
  }
  EXPECT_LE(server.requests(), 50U);
}

TEST_F(HttpLoopFailureTest, BadUrlsAndHeadersAreBlocked) {
  StartLoop();
  for (const char* url : {"", "nonsense", "ftp://127.0.0.1/", "http://", "http://127.0.0.1:0/"}) {
    EXPECT_EQ(Run(Post(url)).failure, FailureClass::kBlocked) << url;
  }
  HttpCall call = Post("http://127.0.0.1:1/");
  call.headers.emplace_back("X-A: b\r\nX-Evil: c");
  EXPECT_EQ(Run(call).failure, FailureClass::kBlocked);
}

}  // namespace
}  // namespace hookline::net
