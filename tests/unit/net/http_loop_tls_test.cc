// TLS from both ends: the loop as the client of our own server, with good and bad certificates.

#include "loop_fixture.h"
#include "net/http_server.h"
#include "net/io_threads.h"
#include "support/test_certificates.h"

namespace hookline::net {
namespace {

using test_support::CertificateSpec;
using test_support::RawConnection;
using test_support::RawServer;
using test_support::TempDir;

boost::asio::awaitable<HttpResponse> EchoHandler(HttpRequest request) {
  HttpResponse response;
  response.body = std::move(request.body);
  co_return response;
}

Admission AdmitAll(const HttpRequest&) {
  Admission admission;
  admission.handler = EchoHandler;
  admission.takes_body = true;
  return admission;
}

class HttpLoopTlsTest : public LoopFixture {
 protected:
  void StartServer(const CertificateSpec& spec) {
    WriteSelfSignedCertificate(spec, directory_.Path("cert.pem"), directory_.Path("key.pem"));
    HttpServerOptions options;
    options.tls_certificate_file = directory_.Path("cert.pem");
    options.tls_key_file = directory_.Path("key.pem");
    threads_.Start();
    server_ = std::make_unique<HttpServer>(threads_, options, AdmitAll, nullptr, nullptr);
    const Result<void> started = server_->Start();
    ASSERT_TRUE(started.has_value()) << started.error().message();
  }

  HttpCall TrustingPost(const std::string& body = "{}") {
    HttpCall call = Post("https://127.0.0.1:" + std::to_string(server_->port()) + "/", body);
    auto tls = std::make_shared<TlsFiles>();
    tls->ca_file = directory_.Path("cert.pem");
    call.tls = tls;
    return call;
  }

  TempDir directory_;
  IoThreads threads_{1};
  std::unique_ptr<HttpServer> server_;
};

TEST_F(HttpLoopTlsTest, TrustsTheGivenAuthority) {
  StartServer({.subject_alt_name = "IP:127.0.0.1"});
  StartLoop();
  const std::string large(100'000, 'l');
  for (const std::string& body : {std::string("small"), large, std::string()}) {
    HttpCall call = TrustingPost(body);
    call.response_bytes_max = large.size();
    const HttpOutcome outcome = Run(call);
    EXPECT_EQ(outcome.status, 200) << outcome.detail;
    EXPECT_EQ(outcome.body, body);
  }
  EXPECT_EQ(server_->connections(), 1U);
}

TEST_F(HttpLoopTlsTest, RefusesASelfSignedCertificate) {
  StartServer({.subject_alt_name = "IP:127.0.0.1"});
  StartLoop();
  EXPECT_EQ(Run(TrustingPost()).status, 200);
  // The same server, without the extra authority: neither trust nor the connection carries over.
  HttpCall call = TrustingPost();
  call.tls = nullptr;
  EXPECT_EQ(Run(call).failure, FailureClass::kTls);
  EXPECT_EQ(Run(TrustingPost()).status, 200);
}

TEST_F(HttpLoopTlsTest, RefusesAnExpiredCertificate) {
  StartServer(
      {.subject_alt_name = "IP:127.0.0.1", .valid_from_seconds = -7200, .valid_to_seconds = -3600});
  StartLoop();
  EXPECT_EQ(Run(TrustingPost()).failure, FailureClass::kTls);
}

TEST_F(HttpLoopTlsTest, RefusesACertificateForAnotherHost) {
  StartServer({.subject_alt_name = "DNS:other.example"});
  StartLoop();
  EXPECT_EQ(Run(TrustingPost()).failure, FailureClass::kTls);
}

TEST_F(HttpLoopTlsTest, AcceptsANamedHostOnAPinnedAddress) {
  StartServer({.subject_alt_name = "DNS:hooks.example"});
  resolver_->Set("hooks.example", {"127.0.0.1"});
  StartLoop();
  HttpCall call = TrustingPost();
  call.url = "https://hooks.example:" + std::to_string(server_->port()) + "/";
  const HttpOutcome outcome = Run(call);
  EXPECT_EQ(outcome.status, 200) << outcome.detail;
}

TEST_F(HttpLoopTlsTest, PeerDoesNotSpeakTls) {
  RawServer server([](RawConnection& connection) {
    connection.Send("HTTP/1.1 400 Bad Request\r\n\r\n");
    connection.Hang();
  });
  StartLoop();
  EXPECT_EQ(Run(Post("https://127.0.0.1:" + std::to_string(server.port()))).failure,
            FailureClass::kTls);
}

TEST_F(HttpLoopTlsTest, MissingAuthorityFileIsOurTrouble) {
  StartServer({.subject_alt_name = "IP:127.0.0.1"});
  StartLoop();
  HttpCall call = TrustingPost();
  auto tls = std::make_shared<TlsFiles>();
  tls->ca_file = directory_.Path("missing.pem");
  call.tls = tls;
  EXPECT_EQ(Run(call).failure, FailureClass::kLocal);
}

TEST_F(HttpLoopTlsTest, ServerDrainsTlsConnections) {
  StartServer({.subject_alt_name = "IP:127.0.0.1"});
  StartLoop();
  EXPECT_EQ(Run(TrustingPost()).status, 200);
  server_->StopAccepting();
  EXPECT_TRUE(server_->Drain(test_support::kPatience));
  EXPECT_EQ(Run(TrustingPost()).failure, FailureClass::kRefused);
}

}  // namespace
}  // namespace hookline::net
