// What official clients can ask for and nobody carries out: refused by name, whatever the place.
#include "api/unserved_fields.h"

#include <fmt/core.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <span>
#include <string>

namespace hookline::api {
namespace {

using Place = UnservedField::Place;

const Operation* FindOperation(std::string_view name) {
  for (const auto table : {AppOperations(), CatalogOperations(), UserOperations(),
                           ChannelOperations(), MessageOperations(), ModerationOperations()}) {
    const auto found = std::ranges::find(table, name, &Operation::name);
    if (found != table.end()) return &*found;
  }
  return nullptr;
}

// A request that says `value` (JSON) at the field's place, and nothing else.
Result<void> Ask(const UnservedField& field, std::string value) {
  net::HttpRequest request;
  request.method = "POST";
  Call call;
  call.http = &request;
  call.operation = FindOperation(field.operation);
  if (field.place != Place::kBody) {
    request.query.emplace_back(std::string(field.path), std::move(value));
    return RefuseUnserved(call);
  }
  std::string body = std::move(value);
  std::string_view path = field.path;
  for (;;) {
    const std::size_t dot = path.rfind('.');
    const std::string_view step = dot == path.npos ? path : path.substr(dot + 1);
    body = fmt::format(R"({{"{}":{}}})", step, body);
    if (dot == path.npos) break;
    path = path.substr(0, dot);
  }
  call.document = *json::Document::Parse(body);
  return RefuseUnserved(call);
}

TEST(UnservedFieldsTest, EachIsRefusedByNameAndOnlyIfItAsksForSomething) {
  ASSERT_FALSE(UnservedFields().empty());
  for (const UnservedField& field : UnservedFields()) {
    SCOPED_TRACE(fmt::format("{} {}", field.operation, field.path));
    const Operation* operation = FindOperation(field.operation);
    ASSERT_NE(operation, nullptr);
    EXPECT_TRUE(operation->implemented());
    const bool query = field.place != Place::kBody;
    for (const char* asks :
         {"true", "1", query ? "True" : "\"x\"", query ? "TRUE" : R"({"a":"b"})"}) {
      const auto refused = Ask(field, asks);
      ASSERT_FALSE(refused) << asks;
      EXPECT_EQ(refused.error().kind(), ErrorKind::kNotImplemented);
      EXPECT_TRUE(refused.error().message().starts_with(field.path)) << refused.error().message();
    }
    if (field.place == Place::kQueryList) {
      EXPECT_TRUE(Ask(field, ""));
      continue;
    }
    for (const char* asks_not : {"false", "0"}) EXPECT_TRUE(Ask(field, asks_not)) << asks_not;
    if (query) {
      for (const char* asks_not : {"", "False"}) EXPECT_TRUE(Ask(field, asks_not)) << asks_not;
      const auto refused = Ask(field, "x");
      ASSERT_FALSE(refused);
      EXPECT_EQ(refused.error().kind(), ErrorKind::kInput);
      continue;
    }
    for (const char* asks_not : {"null", "\"\"", "[]", "{}", "\"0001-01-01T00:00:00Z\""}) {
      EXPECT_TRUE(Ask(field, asks_not)) << asks_not;
    }
  }
}

}  // namespace
}  // namespace hookline::api
