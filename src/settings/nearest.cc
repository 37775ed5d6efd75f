#include "settings/nearest.h"

#include <fmt/core.h>

#include <algorithm>
#include <numeric>
#include <vector>

namespace hookline::settings {
namespace {

// Longer texts are nobody's slip of the pen, and each comparison costs length times length.
constexpr std::size_t kComparedBytes = 80;

std::size_t EditDistance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i + 1;
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, diagonal + 1, row[j] + 1});
    }
  }
  return row.back();
}

}  // namespace

std::string_view NearestName(std::string_view text, std::span<const std::string_view> names) {
  text = text.substr(0, kComparedBytes);
  const auto distance = [&](std::string_view name) {
    // Half a name (`url`) is likelier than a short one of other letters.
    if (text.size() >= 3 && name.find(text) != std::string_view::npos) return std::size_t{1};
    return EditDistance(text, name);
  };
  const auto nearest = std::ranges::min_element(names, {}, distance);
  return nearest == names.end() ? std::string_view() : *nearest;
}

Result<void> CheckKnownKeys(const std::string& prefix, json::Value object,
                            std::span<const std::string_view> names) {
  for (const json::Value member : object) {
    if (std::ranges::find(names, member.key()) != names.end()) continue;
    return InputError(fmt::format("{0}{1} is not a known field; did you mean {0}{2}?", prefix,
                                  member.key(), NearestName(member.key(), names)));
  }
  return {};
}

}  // namespace hookline::settings
