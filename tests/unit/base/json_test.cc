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

TEST(JsonTest, EveryValueHasItsCanonicalText) {
  const Document doc = MustParse(
      R"( {"a": 1.10, "b":1e300 ,"c":12345678901234567890123,"d":-0,"e":[1, 2.50 ],"f":{"x" : 1E5} } )");
  EXPECT_EQ(doc.root()["a"].raw(), "1.10");
  EXPECT_EQ(doc.root()["b"].raw(), "1e300");
  EXPECT_EQ(doc.root()["c"].raw(), "12345678901234567890123");
  EXPECT_EQ(doc.root()["d"].raw(), "-0");
  EXPECT_EQ(doc.root()["e"].raw(), "[1,2.50]");
  EXPECT_EQ(doc.root()["f"].raw(), R"({"x":1E5})");
  EXPECT_EQ(doc.root().size(), 6U);
  EXPECT_EQ(
      doc.root().raw(),
      R"({"a":1.10,"b":1e300,"c":12345678901234567890123,"d":-0,"e":[1,2.50],"f":{"x":1E5}})");
}

TEST(JsonTest, UnescapesKeysAndStrings) {
  const Document doc = MustParse(R"({"k\u0065y\"":"caf\u00e9 \ud83d\ude00\n","plain":"ok"})");
  EXPECT_EQ(doc.root()["key\""].AsString(), "café 😀\n");
  EXPECT_EQ(doc.root()["key\""].raw(), R"("café 😀\n")");
  EXPECT_EQ(doc.root()["plain"].AsString(), "ok");
}

TEST(JsonTest, StringsHaveTheShortestEscapes) {
  EXPECT_EQ(MustParse(R"(["\u0041\/\b\f\u0008\u000A\u000d\u0009\u000b\u0022\u005c\u007f\u00e9"])")
                .root()
                .raw(),
            "[\"A/\\b\\f\\b\\n\\r\\t\\u000b\\\"\\\\\x7Fé\"]");
  // Characters that SQS refuses, raw and escaped; and their neighbours.
  EXPECT_EQ(MustParse("[\"a\xEF\xBF\xBE\xEF\xBF\xBF\xEF\xBF\xBDz\",\"\\uFFFE\\uFFFF\\uFFFD\"]")
                .root()
                .raw(),
            "[\"a\\ufffe\\uffff\xEF\xBF\xBDz\",\"\\ufffe\\uffff\xEF\xBF\xBD\"]");
  EXPECT_EQ(MustParse("{\"\xEF\xBF\xBE\":\"，！\"}").root().raw(), "{\"\\ufffe\":\"，！\"}");
  EXPECT_EQ(MustParse("\"\xEF\xBF\xBE\"").root().AsString(), "\xEF\xBF\xBE");
}

TEST(JsonTest, HalfASurrogatePairIsReplaced) {
  const auto said = [](std::string_view text) {
    return std::string(*MustParse(text).root().AsString());
  };
  EXPECT_EQ(said(R"("\ud83d")"), "\uFFFD");
  EXPECT_EQ(said(R"("a\ud83db")"), "a\uFFFDb");
  EXPECT_EQ(said(R"("\ude00\ud83d")"), "\uFFFD\uFFFD");
  EXPECT_EQ(said(R"("\ud83d\ud83d\ude00")"), "\uFFFD😀");
  EXPECT_EQ(said(R"("\ud83d\u0041")"), "\uFFFDA");
  EXPECT_EQ(said(R"("\ud83d\n")"), "\uFFFD\n");
  EXPECT_EQ(MustParse(R"({"\ud83d":{"x\udc00":["\ud83d"]}})").root().raw(),
            "{\"\uFFFD\":{\"x\uFFFD\":[\"\uFFFD\"]}}");
  // What was two keys is one now.
  EXPECT_EQ(MustParse(R"({"\ud800":1,"\ud801":2})").root().raw(), "{\"\uFFFD\":2}");
}

TEST(JsonTest, NumbersAreThoseThatADoubleHolds) {
  for (const char* good :
       {"0", "-0", "1e308", "1.7976931348623157e308", "-1E+308", "1e-400", "5e-324", "0e9999",
        "1e0000000000000308", "1234567890123456789012345678901234567890",
        "0.00000000000000000000000000000000000000000000000000001", "0.10",
        "0.1234567890123456789012345678901234567890", "0e999999", "-0.0E-999999",
        // One significant digit.
        "1000000000000000000000000000000000000000000000"}) {
    EXPECT_EQ(MustParse(std::string("[") + good + "]").root().raw(), std::string("[") + good + "]");
  }
  for (const std::string& bad :
       {std::string("1e400"), std::string("-1e309"), std::string("1e99999"),
        std::string("1e-99999999999"), std::string(400, '9'), std::string(5000, '1'),
        std::string("12345678901234567890123456789012345678901"), "0.0" + std::string(41, '7')}) {
    for (const std::string& text : {bad, "[" + bad + "]", "{\"a\":{\"b\":" + bad + "}}"}) {
      EXPECT_FALSE(Document::Parse(text).has_value()) << text;
      EXPECT_FALSE(Document::Parse(text, Source::kAnswer).has_value()) << text;
      EXPECT_EQ(Document::Parse(text, Source::kStored)->root().raw(), text);
    }
  }
}

