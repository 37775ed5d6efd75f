#include "chat/channel_type.h"

#include <algorithm>
#include <utility>

#include "base/json.h"
#include "chat/catalog.h"
#include "chat/write.h"

namespace hookline::chat {
namespace {

constexpr ChannelTypeFlag kFlags[] = {
    {"typing_events", &ChannelType::typing_events},
    {"read_events", &ChannelType::read_events},
    {"connect_events", &ChannelType::connect_events},
    {"delivery_events", &ChannelType::delivery_events, false},
    {"search", &ChannelType::search},
    {"reactions", &ChannelType::reactions},
    {"replies", &ChannelType::replies},
    {"quotes", &ChannelType::quotes},
    {"mutes", &ChannelType::mutes},
    {"uploads", &ChannelType::uploads},
    {"url_enrichment", &ChannelType::url_enrichment},
    {"custom_events", &ChannelType::custom_events},
    {"push_notifications", &ChannelType::push_notifications},
    {"reminders", &ChannelType::reminders, false},
    {"mark_messages_pending", &ChannelType::mark_messages_pending, false},
    {"polls", &ChannelType::polls, false},
    {"user_message_reminders", &ChannelType::user_message_reminders, false},
    {"shared_locations", &ChannelType::shared_locations, false},
    {"count_messages", &ChannelType::count_messages},
    {"skip_last_msg_update_for_system_msgs", &ChannelType::skip_last_msg_update_for_system_msgs},
};

// Those of the type's commands that the channel's list names, by name or set.
std::shared_ptr<const EnabledCommands> Narrowed(const EnabledCommands& commands, json::Value list) {
  const auto named = [&](const Command& command) {
    for (const json::Value item : list) {
      const auto text = item.IsObject() ? item["name"].AsString() : item.AsString();
      if (text && (*text == "all" || *text == command.name ||
                   (!command.set.empty() && *text == command.set))) {
        return true;
      }
    }
    return false;
  };
  auto narrowed = std::make_shared<EnabledCommands>();
  std::ranges::copy_if(commands.list, std::back_inserter(narrowed->list), named);
  return narrowed;
}

}  // namespace

const Command* EnabledCommands::Find(std::string_view name) const {
  const auto found = std::ranges::find(list, name, &Command::name);
  return found == list.end() ? nullptr : &*found;
}

std::span<const ChannelTypeFlag> ChannelTypeFlags() { return kFlags; }

ChannelType EffectiveConfig(const ChannelType& type, const Channel& channel) {
  ChannelType config = type;
  if (channel.config_overrides_json.empty()) return config;
  const auto overrides =
      json::Document::Parse(channel.config_overrides_json, json::Source::kStored);
  if (!overrides) return config;  // Validated when it was stored.
  for (const auto& [name, flag, carried_out] : kFlags) {
    if (carried_out) config.*flag = overrides->root()[name].AsBool().value_or(config.*flag);
  }
  if (const auto length = overrides->root()["max_message_length"].AsInt(); length && *length > 0) {
    config.max_message_length = static_cast<int>(*length);
  }
  if (const json::Value list = overrides->root()["commands"]; list.IsArray()) {
    config.commands = Narrowed(*type.commands, list);
  }
  return config;
}

ChannelType ConfigOf(Reader& store, const Channel& channel) {
  const CatalogPtr catalog = store.FindCatalog(channel.app);
  if (const ChannelType* type = catalog->FindType(channel.type)) {
    return EffectiveConfig(*type, channel);
  }
  ChannelType gone = Catalog::NewType(channel.type);
  return EffectiveConfig(gone, channel);
}

void WriteChannelTypeFields(json::Writer& w, const ChannelType& type, Format format) {
  WriteTime(w, "created_at", type.created_at, format);
  WriteTime(w, "updated_at", type.updated_at, format);
  w.Field("name", type.name);
  for (const ChannelTypeFlag& each : kFlags) w.Field(each.name, type.*each.flag);
  w.Field("message_retention", "infinite");
  w.Field("max_message_length", type.max_message_length);
  w.Field("automod", "disabled");
  w.Field("automod_behavior", "flag");
  w.RawMembers(type.lists->config_json);
}

void WriteCommandFields(json::Writer& w, const Command& command, Format format) {
  w.Field("name", command.name);
  w.Field("description", command.description);
  w.Field("args", command.args);
  w.Field("set", command.set);
  WriteTime(w, "created_at", command.created_at, format);
  WriteTime(w, "updated_at", command.updated_at, format);
}

void WriteCommands(json::Writer& w, const EnabledCommands& commands, Format format) {
  w.Key("commands");
  const std::string& ready = format == Format::kV1 ? commands.json_v1 : commands.json_v2;
  if (!ready.empty()) {
    w.Raw(ready);
    return;
  }
  w.BeginArray();
  for (const Command& command : commands.list) {
    w.BeginObject();
    WriteCommandFields(w, command, format);
    w.EndObject();
  }
  w.EndArray();
}

void WriteChannelConfig(json::Writer& w, const ChannelType& type, Format format) {
  w.BeginObject();
  WriteChannelTypeFields(w, type, format);
  WriteCommands(w, *type.commands, format);
  w.EndObject();
}

std::size_t ConfigBytes(const ChannelType& type) {
  return type.lists->config_json.size() +
         std::max(type.commands->json_v1.size(), type.commands->json_v2.size());
}

void WriteGrants(json::Writer& w, const ChannelType& type) {
  static constexpr std::string_view kMember =
      R"(["read-channel","create-message","create-reply","create-reaction","update-message-owner",)"
      R"("delete-message-owner","delete-reaction-owner","send-custom-event","leave-channel"])";
  w.BeginObject();
  w.Key("channel_member").Raw(kMember);
  w.Key("channel_moderator").Raw(kMember);
  w.Key("user").Raw(type.open_to_all ? kMember : std::string_view(R"(["create-channel"])"));
  w.EndObject();
}

}  // namespace hookline::chat
