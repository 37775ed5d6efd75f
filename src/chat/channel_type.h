#pragma once

#include <array>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/json.h"
#include "base/time.h"
#include "chat/event.h"
#include "chat/model.h"
#include "chat/store.h"

namespace hookline::chat {

/// Commands that a channel has, with their JSON: payloads repeat it.
struct EnabledCommands {
  std::vector<Command> list;
  std::string json_v1;  ///< An array of objects; empty if it was not worth writing ahead.
  std::string json_v2;

  const Command* Find(std::string_view name) const;
};

/// Settings of a channel type that are lists.
struct ListSettings {
  std::string config_json = "{}";  ///< As they stand in a channel's `config`.
  std::vector<std::string> allowed_flag_reasons;
};

/// What channels of a type allow (docs/contract/routes.md#channel-types). Cheap to copy.
struct ChannelType {
  std::string name;
  bool typing_events = true;
  bool read_events = true;
  bool connect_events = true;
  bool delivery_events = false;
  bool search = true;
  bool reactions = true;
  bool replies = true;
  bool quotes = true;
  bool mutes = true;
  bool uploads = true;
  bool url_enrichment = true;
  bool custom_events = true;
  bool push_notifications = true;
  bool reminders = false;
  bool mark_messages_pending = false;
  bool polls = false;
  bool user_message_reminders = false;
  bool shared_locations = false;
  bool count_messages = true;  ///< Whether a channel shows its `message_count`.
  bool skip_last_msg_update_for_system_msgs = false;
  int max_message_length = 5000;
  Timestamp created_at;
  Timestamp updated_at;
  /// Anybody may read and write, members or not (docs/contract/rulings.md#33).
  bool open_to_all = false;
  std::shared_ptr<const EnabledCommands> commands;  ///< Never nullptr in a Catalog's types.
  std::shared_ptr<const ListSettings> lists;        ///< The same.
};
using ChannelTypePtr = std::shared_ptr<const ChannelType>;

/// A switch of a type by its API name.
struct ChannelTypeFlag {
  std::string_view name;
  bool ChannelType::* flag;
  /// False: it stays off, because nothing would come of it.
  bool carried_out = true;
};
/// In the order in which they are written.
std::span<const ChannelTypeFlag> ChannelTypeFlags();

/// The type's settings with the channel's `config_overrides` laid over them.
ChannelType EffectiveConfig(const ChannelType& type, const Channel& channel);

/// The settings in force in a channel. A type that is gone leaves the defaults.
ChannelType ConfigOf(Reader& store, const Channel& channel);

/// The members of a ChannelConfigWithInfo but its commands, into the object that is open in `w`.
void WriteChannelTypeFields(json::Writer& w, const ChannelType& type, Format format);
/// A ChannelConfigWithInfo as an object of its own.
void WriteChannelConfig(json::Writer& w, const ChannelType& type, Format format);
/// `commands` as a member: objects, as everywhere but in answers to a type's creation and update.
void WriteCommands(json::Writer& w, const EnabledCommands& commands, Format format);
/// The members of a command's object.
void WriteCommandFields(json::Writer& w, const Command& command, Format format);
/// What a type's configuration takes of every event that shows a channel, but for its fixed part.
std::size_t ConfigBytes(const ChannelType& type);
/// `grants`: which role may do what, as Stream names it.
void WriteGrants(json::Writer& w, const ChannelType& type);

}  // namespace hookline::chat
