#include "net/http_message.h"

#include <gtest/gtest.h>

namespace hookline::net {
namespace {

HttpRequest Split(std::string target) {
  HttpRequest request;
  request.target = std::move(target);
  SplitTarget(request);
  return request;
}

TEST(HttpMessageTest, SplitsPathAndQuery) {
  const HttpRequest request = Split("/channels/a%2Fb?api_key=x%20y+z&empty=&flag&api_key=second");
  EXPECT_EQ(request.path, "/channels/a%2Fb");
  ASSERT_EQ(request.query.size(), 4U);
  EXPECT_EQ(request.QueryParam("api_key"), "x y z");
  EXPECT_EQ(request.QueryParam("empty"), "");
  EXPECT_EQ(request.QueryParam("flag"), "");
  EXPECT_EQ(request.QueryParam("Api_Key"), std::nullopt);
}

TEST(HttpMessageTest, NormalisesLeadingSlashesOnly) {
  EXPECT_EQ(Split("//app").path, "/app");
  EXPECT_EQ(Split("///a//b").path, "/a//b");
  EXPECT_EQ(Split("/").path, "/");
  EXPECT_EQ(Split("/?x=1").path, "/");
}

TEST(HttpMessageTest, UnderstandsOtherTargetForms) {
  const HttpRequest absolute = Split("http://example.com/app?x=1");
  EXPECT_EQ(absolute.path, "/app");
  EXPECT_EQ(absolute.QueryParam("x"), "1");
  EXPECT_EQ(Split("http://example.com").path, "/");
  EXPECT_EQ(Split("http://example.com?x=1").QueryParam("x"), "1");
  EXPECT_EQ(Split("*").path, "*");
  EXPECT_EQ(Split("/a#fragment?x=1").path, "/a");
}

TEST(HttpMessageTest, DecodesPercentEscapes) {
  EXPECT_EQ(PercentDecode("a%2Fb%c3%A9+"), "a/b\xc3\xa9+");
  EXPECT_EQ(PercentDecode("a+b", PlusMeans::kSpace), "a b");
  EXPECT_EQ(PercentDecode("100%"), "100%");
  EXPECT_EQ(PercentDecode("%4"), "%4");
  EXPECT_EQ(PercentDecode("%zz%41"), "%zzA");
}

TEST(HttpMessageTest, FindsHeadersInAnyCase) {
  HeaderList headers;
  headers.Add("Content-Type", "application/json");
  headers.Add("X-Empty", "");
  headers.Add("content-type", "second");
  EXPECT_EQ(headers.Find("CONTENT-TYPE"), "application/json");
  EXPECT_EQ(headers.Find("x-empty"), "");
  EXPECT_EQ(headers.Find("content"), std::nullopt);
  EXPECT_EQ(headers.Count("Content-type"), 2U);
  EXPECT_EQ(headers.At(2).value, "second");
}

}  // namespace
}  // namespace hookline::net
