// Trouble of our own is a class of its own: the receiver has not failed when we could not even try.

#include <netinet/in.h>
#include <sys/socket.h>

#include "loop_fixture.h"
#include "net/local_trouble.h"
#include "support/no_descriptors.h"

namespace hookline::net {
namespace {

using std::chrono::milliseconds;
using test_support::NoDescriptors;
using test_support::RawConnection;
using test_support::RawServer;

void AlwaysOk(RawConnection& connection) {
  while (connection.ReadRequest()) connection.Answer(200);
}

std::string FreePortUrl() {
  std::uint16_t port = 0;
  test_support::ListenOnLoopback(port).Close();
  return "http://127.0.0.1:" + std::to_string(port);
}

/// Answers when it is told to.
class HeldResolver final : public Resolver {
 public:
  void Resolve(std::shared_ptr<NameQuestion> question, Callback callback) override {
    const std::lock_guard lock(mutex_);
    held_.emplace_back(std::move(question), std::move(callback));
  }
  /// To all that `app` has asked.
  void Answer(AppId app, const Resolver::Answer& answer) {
    std::vector<std::pair<std::shared_ptr<NameQuestion>, Callback>> held;
    {
      const std::lock_guard lock(mutex_);
      held.swap(held_);
    }
    for (auto& [question, callback] : held) {
      if (question->share().app == app) {
        callback(answer);
      } else {
        Resolve(question, std::move(callback));
      }
    }
  }

