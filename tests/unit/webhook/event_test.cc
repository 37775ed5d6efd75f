// Goal: ParseEvent takes every valid JSON object and nothing else, and hands out exact text.
// Method: examples of each rule of RFC 8259, with numbers beyond every machine type.
#include "hookline/event.h"

#include <gtest/gtest.h>

#include <optional>
#include <utility>

#include "hookline/webhook.h"
#include "vectors.h"

namespace hookline::webhook {
namespace {

using vectors::ExpectError;

void ExpectJsonError(std::string_view json) {
  SCOPED_TRACE(json.substr(0, 80));
  ExpectError(WebhookErrorCode::kInvalidJson, "invalid JSON payload", [&] { ParseEvent(json); });
}

TEST(EventTest, GivesTypeAndFields) {
  const Event event = ParseEvent(vectors::kEvent);
  EXPECT_EQ(event.type(), "message.new");
  EXPECT_EQ(event.json(), vectors::kEvent);
  EXPECT_EQ(event.StringField("cid"), "messaging:dock-4");
  EXPECT_EQ(event.RawField("cid"), "\"messaging:dock-4\"");
  EXPECT_EQ(event.StringField("absent"), std::nullopt);
  EXPECT_EQ(event.RawField("absent"), std::nullopt);
}

TEST(EventTest, AcceptsUnknownAndMissingTypes) {
  EXPECT_EQ(ParseEvent(R"({"type":"crane.lifted"})").type(), "crane.lifted");
  EXPECT_EQ(ParseEvent(R"({"type":""})").type(), "");
  EXPECT_EQ(ParseEvent("{}").type(), "");
  EXPECT_EQ(ParseEvent(R"({"type":7})").type(), "");
  EXPECT_EQ(ParseEvent(R"({"message":{"type":"regular"}})").type(), "");
}

TEST(EventTest, KeepsTheExactTextOfEveryKind) {
  const Event event = ParseEvent(
      " {\"a\" : { \"z\":1 , \"b\":[1, 2 ] } ,\n\"l\":[ ],\"e\":{},\"n\":null,\"t\":true,\r\n"
      "\"f\":false\t,\"s\":\"x\\ny\",\"last\":[{\"deep\":[0]} ] } ");
  EXPECT_EQ(event.RawField("a"), R"({ "z":1 , "b":[1, 2 ] })");
  EXPECT_EQ(event.RawField("l"), "[ ]");
  EXPECT_EQ(event.RawField("e"), "{}");
  EXPECT_EQ(event.RawField("n"), "null");
  EXPECT_EQ(event.RawField("t"), "true");
  EXPECT_EQ(event.RawField("f"), "false");
  EXPECT_EQ(event.RawField("s"), R"("x\ny")");
  EXPECT_EQ(event.StringField("s"), "x\ny");
  EXPECT_EQ(event.RawField("last"), R"([{"deep":[0]} ])");
  EXPECT_EQ(event.StringField("a"), std::nullopt);
  EXPECT_EQ(event.StringField("n"), std::nullopt);
  EXPECT_EQ(event.RawField("z"), std::nullopt);  // Not a top-level member.
  EXPECT_EQ(event.json().front(), ' ');
  EXPECT_EQ(event.json().back(), ' ');
}

TEST(EventTest, KeepsNumbersThatFitNoMachineType) {
  for (const std::string number :
       {"1e400", "-1e400", "1e-999999", "12345678901234567890123", "18446744073709551616", "1.10",
        "-0", "-0.0", "0", "0.5", "1E+2", "1e-2", "123456789012345678901234567890.0001e+00010"}) {
    EXPECT_EQ(ParseEvent("{\"n\":" + number + "}").RawField("n"), number);
    EXPECT_EQ(
        ParseEvent("{\"l\":[" + number + "," + number + "],\"n\": " + number + " }").RawField("n"),
        number);
  }
}

TEST(EventTest, RefusesWhatIsNoNumber) {
  for (const std::string number :
       {"01", "-01", "00", "1.", ".5", "-", "+1", "1e", "1e+", "1.e1", "0x10", "1_000", "NaN",
        "-Infinity", "1 2", "1a", "1e4.5", "--1", "-a"}) {
    ExpectJsonError("{\"n\":" + number + "}");
    ExpectJsonError("{\"n\":[" + number + "]}");
    ExpectJsonError("{\"n\":{\"m\":" + number + "}}");
  }
}

TEST(EventTest, UnescapesNamesAndStrings) {
  const Event event = ParseEvent(
      R"({"\u0074ype":"a\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00","gr\u00fc\u00df":"grüße 👋","":"empty"})");
  EXPECT_EQ(event.type(), "a\"\\/\b\f\n\r\té😀");
  EXPECT_EQ(event.StringField("grüß"), "grüße 👋");
  EXPECT_EQ(event.StringField(""), "empty");
}

TEST(EventTest, KeepsStringsWithNulBytes) {
  const Event event = ParseEvent(R"({"s":"a\u0000b"})");
  EXPECT_EQ(event.StringField("s"), std::string_view("a\0b", 3));
}

TEST(EventTest, TheLastOfARepeatedNameCounts) {
  const Event event = ParseEvent(R"({"type":"first","type":"second","x":"text","x":1})");
  EXPECT_EQ(event.type(), "second");
  EXPECT_EQ(event.RawField("x"), "1");
  EXPECT_EQ(event.StringField("x"), std::nullopt);
}

TEST(EventTest, RefusesWhatIsNotOneObject) {
  for (const std::string_view json :
       {"", " ", "[]", "[{}]", "1", "\"type\"", "true", "null", "{}{}", "{} {}", "{},", "{}x",
        "{}]", "hello", "\xEF\xBB\xBF{}"}) {
    ExpectJsonError(json);
  }
  ExpectJsonError(std::string_view("{}\0", 3));
  ExpectJsonError(std::string_view("\0{}", 3));
}

TEST(EventTest, RefusesBrokenStructure) {
  for (const std::string_view json : {"{",
                                      "}",
                                      "{\"a\"}",
                                      "{\"a\":}",
                                      "{\"a\":1",
                                      "{\"a\":1,}",
                                      "{,\"a\":1}",
                                      "{\"a\":1 \"b\":2}",
                                      "{\"a\" 1}",
                                      "{\"a\"::1}",
                                      "{a:1}",
                                      "{'a':1}",
                                      "{\"a\":1]",
                                      "{\"a\":[1}",
                                      "{\"a\":[1,]}",
                                      "{\"a\":[,1]}",
                                      "{\"a\":[1 2]}",
                                      "{\"a\":[1]]}",
                                      "{\"a\":[",
                                      "{\"a\":{\"b\":1}",
                                      "{1:2}",
                                      "{\"a\":tru}",
                                      "{\"a\":truee}",
                                      "{\"a\":nul}",
                                      "{\"a\":nulll}",
                                      "{\"a\":fals}",
                                      "{\"a\":TRUE}",
                                      "{\"a\":undefined}",
                                      "{\"a\":1}/*x*/",
                                      "{//x\n}"}) {
    ExpectJsonError(json);
  }
}

TEST(EventTest, RefusesBrokenStrings) {
  for (const std::string_view json :
       {"{\"a\":\"}", "{\"a\":\"\\x\"}", "{\"a\":\"\\u12\"}", "{\"a\":\"\\u12g4\"}",
        "{\"a\":\"line\nbreak\"}", "{\"a\":\"tab\t\"}", "{\"a\":\"\x01\"}", "{\"a\":\"\xff\"}",
        "{\"a\":\"\xc3\"}", "{\"a\":\"\xed\xa0\x80\"}", "{\"a\":\"\xc0\xaf\"}", "{\"\\q\":1}",
        "{\"a\":\"\\\"}", "{\"a\":\"\\ud83d\"}", "{\"a\":\"\\ude00\"}", "{\"l\":[\"\\q\"]}"}) {
    ExpectJsonError(json);
  }
}

TEST(EventTest, LimitsNesting) {
  const auto nested = [](std::size_t levels) {
    return "{\"a\":" + std::string(levels - 1, '[') + std::string(levels - 1, ']') + "}";
  };
  EXPECT_EQ(ParseEvent(nested(256)).RawField("a")->size(), 510U);
  ExpectJsonError(nested(257));
  ExpectJsonError(nested(1'000'000));
}

TEST(EventTest, SaysWhatIsWrongInTheDetail) {
  try {
    ParseEvent("[]");
    ADD_FAILURE();
  } catch (const InvalidWebhookError& error) {
    EXPECT_STREQ(error.detail(), "the payload is not a JSON object");
  }
}

TEST(EventTest, CopiesShareTheText) {
  auto original = std::make_unique<Event>(ParseEvent(R"({"type":"t","id":"some text"})"));
  const std::string_view id = *original->StringField("id");
  const Event copy = *original;
  const Event moved = std::move(*original);
  original.reset();
  EXPECT_EQ(id, "some text");
  EXPECT_EQ(copy.StringField("id")->data(), id.data());
  EXPECT_EQ(moved.type(), "t");
}

TEST(EventTest, ParsesAnObjectMemberInTurn) {
  const Event event = ParseEvent(R"({"type":"message.new","message":{"id":"m-1","text":"Ahoy"}})");
  EXPECT_EQ(ParseEvent(*event.RawField("message")).StringField("text"), "Ahoy");
}

}  // namespace
}  // namespace hookline::webhook
