#include "net/target_url.h"

#include <gtest/gtest.h>

#include "net/target_policy.h"

namespace hookline::net {
namespace {

TEST(TargetUrlTest, NormalisesOrdinaryUrls) {
  const auto target = ParseTargetUrl("HTTPS://Example.COM/Path?q=1#fragment");
  ASSERT_TRUE(target.has_value());
  EXPECT_TRUE(target->https);
  EXPECT_EQ(target->host, "example.com");
  EXPECT_EQ(target->port, 443);
  EXPECT_EQ(target->url, "https://example.com/Path?q=1");
  EXPECT_EQ(target->Endpoint(), "example.com:443");
  EXPECT_FALSE(target->literal.has_value());
  EXPECT_EQ(ParseTargetUrl("http://example.com")->port, 80);
  EXPECT_EQ(ParseTargetUrl("http://example.com:8080/x")->port, 8080);
}

TEST(TargetUrlTest, RefusesWhatIsNoHttpTarget) {
  for (const char* url : {"",
                          "example.com",
                          "ftp://example.com/",
                          "file:///etc/passwd",
                          "gopher://x/",
                          "http://",
                          "http:///path",
                          "https://example.com:0/",
                          "https://example.com:99999/",
                          "javascript:1",
                          "http://exa mple.com/",
                          "http://example.com\r\nX: y/",
                          "//example.com/",
                          "http://[::1/",
                          "http://[fe80::1%25eth0]/",
                          "http://[v1.x]/",
                          "http://./",
                          "http://?x=1",
                          "http:/example.com/",
                          "http:example.com",
                          "https://us%le/",
                          "https://a%2541.example/",
                          "https://good\xef\xbc\x8f"
                          "evil.example/",  // A full-width slash.
                          "https://good\xef\xbc\x85"
                          "41.example/",  // A full-width percent sign.
                          "https://a.e\xf8"
                          "ample/"}) {
    EXPECT_FALSE(ParseTargetUrl(url).has_value()) << url;
  }
  EXPECT_FALSE(ParseTargetUrl("https://e.com/" + std::string(9000, 'a')).has_value());
  EXPECT_FALSE(ParseTargetUrl(std::string_view("https://e.com/\0x", 16)).has_value());
}

class LocalSpellingTest : public testing::TestWithParam<const char*> {};

TEST_P(LocalSpellingTest, EndsAsTheAddressItMeans) {
  const auto target = ParseTargetUrl(GetParam());
  ASSERT_TRUE(target.has_value()) << GetParam();
  ASSERT_TRUE(target->literal.has_value()) << target->host;
  EXPECT_FALSE(TargetPolicy({}).AllowsAddress(*target->literal)) << target->host;
}

INSTANTIATE_TEST_SUITE_P(
    Spellings, LocalSpellingTest,
    testing::Values("http://127.0.0.1/", "http://127.1/", "http://2130706433/",
                    "http://213070643%33/", "http://0x7f000001/", "http://0x7f.1/",
                    "http://017700000001/", "http://0177.0.0.01/", "http://127.0.0.1./",
                    "http://2130706433./", "http://user:pass@127.0.0.1/",
                    "http://example.com@127.0.0.1/", "http://example.com:80@127.0.0.1/",
                    "http://[::1]/", "http://[::]/", "http://[::ffff:127.0.0.1]/",
                    "http://[::ffff:7f00:1]/", "http://[64:ff9b::7f00:1]/", "http://0/",
                    "http://0.0.0.0/", "http://%31%32%37.0.0.1/",
                    "http://\xef\xbc\x91\xef\xbc\x92\xef\xbc\x97.0.0.1/",  // Full-width 127.
                    "http://127\xe3\x80\x82"
                    "0\xe3\x80\x82"
                    "0\xe3\x80\x82"
                    "1/",                                                    // Ideographic dots.
                    "http://\xe2\x91\xa0\xe2\x91\xa1\xe2\x91\xa6.0.0.1/"));  // Circled 127.

TEST(TargetUrlTest, EscapesWhatNoUrlMayHoldAndLeavesEscapesAlone) {
  const std::pair<const char*, const char*> cases[] = {
      {"/a b", "/a%20b"},
      {"/\xc3\xa4?x=\xc3\xb6", "/%C3%A4?x=%C3%B6"},
      {"/\xff", "/%FF"},
      {"/a|b^c`d\"e<f>g\\h{i}", "/a%7Cb%5Ec%60d%22e%3Cf%3Eg%5Ch%7Bi%7D"},
      {"/x?a[0]=1&b=[2]", "/x?a%5B0%5D=1&b=%5B2%5D"},
      {"/%7e%7E%c3%A4", "/%7e%7E%c3%A4"},
      {"/100%?q=%zz%4", "/100%25?q=%25zz%254"},
      {"/-._~!$&'()*+,;=:@/?-._~!$&'()*+,;=:@/?", "/-._~!$&'()*+,;=:@/?-._~!$&'()*+,;=:@/?"},
      {"?q=\xe2\x82\xac#fr\xc3\xa4gment", "/?q=%E2%82%AC"},
  };
  for (const auto& [given, sent] : cases) {
    const auto target = ParseTargetUrl(std::string("https://example.com") + given);
    ASSERT_TRUE(target.has_value()) << given;
    EXPECT_EQ(target->url, std::string("https://example.com") + sent) << given;
    EXPECT_EQ(target->host, "example.com") << given;
    // Doing it again changes nothing.
    EXPECT_EQ(ParseTargetUrl(target->url)->url, target->url);
  }
  EXPECT_FALSE(ParseTargetUrl("https://example.com/a\nb").has_value());
}

TEST(TargetUrlTest, NamesLoseTheirTrailingDot) {
  const auto target = ParseTargetUrl("https://example.com./hook");
  ASSERT_TRUE(target.has_value());
  EXPECT_EQ(target->host, "example.com");
  EXPECT_EQ(target->url, "https://example.com/hook");
}

TEST(TargetUrlTest, InternationalNamesBecomePunycode) {
  const auto target = ParseTargetUrl(
      "https://b\xc3\xbc"
      "cher.example/");
  ASSERT_TRUE(target.has_value());
  EXPECT_EQ(target->host, "xn--bcher-kva.example");
  EXPECT_EQ(target->url, "https://xn--bcher-kva.example/");
}

TEST(TargetUrlTest, CredentialsBecomeBasicAuthenticationOnly) {
  const auto target = ParseTargetUrl("https://us%65r:p%40ss@example.com/hook");
  ASSERT_TRUE(target.has_value());
  EXPECT_EQ(target->authorization, "Basic dXNlcjpwQHNz");  // user:p@ss
  EXPECT_EQ(target->url, "https://example.com/hook");
  EXPECT_EQ(ParseTargetUrl("https://token@example.com/")->authorization, "Basic dG9rZW46");
  EXPECT_EQ(ParseTargetUrl("https://example.com/")->authorization, "");
  EXPECT_FALSE(ParseTargetUrl("https://user:a%0d%0ab@example.com/").has_value());
}

}  // namespace
}  // namespace hookline::net
