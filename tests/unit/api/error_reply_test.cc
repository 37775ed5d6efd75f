// The shape of every error answer (docs/contract/routes.md#errors).
#include "api/error_reply.h"

#include <gtest/gtest.h>

#include "unit/chat/json_text.h"

namespace hookline::api {
namespace {

using std::chrono::nanoseconds;

struct Row {
  ErrorKind kind;
  int status;
  int code;
};

constexpr Row kRows[] = {
    {ErrorKind::kInput, 400, 4},
    {ErrorKind::kDuplicateUsername, 400, 6},
    {ErrorKind::kEventNotSupported, 400, 18},
    {ErrorKind::kFeatureNotSupported, 400, 19},
    {ErrorKind::kMessageTooLong, 400, 20},
    {ErrorKind::kNestingLevel, 400, 21},
    {ErrorKind::kUnknownApiKey, 401, 2},
    {ErrorKind::kTokenMissing, 401, 5},
    {ErrorKind::kTokenExpired, 401, 40},
    {ErrorKind::kTokenNotYetValid, 401, 41},
    {ErrorKind::kTokenBeforeIssued, 401, 42},
    {ErrorKind::kTokenSignature, 401, 43},
    {ErrorKind::kNotAllowed, 403, 17},
    {ErrorKind::kNotFound, 404, 16},
    {ErrorKind::kTooLarge, 413, 22},
    {ErrorKind::kHeadersTooLarge, 431, 24},
    {ErrorKind::kRequestTimeout, 408, 23},
    {ErrorKind::kRateLimited, 429, 9},
    {ErrorKind::kNotImplemented, 501, 4},
    {ErrorKind::kUnavailable, 503, -1},
    {ErrorKind::kInternal, 500, -1},
};

TEST(ErrorReplyTest, EveryKindHasItsStatusAndCode) {
  for (const Row& row : kRows) {
    EXPECT_EQ(StatusOf(row.kind), row.status);
    const test::Json body(ErrorBody(Error(row.kind, "why"), "SendMessage", nanoseconds(1)));
    EXPECT_EQ(body.Int("code"), row.code) << row.status;
    EXPECT_EQ(body.Int("StatusCode"), row.status);
    const net::HttpResponse response =
        ErrorResponse(Error(row.kind, "why"), "SendMessage", nanoseconds(1));
    EXPECT_EQ(response.status, row.status);
    EXPECT_EQ(test::Json(response.body).Int("code"), row.code);
    bool retry_after = false;
    for (const auto& [name, value] : response.headers) retry_after |= name == "Retry-After";
    EXPECT_EQ(retry_after, row.status == 503 || row.status == 429);
  }
}

TEST(ErrorReplyTest, SaysOnceWhenToTryAgain) {
  net::HttpResponse response = ErrorResponse(Error(ErrorKind::kRateLimited, "why"), "", {});
  SetRetryAfter(response, 41);
  SetRetryAfter(response, -3);
  std::vector<std::string> told;
  for (const auto& [name, value] : response.headers) {
    if (name == "Retry-After") told.push_back(value);
  }
  EXPECT_EQ(told, std::vector<std::string>{"1"});
}

TEST(ErrorReplyTest, HasTheMembersThatClientsRead) {
  const test::Json body(
      ErrorBody(Error(ErrorKind::kNotFound, "gone"), "GetMessage", nanoseconds(7'420'000)));
  EXPECT_EQ(body.Keys(), (std::set<std::string>{"code", "message", "StatusCode", "duration",
                                                "more_info", "details"}));
  EXPECT_EQ(body.Text("message"), R"(GetMessage failed with error: "gone")");
  EXPECT_EQ(body.Text("duration"), "7.42ms");
  EXPECT_EQ(body.Raw("details"), "[]");
  EXPECT_TRUE(body.Text("more_info").starts_with("https://"));
}

TEST(ErrorReplyTest, TheReasonsOwnQuotesAreEscaped) {
  const auto message = [](const std::string& reason, std::string_view operation) {
    return test::Json(ErrorBody(Error(ErrorKind::kNotFound, reason), operation, nanoseconds(0)))
        .Text("message");
  };
  EXPECT_EQ(message(R"(command with name "roll" does not exist)", "GetCommand"),
            R"(GetCommand failed with error: "command with name \"roll\" does not exist")");
  EXPECT_EQ(message("line\nbreak \\ \t", "X"), R"(X failed with error: "line\nbreak \\ \t")");
  EXPECT_EQ(message("caf\xc3\xa9", "X"), "X failed with error: \"caf\xc3\xa9\"");
  EXPECT_EQ(message(std::string("a\0b", 3), "X"), R"(X failed with error: "a\u0000b")");
  // Without an operation, the reason stands alone.
  EXPECT_EQ(message("there is no \"such\" route", ""), "there is no \"such\" route");
}

TEST(ErrorReplyTest, DurationsAreMilliseconds) {
  EXPECT_EQ(FormatDuration(nanoseconds(0)), "0.00ms");
  EXPECT_EQ(FormatDuration(nanoseconds(1'500)), "0.00ms");
  EXPECT_EQ(FormatDuration(nanoseconds(7'424'999)), "7.42ms");
  EXPECT_EQ(FormatDuration(std::chrono::seconds(12)), "12000.00ms");
}

}  // namespace
}  // namespace hookline::api
