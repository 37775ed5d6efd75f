#pragma once

#include <cstddef>
#include <string>
#include <string_view>

/// Text from outside may hold any bytes; text that leaves is UTF-8. What is not is replaced where
/// it comes in, so that nobody behind that door meets it.
namespace hookline::utf8 {

/// U+FFFD, which stands for what was no text.
inline constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

/// The beginning of a text: how many bytes belong together, and whether they are a character.
struct Step {
  std::size_t bytes = 0;  ///< 1 to 4; of what is no character, the part that began like one.
  bool valid = false;
};
/// `text` must not be empty.
Step Next(std::string_view text);

bool IsValid(std::string_view text);

/// Appends `text` with U+FFFD for each part that is not UTF-8, as browsers decode.
void AppendValid(std::string& out, std::string_view text);

/// `text` itself if it is UTF-8, else what AppendValid makes of it.
std::string Valid(std::string text);

}  // namespace hookline::utf8