TEST(JsonTest, BytesThatAreNoTextAreReplacedInAnswers) {
  EXPECT_FALSE(Document::Parse("[\"caf\xC3\"]"));
  EXPECT_EQ(Document::Parse("{\"\xFF\":\"caf\xC3\"}", Source::kAnswer)->root().raw(),
            "{\"\uFFFD\":\"caf\uFFFD\"}");
}

TEST(JsonTest, TheNumberOfValuesIsBounded) {
  const auto list = [](std::size_t items) {
    std::string text = "[1";
    for (std::size_t i = 1; i < items; ++i) text += ",1";
    return text + "]";
  };
  EXPECT_TRUE(Document::Parse(list(Document::kMaxValues)));
  EXPECT_FALSE(Document::Parse(list(Document::kMaxValues + 1)));
  EXPECT_TRUE(Document::Parse(list(Document::kMaxValues + 1), Source::kStored));
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
  const Document doc =
      MustParse(R"({"a":1,"b":{"x":1,"x":[{"y":1,"\u0079":"\u0022"}]},"a":2,"c":3,"a":4})");
  EXPECT_EQ(doc.root().raw(), R"({"a":4,"b":{"x":[{"y":"\""}]},"c":3})");
  EXPECT_EQ(doc.root().size(), 3U);
  EXPECT_EQ(doc.root()["a"].AsInt(), 4);
  EXPECT_EQ(doc.root()["b"].raw(), R"({"x":[{"y":"\""}]})");
  EXPECT_EQ((*doc.root()["b"]["x"].begin()).raw(), R"({"y":"\""})");
}

TEST(JsonTest, RepeatedNamesAreFoundAmongMany) {
  std::string text = "{";
  for (int i = 0; i < 5000; ++i) text += "\"k" + std::to_string(i) + "\":0,";
  const Document doc = MustParse(text + R"("k4000":1})");
  EXPECT_EQ(doc.root().size(), 5000U);
  EXPECT_EQ(doc.root()["k4000"].AsInt(), 1);
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
                              "[\"\\u12g4\"]",
                              "[\"\\ud800\\u00\"]",
                              "[\"\\",
                              "\"\\u12",
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

TEST(JsonTest, TellsWhatItTakesUp) {
  const auto bytes = [](const std::string& text) { return Document::Parse(text)->memory_bytes(); };
  std::string ones = "[1";
  for (std::size_t i = 2; i < Document::kMaxValues; ++i) ones += ",1";
  ones += ']';
  EXPECT_GT(bytes(ones), 20 * ones.size());
  EXPECT_LT(bytes(ones), Document::kMaxValues * 2 * sizeof(Node) + ones.size());
  const std::string text = '"' + std::string(100'000, 'x') + '"';
  EXPECT_GE(bytes(text), text.size());
  EXPECT_LT(bytes(text), 4 * text.size());
  EXPECT_GE(bytes("\"\\u0041" + text.substr(1)), 2 * text.size());
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

TEST(JsonWriterTest, WritesNoMoreThanItsLimit) {
  Writer w;
  w.Limit(100);
  w.BeginArray();
  for (int i = 0; i < 10; ++i) w.String("text");
  EXPECT_FALSE(w.is_over_limit());
  for (int i = 0; i < 100'000; ++i) w.String("text").Int(1).Raw("{}").BeginObject().EndObject();
  w.EndArray();
  EXPECT_TRUE(w.is_over_limit());
  EXPECT_LT(w.text().size(), 120U);
}

TEST(JsonWriterTest, WhatIsNoTextIsReplaced) {
  EXPECT_EQ(Quoted("a\xFFz"), "\"a\uFFFDz\"");
  EXPECT_EQ(Quoted("\xED\xA0\x80"), "\"\uFFFD\uFFFD\uFFFD\"");
  EXPECT_EQ(Quoted("\xE2\x82"), "\"\uFFFD\"");
  EXPECT_EQ(Quoted("\xEF\xBF\xBE\xEF\xBF\xBF😀"), "\"\\ufffe\\uffff😀\"");
  EXPECT_EQ(Quoted("\b\f\x1F"), "\"\\b\\f\\u001f\"");
}

}  // namespace
}  // namespace hookline::json
