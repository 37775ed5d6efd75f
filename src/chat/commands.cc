#include "chat/commands.h"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "chat/access.h"
#include "chat/catalog.h"
#include "chat/channel_types.h"
#include "chat/fields.h"

namespace hookline::chat {
namespace {

constexpr std::size_t kTextBytesMax = 255;
constexpr std::ptrdiff_t kCommandsMax = 500;

bool IsBlank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

Result<void> CheckName(std::string_view name) {
  if (name.empty()) return InputError("name is a required field");
  if (name.size() > kTextBytesMax) {
    return InputError(fmt::format("name must have at most {} characters", kTextBytesMax));
  }
  if (std::ranges::any_of(name, [](char c) { return IsBlank(c) || c == '/'; })) {
    return InputError("name must not contain spaces or slashes");
  }
  return {};
}

Result<void> ReadFields(json::Value body, Command& command) {
  for (const auto& [name, field] :
       {std::pair{"description", &command.description}, std::pair{"args", &command.args},
        std::pair{"set", &command.set}}) {
    if (auto read = ReadString(body, name, name, *field); !read) return read;
    if (field->size() > kTextBytesMax) {
      return InputError(fmt::format("{} must have at most {} characters", name, kTextBytesMax));
    }
  }
  return {};
}

Error Unknown(std::string_view name) {
  return Error(ErrorKind::kNotFound, fmt::format("command with name \"{}\" does not exist", name));
}

Result<Command> RequireChangeable(Context& context, std::string_view name) {
  if (auto allowed = RequireServer(context.caller); !allowed) {
    return std::unexpected(allowed.error());
  }
  auto command = RequireCommand(context.read(), name);
  if (command && command->built_in) {
    return InputError(fmt::format("{} is a built-in command", name));
  }
  return command;
}

}  // namespace

Result<Command> RequireCommand(const ReadContext& context, std::string_view name) {
  const CatalogPtr catalog = context.store.FindCatalog(context.app);
  if (const Command* command = catalog->FindCommand(name)) return *command;
  return std::unexpected(Unknown(name));
}

Result<Command> CreateCommand(Context& context, json::Value body) {
  if (auto allowed = RequireServer(context.caller); !allowed) {
    return std::unexpected(allowed.error());
  }
  Command command;
  if (auto read = ReadString(body, "name", "name", command.name); !read) {
    return std::unexpected(read.error());
  }
  if (auto checked = CheckName(command.name); !checked) return std::unexpected(checked.error());
  const CatalogPtr catalog = context.store.FindCatalog(context.app);
  if (IsBuiltInCommand(command.name) || command.name == "all") {
    return InputError(fmt::format("command name \"{}\" is reserved", command.name));
  }
  if (catalog->FindCommand(command.name) != nullptr) {
    return InputError(fmt::format("command with name \"{}\" already exists", command.name));
  }
  if (std::ssize(catalog->commands()) >= kCommandsMax) {
    return InputError(fmt::format("an app has at most {} commands", kCommandsMax));
  }
  if (!body["description"].IsString()) return InputError("description is a required field");
  if (auto read = ReadFields(body, command); !read) return std::unexpected(read.error());
  command.created_at = context.now;
  command.updated_at = context.now;
  context.store.PutCommand(context.app, command);
  if (auto fits = CheckConfigBytes(context, *catalog); !fits) return std::unexpected(fits.error());
  return command;
}

Result<Command> UpdateCommand(Context& context, std::string_view name, json::Value body) {
  auto command = RequireChangeable(context, name);
  if (!command) return command;
  if (auto read = ReadFields(body, *command); !read) return std::unexpected(read.error());
  command->updated_at = context.now;
  const CatalogPtr before = context.store.FindCatalog(context.app);
  context.store.PutCommand(context.app, *command);
  if (auto fits = CheckConfigBytes(context, *before); !fits) return std::unexpected(fits.error());
  return command;
}

Result<void> DeleteCommand(Context& context, std::string_view name) {
  if (auto command = RequireChangeable(context, name); !command) {
    return std::unexpected(command.error());
  }
  const CatalogPtr catalog = context.store.FindCatalog(context.app);
  if (const ChannelType* type = catalog->TypeListing(name)) {
    return InputError(fmt::format(
        "command \"{}\" is used by channel type {}; remove it there first", name, type->name));
  }
  context.store.DeleteCommand(context.app, name);
  return {};
}

std::optional<CommandCall> ParseCommand(const ChannelType& config, std::string_view text) {
  if (!text.starts_with('/')) return std::nullopt;
  text.remove_prefix(1);
  const std::size_t end = std::min(text.find_first_of(" \t\r\n"), text.size());
  const Command* command = config.commands->Find(text.substr(0, end));
  if (command == nullptr) return std::nullopt;
  std::string_view args = text.substr(end);
  while (!args.empty() && IsBlank(args.front())) args.remove_prefix(1);
  while (!args.empty() && IsBlank(args.back())) args.remove_suffix(1);
  return CommandCall{command->name, std::string(args), command->built_in};
}

}  // namespace hookline::chat
