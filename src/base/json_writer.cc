#include "base/json_writer.h"

#include <array>
#include <charconv>

#include "base/utf8.h"

namespace hookline::json {

namespace {

constexpr char kHex[] = "0123456789abcdef";

// What can't stand in a string as it is: controls, the quote and the backslash; and what begins
// outside of ASCII, which must be looked at.
constexpr std::array<bool, 256> kPlain = [] {
  std::array<bool, 256> plain{};
  for (std::size_t c = 0x20; c < 0x80; ++c) plain[c] = c != '"' && c != '\\';
  return plain;
}();

void AppendEscape(std::string& out, unsigned char c) {
  switch (c) {
    case '"':
      out += "\\\"";
      break;
    case '\\':
      out += "\\\\";
      break;
    case '\b':
      out += "\\b";
      break;
    case '\f':
      out += "\\f";
      break;
    case '\n':
      out += "\\n";
      break;
    case '\r':
      out += "\\r";
      break;
    case '\t':
      out += "\\t";
      break;
    default:
      out += "\\u00";
      out += kHex[c >> 4];
      out += kHex[c & 0x0F];
  }
}

}  // namespace

void AppendQuoted(std::string& out, std::string_view text) {
  out += '"';
  std::size_t copied = 0;
  std::size_t i = 0;
  const auto replace = [&](std::size_t bytes, std::string_view with) {
    out.append(text, copied, i - copied);
    out += with;
    i += bytes;
    copied = i;
  };
  while (i < text.size()) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (kPlain[c]) {
      ++i;
    } else if (c < 0x80) {
      replace(1, "");
      AppendEscape(out, c);
    } else {
      const utf8::Step step = utf8::Next(text.substr(i));
      if (!step.valid) {
        replace(step.bytes, utf8::kReplacement);
      } else if (c == 0xEF && text.substr(i, 3) == "\xEF\xBF\xBE") {
        replace(3, "\\ufffe");
      } else if (c == 0xEF && text.substr(i, 3) == "\xEF\xBF\xBF") {
        replace(3, "\\uffff");
      } else {
        i += step.bytes;
      }
    }
  }
  out.append(text, copied);
  out += '"';
}

std::string Quoted(std::string_view text) {
  std::string out;
  AppendQuoted(out, text);
  return out;
}

void Writer::Separate() {
  if (comma_) out_ += ',';
  comma_ = true;
}

Writer& Writer::Open(char bracket) {
  if (is_over_limit()) return *this;
  Separate();
  out_ += bracket;
  comma_ = false;
  return *this;
}

Writer& Writer::Close(char bracket) {
  if (is_over_limit()) return *this;
  out_ += bracket;
  comma_ = true;
  return *this;
}

Writer& Writer::Key(std::string_view key) {
  if (is_over_limit()) return *this;
  Separate();
  AppendQuoted(out_, key);
  out_ += ':';
  comma_ = false;
  return *this;
}

Writer& Writer::String(std::string_view text) {
  if (is_over_limit()) return *this;
  Separate();
  AppendQuoted(out_, text);
  return *this;
}

Writer& Writer::Int(std::int64_t number) {
  if (is_over_limit()) return *this;
  Separate();
  char digits[24];
  const auto end = std::to_chars(std::begin(digits), std::end(digits), number).ptr;
  out_.append(digits, end);
  return *this;
}

Writer& Writer::Time(Timestamp t) {
  if (is_over_limit()) return *this;
  Separate();
  out_ += '"';
  AppendRfc3339(out_, t);
  out_ += '"';
  return *this;
}

Writer& Writer::Raw(std::string_view json) {
  if (is_over_limit()) return *this;
  Separate();
  out_ += json;
  return *this;
}

Writer& Writer::RawMembers(std::string_view object_json) {
  const std::size_t first = object_json.find('{');
  const std::size_t last = object_json.rfind('}');
  if (first == std::string_view::npos || last <= first) return *this;
  const std::string_view members = object_json.substr(first + 1, last - first - 1);
  // White space is not a member, and a comma after it would be one too many.
  if (members.find_first_not_of(" \t\r\n") == std::string_view::npos) return *this;
  return Raw(members);
}

}  // namespace hookline::json
