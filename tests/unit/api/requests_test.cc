// Reading requests: paths, paging, and who sent them.
#include <gtest/gtest.h>

#include "api/authenticate.h"
#include "api/paging.h"
#include "api/path.h"
#include "chat/channel_state.h"
#include "unit/chat/json_text.h"

namespace hookline::api {
namespace {

TEST(PathTest, SplitsAtSlashes) {
  using Segments = PathSegments;
  EXPECT_EQ(SplitPath(""), Segments{});
  EXPECT_EQ(SplitPath("/"), Segments{});
  EXPECT_EQ(SplitPath("/a"), Segments{"a"});
  EXPECT_EQ(SplitPath("/a/b/"), (Segments{"a", "b"}));
  EXPECT_EQ(SplitPath("/a//b"), (Segments{"a", "", "b"}));
  EXPECT_EQ(SplitPath("a/b"), (Segments{"a", "b"}));
}

TEST(PathTest, MatchesSegmentBySegment) {
  const PathSegments pattern = SplitPath("/messages/{id}/reaction/{type}");
  EXPECT_TRUE(PathMatches(pattern, SplitPath("/messages/m/reaction/lol")));
  EXPECT_FALSE(PathMatches(pattern, SplitPath("/messages/m/reactions/lol")));
  EXPECT_FALSE(PathMatches(pattern, SplitPath("/messages/m/reaction")));
  EXPECT_FALSE(PathMatches(pattern, SplitPath("/messages//reaction/lol")));
  EXPECT_EQ(PathArguments(pattern, SplitPath("/messages/a%2Fb/reaction/%F0%9F%91%8D"),
                          net::PlusMeans::kPlus),
            (std::vector<std::string>{"a/b", "\xF0\x9F\x91\x8D"}));
}

net::HttpRequest Get(std::string target) {
  net::HttpRequest request;
  request.method = "GET";
  request.target = std::move(target);
  net::SplitTarget(request);
  return request;
}

TEST(PagingTest, ReadsLimitsOfBodies) {
  const test::Json body(R"({"a":5,"zero":0,"max":10,"over":11,"minus":-1,"half":1.5,"text":"5",
                            "none":null,"big":99999999999999999999})");
  EXPECT_EQ(ReadLimit(body.root(), "a", 7, 10), 5);
  EXPECT_EQ(ReadLimit(body.root(), "zero", 7, 10), 0);
  EXPECT_EQ(ReadLimit(body.root(), "max", 7, 10), 10);
  EXPECT_EQ(ReadLimit(body.root(), "absent", 7, 10), 7);
  EXPECT_EQ(ReadLimit(body.root(), "none", 7, 10), 7);
  for (const char* name : {"over", "minus", "half", "text", "big"}) {
    const auto limit = ReadLimit(body.root(), name, 7, 10);
    ASSERT_FALSE(limit) << name;
    EXPECT_EQ(limit.error().kind(), ErrorKind::kInput);
    EXPECT_EQ(limit.error().message(), std::string(name) + " must be an integer from 0 to 10");
  }
}

TEST(PagingTest, ReadsLimitsOfQueries) {
  const auto limit = [](const std::string& text) {
    const net::HttpRequest request = Get("/x?limit=" + text);
    Call call;
    call.http = &request;
    const auto read = QueryLimit(call, "limit", 7, 10);
    return read ? *read : -1;
  };
  EXPECT_EQ(limit("5"), 5);
  EXPECT_EQ(limit(""), 7);
  EXPECT_EQ(limit("0"), 0);
  for (const char* bad : {"11", "-1", "x", "1.5", "1e1", "%22"}) EXPECT_EQ(limit(bad), -1) << bad;
}

TEST(PagingTest, ReadsPagesOfMessages) {
  const auto page = [](const std::string& query) {
    const net::HttpRequest request = Get("/messages/p/replies?api_key=k&" + query);
    Call call;
    call.http = &request;
    return QueryMessagePage(call);
  };
  EXPECT_EQ(page("")->limit, 25);
  const auto full = page(
      "limit=3&id_lt=a&id_gte=b&created_at_after=2026-01-01T00:00:00Z"
      "&created_at_before_or_equal=2026-01-01T00:00:01%2B00:00");
  ASSERT_TRUE(full) << full.error().message();
  EXPECT_EQ(full->limit, 3);
  EXPECT_EQ(full->id_lt, "a");
  EXPECT_EQ(full->id_gte, "b");
  EXPECT_EQ(full->created_after.ns, 1'767'225'600'000'000'000);
  EXPECT_EQ(full->created_before_or_equal.ns, 1'767'225'601'000'000'000);
  EXPECT_EQ(page("limit=300")->limit, 300);
  EXPECT_EQ(page("id_lt=5")->id_lt, "5");
  EXPECT_EQ(page("id_lt=%22q%22%0A")->id_lt, "\"q\"\n");
  EXPECT_FALSE(page("")->from_oldest);
  EXPECT_FALSE(page("sort=[]")->from_oldest);
  EXPECT_FALSE(page(R"(sort=[{"field":"created_at","direction":-1}])")->from_oldest);
  EXPECT_TRUE(page(R"(sort=[{"field":"created_at","direction":1}])")->from_oldest);
  for (const char* bad : {"limit=301", "limit=-1", "limit=x", "created_at_before=yesterday",
                          "sort=created_at", R"(sort=[{"field":"text","direction":1}])",
                          R"(sort=[{"field":"created_at","direction":2}])",
                          R"(sort=[{"field":"created_at"},{"field":"created_at"}])"}) {
    EXPECT_FALSE(page(bad)) << bad;
  }
}

TEST(PagingTest, ReadsBoundsOfQueries) {
  const test::Json body(R"({"user_id_gt":"b","created_at_before":"2026-01-01T00:00:00Z",
                            "user_id_lt":"","created_at_after":null})");
  chat::Filter filter;
  std::vector<chat::SortField> sort;
  ASSERT_TRUE(ReadBounds(body.root(), "user_id", filter, sort));
  ASSERT_EQ(filter.children.size(), 3U);  // The two bounds, and what was asked for before.
  EXPECT_EQ(filter.children[0].field, "user_id");
  EXPECT_EQ(filter.children[0].op, chat::Filter::Op::kGt);
  EXPECT_EQ(filter.children[1].field, "created_at");
  EXPECT_EQ(filter.children[1].op, chat::Filter::Op::kLt);
  ASSERT_EQ(sort.size(), 1U);
  EXPECT_EQ(sort[0].field, "user_id");
  EXPECT_TRUE(sort[0].ascending);

