#include "base/json.h"

#include <fmt/core.h>
#include <simdjson.h>

#include <charconv>
#include <cstring>
#include <limits>
#include <utility>

namespace hookline::json {

namespace ondemand = simdjson::ondemand;

namespace {

std::string_view TrimRight(std::string_view text) {
  while (!text.empty() && (text.back() == ' ' || text.back() == '\n' || text.back() == '\r' ||
                           text.back() == '\t')) {
    text.remove_suffix(1);
  }
  return text;
}

// RFC 8259, section 6. simdjson is not asked, because it refuses numbers that do not fit a double
// or a 64-bit integer, and those must pass through as text.
bool IsNumberText(std::string_view text) {
  std::size_t i = 0;
  const auto digits = [&] {
    const std::size_t start = i;
    while (i < text.size() && text[i] >= '0' && text[i] <= '9') ++i;
    return i - start;
  };
  if (i < text.size() && text[i] == '-') ++i;
  const std::size_t first = i;
  const std::size_t count = digits();
  if (count == 0 || (count > 1 && text[first] == '0')) return false;
  if (i < text.size() && text[i] == '.') {
    ++i;
    if (digits() == 0) return false;
  }
  if (i < text.size() && (text[i] == 'e' || text[i] == 'E')) {
    ++i;
    if (i < text.size() && (text[i] == '+' || text[i] == '-')) ++i;
    if (digits() == 0) return false;
  }
  return i == text.size();
}

// Keeps the parser's buffers from one document to the next, unless a giant one blew them up.
ondemand::parser& ThreadParser() {
  thread_local ondemand::parser parser;
  constexpr std::size_t kKeepBytes = 4U << 20;
  if (parser.capacity() > kKeepBytes) parser = ondemand::parser();
  return parser;
}

}  // namespace

// Walks the whole text once, so that nothing in it stays unchecked, and copies its shape into
// nodes. simdjson's "on demand" values can be read only once and in order; that stays in here.
class Document::Builder {
 public:
  Builder(Document& document, ondemand::document& source, std::string_view text, int max_depth)
      : document_(document),
        nodes_(*document.nodes_),
        source_(source),
        text_(text),
        max_depth_(max_depth) {}

  Result<void> Build() {
    nodes_.emplace_back();
    ondemand::json_type type;
    if (const auto error = source_.type().get(type)) return Malformed(error);
    if (type == ondemand::json_type::object || type == ondemand::json_type::array) {
      ondemand::value value;
      if (const auto error = source_.get_value().get(value)) return Malformed(error);
      if (auto built = BuildValue(value, 0, 0); !built) return built;
      if (!AtEnd()) return InputError("there is text after the JSON value");
      return {};
    }
    // A lone scalar: its token must be the whole text.
    const std::string_view token = TrimRight(text_);
    if (type != ondemand::json_type::string) return SetScalar(0, token);
    std::string_view unescaped;
    if (const auto error = source_.get_string().get(unescaped)) return Malformed(error);
    if (!AtEnd()) return InputError("there is text after the JSON value");
    SetString(0, token, unescaped);
    return {};
  }

 private:
  using Index = std::uint32_t;

  Result<void> BuildValue(ondemand::value& value, Index index, int depth) {
    ondemand::json_type type;
    if (const auto error = value.type().get(type)) return Malformed(error);
    const std::string_view token = TrimRight(value.raw_json_token());
    if (type == ondemand::json_type::string) {
      std::string_view unescaped;
      if (const auto error = value.get_string().get(unescaped)) return Malformed(error);
      SetString(index, token, unescaped);
      return {};
    }
    if (type != ondemand::json_type::object && type != ondemand::json_type::array) {
      return SetScalar(index, token);
    }
    if (depth == max_depth_) {
      return InputError(fmt::format("JSON may not be nested deeper than {} levels", max_depth_));
    }
    auto built = type == ondemand::json_type::object ? BuildObject(value, index, depth + 1)
                                                     : BuildArray(value, index, depth + 1);
    if (built) nodes_[index].raw = RawFrom(token.data());
    return built;
  }

  Result<void> BuildObject(ondemand::value& value, Index index, int depth) {
    nodes_[index].kind = Kind::kObject;
    ondemand::object object;
    if (const auto error = value.get_object().get(object)) return Malformed(error);
    Index last = 0;
    for (auto item : object) {
      ondemand::field field;
      if (const auto error = std::move(item).get(field)) return Malformed(error);
      const std::string_view escaped_key = EscapedKey(field);
      std::string_view key;
      if (const auto error = field.unescaped_key().get(key)) return Malformed(error);
      last = Append(index, last);
      nodes_[last].key = KeepText(escaped_key, key);
      if (auto built = BuildValue(field.value(), last, depth); !built) return built;
    }
    return {};
  }

