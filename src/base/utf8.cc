#include "base/utf8.h"

#include <simdjson.h>

namespace hookline::utf8 {

Step Next(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  if (first < 0x80) return {1, true};
  std::size_t bytes = 0;
  // The second byte's range shuts out overlong forms, surrogates and what lies beyond U+10FFFF.
  unsigned char low = 0x80;
  unsigned char high = 0xBF;
  if (first >= 0xC2 && first <= 0xDF) {
    bytes = 2;
  } else if (first >= 0xE0 && first <= 0xEF) {
    bytes = 3;
    if (first == 0xE0) low = 0xA0;
    if (first == 0xED) high = 0x9F;
  } else if (first >= 0xF0 && first <= 0xF4) {
    bytes = 4;
    if (first == 0xF0) low = 0x90;
    if (first == 0xF4) high = 0x8F;
  } else {
    return {1, false};
  }
  for (std::size_t i = 1; i < bytes; ++i) {
    if (i == text.size() || byte(i) < low || byte(i) > high) return {i, false};
    low = 0x80;
    high = 0xBF;
  }
  return {bytes, true};
}

bool IsValid(std::string_view text) { return simdjson::validate_utf8(text.data(), text.size()); }

void AppendValid(std::string& out, std::string_view text) {
  while (!text.empty()) {
    const Step step = Next(text);
    out += step.valid ? text.substr(0, step.bytes) : kReplacement;
    text.remove_prefix(step.bytes);
  }
}

std::string Valid(std::string text) {
  if (IsValid(text)) return text;
  std::string out;
  out.reserve(text.size() + 16);
  AppendValid(out, text);
  return out;
}

}  // namespace hookline::utf8
