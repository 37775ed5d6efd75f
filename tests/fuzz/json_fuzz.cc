// The JSON tree: whatever is let in has one canonical form, which is text that anybody can read.
#include <simdjson.h>

#include <set>
#include <string>

#include "base/json.h"
#include "base/json_writer.h"
#include "base/utf8.h"
#include "fuzz/input.h"

namespace hookline {
namespace {

using json::Document;
using json::Source;
using json::Value;

// Each value may be as long as the text, so that looking at all of them would take its square.
constexpr int kValuesMax = 200;

void CheckKind(Value value) {
  const int kinds = value.IsNull() + value.IsBool() + value.IsNumber() + value.IsString() +
                    value.IsArray() + value.IsObject();
  HOOKLINE_CHECK(kinds == 1);
  HOOKLINE_CHECK(value.AsString().has_value() == value.IsString());
  HOOKLINE_CHECK(value.AsBool().has_value() == value.IsBool());
  HOOKLINE_CHECK(value.IsNumber() || !value.AsInt());
  HOOKLINE_CHECK(value.IsNumber() || !value.AsDouble());
  HOOKLINE_CHECK(value.IsArray() || value.IsObject() || value.size() == 0);
  if (const auto number = value.AsInt()) {
    // "-0" is the only other spelling of a whole number.
    HOOKLINE_CHECK(std::to_string(*number) == value.raw() || value.raw() == "-0");
  }
  if (const auto text = value.AsString()) {
    HOOKLINE_CHECK(utf8::IsValid(*text));
    HOOKLINE_CHECK(json::Quoted(*text) == value.raw());
  }
}

// A value and what is in it; `budget` is how many more may be looked at.
void CheckTree(Value value, int& budget) {
  if (budget-- <= 0) return;
  CheckKind(value);
  const auto again = Document::Parse(value.raw(), Source::kStored);
  HOOKLINE_CHECK(again.has_value());
  HOOKLINE_CHECK(again->root().raw() == value.raw());
  HOOKLINE_CHECK(again->root().size() == value.size());
  std::string written;
  std::set<std::string_view> keys;
  for (const Value child : value) {
    if (!written.empty()) written += ',';
    if (value.IsObject()) {
      HOOKLINE_CHECK(keys.insert(child.key()).second);
      HOOKLINE_CHECK(value[child.key()].raw() == child.raw());
      written += json::Quoted(child.key()) + ":";
    }
    written += child.raw();
    CheckTree(child, budget);
  }
  if (value.IsObject()) HOOKLINE_CHECK("{" + written + "}" == value.raw());
  if (value.IsArray()) HOOKLINE_CHECK("[" + written + "]" == value.raw());
}

bool IsLimit(const Error& error) {
  for (const char* words : {"significant digits", "does not fit a double", "nested deeper"}) {
    if (error.message().find(words) != std::string::npos) return true;
  }
  return false;
}

// Another parser's word on `text`: numbers that it can't hold, and half pairs, are its own limits.
simdjson::error_code Judge(std::string_view text) {
  static simdjson::dom::parser parser;
  const simdjson::padded_string padded(text);
  return parser.parse(padded).error();
}

std::string CheckSource(std::string_view text, Source source) {
  const auto document = Document::Parse(text, source);
  if (!document) {
    HOOKLINE_CHECK(document.error().kind() == ErrorKind::kInput);
    HOOKLINE_CHECK(utf8::IsValid(document.error().message()));
    HOOKLINE_CHECK(Judge(text) != simdjson::SUCCESS || IsLimit(document.error()));
    return {};
  }
  const std::string canonical(document->root().raw());
  HOOKLINE_CHECK(utf8::IsValid(canonical));
  const auto again = Document::Parse(canonical, source);
  HOOKLINE_CHECK(again.has_value());
  HOOKLINE_CHECK(again->root().raw() == canonical);
  const auto judged = Judge(canonical);
  HOOKLINE_CHECK(judged == simdjson::SUCCESS || judged == simdjson::NUMBER_ERROR);
  int budget = kValuesMax;
  CheckTree(document->root(), budget);
  return canonical;
}

void CheckSources(std::string_view text) {
  const std::string request = CheckSource(text, Source::kRequest);
  const std::string answer = CheckSource(text, Source::kAnswer);
  const std::string stored = CheckSource(text, Source::kStored);
  // Each lets in what the one before does, and reads it alike.
  HOOKLINE_CHECK(request.empty() || request == answer);
  HOOKLINE_CHECK(answer.empty() || answer == stored);
  HOOKLINE_CHECK(answer == CheckSource(utf8::Valid(std::string(text)), Source::kRequest));
}

void CheckQuoted(std::string_view text) {
  const std::string quoted = json::Quoted(text);
  const auto document = Document::Parse(quoted);
  HOOKLINE_CHECK(document.has_value());
  HOOKLINE_CHECK(document->root().raw() == quoted);
  HOOKLINE_CHECK(document->root().AsString() == utf8::Valid(std::string(text)));
}

}  // namespace
}  // namespace hookline

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = hookline::fuzz::Input(data, size).Rest();
  hookline::CheckSources(text);
  hookline::CheckQuoted(text);
  return 0;
}
