// Random damage to valid documents. Nothing may crash; and what is accepted must be JSON that can
// be carried on: its text is accepted again and means the same. The seed is printed;
// HOOKLINE_TEST_SEED runs one again.
#include <gtest/gtest.h>

#include <cstdlib>
#include <iostream>
#include <random>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/json_writer.h"

namespace hookline::json {
namespace {

constexpr std::uint64_t kSeed = 20260731;
constexpr int kRounds = 20'000;
constexpr std::size_t kBytesMax = 4096;

const std::string_view kSeeds[] = {
    R"({"message":{"id":"m1","text":"hello \"you\"","attachments":[{"type":"image","n":1.10}]}})",
    R"({"a":1e300,"b":-0,"c":12345678901234567890,"d":[],"e":{},"f":[[[[1,2],3],{"x":null}]]})",
    R"(["caf\u00e9","\ud83d\ude00","\\\/\b\f\n\r\t",true,false,null,0.5e-7,"\u0000"])",
    "  { \"spaced\" :\t[ 1 ,\r\n 2 ] , \"k\\u0065y\" : { } }  ",
    R"("only a string \u0041")",
    "-12.50e+3",
    "{\"utf8\":\"\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80\",\"\xC3\xA9\":{\"a\":1,\"a\":2}}",
    R"({"\ud83d":"\ude00 \ufffe","a":1,"a":{"a":1,"a":2},"n":[1e400,1234567890123456789]})",
    R"([{"a":1},{"a":2},{"a":3},{"a":[{"b":[{"c":[]}]}]}])",
};

class Mutator {
 public:
  explicit Mutator(std::uint64_t seed) : random_(seed) {}

  std::string Next() {
    std::string text(kSeeds[Pick(std::size(kSeeds))]);
    const std::size_t times = Pick(6);
    for (std::size_t i = 0; i < times; ++i) Mutate(text);
    if (text.size() > kBytesMax) text.resize(kBytesMax);
    return text;
  }

 private:
  std::size_t Pick(std::size_t n) {
    return std::uniform_int_distribution<std::size_t>(0, n - 1)(random_);
  }

  void Mutate(std::string& text) {
    static constexpr std::string_view kTokens[] = {"{",
                                                   "}",
                                                   "[",
                                                   "]",
                                                   ",",
                                                   ":",
                                                   "\"",
                                                   "\\",
                                                   "0",
                                                   "-",
                                                   "1e",
                                                   ".",
                                                   "null",
                                                   "true",
                                                   "\\u",
                                                   "\\ud83d",
                                                   "\\u0022",
                                                   "\"a\":",
                                                   "{}",
                                                   "[]",
                                                   "\x01",
                                                   "\xFF",
                                                   "\xC3",
                                                   "\xED\xA0\x80",
                                                   "\xEF\xBB\xBF",
                                                   " ",
                                                   "//",
                                                   "/**/",
                                                   "'",
                                                   "NaN",
                                                   "+1",
                                                   "00",
                                                   "1.",
                                                   "\xF4\x90\x80\x80"};
    const std::size_t at = Pick(text.size() + 1);
    switch (Pick(7)) {
      case 0:
        text.insert(at, kTokens[Pick(std::size(kTokens))]);
        break;
      case 1:
        text.erase(at, 1 + Pick(4));
        break;
      case 2:
        if (at < text.size()) text[at] = static_cast<char>(Pick(256));
        break;
      case 3: {  // A piece of itself, somewhere else.
        if (text.empty()) break;
        const std::size_t from = Pick(text.size());
        const std::string piece = text.substr(from, 1 + Pick(32));
        text.insert(at, piece);
        break;
      }
      case 4:  // Deep nesting.
        text = std::string(Pick(80), '[') + text + std::string(Pick(80), ']');
        break;
      case 5:  // Another document inside.
        text.insert(at, kSeeds[Pick(std::size(kSeeds))]);
        break;
      default:
        text.insert(at, 1, '\0');
    }
  }

  std::mt19937_64 random_;
};

