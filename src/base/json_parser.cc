#include <fmt/core.h>

#include <algorithm>
#include <cstring>
#include <limits>
#include <unordered_map>
#include <utility>

#include "base/json.h"
#include "base/json_number.h"
#include "base/json_string.h"
#include "base/json_writer.h"
#include "base/utf8.h"

namespace hookline::json {

namespace {

constexpr int kStoredExtraDepth = 8;
bool IsSpace(char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }

}  // namespace

// Walks the text once: checks everything in it, writes its canonical form, and makes the nodes,
// whose views point into that form.
class Document::Parser {
 public:
  Parser(Document& document, std::string_view text, Source source)
      : document_(document),
        nodes_(*document.nodes_),
        at_{text.data(), text.data() + text.size(), document.text_.get()},
        strict_(source != Source::kStored),
        max_depth_(strict_ ? kMaxDepth : kMaxDepth + kStoredExtraDepth) {}

  Result<void> Run() {
    nodes_.emplace_back();
    SkipSpace();
    if (at_.in == at_.end) return Malformed("the text is empty");
    if (!ParseValue(0, 0)) return std::unexpected(*error_);
    SkipSpace();
    if (at_.in != at_.end) return InputError("there is text after the JSON value");
    document_.unescaped_ = strings_.TakeUnescaped();
    document_.text_bytes_ = static_cast<std::size_t>(at_.out - document_.text_.get());
    if (repeated_) Rewrite();
    return {};
  }

 private:
  using Index = std::uint32_t;

  // False, with error_ set, as all parts of the grammar answer.
  bool ParseValue(Index index, int depth) {
    if (at_.in == at_.end) return Fail("it ends where a value is expected");
    switch (*at_.in) {
      case '{':
        return ParseObject(index, depth);
      case '[':
        return ParseArray(index, depth);
      case '"': {
        char* const start = at_.out;
        std::string_view text;
        if (!ParseString(text)) return false;
        Finish(index, Kind::kString, start);
        nodes_[index].text = text;
        return true;
      }
      case 't':
        return ParseWord(index, Kind::kBool, "true");
      case 'f':
        return ParseWord(index, Kind::kBool, "false");
      case 'n':
        return ParseWord(index, Kind::kNull, "null");
      default:
        return ParseNumber(index);
    }
  }

  bool ParseObject(Index index, int depth) {
    if (!MayNest(depth)) return false;
    char* const start = at_.out;
    Take();
    Index last = 0;
    SkipSpace();
    while (!At('}')) {
      if (last != 0) {
        if (!At(',')) return Fail("a comma or a closing brace is missing");
        Take();
        SkipSpace();
      }
      if (!At('"')) return Fail("a key must be a string");
      std::string_view key;
      if (!ParseString(key)) return false;
      SkipSpace();
      if (!At(':')) return Fail("a colon is missing after a key");
      Take();
      SkipSpace();
      if (!Append(index, last)) return false;
      nodes_[last].key = key;
      if (!ParseValue(last, depth + 1)) return false;
      SkipSpace();
    }
    Take();
    Finish(index, Kind::kObject, start);
    if (nodes_[index].size > 1 && HasRepeatedKey(index)) DropRepeated(index);
    return true;
  }

  bool ParseArray(Index index, int depth) {
    if (!MayNest(depth)) return false;
    char* const start = at_.out;
    Take();
    Index last = 0;
    SkipSpace();
    while (!At(']')) {
      if (last != 0) {
        if (!At(',')) return Fail("a comma or a closing bracket is missing");
        Take();
        SkipSpace();
      }
      if (!Append(index, last)) return false;
      if (!ParseValue(last, depth + 1)) return false;
      SkipSpace();
    }
    Take();
    Finish(index, Kind::kArray, start);
    return true;
  }

  bool ParseWord(Index index, Kind kind, std::string_view word) {
    if (Rest().substr(0, word.size()) != word) return FailScalar();
    char* const start = at_.out;
    Copy(word.size());
    Finish(index, kind, start);
    return true;
  }

  bool ParseNumber(Index index) {
    const NumberToken token = ScanNumber(Rest());
    if (token.bytes == 0) return FailScalar();
    if (strict_) {
      if (auto checked = CheckNumber(token, Rest().substr(0, token.bytes)); !checked) {
        error_ = checked.error();
        return false;
      }
    }
    char* const start = at_.out;
    Copy(token.bytes);
    Finish(index, Kind::kNumber, start);
    return true;
  }

  bool ParseString(std::string_view& text) {
    const char* const wrong = strings_.Parse(text);
    return wrong == nullptr || Fail(wrong);
  }

  void Copy(std::size_t bytes) {
    std::memcpy(at_.out, at_.in, bytes);
    at_.out += bytes;
    at_.in += bytes;
  }

  // Only few keys are compared each with each.
  bool HasRepeatedKey(Index object) {
    constexpr std::size_t kFew = 16;
    keys_.clear();
    for (Index i = nodes_[object].first_child; i != 0; i = nodes_[i].next) {
      if (nodes_[object].size <= kFew && std::ranges::find(keys_, nodes_[i].key) != keys_.end()) {
        return true;
      }
      keys_.push_back(nodes_[i].key);
    }
    if (keys_.size() <= kFew) return false;
    std::ranges::sort(keys_);
    return std::ranges::adjacent_find(keys_) != keys_.end();
  }

