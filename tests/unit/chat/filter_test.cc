// Filters and sorts, without a store.
#include "chat/filter.h"

#include <fmt/core.h>
#include <gtest/gtest.h>

#include "unit/chat/json_text.h"

namespace hookline::chat {
namespace {

std::string_view Name(Filter::Op op) {
  using Op = Filter::Op;
  switch (op) {
    case Op::kAnd:
      return "and";
    case Op::kOr:
      return "or";
    case Op::kNor:
      return "nor";
    case Op::kEq:
      return "=";
    case Op::kNe:
      return "!=";
    case Op::kGt:
      return ">";
    case Op::kGte:
      return ">=";
    case Op::kLt:
      return "<";
    case Op::kLte:
      return "<=";
    case Op::kIn:
      return "in";
    case Op::kNin:
      return "nin";
    case Op::kExists:
      return "exists";
    case Op::kAutocomplete:
      return "auto";
    case Op::kContains:
      return "contains";
    case Op::kQ:
      return "q";
  }
  return "?";
}

// `(and (= type s:messaging) (in members [s:a s:b]))`
std::string Show(const Filter& filter) {
  std::string text = "(" + std::string(Name(filter.op));
  if (!filter.field.empty()) text += " " + filter.field;
  if (filter.list) text += " [";
  for (const Filter::Operand& operand : filter.operands) {
    const char kind = operand.kind == json::Kind::kString   ? 's'
                      : operand.kind == json::Kind::kNumber ? 'n'
                      : operand.kind == json::Kind::kBool   ? 'b'
                                                            : '0';
    text += std::string(" ") + kind + ":" + operand.text;
  }
  if (filter.list) text += " ]";
  for (const Filter& child : filter.children) text += " " + Show(child);
  return text + ")";
}

std::string Parse(std::string_view conditions) {
  const test::Json json(conditions);
  const auto filter = ParseFilter(json.root());
  return filter ? Show(*filter) : "error: " + filter.error().message();
}

std::string Sort(std::string_view sort, std::size_t max_fields = 3) {
  const test::Json json(sort);
  const auto fields = ParseSort(json.root(), max_fields);
  if (!fields) return "error: " + fields.error().message();
  std::string text;
  for (const SortField& field : *fields) text += (field.ascending ? "+" : "-") + field.field + " ";
  return text;
}

TEST(FilterTest, ReadsWhatClientsWrite) {
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"null", "(and)"},
      {"{}", "(and)"},
      {R"({"type":"messaging"})", "(and (= type s:messaging))"},
      {R"({"a":1.10,"b":true,"c":null})", "(and (= a n:1.10) (= b b:true) (= c 0:null))"},
      {R"({"members":{"$in":["a","b"]}})", "(and (in members [ s:a s:b ]))"},
      {R"({"members":{"$in":[]}})", "(and (in members [ ]))"},
      {R"({"members":["a","b"]})", "(and (= members [ s:a s:b ]))"},
      {R"({"members":{"$eq":["a"]}})", "(and (= members [ s:a ]))"},
      {R"({"x":{"$nin":[1,"1",null]}})", "(and (nin x [ n:1 s:1 0:null ]))"},
      {R"({"age":{"$gt":1,"$lte":9}})", "(and (and (> age n:1) (<= age n:9)))"},
      {R"({"age":{"$gte":1}})", "(and (>= age n:1))"},
      {R"({"age":{"$lt":"2026-01-01T00:00:00Z"}})", "(and (< age s:2026-01-01T00:00:00Z))"},
      {R"({"a":{"$ne":"b"}})", "(and (!= a s:b))"},
      {R"({"a":{"$exists":false}})", "(and (exists a b:false))"},
      {R"({"name":{"$autocomplete":"jo"}})", "(and (auto name s:jo))"},
      {R"({"teams":{"$contains":"red"}})", "(and (contains teams s:red))"},
      {R"({"text":{"$q":"two words"}})", "(and (q text s:two words))"},
      {R"({"$or":[{"a":1},{"b":2}]})", "(and (or (and (= a n:1)) (and (= b n:2))))"},
      {R"({"$and":[{"a":1}],"$nor":[{"b":2}]})",
       "(and (and (and (= a n:1))) (nor (and (= b n:2))))"},
      {R"({"deep.path":"x"})", "(and (= deep.path s:x))"},
      {R"({"a":"\u00e9\"q"})", "(and (= a s:\xc3\xa9\"q))"},
  };
  for (const auto& [conditions, shown] : cases) EXPECT_EQ(Parse(conditions), shown) << conditions;
}

