// Custom fields and partial updates, without a store.
#include "chat/fields.h"

#include <gtest/gtest.h>

#include <chrono>

#include "unit/chat/json_text.h"

namespace hookline::chat {
namespace {

constexpr auto kKnown = Names({"id", "name"});

bool IsBuiltIn(std::string_view name) { return kKnown.contains(name); }

std::string Custom(std::string_view object) {
  const test::Json json(object);
  const auto custom = CustomFields(json.root(), kKnown);
  return custom ? *custom : "error: " + custom.error().message();
}

// `object` after the partial update `body`.
std::string Changed(const std::string& object, std::string_view body) {
  const test::Json json(body);
  const auto changes = ReadChanges(json.root(), IsBuiltIn);
  if (!changes) return "error: " + changes.error().message();
  const auto changed = ApplyChanges(object, *changes);
  return changed ? *changed : "error: " + changed.error().message();
}

struct Case {
  std::string before;  // The object, or the request.
  std::string body;
  std::string after;
};

TEST(FieldsTest, CustomFieldsAreWhatIsNotKnown) {
  const Case cases[] = {
      {"{}", "", "{}"},
      {"null", "", "{}"},
      {R"({"id":1,"name":2})", "", "{}"},
      {R"({"id":1,"a":1.10,"b":1e300,"c":12345678901234567890,"d":-0,"e":1E5})", "",
       R"({"a":1.10,"b":1e300,"c":12345678901234567890,"d":-0,"e":1E5})"},
      {R"({"a":{"x": [1 , 2.50]},"b":null,"c":"\u00e9\n"})", "",
       R"({"a":{"x":[1,2.50]},"b":null,"c":"é\n"})"},
      // What shares its name with a built-in field stays apart.
      {R"({"custom":{"name":"","id":[],"x":""}})", "", R"({"x":"","custom":{"name":"","id":[]}})"},
      {R"({"custom":{"custom":{"a":1},"b":2}})", "", R"({"b":2,"custom":{"custom":{"a":1}}})"},
      {R"({"a":1,"a":2})", "", R"({"a":2})"},
      {R"({"custom":{"a":1},"a":2,"b":3})", "", R"({"a":2,"b":3})"},
      {R"({"a":2,"custom":{"a":1}})", "", R"({"a":1})"},
      {R"({"custom":null,"a":1})", "", R"({"a":1})"},
      {R"({"custom":5})", "", R"({"custom":5})"},
      {R"({"custom":[1]})", "", R"({"custom":[1]})"},
      {R"({"q\"":1,"":2})", "", R"({"q\"":1,"":2})"},
      {R"({"custom":{"name":1}})", "", R"({"custom":{"name":1}})"},
      {R"({"Name":1})", "", R"({"Name":1})"},
  };
  for (const Case& c : cases) EXPECT_EQ(Custom(c.before), c.after) << c.before;
}

TEST(FieldsTest, AppliesSetAndUnset) {
  const Case cases[] = {
      {"{}", "{}", "{}"},
      {R"({"a":1})", "null", R"({"a":1})"},
      {R"({"a":1})", R"({"set":null,"unset":null})", R"({"a":1})"},
      {R"({"a":1})", R"({"set":{"b":2.50}})", R"({"a":1,"b":2.50})"},
      {R"({"a":1.0})", R"({"set":{"a":2.0}})", R"({"a":2.0})"},
      {R"({"a":1,"b":2})", R"({"unset":["a"]})", R"({"b":2})"},
      {R"({"a":1})", R"({"unset":["a","a","b","c.d"]})", "{}"},
      // An explicit null is a value.
      {R"({"a":1})", R"({"set":{"a":null}})", R"({"a":null})"},
      {R"({"a":{"b":{"c":1.10},"d":2.20}})", R"({"set":{"a.b.c":3.30}})",
       R"({"a":{"b":{"c":3.30},"d":2.20}})"},
      {"{}", R"({"set":{"a.b.c":1e300}})", R"({"a":{"b":{"c":1e300}}})"},
      {R"({"a":5})", R"({"set":{"a.b":1}})", R"({"a":{"b":1}})"},
      {R"({"a":[1]})", R"({"set":{"a.0":1}})", R"({"a":{"0":1}})"},
      {R"({"a":5})", R"({"unset":["a.b"]})", R"({"a":5})"},
      {R"({"a":{"b":1,"c":2}})", R"({"unset":["a.b"]})", R"({"a":{"c":2}})"},
      {R"({"a":{"b":1}})", R"({"unset":["a.b"]})", R"({"a":{}})"},
      // In the order given, set before unset.
      {"{}", R"({"set":{"a":{"x":1,"y":2}},"unset":["a.x"]})", R"({"a":{"y":2}})"},
      {"{}", R"({"set":{"a.x":1,"a":{"y":2},"a.z":3}})", R"({"a":{"y":2,"z":3}})"},
      // What is not touched keeps its text, also what would not be let in any more.
      {R"({"a":{ "x" : 1e400 },"b":1})", R"({"set":{"b":2}})", R"({"a":{"x":1e400},"b":2})"},
      {R"({"a":1})", R"({"set":{"custom":{"name":{}}}})", R"({"a":1,"custom":{"name":{}}})"},
      {"{}", R"({"set":{"custom.name":1}})", R"({"custom":{"name":1}})"},
      {"{}", R"({"set":{"custom":{"custom":1}}})", R"({"custom":{"custom":1}})"},
      {"{}", R"({"set":{"custom.custom.a":1}})", R"({"custom":{"custom":{"a":1}}})"},
      {"{}", R"({"set":{"custom.name.x":1}})", R"({"custom":{"name":{"x":1}}})"},
      {R"({"custom":{"id":1,"name":2}})", R"({"unset":["custom.id"]})", R"({"custom":{"name":2}})"},
      // `custom` of the newer clients.
      {R"({"a":1})", R"({"set":{"custom":{"b":2,"c.d":3}}})", R"({"a":1,"b":2,"c.d":3})"},
      {R"({"a":{"b":1}})", R"({"set":{"custom.a.b":2},"unset":["custom.c"]})", R"({"a":{"b":2}})"},
      {R"({"k\"":1})", R"({"set":{"k\"":2}})", R"({"k\"":2})"},
  };
  for (const Case& c : cases) EXPECT_EQ(Changed(c.before, c.body), c.after) << c.body;
}