  // The last value of a key takes the first one's place.
  void DropRepeated(Index object) {
    std::vector<Index> kept;
    std::unordered_map<std::string_view, std::size_t> places;
    for (Index i = nodes_[object].first_child; i != 0; i = nodes_[i].next) {
      const auto [place, added] = places.try_emplace(nodes_[i].key, kept.size());
      if (added) {
        kept.push_back(i);
      } else {
        kept[place->second] = i;
      }
    }
    nodes_[object].first_child = kept.front();
    nodes_[object].size = static_cast<Index>(kept.size());
    for (std::size_t i = 0; i < kept.size(); ++i) {
      nodes_[kept[i]].next = i + 1 < kept.size() ? kept[i + 1] : 0;
    }
    repeated_ = true;
  }

  // Writes the text anew from the nodes, some of which are gone.
  void Rewrite() {
    document_.rewritten_ = std::make_unique<std::string>();
    // It can only be shorter, and must not move while the nodes point into it.
    document_.rewritten_->reserve(static_cast<std::size_t>(at_.out - document_.text_.get()));
    WriteAnew(*document_.rewritten_, 0);
  }

  void WriteAnew(std::string& out, Index index) {
    Node& node = nodes_[index];
    const std::size_t start = out.size();
    if (node.kind == Kind::kObject || node.kind == Kind::kArray) {
      const bool object = node.kind == Kind::kObject;
      out += object ? '{' : '[';
      for (Index i = node.first_child; i != 0; i = nodes_[i].next) {
        if (i != node.first_child) out += ',';
        if (object) {
          AppendQuoted(out, nodes_[i].key);
          out += ':';
        }
        WriteAnew(out, i);
      }
      out += object ? '}' : ']';
    } else {
      out += node.raw;
    }
    node.raw = std::string_view(out).substr(start);
  }

  bool At(char c) const { return at_.in != at_.end && *at_.in == c; }
  void Take() { *at_.out++ = *at_.in++; }
  std::string_view Rest() const { return {at_.in, static_cast<std::size_t>(at_.end - at_.in)}; }
  void SkipSpace() {
    while (at_.in != at_.end && IsSpace(*at_.in)) ++at_.in;
  }

  void Finish(Index index, Kind kind, const char* start) {
    nodes_[index].kind = kind;
    nodes_[index].raw = {start, static_cast<std::size_t>(at_.out - start)};
  }

  // Makes `last` the next child of `parent`.
  bool Append(Index parent, Index& last) {
    if (strict_ && nodes_.size() > kMaxValues) {
      return FailWith(fmt::format("the JSON has more than {} values", kMaxValues));
    }
    const auto index = static_cast<Index>(nodes_.size());
    nodes_.emplace_back();
    (last == 0 ? nodes_[parent].first_child : nodes_[last].next) = index;
    ++nodes_[parent].size;
    last = index;
    return true;
  }

  bool MayNest(int depth) {
    if (depth < max_depth_) return true;
    return FailWith(fmt::format("JSON may not be nested deeper than {} levels", max_depth_));
  }

  static std::unexpected<Error> Malformed(std::string_view reason) {
    return InputError(fmt::format("malformed JSON: {}", reason));
  }
  bool Fail(std::string_view reason) { return FailWith(fmt::format("malformed JSON: {}", reason)); }
  bool FailScalar() {
    return FailWith(
        "a value in the JSON is neither a string, number, object, array, true, false nor null");
  }
  bool FailWith(std::string reason) {
    error_ = Error(ErrorKind::kInput, std::move(reason));
    return false;
  }

  Document& document_;
  std::vector<Node>& nodes_;
  Cursor at_;
  StringParser strings_{at_};
  const bool strict_;
  const int max_depth_;
  bool repeated_ = false;
  std::optional<Error> error_;
  std::vector<std::string_view> keys_;
};

std::size_t Document::memory_bytes() const {
  std::size_t bytes = text_bytes_ + nodes_->capacity() * sizeof(Node);
  if (unescaped_) bytes += text_bytes_;
  if (rewritten_) bytes += rewritten_->capacity();
  return bytes;
}

Result<Document> Document::Parse(std::string_view text, Source source) {
  if (text.size() > std::numeric_limits<std::uint32_t>::max() / 4) {
    return InputError("the JSON text is too long");
  }
  std::string repaired;
  if (!utf8::IsValid(text)) {
    if (source == Source::kRequest)
      return InputError("malformed JSON: the text is not valid UTF-8");
    utf8::AppendValid(repaired, text);
    text = repaired;
  }
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);  // A byte order mark.

  Document document;
  document.text_ = std::make_unique_for_overwrite<char[]>(CanonicalBytesMax(text));
  document.nodes_ = std::make_unique<std::vector<Node>>();
  document.nodes_->reserve(16 + std::min<std::size_t>(text.size() / 16, 4096));
  Parser parser(document, text, source);
  if (auto parsed = parser.Run(); !parsed) return std::unexpected(parsed.error());
  return document;
}

}  // namespace hookline::json