 private:
  std::mutex mutex_;
  std::vector<std::pair<std::shared_ptr<NameQuestion>, Callback>> held_;
};

class HttpLoopLocalTest : public LoopFixture {};

TEST_F(HttpLoopLocalTest, NoDescriptorIsLocalAndGoneWithTheShortage) {
  RawServer server(AlwaysOk);
  StartLoop();
  // Whatever is opened once and kept is open now.
  ASSERT_EQ(Run(Post(server.url())).status, 200);
  RawServer other(AlwaysOk);
  {
    const NoDescriptors shortage;
    const HttpOutcome outcome = Run(Post(other.url()));
    EXPECT_EQ(outcome.failure, FailureClass::kLocal) << outcome.detail;
    EXPECT_NE(outcome.detail.find("open files"), std::string::npos) << outcome.detail;
  }
  EXPECT_EQ(Run(Post(other.url())).status, 200);
  EXPECT_EQ(other.requests(), 1U);
}

TEST_F(HttpLoopLocalTest, ALookupThatFailsLocallyIsLocalAndNotRemembered) {
  HttpLoopOptions options;
  options.dns_failure_lifetime = std::chrono::seconds(3600);
  RawServer server(AlwaysOk);
  resolver_->FailLocally("hooks.example");
  StartLoop(options);
  const std::string url = "http://hooks.example:" + std::to_string(server.port()) + "/";
  EXPECT_EQ(Run(Post(url)).failure, FailureClass::kLocal);
  resolver_->Set("hooks.example", {"127.0.0.1"});
  EXPECT_EQ(Run(Post(url)).status, 200);
}

TEST_F(HttpLoopLocalTest, ALookupThatFailsLocallyForOneAppDoesNotFailTheOthers) {
  RawServer server(AlwaysOk);
  const std::string url = "http://hooks.example:" + std::to_string(server.port()) + "/";
  auto resolver = std::make_shared<HeldResolver>();
  loop_ = std::make_unique<HttpLoop>(HttpLoopOptions(), std::make_shared<TargetPolicy>(policy_),
                                     resolver);
  loop_->Start();
  std::vector<std::future<HttpOutcome>> outcomes;
  for (const int app : {1, 2, 1}) {
    HttpCall call = Post(url);
    call.app = AppId{app};
    outcomes.push_back(Send(std::move(call)));
  }
  OnLoop([] {});  // All have asked.
  resolver->Answer(AppId{1}, Resolver::Answer{{}, "too many names wait to be resolved", true});
  EXPECT_EQ(outcomes[0].get().failure, FailureClass::kLocal);
  EXPECT_EQ(outcomes[2].get().failure, FailureClass::kLocal);
  resolver->Answer(AppId{2}, Resolver::Answer{{*IpAddress::Parse("127.0.0.1")}, ""});
  EXPECT_EQ(outcomes[1].get().status, 200);
}

TEST_F(HttpLoopLocalTest, AnUnreachableProxyIsLocal) {
  HttpLoopOptions options;
  options.proxy = FreePortUrl();
  StartLoop(options);
  for (const char* url : {"http://127.0.0.1:9/", "https://127.0.0.1:9/"}) {
    const HttpOutcome outcome = Run(Post(url));
    EXPECT_EQ(outcome.failure, FailureClass::kLocal) << url << " " << outcome.detail;
  }
}

TEST_F(HttpLoopLocalTest, AProxyThatBreaksOffOrAsksForAPasswordIsLocal) {
  RawServer broken([](RawConnection& connection) { connection.ReadRequest(); });
  HttpLoopOptions options;
  options.proxy = broken.url("");
  StartLoop(options);
  EXPECT_EQ(Run(Post("https://127.0.0.1:9/")).failure, FailureClass::kLocal);
  loop_->Stop();

  RawServer closed([](RawConnection& connection) {
    connection.ReadRequest();
    connection.Answer(407, "", "Proxy-Authenticate: Basic realm=\"x\"\r\n");
  });
  options.proxy = closed.url("");
  StartLoop(options);
  EXPECT_EQ(Run(Post("https://127.0.0.1:9/")).failure, FailureClass::kLocal);
}

TEST_F(HttpLoopLocalTest, WhatAProxySaysOfTheTargetIsTheTargets) {
  RawServer proxy([](RawConnection& connection) {
    connection.ReadRequest();
    connection.Answer(502);
  });
  HttpLoopOptions options;
  options.proxy = proxy.url("");
  StartLoop(options);
  const HttpOutcome outcome = Run(Post("https://127.0.0.1:9/"));
  EXPECT_EQ(outcome.failure, FailureClass::kRefused) << outcome.detail;
  // A tunnel that opens and then ends is the target's as well.
  RawServer tunnel([](RawConnection& connection) {
    connection.ReadRequest();
    connection.Send("HTTP/1.1 200 OK\r\n\r\n");
    connection.Close();
  });
  loop_->Stop();
  options.proxy = tunnel.url("");
  StartLoop(options);
  EXPECT_NE(Run(Post("https://127.0.0.1:9/")).failure, FailureClass::kLocal);
}

TEST_F(HttpLoopLocalTest, ASourceAddressThatIsNotOursIsLocal) {
  RawServer server(AlwaysOk);
  HttpLoopOptions options;
  options.source_v4 = IpAddress::Parse("192.0.2.77");
  StartLoop(options);
  const HttpOutcome outcome = Run(Post(server.url()));
  EXPECT_EQ(outcome.failure, FailureClass::kLocal) << outcome.detail;
  EXPECT_NE(outcome.detail.find("192.0.2.77"), std::string::npos) << outcome.detail;
}

TEST_F(HttpLoopLocalTest, ACaFileThatCannotBeReadIsLocal) {
  RawServer server([](RawConnection& connection) { connection.Hang(); });
  StartLoop();
  HttpCall call = Post("https://127.0.0.1:" + std::to_string(server.port()) + "/");
  auto files = std::make_shared<TlsFiles>();
  files->ca_file = "/nonexistent/ca.pem";
  call.tls = files;
  EXPECT_EQ(Run(std::move(call)).failure, FailureClass::kLocal);
}

TEST(LocalTrouble, TellsAShortageOfPortsFromAMissingAddress) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(9);
  EXPECT_TRUE(LacksPortsTo(reinterpret_cast<const sockaddr&>(address)));
  for (const int error : {EMFILE, ENFILE, ENOMEM, ENOBUFS}) EXPECT_TRUE(IsLocalTrouble(error));
  for (const int error : {ECONNREFUSED, ETIMEDOUT, EHOSTUNREACH}) {
    EXPECT_FALSE(IsLocalTrouble(error));
  }
}

}  // namespace
}  // namespace hookline::net
