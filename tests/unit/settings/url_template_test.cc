#include "settings/url_template.h"

#include <gtest/gtest.h>

#include <string>

namespace hookline::settings {
namespace {

Result<void> Hook(std::string_view url) {
  return ValidateUrl("webhook_url", url, Placeholders::kHook, true);
}

TEST(UrlTemplateTest, TakesAbsoluteHttpUrls) {
  for (const char* url : {"https://a.example", "HTTPS://A.example:8443/x?y=%20#z",
                          "http://127.0.0.1:80/", "http://[::1]:8080/x",
                          "https://user:pass@a.example/in", "https://b\xC3\xBC.example/\xC3\xBC",
                          "https://a.example/{type}/{product}/"
                          "{app_id}?c={channel_type}{channel_id}&d={cid}#{user_id}",
                          "https://a.example?x={type}", "https://a.example/%7Btype%7D",
                          "https://a.example/%7Bx%7D", "https://a.example/100%25"}) {
    EXPECT_TRUE(Hook(url)) << url;
  }
}

TEST(UrlTemplateTest, RefusesWhatIsNotAUsableUrl) {
  for (const std::string url : {"",
                                "gibbrish",
                                "/in",
                                "//a.example/in",
                                "ftp://a.example",
                                "https:/a.example",
                                "https://",
                                "https:///in",
                                "https://?x",
                                "https://:80/",
                                "https://a.example:0/",
                                "https://a.example:/",
                                "https://a.example:65536/",
                                "https://a.example:8o/",
                                "https://a b/",
                                "https://a.example/\n",
                                "https://a\\b.example/",
                                "https://u@v@a.example/",
                                "https://a%2eexample/",
                                "https://[::1",
                                "https://[]/",
                                "https://[zz]/",
                                "https://[::1]x/",
                                "https://a.example/{x}",
                                "https://a.example/{}",
                                "https://a.example/{type",
                                "https://a.example/type}",
                                "https://a.example/{{type}}",
                                "https://{type}.example/",
                                "https://a.example:{type}/",
                                "https://{user_id}@a.example/",
                                "{type}://a.example/",
                                "https://%7Btype%7D.example/",
                                "https://a.example{type}",
                                "https://a.example/\x7F"}) {
    const auto result = Hook(url);
    ASSERT_FALSE(result) << url;
    EXPECT_EQ(result.error().kind(), ErrorKind::kInput);
    EXPECT_TRUE(result.error().message().starts_with("webhook_url ")) << result.error().message();
  }
  EXPECT_FALSE(Hook("https://a.example/" + std::string(kMaxUrlBytes, 'x')));
}

TEST(UrlTemplateTest, PlainHttpNeedsPermission) {
  EXPECT_EQ(ValidateUrl("u", "http://a.example", Placeholders::kHook, false).error().message(),
            "u must be an https URL");
  EXPECT_TRUE(ValidateUrl("u", "https://a.example", Placeholders::kHook, false));
}

TEST(UrlTemplateTest, CommandsKnowOnlyTheType) {
  const auto check = [](std::string_view url, Placeholders allowed) {
    return ValidateUrl("u", url, allowed, false).has_value();
  };
  EXPECT_TRUE(check("https://a.example/?type={type}", Placeholders::kCommand));
  EXPECT_FALSE(check("https://a.example/?type={cid}", Placeholders::kCommand));
  EXPECT_FALSE(check("https://a.example/?type=%7Bcid%7D", Placeholders::kCommand));
  EXPECT_FALSE(check("https://a.example/?type={type}", Placeholders::kNone));
  EXPECT_TRUE(check("https://a.example/?type=%7Btype%7D", Placeholders::kNone));
}

TEST(UrlTemplateTest, ExpandsWithPercentEncoding) {
  UrlValues values;
  values.type = "message.new";
  values.product = "chat";
  values.app_id = "7";
  values.channel_type = "messaging";
  values.channel_id = "a/b?c#d&e=f";
  values.cid = "messaging:\xC3\xBC {x}";
  EXPECT_EQ(ExpandUrlTemplate("https://u:p@a.example/{type}/{app_id}/%7bproduct%7D?x={user_id}&"
                              "c={channel_id}&d={cid}&e={channel_type}",
                              values),
            "https://u:p@a.example/message.new/7/chat?x=&c=a%2Fb%3Fc%23d%26e%3Df&"
            "d=messaging%3A%C3%BC%20%7Bx%7D&e=messaging");
}

TEST(UrlTemplateTest, AValueCannotClimbOutOfItsPathSegment) {
  UrlValues values;
  values.user_id = "..";
  EXPECT_EQ(ExpandUrlTemplate("https://a.example/in/{user_id}/x", values),
            "https://a.example/in/%2E%2E/x");
}

TEST(UrlTemplateTest, LeavesOtherTextAlone) {
  UrlValues values;
  values.type = "t";
  EXPECT_EQ(ExpandUrlTemplate("https://a.example/%7Bother%7D/%7/%7B/{type}", values),
            "https://a.example/%7Bother%7D/%7/%7B/t");
  EXPECT_FALSE(IsUrlTemplate("https://a.example/%7Bother%7D"));
  EXPECT_TRUE(IsUrlTemplate("https://a.example/%7Btype%7d"));
  EXPECT_TRUE(IsUrlTemplate("https://a.example/{cid}"));
}

}  // namespace
}  // namespace hookline::settings
