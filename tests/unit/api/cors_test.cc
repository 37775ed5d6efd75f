// Which web pages may use the API.
#include "api/cors.h"

#include <gtest/gtest.h>

#include <string>

namespace hookline::api {
namespace {

net::HttpRequest Request(std::string method, std::string_view origin) {
  net::HttpRequest request;
  request.method = std::move(method);
  if (!origin.empty()) request.headers.Add("Origin", origin);
  return request;
}

net::HttpRequest Question(std::string_view origin, std::string_view headers) {
  net::HttpRequest request = Request("OPTIONS", origin);
  request.headers.Add("Access-Control-Request-Method", "POST");
  request.headers.Add("Access-Control-Request-Headers", headers);
  return request;
}

std::string HeaderOf(const net::HttpResponse& response, std::string_view name) {
  for (const auto& [key, value] : response.headers) {
    if (key == name) return value;
  }
  return "none";
}

TEST(CorsTest, EveryOriginByDefault) {
  const Cors cors({"*"});
  EXPECT_TRUE(Cors::IsPreflight(Question("https://a.example", "authorization")));
  const auto answer =
      cors.Preflight(Question("https://a.example", "authorization,x-stream-client"));
  EXPECT_EQ(answer.status, 204);
  EXPECT_EQ(HeaderOf(answer, "access-control-allow-origin"), "*");
  EXPECT_EQ(HeaderOf(answer, "access-control-allow-headers"), "authorization,x-stream-client");
  EXPECT_NE(HeaderOf(answer, "access-control-allow-methods").find("PATCH"), std::string::npos);
  net::HttpResponse response;
  cors.Allow(Request("GET", "https://a.example"), response);
  EXPECT_EQ(HeaderOf(response, "access-control-allow-origin"), "*");
  EXPECT_NE(HeaderOf(response, "access-control-expose-headers").find("etag"), std::string::npos);
}

TEST(CorsTest, OnlyTheListedOnesIfThereIsAList) {
  const Cors cors({"https://a.example", "https://b.example"});
  EXPECT_EQ(
      HeaderOf(cors.Preflight(Question("https://b.example", "x")), "access-control-allow-origin"),
      "https://b.example");
  for (const char* origin :
       {"https://c.example", "https://a.example.evil", "null", "https://A.example"}) {
    const auto refusal = cors.Preflight(Question(origin, "x"));
    EXPECT_EQ(HeaderOf(refusal, "access-control-allow-origin"), "none") << origin;
    EXPECT_EQ(HeaderOf(refusal, "vary"), "origin");
    net::HttpResponse response;
    cors.Allow(Request("GET", origin), response);
    EXPECT_EQ(HeaderOf(response, "access-control-allow-origin"), "none") << origin;
  }
  net::HttpResponse response;
  Cors({}).Allow(Request("GET", "https://a.example"), response);
  EXPECT_EQ(HeaderOf(response, "access-control-allow-origin"), "none");
}

TEST(CorsTest, OnlyABrowsersQuestionIsAPreflight) {
  EXPECT_FALSE(Cors::IsPreflight(Request("OPTIONS", "https://a.example")));
  net::HttpRequest noOrigin = Request("OPTIONS", "");
  noOrigin.headers.Add("Access-Control-Request-Method", "GET");
  EXPECT_FALSE(Cors::IsPreflight(noOrigin));
  net::HttpRequest get = Request("GET", "https://a.example");
  get.headers.Add("Access-Control-Request-Method", "GET");
  EXPECT_FALSE(Cors::IsPreflight(get));
}

TEST(CorsTest, WhatIsNoListOfHeadersIsNotRepeated) {
  const Cors cors({"*"});
  for (const std::string& asked : {std::string(), std::string("x\r\nset-cookie: a"),
                                   std::string("x:y"), std::string(3000, 'x')}) {
    const auto answer = cors.Preflight(Question("https://a.example", asked));
    EXPECT_TRUE(HeaderOf(answer, "access-control-allow-headers").starts_with("authorization, "));
  }
}

}  // namespace
}  // namespace hookline::api
