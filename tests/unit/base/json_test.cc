#include "base/json.h"

#include <gtest/gtest.h>

#include <string>

#include "base/json_writer.h"

namespace hookline::json {
namespace {

Document MustParse(std::string_view text) {
  auto document = Document::Parse(text);
  EXPECT_TRUE(document.has_value()) << text << ": " << document.error().message();
  return std::move(*document);
}

TEST(JsonTest, KeepsTheExactTextOfEveryValue) {
  const Document doc = MustParse(
      R"( {"a": 1.10, "b":1e400 ,"c":12345678901234567890123,"d":-0,"e":[1, 2.50 ],"f":{"x" : 1E5} } )");
  EXPECT_EQ(doc.root()["a"].raw(), "1.10");
  EXPECT_EQ(doc.root()["b"].raw(), "1e400");
  EXPECT_EQ(doc.root()["c"].raw(), "12345678901234567890123");
  EXPECT_EQ(doc.root()["d"].raw(), "-0");
  EXPECT_EQ(doc.root()["e"].raw(), "[1, 2.50 ]");
  EXPECT_EQ(doc.root()["f"].raw(), R"({"x" : 1E5})");
  EXPECT_EQ(doc.root().size(), 6U);
}

TEST(JsonTest, UnescapesKeysAndStrings) {
  const Document doc = MustParse(R"({"k\u0065y\"":"caf\u00e9 \ud83d\ude00\n","plain":"ok"})");
  EXPECT_EQ(doc.root()["key\""].AsString(), "café 😀\n");
  EXPECT_EQ(doc.root()["key\""].raw(), R"("caf\u00e9 \ud83d\ude00\n")");
  EXPECT_EQ(doc.root()["plain"].AsString(), "ok");
}

TEST(JsonTest, ValuesOutliveTheNextParseAndAMove) {
  Document first = MustParse(R"({"a\tb":"x\ty"})");
  const Value value = *first.root().begin();
  const Document second = MustParse(R"({"other":"zzzzzzzzzzzzzzzzzzzz\n"})");
  const Document moved = std::move(first);
  EXPECT_EQ(value.key(), "a\tb");
  EXPECT_EQ(value.AsString(), "x\ty");
  EXPECT_EQ(moved.root()["a\tb"].AsString(), "x\ty");
}

TEST(JsonTest, ReadsScalarsAtTheRoot) {
  EXPECT_EQ(MustParse(R"( "https://example.com/\u0041" )").root().AsString(),
            "https://example.com/A");
  EXPECT_EQ(MustParse("17").root().AsInt(), 17);
  EXPECT_TRUE(MustParse("null").root().IsNull());
  EXPECT_EQ(MustParse("true").root().AsBool(), true);
}

TEST(JsonTest, ConvertsOnlyWhatFits) {
  const Document doc = MustParse(R"({"i":5,"f":5.5,"big":99999999999999999999,"s":"5"})");
  EXPECT_EQ(doc.root()["i"].AsInt(), 5);
  EXPECT_EQ(doc.root()["f"].AsInt(), std::nullopt);
  EXPECT_EQ(doc.root()["f"].AsDouble(), 5.5);
  EXPECT_EQ(doc.root()["big"].AsInt(), std::nullopt);
  EXPECT_EQ(doc.root()["s"].AsInt(), std::nullopt);
  EXPECT_FALSE(doc.root()["absent"]);
  EXPECT_FALSE(doc.root()["absent"]["deeper"]);
  EXPECT_TRUE(doc.root()["absent"].IsMissingOrNull());
}

TEST(JsonTest, TheLastOfRepeatedNamesWins) {
  EXPECT_EQ(MustParse(R"({"a":1,"a":2})").root()["a"].AsInt(), 2);
}

TEST(JsonTest, RefusesWhatIsNotJson) {
  const char* const kBad[] = {"",
                              " ",
                              "{",
                              "}",
                              "[1 2]",
                              "[1,]",
                              "{\"a\"}",
                              "{\"a\":}",
                              "{\"a\":1,}",
                              "{a:1}",
                              "tru",
                              "nulll",
                              "01",
                              "1.",
                              "-",
                              "1e",
                              "+1",
                              "[1,2",
                              "{\"a\":1",
                              "\"abc",
                              "{} {}",
                              "[] x",
                              "1 2",
                              "\"a\" 1",
                              "[tru]",
                              "[nul]",
                              "[01]",
                              "[1.]",
                              "[.5]",
                              "[1e+]",
                              "{\"a\":[1,2}",
                              "[}",
                              "{\"a\":1 \"b\":2}",
                              "[\"\\x\"]",
                              "[\"\\ud800\"]",
                              "{\"\\ud800\":1}",
                              "[\"\x01\"]",
                              "[\"\xff\"]",
                              "\"\xc3\x28\"",
                              "[1,,2]",
                              "{\"a\":1,,\"b\":2}",
                              "{1:2}",
                              "[1]]",
                              "{\"a\":1}}",
                              "[NaN]",
                              "[Infinity]",
                              "[true false]",
                              "nan",
                              "[12abc]",
                              "{\"a\":\"b\"\"c\":1}",
                              "[[]",
                              "[{]",
                              ":",
                              ",",
                              "[:]"};
  for (const char* text : kBad) {
    const auto document = Document::Parse(text);
    EXPECT_FALSE(document.has_value()) << text;
    if (!document) EXPECT_EQ(document.error().kind(), ErrorKind::kInput);
  }
}

TEST(JsonTest, LimitsNesting) {
  const auto nested = [](int depth) {
    return std::string(static_cast<std::size_t>(depth), '[') +
           std::string(static_cast<std::size_t>(depth), ']');
  };
  EXPECT_TRUE(Document::Parse(nested(Document::kMaxDepth)).has_value());
  EXPECT_FALSE(Document::Parse(nested(Document::kMaxDepth + 1)).has_value());
  EXPECT_FALSE(Document::Parse(nested(100'000)).has_value());
}

TEST(JsonWriterTest, WritesNestedValuesWithCommas) {
  Writer w;
  w.BeginObject().Field("a", 1).Field("b", "x\"\n\x01").Key("c").BeginArray();
  w.Int(1).Bool(true).Null().BeginObject().EndObject().EndArray();
  w.RawMembers(R"({"d":1.10,"e":{}})").RawMembers("{}").Field("f", false).EndObject();
  EXPECT_EQ(w.text(),
            R"({"a":1,"b":"x\"\n\u0001","c":[1,true,null,{}],"d":1.10,"e":{},"f":false})");
  EXPECT_TRUE(Document::Parse(w.text()).has_value());
}

}  // namespace
}  // namespace hookline::json