void ExpectEqual(Value a, Value b) {
  ASSERT_EQ(a.IsObject(), b.IsObject());
  ASSERT_EQ(a.IsArray(), b.IsArray());
  ASSERT_EQ(a.IsString(), b.IsString());
  ASSERT_EQ(a.IsNumber(), b.IsNumber());
  ASSERT_EQ(a.IsBool(), b.IsBool());
  ASSERT_EQ(a.IsNull(), b.IsNull());
  ASSERT_EQ(a.raw(), b.raw());
  ASSERT_EQ(a.key(), b.key());
  ASSERT_EQ(a.AsString(), b.AsString());
  ASSERT_EQ(a.AsInt(), b.AsInt());
  ASSERT_EQ(a.size(), b.size());
  auto other = b.begin();
  for (const Value item : a) {
    ExpectEqual(item, *other);
    ++other;
  }
  ASSERT_EQ(other, b.end());
}

// Written piece by piece, it says the same: what payloads do with custom fields.
void Rewrite(Value value, Writer& w) {
  if (value.IsObject()) {
    w.BeginObject();
    for (const Value member : value) {
      w.Key(member.key());
      Rewrite(member, w);
    }
    w.EndObject();
  } else if (value.IsArray()) {
    w.BeginArray();
    for (const Value item : value) Rewrite(item, w);
    w.EndArray();
  } else if (const auto text = value.AsString()) {
    w.String(*text);
  } else {
    w.Raw(value.raw());
  }
}

void ExpectSameMeaning(Value a, Value b) {
  ASSERT_EQ(a.key(), b.key());
  ASSERT_EQ(a.size(), b.size());
  ASSERT_EQ(a.AsString(), b.AsString());
  if (!a.IsString() && !a.IsObject() && !a.IsArray()) ASSERT_EQ(a.raw(), b.raw());
  auto other = b.begin();
  for (const Value item : a) {
    ExpectSameMeaning(item, *other);
    ++other;
  }
}

TEST(JsonRandomTest, WhatIsAcceptedIsJsonAgain) {
  const char* given = std::getenv("HOOKLINE_TEST_SEED");
  // The same in every run, so that a run depends on nothing but the code.
  const std::uint64_t seed = given != nullptr ? std::strtoull(given, nullptr, 10) : kSeed;
  std::cout << "seed " << seed << '\n';
  RecordProperty("seed", std::to_string(seed));
  Mutator mutator(seed);
  int accepted = 0;
  for (int round = 0; round < kRounds; ++round) {
    const std::string text = mutator.Next();
    // In a block of exactly its size, so that reading past its end is seen.
    const std::vector<char> exact(text.begin(), text.end());
    const auto first = Document::Parse({exact.data(), exact.size()});
    // The store may hold more than a request, and an answer may be mended.
    const auto stored = Document::Parse({exact.data(), exact.size()}, Source::kStored);
    const auto answer = Document::Parse({exact.data(), exact.size()}, Source::kAnswer);
    if (first) {
      ASSERT_TRUE(stored);
      ASSERT_TRUE(answer);
      ASSERT_EQ(stored->root().raw(), first->root().raw());
    }
    if (!first) {
      EXPECT_EQ(first.error().kind(), ErrorKind::kInput);
      EXPECT_FALSE(first.error().message().empty());
      continue;
    }
    ++accepted;
    SCOPED_TRACE("seed " + std::to_string(seed) + ", round " + std::to_string(round) + ": " + text);
    const auto second = Document::Parse(first->root().raw());
    ASSERT_TRUE(second) << second.error().message();
    ExpectEqual(first->root(), second->root());
    ASSERT_EQ(first->root().raw(), second->root().raw());
    Writer w;
    Rewrite(first->root(), w);
    const auto third = Document::Parse(w.text());
    ASSERT_TRUE(third) << third.error().message() << ": " << w.text();
    ExpectSameMeaning(first->root(), third->root());
    ASSERT_EQ(first->root().raw(), w.text());  // There is one canonical form.
    ASSERT_FALSE(::testing::Test::HasFailure());
  }
  // A mutator that destroys everything, or nothing, would prove nothing.
  EXPECT_GT(accepted, kRounds / 20);
  EXPECT_LT(accepted, kRounds - kRounds / 20);
}

}  // namespace
}  // namespace hookline::json