TEST(FilterTest, RefusesEverythingElse) {
  for (const char* conditions : {R"(["x"])",
                                 "1",
                                 R"("x")",
                                 R"({"$xor":[{"a":1}]})",
                                 R"({"a":{"$like":"x"}})",
                                 R"({"$or":{"a":1}})",
                                 R"({"$or":[]})",
                                 R"({"$or":[1]})",
                                 R"({"$or":"x"})",
                                 R"({"a":{}})",
                                 R"({"a":{"b":1}})",
                                 R"({"a":{"$gt":1,"b":2}})",
                                 R"({"a":{"$in":"x"}})",
                                 R"({"a":{"$nin":1}})",
                                 R"({"a":{"$in":[[1]]}})",
                                 R"({"a":{"$in":[{"x":1}]}})",
                                 R"({"a":{"$eq":{"x":1}}})",
                                 R"({"a":{"$exists":1}})",
                                 R"({"a":{"$exists":"true"}})",
                                 R"({"a":{"$autocomplete":1}})",
                                 R"({"a":{"$q":["x"]}})",
                                 R"({"a":{"$gt":[1]}})",
                                 R"({"a":{"$gte":[]}})",
                                 R"({"a":{"$lt":[1,2]}})",
                                 R"({"a":{"$lte":["x"]}})",
                                 R"({"a":{"$contains":["x"]}})"}) {
    EXPECT_TRUE(Parse(conditions).starts_with("error: "))
        << conditions << ": " << Parse(conditions);
  }
}

std::string Repeat(int times, const std::string& item, const std::string& separator = ",") {
  std::string text;
  for (int i = 0; i < times; ++i) text += (i == 0 ? "" : separator) + item;
  return text;
}

// Members of an object; the same key twice would count once.
std::string Members(int times) {
  std::string text;
  for (int i = 0; i < times; ++i) text += fmt::format(R"({}"a{}":1)", i == 0 ? "" : ",", i);
  return text;
}

TEST(FilterTest, HasLimits) {
  const auto nested = [](int levels) {
    std::string text = R"({"a":1})";
    for (int i = 0; i < levels; ++i) text = R"({"$and":[)" + text + "]}";
    return text;
  };
  EXPECT_FALSE(Parse(nested(7)).starts_with("error"));
  EXPECT_TRUE(Parse(nested(8)).starts_with("error"));
  EXPECT_FALSE(Parse("{" + Members(100) + "}").starts_with("error"));
  EXPECT_TRUE(Parse("{" + Members(101) + "}").starts_with("error"));
  EXPECT_FALSE(Parse(R"({"a":{"$in":[)" + Repeat(100, "1") + "]}}").starts_with("error"));
  EXPECT_TRUE(Parse(R"({"a":{"$in":[)" + Repeat(101, "1") + "]}}").starts_with("error"));
  EXPECT_FALSE(Parse(R"({"a":{"$q":")" + Repeat(250, "x", " ") + "\"}}").starts_with("error"));
  EXPECT_TRUE(Parse(R"({"a":{"$q":")" + Repeat(251, "x", " ") + "\"}}").starts_with("error"));
  // The values of all conditions together.
  const auto lists = [](int count) {
    std::string text;
    for (int i = 0; i < count; ++i) {
      text += R"(,{"a":{"$in":[)" + Repeat(100, "1") + "]}}";
    }
    return R"({"$or":[)" + text.substr(1) + "]}";
  };
  EXPECT_FALSE(Parse(lists(10)).starts_with("error"));
  EXPECT_TRUE(Parse(lists(11)).starts_with("error"));
  const std::string words = R"({"a":{"$q":")" + Repeat(250, "x", " ") + "\"}}";
  EXPECT_FALSE(Parse(R"({"$or":[)" + Repeat(4, words) + "]}").starts_with("error"));
  EXPECT_TRUE(Parse(R"({"$or":[)" + Repeat(5, words) + "]}").starts_with("error"));
  // Each comparison is a condition, wherever it stands.
  const std::string two = R"({"a":{"$gt":1,"$lt":9}})";
  EXPECT_FALSE(Parse(R"({"$or":[)" + Repeat(50, two) + "]}").starts_with("error"));
  EXPECT_TRUE(Parse(R"({"$or":[)" + Repeat(51, two) + "]}").starts_with("error"));
  EXPECT_FALSE(Parse(R"({"$or":[)" + Repeat(100, R"({"a":1})") + "]}").starts_with("error"));
  EXPECT_TRUE(Parse(R"({"$or":[)" + Repeat(101, R"({"a":1})") + "]}").starts_with("error"));
  EXPECT_TRUE(Parse(R"({"$or":[)" + Repeat(10'000, "{}") + "]}").starts_with("error"));
}

TEST(SortTest, ReadsFieldsAndDirections) {
  EXPECT_EQ(Sort("null"), "");
  EXPECT_EQ(Sort("[]"), "");
  EXPECT_EQ(Sort(R"([{"field":"created_at","direction":-1},{"field":"a.b","direction":1}])"),
            "-created_at +a.b ");
  EXPECT_EQ(Sort(R"([{"field":"x"}])"), "+x ");
  EXPECT_EQ(Sort(R"([{"field":"x","direction":null,"type":""}])"), "+x ");
  for (const char* sort :
       {"{}", "1", R"(["x"])", R"([{}])", R"([{"field":""}])", R"([{"field":1}])",
        R"([{"field":"x","direction":0}])", R"([{"field":"x","direction":2}])",
        R"([{"field":"x","direction":"1"}])", R"([{"field":"x","direction":1.5}])",
        R"([{"field":"a"},{"field":"b"},{"field":"c"},{"field":"d"}])"}) {
    EXPECT_TRUE(Sort(sort).starts_with("error: ")) << sort;
  }
}

}  // namespace
}  // namespace hookline::chat
