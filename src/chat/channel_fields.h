#pragma once

#include <span>
#include <string>

#include "base/error.h"
#include "base/json.h"
#include "chat/context.h"
#include "chat/fields.h"

/// What clients may set on a channel. Internal to the chat room.
namespace hookline::chat {

/// Every name that a channel's `data` may have besides custom fields.
bool IsChannelField(std::string_view name);

/// Reads the settable fields of `data` into `channel`; absent ones keep their value.
Result<void> ReadChannelFields(const Caller& caller, json::Value data, Channel& channel);

/// `cooldown` (slow mode), which an update may also have beside `data`.
Result<void> ReadCooldown(json::Value object, Channel& channel);

/// The object `config_overrides`: its names and the ranges of its values.
Result<void> CheckOverrides(json::Value overrides);

/// Only a server token may freeze or disable a channel, or undo that.
Result<void> CheckMayFreeze(const Caller& caller, const Channel& before, const Channel& after);

/// The custom fields of `data`.
Result<std::string> ChannelCustomFields(const Limits& limits, json::Value data);

/// Whether the settings of `channel` besides custom data are small enough for every event;
/// `before` as in CheckBytes.
Result<void> CheckChannelBytes(const Channel& channel, const Channel* before = nullptr);

/// Resets a built-in field that `unset` names. False if it is none that can be reset.
bool ResetChannelField(std::string_view name, Channel& channel);

}  // namespace hookline::chat
