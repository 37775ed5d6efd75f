#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "chat/event.h"
#include "chat/model.h"

namespace hookline::chat {

/// What is allowed in channels of a type (api.md §5, ChannelConfig).
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
  bool count_messages = false;
  bool skip_last_msg_update_for_system_msgs = false;
  int max_message_length = 5000;
  std::string message_retention = "infinite";
  std::string automod = "disabled";
  std::string automod_behavior = "flag";
  Timestamp created_at;
  Timestamp updated_at;
  /// Anybody may read and write, members or not (decisions.md 33).
  bool open_to_all = false;
};

/// messaging, team, livestream, gaming, commerce.
std::span<const ChannelType> BuiltInChannelTypes();
const ChannelType* FindChannelType(std::string_view name);

/// The type's settings with the channel's `config_overrides` laid over them.
ChannelType EffectiveConfig(const ChannelType& type, const Channel& channel);

/// The members of a ChannelConfigWithInfo, into the object that is open in `w`.
void WriteChannelTypeFields(json::Writer& w, const ChannelType& type, Format format);
/// The same as an object of its own.
void WriteChannelConfig(json::Writer& w, const ChannelType& type, Format format);
/// `grants`: which role may do what, as Stream names it.
void WriteGrants(json::Writer& w, const ChannelType& type);

}  // namespace hookline::chat
