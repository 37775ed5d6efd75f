#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/json.h"
#include "chat/channel_type.h"
#include "chat/context.h"

/// Slash commands, as servers manage them (docs/contract/routes.md#commands) and users give them.
namespace hookline::chat {

/// CreateCommand: `{name, description, args, set}`.
Result<Command> CreateCommand(Context& context, json::Value body);
/// UpdateCommand: what is absent stays.
Result<Command> UpdateCommand(Context& context, std::string_view name, json::Value body);
/// DeleteCommand: not while a channel type lists it by its name.
Result<void> DeleteCommand(Context& context, std::string_view name);
Result<Command> RequireCommand(const ReadContext& context, std::string_view name);

/// A command that a message's text gives.
struct CommandCall {
  std::string name;
  std::string args;       ///< What follows the name, without white space at either end.
  bool built_in = false;  ///< Carried out by this server; otherwise by the app's handler.
};

/// The command that `text` gives, if it is enabled in a channel of this config: "/name args".
std::optional<CommandCall> ParseCommand(const ChannelType& config, std::string_view text);

}  // namespace hookline::chat
