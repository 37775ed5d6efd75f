#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/json.h"
#include "base/time.h"
#include "chat/limits.h"

/// Reading request objects: typed access with errors that name the field, and custom fields.
namespace hookline::chat {

/// Most custom fields that an entity may have: looking for repeated names takes the square of it.
inline constexpr std::size_t kMaxCustomFields = 1000;

/// A missing or null field leaves `out` as it is; a value of another type is a kInput error that
/// names `path` ("message.text").
Result<void> ReadString(json::Value object, std::string_view name, std::string_view path,
                        std::string& out);
Result<void> ReadBool(json::Value object, std::string_view name, std::string_view path, bool& out);
Result<void> ReadStrings(json::Value object, std::string_view name, std::string_view path,
                         std::size_t max_items, std::vector<std::string>& out);

/// A time in RFC 3339; null and the zero values of typed clients ("", 0001-01-01T00:00:00Z) stand
/// for none. A missing field leaves `out` as it is.
Result<void> ReadTime(json::Value value, std::string_view path, Timestamp& out);

/// "", 0, false, [], {}, null or 0001-01-01T00:00:00Z: what typed clients send for a field that
/// they do not set, because they always send whole objects.
bool IsZeroValue(json::Value value);

/// An object, or the empty list that PHP's json_encode makes of an empty one.
bool IsMap(json::Value value);
/// Its text, which is an object's. Requires: IsMap.
std::string MapText(json::Value value);

/// For a field that only the server sets: a kInput error that names it as `entity`.`name`, unless
/// its value is a zero value, which stands for an absent field. A missing `value` (the field is to
/// be removed) is an error too.
Result<void> RefuseReserved(std::string_view entity, std::string_view name, json::Value value);

/// RefuseReserved for each member of `object` that is among `names`.
Result<void> RefuseReservedIn(std::string_view entity, json::Value object,
                              std::span<const std::string_view> names);

/// The name of a role: 1 to 64 letters, digits, `_`, `-` or `.`. Roles cannot be made or
/// listed here, so every name that could be one's is taken.
Result<void> CheckRole(std::string_view path, std::string_view role);

/// The members of `object` that are not in `known`, plus those of its `custom` object (clients of
/// both kinds are accepted), as the text of one object. A name that occurs twice keeps its last
/// value. Members of `custom` that share their name with a built-in field, or are called
/// `custom`, stay in a `custom` object of their own, because written flat they would pass for the
/// built-in field. Fails on more than kMaxCustomFields.
Result<std::string> CustomFields(json::Value object, std::span<const std::string_view> known);
/// The same for what is stored: fails too if the text is larger than `limits` say; `entity` names
/// it ("message").
Result<std::string> CustomFields(json::Value object, std::span<const std::string_view> known,
                                 const Limits& limits, std::string_view entity);

/// One change of a partial update: `path` split at its dots; a missing `value` removes.
struct FieldChange {
  std::vector<std::string_view> path;
  json::Value value;
};

/// Applies set and unset to the text of an object. A step through something that is not an object
/// makes it one. At most eight steps; at most kMaxCustomFields may be left.
Result<std::string> ApplyChanges(const std::string& object_json,
                                 std::span<const FieldChange> changes);
/// The same for custom data: fails too if it grew larger than `limits` say.
Result<std::string> ChangeCustom(const std::string& custom_json,
                                 std::span<const FieldChange> changes, const Limits& limits,
                                 std::string_view entity);

/// Reads `set` (an object or missing) and `unset` (a list of names or missing) of a partial update:
/// at most 1000 changes. What is named inside of `custom` is a custom field: of one that shares its
/// name with a field that `is_built_in` the path begins with `custom`.
Result<std::vector<FieldChange>> ReadChanges(json::Value body,
                                             bool (*is_built_in)(std::string_view));

/// A fixed set of field names: `constexpr auto kKnown = Names({"id", "name"})`.
template <std::size_t N>
struct NameTable {
  std::string_view names[N];
  constexpr operator std::span<const std::string_view>() const { return names; }
  constexpr bool contains(std::string_view name) const {
    for (const std::string_view known : names) {
      if (known == name) return true;
    }
    return false;
  }
};
template <std::size_t N>
consteval NameTable<N> Names(const std::string_view (&names)[N]) {
  NameTable<N> table{};
  for (std::size_t i = 0; i < N; ++i) table.names[i] = names[i];
  return table;
}

}  // namespace hookline::chat