TEST(FieldsTest, RefusesWhatIsNoPartialUpdate) {
  const Case cases[] = {
      {"{}", R"({"set":["x"]})", "error: set must be an object"},
      {"{}", R"({"set":1})", "error: set must be an object"},
      {"{}", R"({"unset":{}})", "error: unset must be a list"},
      {"{}", R"({"unset":[1]})", "error: unset must be a list of field names"},
      {"{}", R"({"unset":[null]})", "error: unset must be a list of field names"},
      {"{}", R"({"set":{"":1}})", "error: a field path has an empty step"},
      {"{}", R"({"set":{"a.":1}})", "error: a field path has an empty step"},
      {"{}", R"({"set":{".a":1}})", "error: a field path has an empty step"},
      {"{}", R"({"unset":["a..b"]})", "error: a field path has an empty step"},
      {"{}", R"({"set":{"a.b.c.d.e.f.g.h.i":1}})", "error: a field path has at most 8 steps"},
  };
  for (const Case& c : cases) EXPECT_EQ(Changed(c.before, c.body), c.after) << c.body;
  EXPECT_EQ(Changed("{}", R"({"set":{"a.b.c.d.e.f.g.h":1}})"),
            R"({"a":{"b":{"c":{"d":{"e":{"f":{"g":{"h":1}}}}}}}})");
}

