// Behind a proxy: it is asked for the address that was judged, so that a name which leads elsewhere
// by the time the proxy looks it up leads nowhere.

#include "loop_fixture.h"

namespace hookline::net {
namespace {

using test_support::RawConnection;
using test_support::RawServer;

class HttpLoopProxyTest : public LoopFixture {
 protected:
  /// A proxy that opens every tunnel, and behind which every target answers 200.
  static void TunnelsToOk(RawConnection& connection) {
    while (const auto request = connection.ReadRequest()) {
      if (request->starts_with("CONNECT ")) {
        connection.Send("HTTP/1.1 200 OK\r\n\r\n");
      } else {
        connection.Answer(200);
      }
    }
  }
  /// One that cannot reach addresses of 203.0.113.0/24 and IPv6.
  static void TunnelsToSome(RawConnection& connection) {
    while (const auto request = connection.ReadRequest()) {
      if (request->starts_with("CONNECT 203.") || request->starts_with("CONNECT [")) {
        connection.Answer(502);
      } else if (request->starts_with("CONNECT ")) {
        connection.Send("HTTP/1.1 200 OK\r\n\r\n");
      } else {
        connection.Answer(200);
      }
    }
  }
  void StartBehind(const RawServer& proxy, HttpLoopOptions options = {}) {
    options.proxy = proxy.url("");
    options.dns_lifetime = std::chrono::seconds(0);
    options.dns_failure_lifetime = std::chrono::seconds(0);
    TargetPolicyOptions policy;
    policy.allow_http = true;
    policy.allowed_networks.push_back(*Cidr::Parse("203.0.113.0/24"));
    policy.allowed_networks.push_back(*Cidr::Parse("2001:db8::/32"));
    StartLoop(std::move(options), std::move(policy));
  }
  /// First lines of what the proxy has seen, each with a semicolon.
  static std::string Lines(const RawServer& server) {
    std::string lines;
    for (const std::string& text : server.request_texts()) {
      lines += text.substr(0, text.find("\r\n")) + ";";
    }
    return lines;
  }
};

TEST_F(HttpLoopProxyTest, AsksForTheAddressThatWasJudgedAndKeepsTheNameInside) {
  RawServer proxy(TunnelsToOk);
  resolver_->Set("hooks.example", {"8.8.8.8"});
  StartBehind(proxy);
  for (int i = 0; i < 2; ++i) EXPECT_EQ(Run(Post("http://hooks.example/x")).status, 200);
  // The tunnel is kept.
  EXPECT_EQ(Lines(proxy), "CONNECT 8.8.8.8:80 HTTP/1.1;POST /x HTTP/1.1;POST /x HTTP/1.1;");
  const auto texts = proxy.request_texts();
  EXPECT_EQ(texts[0].find("hooks.example"), std::string::npos) << texts[0];
  EXPECT_EQ(test_support::FindHeader(texts[1], "Host"), "hooks.example");
}

TEST_F(HttpLoopProxyTest, ANameThatLeadsElsewhereByNowIsBlockedOrGoesWhereItWasJudged) {
  RawServer proxy(TunnelsToOk);
  resolver_->Set("rebinds.example", {"8.8.8.8"});
  StartBehind(proxy);
  EXPECT_EQ(Run(Post("http://rebinds.example/")).status, 200);
  for (const char* address : {"127.0.0.1", "10.0.0.1", "169.254.169.254", "::1"}) {
    resolver_->Set("rebinds.example", {address});
    EXPECT_EQ(Run(Post("http://rebinds.example/")).failure, FailureClass::kBlocked) << address;
  }
  resolver_->Set("rebinds.example", {"9.9.9.9"});
  EXPECT_EQ(Run(Post("http://rebinds.example/")).status, 200);
  // The tunnel to the old address is not taken for one to the new.
  EXPECT_EQ(Lines(proxy),
            "CONNECT 8.8.8.8:80 HTTP/1.1;POST / HTTP/1.1;CONNECT 9.9.9.9:80 HTTP/1.1;POST / "
            "HTTP/1.1;");
}

TEST_F(HttpLoopProxyTest, AsksForTheAddressForTlsToo) {
  RawServer proxy([](RawConnection& connection) {
    connection.ReadRequest();
    connection.Send("HTTP/1.1 200 OK\r\n\r\n");
    connection.Close();
  });
  resolver_->Set("hooks.example", {"8.8.8.8"});
  StartBehind(proxy);
  EXPECT_NE(Run(Post("https://hooks.example/")).failure, FailureClass::kNone);
  EXPECT_EQ(Lines(proxy), "CONNECT 8.8.8.8:443 HTTP/1.1;");
}

TEST_F(HttpLoopProxyTest, TriesTheNextAddressWhenTheProxyCannotReachOne) {
  RawServer proxy(TunnelsToSome);
  resolver_->Set("hooks.example", {"2001:db8::1", "203.0.113.1", "8.8.8.8"});
  StartBehind(proxy);
  EXPECT_EQ(Run(Post("http://hooks.example/")).status, 200);
  EXPECT_EQ(Lines(proxy),
            "CONNECT [2001:db8::1]:80 HTTP/1.1;CONNECT 203.0.113.1:80 HTTP/1.1;CONNECT "
            "8.8.8.8:80 HTTP/1.1;POST / HTTP/1.1;");
  // The one that works is the first one from then on.
  HttpCall fresh = Post("http://hooks.example/");
  fresh.fresh_connection = true;
  EXPECT_EQ(Run(std::move(fresh)).status, 200);
  EXPECT_EQ(proxy.requests(), 6U);
}

TEST_F(HttpLoopProxyTest, NoAddressThatCanBeReachedIsRefused) {
  RawServer proxy(TunnelsToSome);
  resolver_->Set("hooks.example", {"203.0.113.1", "203.0.113.2"});
  StartBehind(proxy);
  EXPECT_EQ(Run(Post("http://hooks.example/")).failure, FailureClass::kRefused);
  EXPECT_EQ(proxy.requests(), 2U);
}

TEST_F(HttpLoopProxyTest, AProxyThatJudgesGetsNamesAndNobodyElseIsAsked) {
  RawServer proxy(TunnelsToOk);
  HttpLoopOptions options;
  options.proxy_judges_targets = true;
  StartBehind(proxy, options);
  EXPECT_EQ(Run(Post("http://internal.example/x")).status, 200);
  EXPECT_EQ(Lines(proxy), "POST http://internal.example/x HTTP/1.1;");
  EXPECT_EQ(resolver_->questions(), 0U);
  // A literal address needs no lookup to be judged.
  EXPECT_EQ(Run(Post("http://127.0.0.1/")).failure, FailureClass::kBlocked);
}

}  // namespace
}  // namespace hookline::net
