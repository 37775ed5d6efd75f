#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json.h"

namespace hookline::settings {

/// The members of a JSON object as editable text: each value keeps the exact text that it came as,
/// and each member its place. Not thread-safe.
class JsonMembers {
 public:
  JsonMembers() = default;
  /// `object` must be an object; of a repeated name the last value counts.
  explicit JsonMembers(json::Value object);
  /// From a text that Hookline stored: anything but a JSON object is a bug.
  static JsonMembers FromStored(std::string_view object_json);

  /// The value's text; empty if there is no such member.
  std::string_view Find(std::string_view name) const;
  void Set(std::string_view name, std::string_view value_json);
  void Erase(std::string_view name);

  std::string ToJson() const;

 private:
  std::vector<std::pair<std::string, std::string>> members_;
};

/// Parses what Hookline stored itself: a failure is a bug.
json::Document ParseStored(std::string_view text);

}  // namespace hookline::settings
