#pragma once

#include <gtest/gtest.h>

#include <charconv>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "base/json.h"

namespace hookline::test {

/// JSON text and its tree, with members reached by dotted paths: `At("message.user.id")`,
/// `At("members.0.user_id")`.
class Json {
 public:
  explicit Json(std::string_view text) : text_(text), document_(MustParse(text)) {}

  json::Value root() const { return document_.root(); }

  json::Value At(std::string_view path) const {
    json::Value value = document_.root();
    while (!path.empty()) {
      const std::size_t dot = path.find('.');
      const std::string_view step = path.substr(0, dot);
      value = value.IsArray() ? Element(value, step) : value[step];
      if (dot == std::string_view::npos) break;
      path.remove_prefix(dot + 1);
    }
    return value;
  }

  bool Has(std::string_view path) const { return static_cast<bool>(At(path)); }
  std::string Text(std::string_view path) const {
    return std::string(At(path).AsString().value_or("<no string>"));
  }
  std::int64_t Int(std::string_view path) const { return At(path).AsInt().value_or(-999); }
  std::string Raw(std::string_view path) const { return std::string(At(path).raw()); }
  bool IsTrue(std::string_view path) const { return At(path).AsBool() == true; }
  bool IsFalse(std::string_view path) const { return At(path).AsBool() == false; }
  std::size_t Size(std::string_view path) const { return At(path).size(); }

  /// The names in the object at `path`. A text that is not in canonical form fails the test: what
  /// we write is, and a name that occurs twice in it is one that parsers would disagree about.
  std::set<std::string> Keys(std::string_view path = "") const {
    EXPECT_EQ(document_.root().raw(), text_);
    std::set<std::string> keys;
    for (const json::Value member : At(path)) keys.emplace(member.key());
    return keys;
  }

 private:
  static json::Document MustParse(std::string_view text) {
    auto document = json::Document::Parse(text);
    EXPECT_TRUE(document.has_value()) << document.error().message() << ": " << text;
    if (!document) document = json::Document::Parse("null");
    return std::move(*document);
  }

  static json::Value Element(json::Value array, std::string_view index) {
    std::size_t wanted = 0;
    std::from_chars(index.data(), index.data() + index.size(), wanted);
    for (const json::Value item : array) {
      if (wanted-- == 0) return item;
    }
    return {};
  }

  std::string text_;
  json::Document document_;
};

}  // namespace hookline::test
