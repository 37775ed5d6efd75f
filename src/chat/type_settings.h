#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "base/error.h"
#include "base/json.h"

/// What may be set on a channel type, and on a channel as `config_overrides`: one table of what is
/// carried out, and of what is refused because nothing would come of it.
namespace hookline::chat {

enum class SettingKind : std::uint8_t {
  kFlag,
  kLength,  ///< max_message_length.
  kCount,
  kText,
  kEnum,
  kRetention,
  kObject,
  kStrings,
  kCommands,  ///< Names, sets, "all", or objects that have a name.
  kBlocklists,
  kPermissions,
  kGrants,  ///< Only what is in force already asks for nothing.
};

struct TypeSetting {
  std::string_view name;
  SettingKind kind;
  std::string_view words = {};  ///< For kEnum: with blanks between.
  /// False: only what asks for nothing is accepted, and nothing of it is kept.
  bool carried_out = true;
  std::string_view neutral = {};  ///< A text that asks for nothing, besides the empty one.
  bool in_overrides = false;
};

/// Every setting, the switches first.
std::span<const TypeSetting> TypeSettings();
/// nullptr if there is no setting of that name.
const TypeSetting* FindTypeSetting(std::string_view name);

/// Whether `value` is to be kept. False: it stands for "not set" in some client's language (null,
/// "", 0), or asks for nothing. kInput if it is not what it should be; kNotImplemented if nothing
/// would come of it. Messages begin with `path`. `grants` are those in force, as a JSON
/// object; empty if naming any changes them.
Result<bool> CheckTypeSetting(const TypeSetting& setting, std::string_view path, json::Value value,
                              std::string_view grants);

}  // namespace hookline::chat
