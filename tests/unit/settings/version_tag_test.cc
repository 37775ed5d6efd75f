// ETag and If-Match of an app's settings.
#include "settings/version_tag.h"

#include <gtest/gtest.h>

#include "app_fixture.h"

namespace hookline::settings {
namespace {

class VersionTagTest : public AppTest {
 protected:
  std::string Tag() { return VersionTag(*Stored(), configs_); }

  std::string configs_ = "{}";
};

TEST_F(VersionTagTest, ChangesWithEverythingThatPatchChanges) {
  std::string tag = Tag();
  EXPECT_EQ(tag, Tag());
  EXPECT_TRUE(tag.starts_with('"') && tag.ends_with('"'));
  for (const char* body :
       {R"({"disable_auth_checks":true})", R"({"disable_auth_checks":false})",
        R"({"revoke_tokens_issued_before":"2026-01-01T00:00:00Z"})",
        R"({"event_hooks":[{"id":"a","hook_type":"webhook","webhook_url":"https://a.example"}]})",
        R"({"event_hooks":[{"id":"a","enabled":false}]})",
        R"({"event_hooks":[{"id":"a","product":"chat"}]})",
        R"({"event_hooks":[{"id":"a","event_types":["message.new"]}]})", R"({"event_hooks":[]})"}) {
    PatchOk(body);
    EXPECT_NE(Tag(), tag) << body;
    tag = Tag();
    PatchOk("{}");
    EXPECT_EQ(Tag(), tag);
  }
  configs_ = R"({"messaging":{"reactions":false}})";
  EXPECT_NE(Tag(), tag);
}

TEST(MatchesTagTest, TakesListsAndStars) {
  for (const char* header : {R"("a")", R"("b", "a")", R"("b","a" )", "*", R"( "a")"}) {
    EXPECT_TRUE(MatchesTag(header, R"("a")")) << header;
  }
  for (const char* header : {"", R"("b")", R"(W/"a")", "a", R"("A")", R"("a)", ","}) {
    EXPECT_FALSE(MatchesTag(header, R"("a")")) << header;
  }
}

}  // namespace
}  // namespace hookline::settings
