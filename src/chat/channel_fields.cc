#include "chat/channel_fields.h"

#include <fmt/core.h>

#include "chat/type_settings.h"

namespace hookline::chat {
namespace {

constexpr std::size_t kFilterTagsMax = 10;
constexpr std::size_t kSettingsBytesMax = 8 * 1024;

constexpr auto kFields = Names({"id",
                                "type",
                                "cid",
                                "created_by",
                                "created_by_id",
                                "truncated_by",
                                "truncated_by_id",
                                "members",
                                "invites",
                                "team",
                                "frozen",
                                "disabled",
                                "cooldown",
                                "config",
                                "config_overrides",
                                "filter_tags",
                                "auto_translation_enabled",
                                "auto_translation_language",
                                "created_at",
                                "updated_at",
                                "deleted_at",
                                "truncated_at",
                                "last_message_at",
                                "member_count",
                                "message_count",
                                "own_capabilities",
                                "muted",
                                "hidden",
                                "blocked",
                                "hide_messages_before",
                                "mute_expires_at",
                                "user_id",
                                "user"});

Result<void> ReadOverrides(json::Value data, Channel& channel) {
  const json::Value overrides = data["config_overrides"];
  if (!overrides) return {};
  if (overrides.IsNull()) {
    channel.config_overrides_json.clear();
    return {};
  }
  if (auto valid = CheckOverrides(overrides); !valid) return valid;
  channel.config_overrides_json = MapText(overrides);
  return {};
}

}  // namespace

Result<void> CheckOverrides(json::Value overrides) {
  if (!IsMap(overrides)) return InputError("channel.config_overrides must be an object");
  for (const json::Value member : overrides) {
    const std::string path = fmt::format("config_overrides.{}", member.key());
    const TypeSetting* setting = FindTypeSetting(member.key());
    if (setting == nullptr || !setting->in_overrides) {
      return InputError(fmt::format("{} is not a known setting of a channel", path));
    }
    if (auto checked = CheckTypeSetting(*setting, path, member, {}); !checked) {
      return std::unexpected(checked.error());
    }
  }
  return {};
}

Result<void> ReadCooldown(json::Value object, Channel& channel) {
  const json::Value value = object["cooldown"];
  if (value.IsMissingOrNull()) return {};
  const auto cooldown = value.AsInt();
  if (!cooldown || *cooldown < 0 || *cooldown > kCooldownMax.count()) {
    return InputError(fmt::format("channel.cooldown must be 0 to {}", kCooldownMax.count()));
  }
  channel.cooldown = static_cast<int>(*cooldown);
  return {};
}

Result<void> CheckMayFreeze(const Caller& caller, const Channel& before, const Channel& after) {
  if (caller.may_all() || (before.frozen == after.frozen && before.disabled == after.disabled)) {
    return {};
  }
  return Fail(ErrorKind::kNotAllowed, "only a server token can freeze or disable a channel");
}

bool IsChannelField(std::string_view name) { return kFields.contains(name); }

Result<void> ReadChannelFields(const Caller& caller, json::Value data, Channel& channel) {
  const Channel before = channel;
  for (const auto& result :
       {ReadString(data, "team", "channel.team", channel.team),
        ReadBool(data, "frozen", "channel.frozen", channel.frozen),
        ReadBool(data, "disabled", "channel.disabled", channel.disabled),
        ReadStrings(data, "filter_tags", "channel.filter_tags", kFilterTagsMax,
                    channel.filter_tags),
        ReadBool(data, "auto_translation_enabled", "channel.auto_translation_enabled",
                 channel.auto_translation_enabled),
        ReadString(data, "auto_translation_language", "channel.auto_translation_language",
                   channel.auto_translation_language),
        ReadOverrides(data, channel), ReadCooldown(data, channel)}) {
    if (!result) return result;
  }
  if (auto fits = CheckChannelBytes(channel, &before); !fits) return fits;
  return CheckMayFreeze(caller, before, channel);
}

Result<std::string> ChannelCustomFields(const Limits& limits, json::Value data) {
  // Of a channel as one user sees it, which is not set here.
  static constexpr auto kNeverSet = Names({"hide_messages_before", "mute_expires_at"});
  if (auto refused = RefuseReservedIn("channel", data, kNeverSet); !refused) {
    return std::unexpected(refused.error());
  }
  return CustomFields(data, kFields, limits, "channel");
}

Result<void> CheckChannelBytes(const Channel& channel, const Channel* before) {
  const auto bytes = [](const Channel& of) {
    std::size_t sum = QuotedBytes(of.team) + QuotedBytes(of.auto_translation_language) +
                      of.config_overrides_json.size();
    for (const std::string& tag : of.filter_tags) sum += QuotedBytes(tag);
    return sum;
  };
  return CheckBytes("the channel's team, language, filter_tags and config_overrides",
                    bytes(channel), before == nullptr ? 0 : bytes(*before), kSettingsBytesMax);
}

bool ResetChannelField(std::string_view name, Channel& channel) {
  if (name == "team") {
    channel.team.clear();
  } else if (name == "frozen") {
    channel.frozen = false;
  } else if (name == "disabled") {
    channel.disabled = false;
  } else if (name == "cooldown") {
    channel.cooldown = 0;
  } else if (name == "config_overrides") {
    channel.config_overrides_json.clear();
  } else if (name == "auto_translation_enabled") {
    channel.auto_translation_enabled = false;
  } else if (name == "auto_translation_language") {
    channel.auto_translation_language.clear();
  } else if (name == "filter_tags") {
    channel.filter_tags.clear();
  } else {
    return false;
  }
  return true;
}

}  // namespace hookline::chat
