#include "settings/field_check.h"

#include <fmt/core.h>

namespace hookline::settings {

Result<void> CheckBool(std::string_view field, json::Value value) {
  if (!value.IsBool()) return InputError(fmt::format("{} must be a boolean", field));
  return {};
}

Result<void> CheckString(std::string_view field, json::Value value, std::size_t max_bytes) {
  const auto text = value.AsString();
  if (!text) return InputError(fmt::format("{} must be a string", field));
  if (text->size() > max_bytes) {
    return InputError(fmt::format("{} must not be longer than {} bytes", field, max_bytes));
  }
  return {};
}

Result<void> CheckInt(std::string_view field, json::Value value, std::int64_t min,
                      std::int64_t max) {
  const auto number = value.AsInt();
  if (!number) return InputError(fmt::format("{} must be an integer", field));
  if (*number < min || *number > max) {
    return InputError(fmt::format("{} must be between {} and {}", field, min, max));
  }
  return {};
}

Result<void> CheckObject(std::string_view field, json::Value value) {
  // PHP's json_encode makes a list of an empty object.
  const bool empty = value.IsArray() && value.size() == 0;
  if (!value.IsObject() && !empty) return InputError(fmt::format("{} must be an object", field));
  return {};
}

Result<void> CheckEnum(std::string_view field, json::Value value, std::string_view allowed) {
  const auto text = value.AsString();
  if (!text) return InputError(fmt::format("{} must be a string", field));
  std::string_view rest = allowed;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find(' '), rest.size());
    if (rest.substr(0, end) == *text) return {};
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return InputError(fmt::format("{} must be one of [{}]", field, allowed));
}

Result<void> CheckStringList(std::string_view field, json::Value value, std::size_t max_items,
                             bool allow_empty_strings) {
  if (!value.IsArray()) return InputError(fmt::format("{} must be a list of strings", field));
  if (value.size() > max_items) {
    return InputError(fmt::format("{} must not have more than {} items", field, max_items));
  }
  for (const json::Value item : value) {
    const auto text = item.AsString();
    if (!text) return InputError(fmt::format("{} must be a list of strings", field));
    if (text->empty() && !allow_empty_strings) {
      return InputError(fmt::format("{} must not contain an empty string", field));
    }
    if (text->size() > 255) {
      return InputError(fmt::format("{} must not contain strings over 255 bytes", field));
    }
  }
  return {};
}

bool IsEmptyValue(json::Value value) {
  if (value.IsMissingOrNull()) return true;
  if (const auto text = value.AsString()) return text->empty();
  if (value.IsNumber()) return value.AsDouble() == 0.0;
  if (value.IsBool()) return false;
  if (value.IsArray()) return value.size() == 0;
  for (const json::Value member : value) {
    if (!IsEmptyValue(member)) return false;
  }
  return true;
}

bool IsOff(json::Value value) {
  if (value.IsBool()) return value.AsBool() == false;
  if (value.AsString() == "0001-01-01T00:00:00Z") return true;
  if (!value.IsObject()) return IsEmptyValue(value);
  for (const json::Value member : value) {
    if (!IsOff(member)) return false;
  }
  return true;
}

}  // namespace hookline::settings
