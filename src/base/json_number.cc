#include "base/json_number.h"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>

#include "base/json.h"

namespace hookline::json {

namespace {

// No double needs more, and some readers can't hold the exponent of what has.
constexpr std::size_t kMaxExponentDigits = 4;
// So short a number without exponent is within all limits.
constexpr std::size_t kHarmlessBytes = 16;

std::size_t CountDigits(std::string_view text) {
  const std::size_t other = text.find_first_not_of("0123456789");
  return other == std::string_view::npos ? text.size() : other;
}

// From the first digit that is not zero; without the zeros at the end of a whole number, which say
// only how large it is.
std::size_t CountSignificant(std::string_view mantissa) {
  const std::size_t first = mantissa.find_first_not_of("-0.");
  if (first == std::string_view::npos) return 0;
  if (!mantissa.contains('.')) mantissa = mantissa.substr(0, mantissa.find_last_not_of('0') + 1);
  return static_cast<std::size_t>(
      std::ranges::count_if(mantissa.substr(first), [](char c) { return c != '.'; }));
}

// Of a number out of a double's range: whether it is so for being too near to zero.
bool IsTiny(std::string_view text) {
  const std::size_t e = text.find_first_of("eE");
  return e != std::string_view::npos && text.substr(e + 1).starts_with('-');
}

}  // namespace

// RFC 8259, section 6.
NumberToken ScanNumber(std::string_view text) {
  NumberToken token;
  std::size_t at = text.starts_with('-') ? 1 : 0;
  const std::size_t whole = CountDigits(text.substr(at));
  if (whole == 0 || (whole > 1 && text[at] == '0')) return {};
  at += whole;
  if (text.substr(at).starts_with('.')) {
    const std::size_t fraction = CountDigits(text.substr(at + 1));
    if (fraction == 0) return {};
    at += 1 + fraction;
  }
  token.mantissa_bytes = at;
  if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
    ++at;
    if (at < text.size() && (text[at] == '+' || text[at] == '-')) ++at;
    token.exponent_digits = CountDigits(text.substr(at));
    if (token.exponent_digits == 0) return {};
    const std::size_t zeros =
        std::min(text.substr(at).find_first_not_of('0'), token.exponent_digits);
    at += token.exponent_digits;
    token.exponent_digits = std::max<std::size_t>(token.exponent_digits - zeros, 1);
  }
  token.bytes = at;
  return token;
}

Result<void> CheckNumber(const NumberToken& token, std::string_view text) {
  if (token.bytes <= kHarmlessBytes && token.exponent_digits == 0) return {};
  const std::size_t significant = CountSignificant(text.substr(0, token.mantissa_bytes));
  if (significant == 0) return {};  // Zero, whatever its exponent.
  if (significant > Document::kMaxDigits) {
    return InputError(
        fmt::format("a number has more than {} significant digits", Document::kMaxDigits));
  }
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (token.exponent_digits > kMaxExponentDigits || (error != std::errc() && !IsTiny(text))) {
    return InputError(
        fmt::format("the number {} does not fit a double", text.substr(0, Document::kMaxDigits)));
  }
  return {};
}

}  // namespace hookline::json