TEST(FieldsTest, AWholeThatNestsTooDeeplyIsRefused) {
  // A value may be as deep as a document; eight levels further down it is too deep.
  const std::string deep = std::string(57, '[') + std::string(57, ']');
  EXPECT_FALSE(Changed("{}", R"({"set":{"a":)" + deep + "}}").starts_with("error"));
  EXPECT_TRUE(Changed("{}", R"({"set":{"a.b.c.d.e.f.g.h":)" + deep + "}}").starts_with("error"));
}

std::string ManyFields(int from, int to, const std::string& prefix = "f") {
  std::string fields;
  for (int i = from; i < to; ++i) {
    if (!fields.empty()) fields += ',';
    fields += "\"" + prefix + std::to_string(i) + "\":1";
  }
  return fields;
}

TEST(FieldsTest, ThereAreAtMostAThousandFields) {
  const std::string thousand = ManyFields(0, 1000);
  EXPECT_EQ(Custom("{" + thousand + "}"), "{" + thousand + "}");
  EXPECT_TRUE(Custom("{" + ManyFields(0, 1001) + "}").starts_with("error"));
  EXPECT_TRUE(Custom(R"({"custom":{)" + ManyFields(0, 1001) + "}}").starts_with("error"));
  EXPECT_EQ(Changed("{}", R"({"set":{)" + thousand + "}}"), "{" + thousand + "}");
  EXPECT_TRUE(Changed("{}", R"({"set":{)" + ManyFields(0, 1001) + "}}").starts_with("error"));
  EXPECT_TRUE(Changed("{" + thousand + "}", R"({"set":{"one_more":1}})").starts_with("error"));
  EXPECT_FALSE(Changed("{" + thousand + "}", R"({"set":{"one_more":1},"unset":["f0"]})")
                   .starts_with("error"));
}

// Requests run on the writer's thread: none may take time that grows with the square of its size.
// The work is counted in a generous bound of seconds; it took minutes where each pair was compared.
TEST(FieldsTest, ALargeRequestIsRefusedOrDoneInReasonableTime) {
  const auto start = std::chrono::steady_clock::now();
  EXPECT_TRUE(Custom("{" + ManyFields(0, 90'000) + "}").starts_with("error"));
  EXPECT_TRUE(Changed("{}", R"({"set":{)" + ManyFields(0, 90'000) + "}}").starts_with("error"));
  const std::string nested = R"({"a":{)" + ManyFields(0, 50'000) + "}}";
  EXPECT_FALSE(
      Changed(nested, R"({"set":{)" + ManyFields(0, 500, "a.g") + "}}").starts_with("error"));
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(60));
}

TEST(FieldsTest, TypedReadsNameTheField) {
  const test::Json object(R"({"s":"x","b":true,"l":["a","b"],"n":null,"i":1})");
  std::string text = "before";
  EXPECT_TRUE(ReadString(object.root(), "missing", "m.missing", text));
  EXPECT_TRUE(ReadString(object.root(), "n", "m.n", text));
  EXPECT_EQ(text, "before");
  EXPECT_TRUE(ReadString(object.root(), "s", "m.s", text));
  EXPECT_EQ(text, "x");
  EXPECT_EQ(ReadString(object.root(), "i", "m.i", text).error().message(), "m.i must be a string");
  bool flag = false;
  EXPECT_TRUE(ReadBool(object.root(), "b", "m.b", flag));
  EXPECT_TRUE(flag);
  EXPECT_EQ(ReadBool(object.root(), "i", "m.i", flag).error().message(), "m.i must be a boolean");
  std::vector<std::string> list;
  EXPECT_TRUE(ReadStrings(object.root(), "l", "m.l", 2, list));
  EXPECT_EQ(list, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(ReadStrings(object.root(), "l", "m.l", 1, list).error().message(),
            "m.l must contain at most 1 items");
  EXPECT_EQ(ReadStrings(object.root(), "s", "m.s", 1, list).error().message(),
            "m.s must be a list of strings");
}

}  // namespace
}  // namespace hookline::chat
