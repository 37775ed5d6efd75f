#include "base/json_writer.h"

#include <charconv>

namespace hookline::json {

void AppendQuoted(std::string& out, std::string_view text) {
  static constexpr char kHex[] = "0123456789abcdef";
  out += '"';
  std::size_t copied = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c >= 0x20 && c != '"' && c != '\\') continue;
    out.append(text, copied, i - copied);
    copied = i + 1;
    switch (c) {
      case '"':
        out += "\\\"";
        break;
      case '\\':
        out += "\\\\";
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
  Separate();
  out_ += bracket;
  comma_ = false;
  return *this;
}

Writer& Writer::Close(char bracket) {
  out_ += bracket;
  comma_ = true;
  return *this;
}

Writer& Writer::Key(std::string_view key) {
  Separate();
  AppendQuoted(out_, key);
  out_ += ':';
  comma_ = false;
  return *this;
}

Writer& Writer::String(std::string_view text) {
  Separate();
  AppendQuoted(out_, text);
  return *this;
}

Writer& Writer::Int(std::int64_t number) {
  Separate();
  char digits[24];
  const auto end = std::to_chars(std::begin(digits), std::end(digits), number).ptr;
  out_.append(digits, end);
  return *this;
}

Writer& Writer::Time(Timestamp t) {
  Separate();
  out_ += '"';
  AppendRfc3339(out_, t);
  out_ += '"';
  return *this;
}

Writer& Writer::Raw(std::string_view json) {
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
