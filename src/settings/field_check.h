#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/json.h"

/// Checks of single values in requests. Each fails with kInput and a message that names `field`,
/// the value's path in the request.
namespace hookline::settings {

Result<void> CheckBool(std::string_view field, json::Value value);
Result<void> CheckString(std::string_view field, json::Value value, std::size_t max_bytes);
Result<void> CheckInt(std::string_view field, json::Value value, std::int64_t min,
                      std::int64_t max);
Result<void> CheckObject(std::string_view field, json::Value value);
/// `allowed` holds the words, separated by single blanks, as the message lists them.
Result<void> CheckEnum(std::string_view field, json::Value value, std::string_view allowed);
Result<void> CheckStringList(std::string_view field, json::Value value, std::size_t max_items,
                             bool allow_empty_strings);

/// True for null, "", 0, [] and objects of only such values: what clients send for "not set".
bool IsEmptyValue(json::Value value);

/// The same with false, and Go's zero time: what asks for nothing.
bool IsOff(json::Value value);

}  // namespace hookline::settings
