// Names and addresses: where a call may go, and that the address that was judged is the one that is
// used.

#include "loop_fixture.h"

namespace hookline::net {
namespace {

using std::chrono::milliseconds;
using test_support::RawConnection;
using test_support::RawServer;

void AlwaysOk(RawConnection& connection) {
  while (connection.ReadRequest()) connection.Answer(200);
}

class HttpLoopDnsTest : public LoopFixture {
 protected:
  static std::string Url(const std::string& host, const RawServer& server) {
    return "http://" + host + ":" + std::to_string(server.port()) + "/";
  }
};

TEST_F(HttpLoopDnsTest, ConnectsToTheAddressOfTheName) {
  RawServer server(AlwaysOk);
  resolver_->Set("hooks.example", {"127.0.0.1"});
  StartLoop();
  for (int i = 0; i < 5; ++i) {
    const HttpOutcome outcome = Run(Post(Url("hooks.example", server)));
    EXPECT_EQ(outcome.status, 200) << outcome.detail;
  }
  EXPECT_EQ(resolver_->questions(), 1U);
  EXPECT_NE(server.request_texts()[0].find("Host: hooks.example:"), std::string::npos);
}

TEST_F(HttpLoopDnsTest, TriesTheNextAddressWhenTheFirstIsDead) {
  RawServer server(AlwaysOk);
  // Nobody listens on the other loopback address.
  resolver_->Set("hooks.example", {"127.9.9.9", "127.0.0.1"});
  StartLoop();
  EXPECT_EQ(Run(Post(Url("hooks.example", server))).status, 200);
}

TEST_F(HttpLoopDnsTest, FailureToResolveIsNotRememberedForLong) {
  HttpLoopOptions options;
  options.dns_failure_lifetime = std::chrono::seconds(0);
  RawServer server(AlwaysOk);
  resolver_->Set("hooks.example", {});
  StartLoop(options);
  const HttpOutcome outcome = Run(Post(Url("hooks.example", server)));
  EXPECT_EQ(outcome.failure, FailureClass::kDns);
  EXPECT_EQ(outcome.detail, "cannot resolve hooks.example: no such name");
  resolver_->Set("hooks.example", {"127.0.0.1"});
  EXPECT_EQ(Run(Post(Url("hooks.example", server))).status, 200);
}

TEST_F(HttpLoopDnsTest, ResolvingCountsAsTime) {
  RawServer server(AlwaysOk);
  StartLoop();
  HttpCall call = Post("http://never-answered.example/");
  call.timeout = milliseconds(50);
  EXPECT_EQ(Run(call).failure, FailureClass::kTimeout);
  // Others are not held up meanwhile.
  EXPECT_EQ(Run(Post(server.url())).status, 200);
}

TEST_F(HttpLoopDnsTest, CallsToOneNameShareOneLookup) {
  StartLoop();
  std::vector<std::future<HttpOutcome>> outcomes;
  for (int i = 0; i < 20; ++i) {
    HttpCall call = Post("http://never-answered.example/");
    call.timeout = milliseconds(1000);
    outcomes.push_back(Send(std::move(call)));
  }
  for (auto& outcome : outcomes) EXPECT_EQ(outcome.get().failure, FailureClass::kTimeout);
  EXPECT_EQ(resolver_->questions(), 1U);
}

TEST_F(HttpLoopDnsTest, NewAnswersReplaceOldOnes) {
  HttpLoopOptions options;
  options.dns_lifetime = std::chrono::seconds(0);
  RawServer server([](RawConnection& connection) {
    connection.ReadRequest();
    connection.Answer(200, "", "Connection: close\r\n");
  });
  resolver_->Set("hooks.example", {"127.0.0.1"});
  StartLoop(options);
  EXPECT_EQ(Run(Post(Url("hooks.example", server))).status, 200);
  resolver_->Set("hooks.example", {"127.9.9.9"});
  EXPECT_EQ(Run(Post(Url("hooks.example", server))).failure, FailureClass::kRefused);
  resolver_->Set("hooks.example", {"127.0.0.1"});
  EXPECT_EQ(Run(Post(Url("hooks.example", server))).status, 200);
  EXPECT_EQ(resolver_->questions(), 3U);
}

TEST_F(HttpLoopDnsTest, ForgetsHostsBeyondItsLimitAndStillReachesThem) {
  HttpLoopOptions options;
  options.hosts_max = 3;
  RawServer server(AlwaysOk);
  StartLoop(options);
  for (int round = 0; round < 3; ++round) {
    for (int i = 0; i < 8; ++i) {
      const std::string host = "host" + std::to_string(i) + ".example";
      resolver_->Set(host, {"127.0.0.1"});
      const HttpOutcome outcome = Run(Post(Url(host, server)));
      EXPECT_EQ(outcome.status, 200) << outcome.detail;
    }
  }
  EXPECT_EQ(resolver_->questions(), 24U);
}

class StrictLoopTest : public HttpLoopDnsTest {
 protected:
  void StartStrict(TargetPolicyOptions policy = {}) {
    policy.allow_http = true;
    StartLoop({}, std::move(policy));
  }
};

TEST_F(StrictLoopTest, BlocksLocalAddressesInEverySpelling) {
  RawServer server(AlwaysOk);
  resolver_->Set("local.example", {"127.0.0.1"});
  resolver_->Set("private.example", {"10.0.0.1"});
  resolver_->Set("mapped.example", {"::ffff:127.0.0.1"});
  StartStrict();
  for (const char* host : {"127.0.0.1", "2130706433", "0x7f.1", "127.0.0.1.", "[::1]",
                           "[::ffff:127.0.0.1]", "a@127.0.0.1", "local.example", "local.example.",
                           "LOCAL.example", "private.example", "mapped.example"}) {
    const HttpOutcome outcome = Run(Post(Url(host, server)));
    EXPECT_EQ(outcome.failure, FailureClass::kBlocked) << host << ": " << outcome.detail;
  }
  EXPECT_EQ(server.connections(), 0U);
}

TEST_F(StrictLoopTest, BlocksMixedAnswers) {
  RawServer server(AlwaysOk);
  resolver_->Set("mixed.example", {"8.8.8.8", "127.0.0.1"});
  StartStrict();
  const HttpOutcome outcome = Run(Post(Url("mixed.example", server)));
  EXPECT_EQ(outcome.failure, FailureClass::kBlocked);
  EXPECT_NE(outcome.detail.find("a loopback address"), std::string::npos) << outcome.detail;
  EXPECT_EQ(server.connections(), 0U);
}

TEST_F(StrictLoopTest, OperatorMayAllowHostsAndNetworks) {
  RawServer server(AlwaysOk);
  resolver_->Set("named.example", {"127.0.0.1"});
  resolver_->Set("other.example", {"127.0.0.1"});
  TargetPolicyOptions policy;
  policy.allowed_hosts = {"named.example"};
  StartStrict(policy);
  EXPECT_EQ(Run(Post(Url("named.example", server))).status, 200);
  EXPECT_EQ(Run(Post(Url("other.example", server))).failure, FailureClass::kBlocked);
  loop_->Stop();

  policy.allowed_networks.push_back(*Cidr::Parse("127.0.0.0/8"));
  StartStrict(policy);
  EXPECT_EQ(Run(Post(Url("other.example", server))).status, 200);
}

TEST_F(StrictLoopTest, PlainHttpNeedsPermission) {
  RawServer server(AlwaysOk);
  TargetPolicyOptions policy;
  policy.allow_private = true;
  StartLoop({}, policy);
  EXPECT_EQ(Run(Post(server.url())).failure, FailureClass::kBlocked);
}

TEST_F(HttpLoopDnsTest, LeavesFromTheGivenAddress) {
  RawServer server(AlwaysOk);
  HttpLoopOptions options;
  options.source_v4 = IpAddress::Parse("127.0.0.5");
  StartLoop(options);
  EXPECT_EQ(Run(Post(server.url())).status, 200);
  EXPECT_EQ(server.peers(), std::vector<std::string>{"127.0.0.5"});
  loop_->Stop();

  // An address that is not ours: no connection, rather than one from elsewhere.
  options.source_v4 = IpAddress::Parse("192.0.2.1");
  StartLoop(options);
  EXPECT_EQ(Run(Post(server.url())).failure, FailureClass::kLocal);
  EXPECT_EQ(server.connections(), 1U);
}

TEST_F(HttpLoopDnsTest, AsksInTheShareOfEachAppThatWaits) {
  HttpLoopOptions options;
  options.lookup_lane = LookupLane::kHooks;
  StartLoop(options);
  std::vector<std::future<HttpOutcome>> outcomes;
  for (const int app : {1, 2, 1}) {
    HttpCall call = Post("http://never-answered.example/");
    call.app = AppId{app};
    call.timeout = std::chrono::minutes(1);
    outcomes.push_back(Send(std::move(call)));
  }
  OnLoop([] {});  // All have asked.
  const std::vector<LookupShare> expected = {{LookupLane::kHooks, AppId{1}},
                                             {LookupLane::kHooks, AppId{2}}};
  EXPECT_EQ(resolver_->shares(), expected);
  loop_->Stop();
  for (auto& outcome : outcomes) EXPECT_EQ(outcome.get().failure, FailureClass::kCancelled);
}

TEST_F(HttpLoopDnsTest, ANameThatWasNotLookedUpInTimeIsNoFailureOfItsHost) {
  resolver_->NeverBegin();
  StartLoop();
  HttpCall call = Post("http://never-begun.example/");
  call.timeout = milliseconds(50);
  EXPECT_EQ(Run(call).failure, FailureClass::kLocal);
  // Nor is it remembered.
  resolver_->Set("never-begun.example", {});
  EXPECT_EQ(Run(Post("http://never-begun.example/")).failure, FailureClass::kDns);
}

}  // namespace
}  // namespace hookline::net
