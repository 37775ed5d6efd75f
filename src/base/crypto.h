#pragma once

#include <string>
#include <string_view>

namespace hookline {

/// Lower-case hexadecimal SHA-256 of `data`.
std::string Sha256Hex(std::string_view data);

/// True if both are equal; takes the same time wherever they differ (their lengths are not secret).
bool ConstantTimeEquals(std::string_view a, std::string_view b);

/// Lower-case hexadecimal text of raw bytes.
std::string ToHex(std::string_view bytes);

}  // namespace hookline
