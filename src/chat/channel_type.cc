#include "chat/channel_type.h"

#include <array>
#include <utility>

#include "base/json.h"
#include "chat/write.h"

namespace hookline::chat {
namespace {

using Flag = bool ChannelType::*;

// In the order in which the server writes them.
constexpr std::array kFlags = {
    std::pair<std::string_view, Flag>{"typing_events", &ChannelType::typing_events},
    std::pair<std::string_view, Flag>{"read_events", &ChannelType::read_events},
    std::pair<std::string_view, Flag>{"connect_events", &ChannelType::connect_events},
    std::pair<std::string_view, Flag>{"delivery_events", &ChannelType::delivery_events},
    std::pair<std::string_view, Flag>{"search", &ChannelType::search},
    std::pair<std::string_view, Flag>{"reactions", &ChannelType::reactions},
    std::pair<std::string_view, Flag>{"replies", &ChannelType::replies},
    std::pair<std::string_view, Flag>{"quotes", &ChannelType::quotes},
    std::pair<std::string_view, Flag>{"mutes", &ChannelType::mutes},
    std::pair<std::string_view, Flag>{"uploads", &ChannelType::uploads},
    std::pair<std::string_view, Flag>{"url_enrichment", &ChannelType::url_enrichment},
    std::pair<std::string_view, Flag>{"custom_events", &ChannelType::custom_events},
    std::pair<std::string_view, Flag>{"push_notifications", &ChannelType::push_notifications},
    std::pair<std::string_view, Flag>{"reminders", &ChannelType::reminders},
    std::pair<std::string_view, Flag>{"mark_messages_pending", &ChannelType::mark_messages_pending},
    std::pair<std::string_view, Flag>{"polls", &ChannelType::polls},
    std::pair<std::string_view, Flag>{"user_message_reminders",
                                      &ChannelType::user_message_reminders},
    std::pair<std::string_view, Flag>{"shared_locations", &ChannelType::shared_locations},
    std::pair<std::string_view, Flag>{"count_messages", &ChannelType::count_messages},
    std::pair<std::string_view, Flag>{"skip_last_msg_update_for_system_msgs",
                                      &ChannelType::skip_last_msg_update_for_system_msgs},
};

std::array<ChannelType, 5> MakeBuiltIns() {
  // The five exist from the start, so they carry a fixed time.
  constexpr Timestamp kSince{1'735'689'600'000'000'000};  // 2025-01-01T00:00:00Z
  std::array<ChannelType, 5> types;
  constexpr std::array<std::string_view, 5> kNames = {"messaging", "team", "livestream", "gaming",
                                                      "commerce"};
  for (std::size_t i = 0; i < types.size(); ++i) {
    types[i].name = kNames[i];
    types[i].created_at = kSince;
    types[i].updated_at = kSince;
    types[i].open_to_all = kNames[i] == "livestream";
  }
  return types;
}

}  // namespace

std::span<const ChannelType> BuiltInChannelTypes() {
  static const std::array<ChannelType, 5> kTypes = MakeBuiltIns();
  return kTypes;
}

const ChannelType* FindChannelType(std::string_view name) {
  for (const ChannelType& type : BuiltInChannelTypes()) {
    if (type.name == name) return &type;
  }
  return nullptr;
}

ChannelType EffectiveConfig(const ChannelType& type, const Channel& channel) {
  ChannelType config = type;
  if (channel.config_overrides_json.empty()) return config;
  const auto overrides = json::Document::Parse(channel.config_overrides_json);
  if (!overrides) return config;  // Validated when it was stored.
  for (const auto& [name, flag] : kFlags) {
    config.*flag = overrides->root()[name].AsBool().value_or(config.*flag);
  }
  if (const auto length = overrides->root()["max_message_length"].AsInt()) {
    config.max_message_length = static_cast<int>(*length);
  }
  return config;
}

void WriteChannelTypeFields(json::Writer& w, const ChannelType& type, Format format) {
  WriteTime(w, "created_at", type.created_at, format);
  WriteTime(w, "updated_at", type.updated_at, format);
  w.Field("name", type.name);
  for (const auto& [name, flag] : kFlags) w.Field(name, type.*flag);
  w.Field("message_retention", type.message_retention);
  w.Field("max_message_length", type.max_message_length);
  w.Field("automod", type.automod);
  w.Field("automod_behavior", type.automod_behavior);
}

void WriteChannelConfig(json::Writer& w, const ChannelType& type, Format format) {
  w.BeginObject();
  WriteChannelTypeFields(w, type, format);
  w.Key("commands").BeginArray().EndArray();
  w.EndObject();
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
