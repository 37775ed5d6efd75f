// Bodies of answers: of no account to those who want the status only, and all or nothing to those
// who want the body.

#include <future>
#include <string>
#include <vector>

#include "loop_fixture.h"
#include "support/socket_io.h"

namespace hookline::net {
namespace {

using std::chrono::milliseconds;
using test_support::RawConnection;
using test_support::RawServer;

class HttpLoopBodyTest : public LoopFixture {
 protected:
  static HttpCall ForStatus(std::string url) {
    HttpCall call = Post(std::move(url));
    call.header_is_answer = true;
    call.response_bytes_max = 0;
    return call;
  }
};

TEST_F(HttpLoopBodyTest, ACutBodyIsAnAnswerForThoseWhoWantTheStatusOnly) {
  RawServer server([](RawConnection& connection) {
    const auto request = connection.ReadRequest();
    const std::string status = request->substr(6, 3);
    connection.Send("HTTP/1.1 " + status + " X\r\nContent-Length: 10\r\n\r\nhalf");
    if (connection.index() % 2 == 1) connection.Reset();
  });
  StartLoop();
  for (const char* path : {"/200", "/204x", "/299", "/200"}) {
    const HttpOutcome outcome = Run(ForStatus(server.url(path)));
    EXPECT_EQ(outcome.failure, Failure::kNone) << path << outcome.detail;
    EXPECT_EQ(outcome.status, std::stoi(std::string(path).substr(1, 3)));
  }
  EXPECT_EQ(Run(ForStatus(server.url("/500"))).failure, Failure::kReset);
  EXPECT_EQ(Run(Post(server.url("/200"))).failure, Failure::kReset);
}

TEST_F(HttpLoopBodyTest, NorDoesAMalformedOrEndlessBodyMatterToThem) {
  HttpLoopOptions options;
  options.response_body_bytes_max = 100'000;
  StartLoop(options);
  const std::string chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
  const std::vector<std::string> answers = {
      chunked + "zz\r\n",
      chunked + "4\r\nfour4\r\nfour\r\n0\r\n\r\n",
      chunked + "4\r\nfo",
      chunked + "0\r\nTrailer",
      chunked + "0\r\nHTTP/1.1 500 no: status\r\n",
      "HTTP/1.1 200 OK\r\nContent-Length: 999000000\r\n\r\n" + std::string(200'000, 'e'),
      "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nnone",
      "HTTP/1.1 103 Early Hints\r\n\r\n" + chunked + "zz\r\n",
  };
  for (const std::string& answer : answers) {
    RawServer server([&](RawConnection& connection) {
      connection.ReadRequest();
      connection.Send(answer);
    });
    const HttpOutcome outcome = Run(ForStatus(server.url()));
    EXPECT_EQ(outcome.failure, Failure::kNone) << answer.substr(0, 100) << outcome.detail;
    EXPECT_EQ(outcome.status, 200);
    EXPECT_EQ(outcome.detail, "");
    EXPECT_EQ(server.requests(), 1U);
  }
}

TEST_F(HttpLoopBodyTest, NorOneThatIsNotSentUntilTheTimeIsUp) {
  StartLoop();
  for (const char* body : {"", "4\r\nfour\r\n"}) {
    RawServer server([&](RawConnection& connection) {
      connection.ReadRequest();
      connection.Send("HTTP/1.1 201 X\r\nTransfer-Encoding: chunked\r\n\r\n");
      connection.Send(body);
      connection.Hang();
    });
    HttpCall call = ForStatus(server.url());
    call.timeout = milliseconds(1000);
    const HttpOutcome outcome = Run(call);
    EXPECT_EQ(outcome.failure, Failure::kNone) << outcome.detail;
    EXPECT_EQ(outcome.status, 201);
    EXPECT_LT(outcome.elapsed, milliseconds(1000)) << "the header was the answer";
    EXPECT_EQ(server.requests(), 1U);
  }
}

TEST_F(HttpLoopBodyTest, NorTheEndOfTheLoop) {
  // More than the sockets hold: once it is sent, the loop has read the header.
  constexpr std::size_t kBytes = 64U * 1024 * 1024;
  HttpLoopOptions options;
  options.response_body_bytes_max = 2 * kBytes;
  std::promise<void> sent;
  RawServer server([&](RawConnection& connection) {
    connection.ReadRequest();
    connection.Send("HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n" +
                    std::string(kBytes, 'b'));
    sent.set_value();
    connection.Hang();
  });
  StartLoop(options);
  HttpCall call = ForStatus(server.url());
  call.timeout = std::chrono::seconds(60);
  auto outcome = Send(call);
  sent.get_future().get();
  loop_->Stop();
  EXPECT_EQ(outcome.get().status, 200);
}

TEST_F(HttpLoopBodyTest, AHeaderThatIsNotWholeIsNoAnswer) {
  StartLoop();
  for (const char* answer :
       {"HTTP/1.1 200 OK\r\nContent-Len", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 103 Hints\r\n\r\n"}) {
    RawServer server([&](RawConnection& connection) {
      connection.ReadRequest();
      connection.Send(answer);
    });
    EXPECT_EQ(Run(ForStatus(server.url())).failure, Failure::kReset) << answer;
  }
}

TEST_F(HttpLoopBodyTest, CompressedAnswersAreUnpackedForThoseWhoWantTheBody) {
  // "hello hello hello hello" as gzip, and as a bare deflate stream in zlib's wrapping.
  const std::string gzip(
      "\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\xcb\x48\xcd\xc9\xc9\x57\xc8\x40\x27\x01\xe3\x51\x3d"
      "\x8d"
      "\x17\x00\x00\x00",
      28);
  const std::string zlib("\x78\x9c\xcb\x48\xcd\xc9\xc9\x57\xc8\x40\x27\x01\x68\x03\x08\xb1", 16);
  RawServer server([&](RawConnection& connection) {
    while (const auto request = connection.ReadRequest()) {
      const bool is_gzip = request->starts_with("POST /gzip");
      connection.Answer(200, is_gzip ? gzip : zlib,
                        is_gzip ? "Content-Encoding: gzip\r\n" : "Content-Encoding: deflate\r\n");
    }
  });
  StartLoop();
  for (const char* path : {"/gzip", "/deflate"}) {
    HttpCall call = Post(server.url(path));
    call.decode_body = true;
    const HttpOutcome outcome = Run(call);
    EXPECT_EQ(outcome.body, "hello hello hello hello") << path << outcome.detail;
    // The limit is that of the unpacked body.
    call.response_bytes_max = 5;
    EXPECT_EQ(Run(call).body, "hello");
  }
  EXPECT_EQ(test_support::FindHeader(server.request_texts()[0], "Accept-Encoding"), "identity");
}

}  // namespace
}  // namespace hookline::net