  const test::Json wrong(R"({"id_gt":1})");
  EXPECT_FALSE(ReadBounds(wrong.root(), "id", filter, sort));
}

// A query string is whatever bytes a stranger sends; it becomes JSON on the way.
TEST(PagingTest, BytesThatAreNoTextAreReplaced) {
  const net::HttpRequest request = Get("/messages/p/replies?id_lt=%ff%fe");
  Call call;
  call.http = &request;
  const auto page = QueryMessagePage(call);
  ASSERT_TRUE(page);
  EXPECT_EQ(page->id_lt, "\uFFFD\uFFFD");
}

TEST(StateOptionsTest, ReadsWhatARequestAsksFor) {
  const auto read = [](std::string_view body) {
    const test::Json json(body);
    return chat::ReadStateOptions(json.root());
  };
  const auto plain = read("{}");
  EXPECT_TRUE(plain->state);
  EXPECT_FALSE(plain->watchers);
  EXPECT_EQ(plain->messages.limit, 25);
  EXPECT_EQ(plain->members_limit, 100);
  const auto full =
      read(R"({"state":false,"watchers":{"limit":1},"messages":{"limit":"7","id_lt":"x"},
                             "members":{"limit":3,"offset":4}})");
  ASSERT_TRUE(full);
  EXPECT_FALSE(full->state);
  EXPECT_TRUE(full->watchers);
  EXPECT_EQ(full->messages.limit, 7);
  EXPECT_EQ(full->messages.id_lt, "x");
  EXPECT_EQ(full->members_limit, 3);
  EXPECT_EQ(full->members_offset, 4);
  for (const char* bad :
       {R"({"state":1})", R"({"messages":{"limit":301}})", R"({"messages":{"limit":-1}})",
        R"({"messages":{"limit":"x"}})", R"({"messages":{"id_lt":1}})",
        R"({"messages":{"created_at_before":"x"}})", R"({"members":{"limit":101}})",
        R"({"members":{"offset":-1}})"}) {
    EXPECT_FALSE(read(bad)) << bad;
  }
}

