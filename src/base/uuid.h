#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/time.h"

namespace hookline {

/// A UUID as 16 bytes.
struct Uuid {
  std::array<std::uint8_t, 16> bytes{};

  friend bool operator==(const Uuid&, const Uuid&) = default;
};

/// Version 4: random (from the operating system's generator). Thread-safe.
Uuid RandomUuid();

/// Version 7: starts with the time in milliseconds, so that ids made one after another are stored
/// next to each other. Thread-safe.
Uuid TimeOrderedUuid(Timestamp now);

/// Lower-case, with dashes.
std::string ToString(const Uuid& uuid);
std::optional<Uuid> ParseUuid(std::string_view text);

/// `length` characters evenly from [a-z0-9], for keys and secrets (docs/contract/rulings.md#21).
std::string RandomKey(std::size_t length);

}  // namespace hookline
