#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

/// The strings of JSON texts. Internal to the base room.
namespace hookline::json {

/// Where a parser reads and where it writes the canonical form.
struct Cursor {
  const char* in;
  const char* end;
  char* out;
};

/// Most bytes that the canonical form of `text` can have.
std::size_t CanonicalBytesMax(std::string_view text);

/// Reads the strings of one text, which is valid UTF-8, in their order.
class StringParser {
 public:
  explicit StringParser(Cursor& at) : at_(at) {}

  /// Takes the string that begins at the cursor, which stands on a quote, and writes it in
  /// canonical form. `text` is what it says: a view of that form or, if it has escapes, of a block
  /// of its own. nullptr, or what is wrong with it.
  const char* Parse(std::string_view& text);

  /// The block that the texts with escapes are in.
  std::unique_ptr<char[]> TakeUnescaped() { return std::move(block_); }

 private:
  const char* ParseEscaped(char* start, std::string_view& text);
  const char* ParseEscape();
  bool TakeHex(std::uint32_t& code);
  const char* Escape(char said, char letter);
  void WriteCode(std::uint32_t code);
  void WriteNonCharacter(bool fffe);
  bool IsNonCharacter() const;
  void CopyPlain();
  void Copy(std::size_t bytes);
  bool At(char c) const { return at_.in != at_.end && *at_.in == c; }

  Cursor& at_;
  std::unique_ptr<char[]> block_;
  char* unescaped_ = nullptr;
  std::string scratch_;
};

}  // namespace hookline::json