class RequestInfoTest : public ::testing::Test {
 protected:
  std::string Ip(std::string peer, std::vector<std::string> forwarded) {
    net::HttpRequest request;
    request.peer_address = std::move(peer);
    for (const std::string& value : forwarded) request.headers.Add("x-forwarded-for", value);
    return RequestInfoOf(request, {}, options_).ip;
  }

  ApiOptions options_;
};

TEST_F(RequestInfoTest, CopiesWhatTheClientSent) {
  net::HttpRequest request;
  request.peer_address = "203.0.113.9";
  request.headers.Add("user-agent", "agent/1 (x; \"y\")");
  request.headers.Add("X-Stream-Client", "stream-python-client-4.31.0");
  request.headers.Add("X-STREAM-EXT", "tenant=blue");
  const chat::RequestInfo info = RequestInfoOf(request, {.server = true, .user_id = {}}, options_);
  EXPECT_TRUE(info.server);
  EXPECT_EQ(info.ip, "203.0.113.9");
  EXPECT_EQ(info.user_agent, "agent/1 (x; \"y\")");
  EXPECT_EQ(info.sdk, "stream-python-client-4.31.0");
  EXPECT_EQ(info.ext, "tenant=blue");
  const chat::RequestInfo bare = RequestInfoOf(net::HttpRequest{}, {}, options_);
  EXPECT_FALSE(bare.server);
  EXPECT_EQ(bare.user_agent, "");
  EXPECT_EQ(bare.ext, "");
}

TEST_F(RequestInfoTest, NobodyIsBelievedByDefault) {
  EXPECT_EQ(Ip("203.0.113.9", {}), "203.0.113.9");
  EXPECT_EQ(Ip("203.0.113.9", {"1.2.3.4"}), "203.0.113.9");
  EXPECT_EQ(Ip("127.0.0.1", {"1.2.3.4"}), "127.0.0.1");
}

TEST_F(RequestInfoTest, TrustedProxiesAreBelieved) {
  options_.trusted_proxies = {"10.0.0.1", "10.0.0.2"};
  EXPECT_EQ(Ip("203.0.113.9", {"1.2.3.4"}), "203.0.113.9");
  EXPECT_EQ(Ip("10.0.0.1", {"1.2.3.4"}), "1.2.3.4");
  EXPECT_EQ(Ip("10.0.0.1", {" 1.2.3.4 , 10.0.0.2 "}), "1.2.3.4");
  EXPECT_EQ(Ip("10.0.0.1", {}), "10.0.0.1");
  EXPECT_EQ(Ip("10.0.0.1", {""}), "10.0.0.1");
  EXPECT_EQ(Ip("10.0.0.1", {" , ,"}), "10.0.0.1");
  EXPECT_EQ(Ip("10.0.0.1", {"10.0.0.2,10.0.0.1"}), "10.0.0.1");
  EXPECT_EQ(Ip("10.0.0.1", {"2001:db8::1"}), "2001:db8::1");
}

// The client may send the header itself; what counts is what the proxies have added behind it.
TEST_F(RequestInfoTest, AClientCannotChooseItsAddress) {
  options_.trusted_proxies = {"10.0.0.1", "10.0.0.2"};
  EXPECT_EQ(Ip("10.0.0.1", {"6.6.6.6, 1.2.3.4"}), "1.2.3.4");
  EXPECT_EQ(Ip("10.0.0.1", {"6.6.6.6, 1.2.3.4, 10.0.0.2"}), "1.2.3.4");
  // Some proxies add a header field of their own instead of extending the one that came.
  EXPECT_EQ(Ip("10.0.0.1", {"6.6.6.6", "1.2.3.4"}), "1.2.3.4");
  EXPECT_EQ(Ip("10.0.0.1", {"6.6.6.6", "1.2.3.4", "10.0.0.2"}), "1.2.3.4");
}

}  // namespace
}  // namespace hookline::api
