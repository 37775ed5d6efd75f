// Bodies of answers: of no account to those who want the status only, and all or nothing to those
// who want the body.

#include <zlib.h>

#include <array>
#include <cstdio>
#include <future>
#include <string>
#include <utility>
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
    EXPECT_EQ(outcome.failure, FailureClass::kNone) << path << outcome.detail;
    EXPECT_EQ(outcome.status, std::stoi(std::string(path).substr(1, 3)));
  }
  EXPECT_EQ(Run(ForStatus(server.url("/500"))).failure, FailureClass::kReset);
  EXPECT_EQ(Run(Post(server.url("/200"))).failure, FailureClass::kReset);
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
    EXPECT_EQ(outcome.failure, FailureClass::kNone) << answer.substr(0, 100) << outcome.detail;
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
    EXPECT_EQ(outcome.failure, FailureClass::kNone) << outcome.detail;
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
    EXPECT_EQ(Run(ForStatus(server.url())).failure, FailureClass::kReset) << answer;
  }
}

class PackedBodyTest : public HttpLoopBodyTest {
 protected:
  /// What comes of an answer with this body, sent in pieces of `piece` bytes until the close.
  HttpOutcome Ask(const std::string& coding, const std::string& body, std::size_t kept = 1000,
                  std::size_t piece = 1'000'000) {
    RawServer server([&](RawConnection& connection) {
      connection.ReadRequest();
      connection.Send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n" + coding + "\r\n");
      for (std::size_t at = 0; at < body.size(); at += piece) {
        const std::string part = body.substr(at, piece);
        std::array<char, 20> size{};
        std::snprintf(size.data(), size.size(), "%zx\r\n", part.size());
        connection.Send(size.data() + part + "\r\n");
      }
      connection.Send("0\r\nContent-Encoding: br\r\n\r\n");
    });
    HttpCall call = Post(server.url());
    call.decode_body = true;
    call.response_bytes_max = kept;
    HttpOutcome outcome = Run(call);
    accept_encoding_ =
        test_support::FindHeader(server.request_texts().at(0), "Accept-Encoding").value_or("");
    return outcome;
  }
  FailureClass FailureOf(const std::string& coding, const std::string& body) {
    return Ask(coding, body).failure;
  }

  // "hello hello hello hello" as gzip, in zlib's wrapping, and as a bare deflate stream.
  const std::string gzip_{
      "\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\xcb\x48\xcd\xc9\xc9\x57\xc8\x40\x27\x01\xe3\x51\x3d"
      "\x8d"
      "\x17\x00\x00\x00",
      28};
  const std::string zlib_{"\x78\x9c\xcb\x48\xcd\xc9\xc9\x57\xc8\x40\x27\x01\x68\x03\x08\xb1", 16};
  const std::string bare_ = zlib_.substr(2, 10);
  const std::string text_ = "hello hello hello hello";
  std::string accept_encoding_;
};

TEST_F(PackedBodyTest, AnswersAreUnpackedForThoseWhoWantTheBody) {
  StartLoop();
  const std::vector<std::pair<std::string, std::string>> answers = {
      {"Content-Encoding: gzip\r\n", gzip_},
      {"content-encoding:X-GZip \r\n", gzip_},
      {"Content-Encoding: deflate\r\n", zlib_},
      {"Content-Encoding: deflate\r\n", bare_},
      {"Content-Encoding: identity, gzip\r\n", gzip_},
      {"Content-Encoding: identity\r\n", text_},
      {"Content-Encoding:\r\n", text_},
      {"X-Content-Encoding: gzip\r\n", text_},
  };
  for (const auto& [coding, body] : answers) {
    for (const std::size_t piece : {1'000'000, 1, 7}) {
      const HttpOutcome outcome = Ask(coding, body, 1000, piece);
      EXPECT_EQ(outcome.body, text_) << coding << outcome.detail;
    }
    EXPECT_EQ(Ask(coding, body, 5).body, "hello") << "the limit is that of the unpacked body";
  }
  EXPECT_EQ(Ask("Content-Encoding: gzip\r\n", gzip_ + gzip_).body, text_ + text_);
  EXPECT_EQ(Ask("Content-Encoding: gzip\r\n", "").failure, FailureClass::kNone);
  EXPECT_EQ(accept_encoding_, "identity");
}

