#pragma once

#include <cstdint>
#include <string_view>

#include "base/error.h"

/// A fuzz target is one file that defines this function, which libFuzzer calls again and again. A
/// property that does not hold ends the process with HOOKLINE_CHECK, and the input is kept.
// NOLINTNEXTLINE(readability-identifier-naming): libFuzzer's name.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace hookline::fuzz {

/// An input as fields, one a line, so that seeds can be written and read by hand.
class Input {
 public:
  Input(const std::uint8_t* data, std::size_t size)
      : rest_(reinterpret_cast<const char*>(data), size) {}

  /// Up to the next line end, which is taken too; all of the rest if there is none.
  std::string_view Line() {
    const std::size_t end = rest_.find('\n');
    const std::string_view line = rest_.substr(0, end);
    rest_.remove_prefix(end == std::string_view::npos ? rest_.size() : end + 1);
    return line;
  }

  /// Everything that no Line() has taken.
  std::string_view Rest() const { return rest_; }

 private:
  std::string_view rest_;
};

}  // namespace hookline::fuzz
