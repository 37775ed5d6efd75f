#include "chat/type_settings.h"

#include <fmt/core.h>

#include <algorithm>
#include <ranges>
#include <vector>

#include "chat/channel_type.h"
#include "chat/fields.h"

namespace hookline::chat {
namespace {

constexpr std::size_t kListMax = 1000;
constexpr std::size_t kTextBytesMax = 255;
constexpr std::int64_t kMessageLengthMax = 30'000;
constexpr std::int64_t kCountMax = 1'000'000'000;
constexpr std::int64_t kPriorityMax = 999;
constexpr std::size_t kRetentionDigitsMax = 6;

constexpr std::string_view kBehaviors = "flag block shadow_block";

using enum SettingKind;

// Of those that are switched off by what is never done, either value is true: nothing is uploaded,
// enriched, searched, pushed or announced to connections.
constexpr TypeSetting kOthers[] = {
    {.name = "max_message_length", .kind = kLength, .in_overrides = true},
    {.name = "commands", .kind = kCommands, .in_overrides = true},
    {.name = "allowed_flag_reasons", .kind = kStrings},
    {.name = "message_retention", .kind = kRetention, .carried_out = false, .neutral = "infinite"},
    {.name = "automod",
     .kind = kEnum,
     .words = "disabled simple AI",
     .carried_out = false,
     .neutral = "disabled"},
    {.name = "automod_behavior",
     .kind = kEnum,
     .words = kBehaviors,
     .carried_out = false,
     .neutral = "flag"},
    {.name = "automod_thresholds", .kind = kObject, .carried_out = false},
    {.name = "blocklist", .kind = kText, .carried_out = false, .in_overrides = true},
    {.name = "blocklist_behavior",
     .kind = kEnum,
     .words = kBehaviors,
     .carried_out = false,
     .neutral = "flag",
     .in_overrides = true},
    {.name = "blocklists", .kind = kBlocklists, .carried_out = false},
    {.name = "partition_size", .kind = kCount, .carried_out = false},
    {.name = "partition_ttl", .kind = kText, .carried_out = false},
    {.name = "push_level",
     .kind = kEnum,
     .words = "all all_mentions mentions direct_mentions none",
     .carried_out = false,
     .neutral = "all",
     .in_overrides = true},
    {.name = "chat_preferences", .kind = kObject, .carried_out = false, .in_overrides = true},
    {.name = "permissions", .kind = kPermissions, .carried_out = false},
    {.name = "grants", .kind = kGrants, .carried_out = false, .in_overrides = true},
};

bool IsStrings(json::Value list) {
  if (!list.IsArray() || list.size() > kListMax) return false;
  for (const json::Value item : list) {
    if (!item.IsString() || item.AsString()->size() > kTextBytesMax) return false;
  }
  return true;
}

bool IsCommands(json::Value list) {
  if (!list.IsArray() || list.size() > kListMax) return false;
  for (const json::Value item : list) {
    if (!(item.IsObject() ? item["name"] : item).IsString()) return false;
  }
  return true;
}

bool IsBlocklists(json::Value list) {
  if (!list.IsArray() || list.size() > kListMax) return false;
  for (const json::Value item : list) {
    if (!item["blocklist"].IsString() || !item["behavior"].IsString()) return false;
  }
  return true;
}

bool IsGrants(json::Value grants) {
  if (!IsMap(grants)) return false;
  for (const json::Value role : grants) {
    if (!role.IsNull() && !IsStrings(role)) return false;
  }
  return true;
}

bool IsRetention(json::Value value) {
  const auto text = value.AsString();
  if (!text) return false;
  const bool days = text->size() <= kRetentionDigitsMax &&
                    std::ranges::all_of(*text, [](char c) { return c >= '0' && c <= '9'; });
  return days || *text == "infinite";
}

Result<void> CheckNumber(std::string_view path, json::Value value, std::int64_t max) {
  const auto number = value.AsInt();
  if (number && *number >= 0 && *number <= max) return {};
  return InputError(fmt::format("{} must be an integer from 1 to {}", path, max));
}

Result<void> CheckWord(std::string_view path, json::Value value, std::string_view words) {
  for (const auto word : std::views::split(words, ' ')) {
    if (value.AsString() == std::string_view(word)) return {};
  }
  if (value.AsString() == "") return {};
  return InputError(fmt::format("{} must be one of [{}]", path, words));
}

Result<void> CheckPermissions(std::string_view path, json::Value value) {
  if (!value.IsArray() || value.size() > kListMax) {
    return InputError(fmt::format("{} must be a list", path));
  }
  for (const json::Value item : value) {
    if (item["name"].AsString().value_or("").empty()) {
      return InputError(fmt::format("{}.name is a required field", path));
    }
    if (const auto action = item["action"].AsString(); action != "Allow" && action != "Deny") {
      return InputError(fmt::format("{}.action must be one of [Allow Deny]", path));
    }
    const auto priority = item["priority"].AsInt();
    if (!priority || *priority < 1 || *priority > kPriorityMax) {
      return InputError(fmt::format("{}.priority must be 1 to {}", path, kPriorityMax));
    }
  }
  return {};
}

Result<void> CheckForm(const TypeSetting& setting, std::string_view path, json::Value value) {
  const auto require = [&](bool right, std::string_view what) -> Result<void> {
    if (right) return {};
    return InputError(fmt::format("{} must be {}", path, what));
  };
  switch (setting.kind) {
    case kFlag:
      return require(value.IsBool(), "a boolean");
    case kLength:
      return CheckNumber(path, value, kMessageLengthMax);
    case kCount:
      return CheckNumber(path, value, kCountMax);
    case kText:
      return require(value.IsString(), "a string");
    case kEnum:
      return CheckWord(path, value, setting.words);
    case kRetention:
      return require(IsRetention(value), "\"infinite\" or a number of days");
    case kObject:
      return require(IsMap(value), "an object");
    case kStrings:
      return require(IsStrings(value), "a list of strings of at most 255 bytes");
    case kCommands:
      return require(IsCommands(value), "a list of command names");
    case kBlocklists:
      return require(IsBlocklists(value), "a list of objects with blocklist and behavior");
    case kPermissions:
      return CheckPermissions(path, value);
    case kGrants:
      return require(IsGrants(value), "an object of lists of strings");
  }
  return {};
}

// Typed clients send objects of zero values.
bool IsNothing(json::Value value) {
  if (IsZeroValue(value)) return true;
  if (!value.IsObject()) return false;
  for (const json::Value member : value) {
    if (!IsNothing(member)) return false;
  }
  return true;
}

bool Has(json::Value list, json::Value text) {
  for (const json::Value item : list) {
    if (item.AsString() == text.AsString()) return true;
  }
  return false;
}

// Whether each role that `sent` names may do what it may do anyway.
bool AreInForce(json::Value sent, std::string_view grants) {
  if (sent.size() == 0) return true;
  const auto document = json::Document::Parse(grants, json::Source::kStored);
  if (!document) return false;
  for (const json::Value role : sent) {
    if (role.IsNull()) continue;
    const json::Value now = document->root()[role.key()];
    for (const auto& [some, others] : {std::pair{role, now}, std::pair{now, role}}) {
      for (const json::Value grant : some) {
        if (!Has(others, grant)) return false;
      }
    }
  }
  return true;
}

bool AsksForNothing(const TypeSetting& setting, json::Value value, std::string_view grants) {
  if (setting.kind == kGrants) return AreInForce(value, grants);
  if (!setting.neutral.empty() && value.AsString() == setting.neutral) return true;
  return IsNothing(value);
}

}  // namespace

std::span<const TypeSetting> TypeSettings() {
  static const std::vector<TypeSetting> settings = [] {
    std::vector<TypeSetting> all;
    for (const ChannelTypeFlag& flag : ChannelTypeFlags()) {
      all.push_back({.name = flag.name,
                     .kind = kFlag,
                     .carried_out = flag.carried_out,
                     .in_overrides = true});
    }
    all.insert(all.end(), std::begin(kOthers), std::end(kOthers));
    return all;
  }();
  return settings;
}

const TypeSetting* FindTypeSetting(std::string_view name) {
  const auto settings = TypeSettings();
  const auto found = std::ranges::find(settings, name, &TypeSetting::name);
  return found == settings.end() ? nullptr : &*found;
}

Result<bool> CheckTypeSetting(const TypeSetting& setting, std::string_view path, json::Value value,
                              std::string_view grants) {
  if (value.IsMissingOrNull()) return false;
  // What clients of typed languages send for what nobody has set.
  if (setting.kind != kFlag && (value.AsString() == "" || value.AsInt() == 0)) {
    if (setting.kind == kLength || setting.kind == kCount ? value.IsNumber() : value.IsString()) {
      return false;
    }
  }
  if (auto checked = CheckForm(setting, path, value); !checked) {
    return std::unexpected(checked.error());
  }
  if (setting.carried_out) return true;
  if (AsksForNothing(setting, value, grants)) return false;
  return Fail(ErrorKind::kNotImplemented,
              fmt::format("{} is not carried out by this server", path));
}

}  // namespace hookline::chat
