#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "chat/channel_type.h"
#include "chat/model.h"

namespace hookline::chat {

/// The commands and channel types of an app: Stream's built-in ones with what the app has stored
/// laid over and added to them. Immutable, so it may be shared between threads.
class Catalog {
 public:
  /// Of what is stored for the app.
  Catalog(std::vector<ChannelTypeRecord> types, std::vector<Command> commands);

  /// Of an app that has stored nothing.
  static const CatalogPtr& Default();
  /// A type with nothing but the defaults: what a new one starts from.
  static ChannelType NewType(std::string_view name);

  /// Built-in ones first, then by name.
  std::span<const Command> commands() const { return commands_; }
  const Command* FindCommand(std::string_view name) const;
  /// A type that lists the command by its name, not by a set; nullptr if there is none.
  const ChannelType* TypeListing(std::string_view command) const;
  /// True if `text` may stand in a type's `commands`: a command, a set, or "all".
  bool IsCommandOrSet(std::string_view text) const;

  /// Built-in ones first, then by name.
  std::span<const ChannelType> types() const { return types_; }
  const ChannelType* FindType(std::string_view name) const;
  /// What is stored for the type; nullptr if nothing is.
  const ChannelTypeRecord* FindRecord(std::string_view name) const;

 private:
  void AddType(ChannelType type, const ChannelTypeRecord* record,
               std::vector<std::string> commands_default);
  std::shared_ptr<const EnabledCommands> Enabled(const std::vector<std::string>& given) const;

  std::vector<ChannelTypeRecord> records_;
  std::vector<Command> commands_;
  std::vector<ChannelType> types_;
  /// Of each of types_: `commands` as it was given.
  std::vector<std::vector<std::string>> given_;
};

/// messaging, team, livestream, gaming, commerce.
bool IsBuiltInChannelType(std::string_view name);
/// giphy, ban, unban, mute, unmute, flag.
bool IsBuiltInCommand(std::string_view name);

}  // namespace hookline::chat
