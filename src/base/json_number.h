#pragma once

#include <cstddef>
#include <string_view>

#include "base/error.h"

/// The numbers of JSON texts. Internal to the base room.
namespace hookline::json {

/// The number that a text begins with.
struct NumberToken {
  std::size_t bytes = 0;            ///< 0: it begins with none.
  std::size_t mantissa_bytes = 0;   ///< Of the part before the exponent, with its sign.
  std::size_t exponent_digits = 0;  ///< Without leading zeros; 0: there is no exponent.
};
NumberToken ScanNumber(std::string_view text);

/// Whether those who read it later can be expected to: it fits a double and has at most
/// Document::kMaxDigits significant digits. `text` is the number's. Fails with kInput.
Result<void> CheckNumber(const NumberToken& token, std::string_view text);

}  // namespace hookline::json