  Result<void> BuildArray(ondemand::value& value, Index index, int depth) {
    nodes_[index].kind = Kind::kArray;
    ondemand::array array;
    if (const auto error = value.get_array().get(array)) return Malformed(error);
    Index last = 0;
    for (auto item : array) {
      ondemand::value element;
      if (const auto error = std::move(item).get(element)) return Malformed(error);
      last = Append(index, last);
      if (auto built = BuildValue(element, last, depth); !built) return built;
    }
    return {};
  }

  Result<void> SetScalar(Index index, std::string_view token) {
    Node& node = nodes_[index];
    node.raw = token;
    if (token == "null") {
      node.kind = Kind::kNull;
    } else if (token == "true" || token == "false") {
      node.kind = Kind::kBool;
    } else if (IsNumberText(token)) {
      node.kind = Kind::kNumber;
    } else {
      return InputError(
          "a value in the JSON is neither a string, number, object, array, true, "
          "false nor null");
    }
    return {};
  }

  void SetString(Index index, std::string_view token, std::string_view unescaped) {
    Node& node = nodes_[index];
    node.kind = Kind::kString;
    node.raw = token;
    node.text = KeepText(token.substr(1, token.size() - 2), unescaped);
  }

  // simdjson tells the place of the next token, or an error when there is none.
  bool AtEnd() {
    const char* next = nullptr;
    return source_.current_location().get(next) != simdjson::SUCCESS;
  }

  Index Append(Index parent, Index previous) {
    const auto index = static_cast<Index>(nodes_.size());
    nodes_.emplace_back();
    if (previous == 0) {
      nodes_[parent].first_child = index;
    } else {
      nodes_[previous].next = index;
    }
    ++nodes_[parent].size;
    return index;
  }

  // The key's text as it stands between its quotes. `field.key()` points just behind the first.
  static std::string_view EscapedKey(ondemand::field& field) {
    const char* const start = field.key().raw();
    const char* stop = start;
    while (*stop != '"') stop += *stop == '\\' ? 2 : 1;  // Stage 1 has seen the closing quote.
    return {start, static_cast<std::size_t>(stop - start)};
  }

  // simdjson unescapes into a buffer that the next document overwrites: a text without escapes is
  // taken from our own copy of the document, any other is copied.
  std::string_view KeepText(std::string_view escaped, std::string_view unescaped) {
    if (escaped.size() == unescaped.size()) return escaped;
    document_.unescaped_.push_back(std::make_unique<std::string>(unescaped));
    return *document_.unescaped_.back();
  }

  // The text from `start` to the token that comes next, without the white space between.
  std::string_view RawFrom(const char* start) {
    const char* stop = nullptr;
    if (source_.current_location().get(stop)) stop = text_.data() + text_.size();
    return TrimRight({start, static_cast<std::size_t>(stop - start)});
  }

  static std::unexpected<Error> Malformed(simdjson::error_code error) {
    return InputError(fmt::format("malformed JSON: {}", simdjson::error_message(error)));
  }

  Document& document_;
  std::vector<Node>& nodes_;
  ondemand::document& source_;
  const std::string_view text_;
  const int max_depth_;
};

Result<Document> Document::Parse(std::string_view text, int max_depth) {
  if (text.size() > std::numeric_limits<std::uint32_t>::max() / 2) {
    return InputError("the JSON text is too long");
  }
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);  // A byte order mark.
  while (!text.empty() && (text.front() == ' ' || text.front() == '\n' || text.front() == '\r' ||
                           text.front() == '\t')) {
    text.remove_prefix(1);
  }
  if (text.empty()) return InputError("malformed JSON: the text is empty");

  Document document;
  const std::size_t capacity = text.size() + simdjson::SIMDJSON_PADDING;
  document.text_ = std::make_unique_for_overwrite<char[]>(capacity);
  std::memcpy(document.text_.get(), text.data(), text.size());
  std::memset(document.text_.get() + text.size(), 0, simdjson::SIMDJSON_PADDING);
  document.nodes_ = std::make_unique<std::vector<Node>>();
  document.nodes_->reserve(16 + text.size() / 16);

  ondemand::document source;
  const auto error =
      ThreadParser().iterate(document.text_.get(), text.size(), capacity).get(source);
  if (error) {
    return InputError(fmt::format("malformed JSON: {}", simdjson::error_message(error)));
  }
  Builder builder(document, source, std::string_view(document.text_.get(), text.size()), max_depth);
  if (auto built = builder.Build(); !built) return std::unexpected(built.error());
  return document;
}

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
  Value found;
  for (const Value member : *this) {
    if (member.key() == name) found = member;
  }
  return found;
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
