#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace hookline::json {

enum class Kind : std::uint8_t { kNull, kBool, kNumber, kString, kArray, kObject };

class Document;
struct Node;

/// One value of a parsed Document: a cheap handle that is valid as long as the Document lives.
/// Every value has its canonical text (`raw`), so that what Hookline only carries (custom fields)
/// leaves without being taken apart: numbers as they came (`1.10`, `12345678901234567890`, `-0`),
/// strings as raw UTF-8 with the shortest escapes, keys in their order, no white space.
class Value {
 public:
  Value() = default;

  /// False for "there is no such member". The other accessors may be called on a missing value:
  /// it is of no kind, has no members, and converts to nullopt.
  explicit operator bool() const { return nodes_ != nullptr; }

  bool IsNull() const;
  bool IsBool() const;
  bool IsNumber() const;
  bool IsString() const;
  bool IsArray() const;
  bool IsObject() const;
  /// Missing or null: what most of Stream's requests treat alike.
  bool IsMissingOrNull() const { return nodes_ == nullptr || IsNull(); }

  /// The canonical text. Empty for a missing value.
  std::string_view raw() const;
  /// The name under which an object holds this value, unescaped; empty otherwise.
  std::string_view key() const;

  std::optional<bool> AsBool() const;
  /// The unescaped text of a string.
  std::optional<std::string_view> AsString() const;
  /// A number without fraction or exponent that fits.
  std::optional<std::int64_t> AsInt() const;
  std::optional<double> AsDouble() const;

  /// Member of an object. Missing if absent or not an object.
  Value operator[](std::string_view name) const;

  /// Number of elements or members; 0 for scalars.
  std::size_t size() const;

  class Iterator;
  /// Elements of an array or members of an object, in their order; nothing for scalars.
  Iterator begin() const;
  Iterator end() const;

 private:
  friend class Document;
  friend class Iterator;
  Value(const std::vector<Node>* nodes, std::uint32_t index) : nodes_(nodes), index_(index) {}
  const Node* node() const;
  bool Is(Kind kind) const;

  const std::vector<Node>* nodes_ = nullptr;
  std::uint32_t index_ = 0;
};

struct Node {
  Kind kind = Kind::kNull;
  std::uint32_t next = 0;         // Index of the next sibling; 0 at the last one.
  std::uint32_t first_child = 0;  // 0 if there is none.
  std::uint32_t size = 0;
  std::string_view raw;
  std::string_view key;
  std::string_view text;  // Unescaped, for strings.
};

/// Where a text comes from decides what is refused in it.
enum class Source : std::uint8_t {
  /// A request. Numbers must fit a double (1e400 does not) and have at most kMaxDigits significant
  /// digits, because whoever reads them later may know no others.
  kRequest,
  /// The answer of somebody's server: as a request, but bytes that are no UTF-8 become U+FFFD.
  kAnswer,
  /// Our own store, which may hold what was let in under other rules: no limit but those of memory
  /// and a nesting of kMaxDepth + 8 levels.
  kStored,
};

/// An immutable, fully validated JSON text with its tree, in canonical form: of a repeated key the
/// last value counts, at the first one's place; half a surrogate pair (`\ud83d` alone) is U+FFFD,
/// in keys too. Movable; Values stay valid over a move. Not shared between threads while it is
/// being moved; reading it is thread-safe.
class Document {
 public:
  /// Nesting allowed in what strangers send.
  static constexpr int kMaxDepth = 64;
  /// Values (elements and members, at all levels) allowed in it: each costs more memory than text.
  static constexpr std::size_t kMaxValues = 100'000;
  /// Significant digits allowed in a number of it.
  static constexpr std::size_t kMaxDigits = 40;

  /// Fails with kInput and a reason for a person if `text` is not exactly one valid JSON value in
  /// UTF-8, or has more of something than its `source` may have.
  static Result<Document> Parse(std::string_view text, Source source = Source::kRequest);

  Value root() const { return Value(nodes_.get(), 0); }

  /// What text and tree take up in memory: many times the text's length if its values are short.
  std::size_t memory_bytes() const;

 private:
  class Parser;
  Document() = default;

  std::unique_ptr<char[]> text_;
  std::size_t text_bytes_ = 0;
  std::unique_ptr<char[]> unescaped_;       // The texts of strings that have escapes.
  std::unique_ptr<std::string> rewritten_;  // In place of text_ if keys were repeated.
  std::unique_ptr<std::vector<Node>> nodes_;
};

class Value::Iterator {
 public:
  Value operator*() const;
  Iterator& operator++();
  bool operator==(const Iterator& other) const { return index_ == other.index_; }

 private:
  friend class Value;
  Iterator(const std::vector<Node>* nodes, std::uint32_t index) : nodes_(nodes), index_(index) {}

  const std::vector<Node>* nodes_;
  std::uint32_t index_;
};

}  // namespace hookline::json
