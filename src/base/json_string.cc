#include "base/json_string.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>

#include "base/json_writer.h"

namespace hookline::json {

namespace {

constexpr std::string_view kFffe = "\xEF\xBF\xBE";
constexpr std::string_view kFfff = "\xEF\xBF\xBF";

// The bytes of a string that need no second look: all but controls, the quote, the backslash, and
// what U+FFFE and U+FFFF begin with.
constexpr std::array<bool, 256> kPlain = [] {
  std::array<bool, 256> plain{};
  for (std::size_t c = 0x20; c < 256; ++c) plain[c] = c != '"' && c != '\\' && c != 0xEF;
  return plain;
}();

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

char* AppendUtf8(char* out, std::uint32_t code) {
  const auto put = [&](std::uint32_t byte) { *out++ = static_cast<char>(byte); };
  if (code < 0x80) {
    put(code);
  } else if (code < 0x800) {
    put(0xC0 | code >> 6);
    put(0x80 | (code & 0x3F));
  } else if (code < 0x10000) {
    put(0xE0 | code >> 12);
    put(0x80 | (code >> 6 & 0x3F));
    put(0x80 | (code & 0x3F));
  } else {
    put(0xF0 | code >> 18);
    put(0x80 | (code >> 12 & 0x3F));
    put(0x80 | (code >> 6 & 0x3F));
    put(0x80 | (code & 0x3F));
  }
  return out;
}

}  // namespace

std::size_t CanonicalBytesMax(std::string_view text) {
  std::size_t bytes = text.size();
  for (std::size_t at = text.find('\xEF'); at != std::string_view::npos;
       at = text.find('\xEF', at + 1)) {
    const std::string_view head = text.substr(at, 3);
    if (head == kFffe || head == kFfff) bytes += 3;  // Comes raw and leaves escaped.
  }
  return bytes;
}

// Reads a string with its quotes; `text` is what it says.
const char* StringParser::Parse(std::string_view& text) {
  *at_.out++ = *at_.in++;
  char* const start = at_.out;
  CopyPlain();
  if (At('"') || At('\xEF')) {
    // The usual string, without escapes: its text is its canonical form.
    while (At('\xEF') && !IsNonCharacter()) {
      *at_.out++ = *at_.in++;
      CopyPlain();
    }
    if (At('"')) {
      text = {start, static_cast<std::size_t>(at_.out - start)};
      *at_.out++ = *at_.in++;
      return nullptr;
    }
  }
  return ParseEscaped(start, text);
}

// Goes on with a string that needs more than copying. Its text is collected apart.
const char* StringParser::ParseEscaped(char* start, std::string_view& text) {
  if (unescaped_ == nullptr) {
    // What all strings from here on say is not longer than how they say it.
    const std::size_t room =
        static_cast<std::size_t>(at_.out - start) + static_cast<std::size_t>(at_.end - at_.in);
    block_ = std::make_unique_for_overwrite<char[]>(room);
    unescaped_ = block_.get();
  }
  char* const first = unescaped_;
  const auto take = [&](const char* from, std::size_t bytes) {
    std::memcpy(unescaped_, from, bytes);
    unescaped_ += bytes;
  };
  take(start, static_cast<std::size_t>(at_.out - start));
  for (;;) {
    const char* const plain = at_.in;
    CopyPlain();
    take(plain, static_cast<std::size_t>(at_.in - plain));
    if (at_.in == at_.end) return "a string has no end";
    if (*at_.in == '"') break;
    if (*at_.in == '\\') {
      if (const char* const wrong = ParseEscape()) return wrong;
    } else if (*at_.in == '\xEF') {
      const std::size_t bytes = IsNonCharacter() ? 3 : 1;
      take(at_.in, bytes);
      if (bytes == 3) {
        WriteNonCharacter(at_.in[2] == kFffe[2]);
        at_.in += 3;
      } else {
        *at_.out++ = *at_.in++;
      }
    } else {
      return "a string has a control character";
    }
  }
  text = {first, static_cast<std::size_t>(unescaped_ - first)};
  *at_.out++ = *at_.in++;
  return nullptr;
}

const char* StringParser::ParseEscape() {
  const char* const start = at_.in++;
  if (at_.in == at_.end) return "a string has no end";
  const char c = *at_.in++;
  switch (c) {
    case '"':
    case '\\':
      return Escape(c, c);
    case '/':
      *at_.out++ = '/';
      *unescaped_++ = '/';
      return nullptr;
    case 'b':
      return Escape('\b', c);
    case 'f':
      return Escape('\f', c);
    case 'n':
      return Escape('\n', c);
    case 'r':
      return Escape('\r', c);
    case 't':
      return Escape('\t', c);
    case 'u':
      break;
    default:
      return "a string has an unknown escape";
  }
  at_.in = start;
  std::uint32_t code = 0;
  if (!TakeHex(code)) return "a string has a broken \\u escape";
  if (code >= 0xD800 && code < 0xE000) {
    // Half a pair alone says nothing; the other half makes it a character.
    std::uint32_t low = 0;
    const char* const behind = at_.in;
    if (code < 0xDC00 && TakeHex(low) && low >= 0xDC00 && low < 0xE000) {
      code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
    } else {
      at_.in = behind;
      code = 0xFFFD;
    }
  }
  WriteCode(code);
  return nullptr;
}

// "\uXXXX" at at_.in; left alone if there is none.
bool StringParser::TakeHex(std::uint32_t& code) {
  if (at_.end - at_.in < 6 || at_.in[0] != '\\' || at_.in[1] != 'u') return false;
  code = 0;
  for (int i = 2; i < 6; ++i) {
    const int digit = HexDigit(at_.in[i]);
    if (digit < 0) return false;
    code = code << 4 | static_cast<std::uint32_t>(digit);
  }
  at_.in += 6;
  return true;
}

const char* StringParser::Escape(char said, char letter) {
  *unescaped_++ = said;
  *at_.out++ = '\\';
  *at_.out++ = letter;
  return nullptr;
}

void StringParser::WriteCode(std::uint32_t code) {
  char* const start = unescaped_;
  unescaped_ = AppendUtf8(unescaped_, code);
  if (code == 0xFFFE || code == 0xFFFF) return WriteNonCharacter(code == 0xFFFE);
  if (code >= 0x80) {
    at_.out = std::copy(start, unescaped_, at_.out);
    return;
  }
  // Never longer than the six bytes that it came in.
  scratch_.clear();
  AppendQuoted(scratch_, {start, 1});
  at_.out = std::copy(scratch_.begin() + 1, scratch_.end() - 1, at_.out);
}

void StringParser::WriteNonCharacter(bool fffe) {
  const std::string_view escape = fffe ? "\\ufffe" : "\\uffff";
  at_.out = std::copy(escape.begin(), escape.end(), at_.out);
}

bool StringParser::IsNonCharacter() const {
  const std::string_view bytes = std::string_view(
      at_.in, std::min<std::size_t>(3, static_cast<std::size_t>(at_.end - at_.in)));
  return bytes == kFffe || bytes == kFfff;
}

void StringParser::CopyPlain() {
  const char* at = at_.in;
  while (at != at_.end && kPlain[static_cast<unsigned char>(*at)]) ++at;
  Copy(static_cast<std::size_t>(at - at_.in));
}

void StringParser::Copy(std::size_t bytes) {
  std::memcpy(at_.out, at_.in, bytes);
  at_.out += bytes;
  at_.in += bytes;
}

}  // namespace hookline::json
