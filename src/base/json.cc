#include "base/json.h"

#include <charconv>

namespace hookline::json {

const Node* Value::node() const { return nodes_ == nullptr ? nullptr : &(*nodes_)[index_]; }
bool Value::Is(Kind kind) const { return nodes_ != nullptr && node()->kind == kind; }

bool Value::IsNull() const { return Is(Kind::kNull); }
bool Value::IsBool() const { return Is(Kind::kBool); }
bool Value::IsNumber() const { return Is(Kind::kNumber); }
bool Value::IsString() const { return Is(Kind::kString); }
bool Value::IsArray() const { return Is(Kind::kArray); }
bool Value::IsObject() const { return Is(Kind::kObject); }

std::string_view Value::raw() const { return nodes_ == nullptr ? std::string_view() : node()->raw; }
std::string_view Value::key() const { return nodes_ == nullptr ? std::string_view() : node()->key; }
std::size_t Value::size() const { return nodes_ == nullptr ? 0 : node()->size; }

std::optional<bool> Value::AsBool() const {
  if (!IsBool()) return std::nullopt;
  return node()->raw == "true";
}

std::optional<std::string_view> Value::AsString() const {
  if (!IsString()) return std::nullopt;
  return node()->text;
}

std::optional<std::int64_t> Value::AsInt() const {
  if (!IsNumber()) return std::nullopt;
  const std::string_view text = node()->raw;
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::optional<double> Value::AsDouble() const {
  if (!IsNumber()) return std::nullopt;
  const std::string_view text = node()->raw;
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

Value Value::operator[](std::string_view name) const {
  if (!IsObject()) return {};
  for (const Value member : *this) {
    if (member.key() == name) return member;
  }
  return {};
}

Value::Iterator Value::begin() const {
  return nodes_ == nullptr ? end() : Iterator(nodes_, node()->first_child);
}
Value::Iterator Value::end() const { return Iterator(nodes_, 0); }

Value Value::Iterator::operator*() const { return Value(nodes_, index_); }
Value::Iterator& Value::Iterator::operator++() {
  index_ = (*nodes_)[index_].next;
  return *this;
}

}  // namespace hookline::json