TEST_F(PackedBodyTest, AStreamThatIsCutOffAnywhereIsBroken) {
  StartLoop();
  for (std::size_t bytes = 1; bytes < gzip_.size(); ++bytes) {
    EXPECT_EQ(FailureOf("Content-Encoding: gzip\r\n", gzip_.substr(0, bytes)), FailureClass::kHttp)
        << bytes;
  }
  for (std::size_t bytes = 1; bytes < zlib_.size(); ++bytes) {
    EXPECT_EQ(FailureOf("Content-Encoding: deflate\r\n", zlib_.substr(0, bytes)),
              FailureClass::kHttp)
        << bytes;
  }
  for (std::size_t bytes = 1; bytes < bare_.size(); ++bytes) {
    EXPECT_EQ(FailureOf("Content-Encoding: deflate\r\n", bare_.substr(0, bytes)),
              FailureClass::kHttp)
        << bytes;
  }
}

TEST_F(PackedBodyTest, SoIsOneWithAWrongChecksumOrLength) {
  StartLoop();
  for (std::size_t at = gzip_.size() - 8; at < gzip_.size(); ++at) {
    std::string wrong = gzip_;
    wrong[at] = static_cast<char>(wrong[at] ^ 1);
    EXPECT_EQ(FailureOf("Content-Encoding: gzip\r\n", wrong), FailureClass::kHttp) << at;
  }
  for (std::size_t at = zlib_.size() - 4; at < zlib_.size(); ++at) {
    std::string wrong = zlib_;
    wrong[at] = static_cast<char>(wrong[at] ^ 1);
    EXPECT_EQ(FailureOf("Content-Encoding: deflate\r\n", wrong), FailureClass::kHttp) << at;
  }
}

TEST_F(PackedBodyTest, SoIsOneThatMoreFollowsAfter) {
  StartLoop();
  const std::string null(1, '\0');
  for (const std::string& more : {null, std::string("x"), std::string("\x1f\x8b"), zlib_}) {
    EXPECT_EQ(FailureOf("Content-Encoding: gzip\r\n", gzip_ + more), FailureClass::kHttp);
    EXPECT_EQ(FailureOf("Content-Encoding: deflate\r\n", zlib_ + more), FailureClass::kHttp);
    EXPECT_EQ(FailureOf("Content-Encoding: deflate\r\n", bare_ + more), FailureClass::kHttp);
  }
}

TEST_F(PackedBodyTest, SoIsOneInAnotherCodingThanItsHeaderSays) {
  StartLoop();
  for (const char* coding :
       {"Content-Encoding: gzip\r\n", "Content-Encoding: br\r\n", "Content-Encoding: deflate\r\n",
        "Content-Encoding: identity\r\nContent-Encoding: zstd\r\n",
        "Content-Encoding: gzip, gzip\r\n"}) {
    const HttpOutcome outcome = Ask(coding, text_);
    EXPECT_EQ(outcome.failure, FailureClass::kHttp) << coding;
    EXPECT_EQ(outcome.detail, "the answer's body is not what its Content-Encoding says");
  }
  EXPECT_EQ(FailureOf("Content-Encoding: deflate\r\n", gzip_), FailureClass::kHttp);
}

TEST_F(PackedBodyTest, ABombIsBounded) {
  HttpLoopOptions options;
  options.response_body_bytes_max = 100'000;
  StartLoop(options);
  const std::string text(10'000'000, 'b');
  std::string bomb(20'000, '\0');
  uLongf bytes = bomb.size();
  ASSERT_EQ(compress(reinterpret_cast<Bytef*>(bomb.data()), &bytes,
                     reinterpret_cast<const Bytef*>(text.data()), text.size()),
            Z_OK);
  bomb.resize(bytes);
  EXPECT_EQ(FailureOf("Content-Encoding: deflate\r\n", bomb), FailureClass::kTooLarge);
  // Members without end that nothing comes of.
  const std::string nothing("\x1f\x8b\x08\0\0\0\0\0\0\x03\x03\0\0\0\0\0\0\0\0\0", 20);
  EXPECT_EQ(FailureOf("Content-Encoding: gzip\r\n", nothing), FailureClass::kNone);
  std::string many;
  while (many.size() < 200'000) many += nothing;
  EXPECT_EQ(FailureOf("Content-Encoding: gzip\r\n", many), FailureClass::kTooLarge);
}

}  // namespace
}  // namespace hookline::net
