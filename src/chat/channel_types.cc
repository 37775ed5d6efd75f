#include "chat/channel_types.h"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "base/json_writer.h"
#include "chat/access.h"
#include "chat/catalog.h"
#include "chat/fields.h"

namespace hookline::chat {
namespace {

constexpr std::size_t kNameBytesMax = 64;
constexpr std::size_t kListMax = 1000;
constexpr std::ptrdiff_t kTypesMax = 500;
constexpr std::int64_t kMessageLengthMax = 30'000;
constexpr std::int64_t kPriorityMax = 999;
constexpr std::size_t kRetentionDigitsMax = 6;

// The settings that an update would change, checked one by one. Values that stand for "not set" in
// some client's language (null, "" and 0) are left out.
class Reading {
 public:
  explicit Reading(json::Value body) : body_(body) {}

  Result<void> Flags();
  Result<void> Enum(std::string_view name, std::initializer_list<std::string_view> values);
  Result<void> Integer(std::string_view name, std::int64_t max);
  Result<void> Retention();
  Result<void> Text(std::string_view name);
  Result<void> Object(std::string_view name);
  Result<void> StringList(std::string_view name);
  Result<void> Blocklists();
  Result<void> Permissions();
  Result<void> Grants();
  Result<void> RefuseAutomod();

  const std::vector<FieldChange>& changes() const { return changes_; }

 private:
  void Take(std::string_view name, json::Value value) { changes_.push_back({{name}, value}); }

  json::Value body_;
  std::vector<FieldChange> changes_;
};

// What clients of typed languages send for a field that nobody has set.
bool IsUnset(json::Value value) {
  return value.IsMissingOrNull() || value.AsString() == "" ||
         value.AsString() == "0001-01-01T00:00:00Z" || value.AsInt() == 0;
}

bool IsStrings(json::Value list) {
  if (!list.IsArray() || list.size() > kListMax) return false;
  for (const json::Value item : list) {
    if (!item.IsString()) return false;
  }
  return true;
}

Result<void> Reading::Flags() {
  for (const auto& [name, flag] : ChannelTypeFlags()) {
    const json::Value value = body_[name];
    if (value.IsMissingOrNull()) continue;
    if (!value.IsBool()) return InputError(fmt::format("{} must be a boolean", name));
    if (flag == &ChannelType::mark_messages_pending && value.AsBool() == true) {
      return Fail(ErrorKind::kNotImplemented, "mark_messages_pending: there are no such messages");
    }
    Take(name, value);
  }
  return {};
}

Result<void> Reading::Enum(std::string_view name, std::initializer_list<std::string_view> values) {
  const json::Value value = body_[name];
  if (value.IsMissingOrNull() || value.AsString() == "") return {};
  if (std::ranges::find(values, value.AsString()) == values.end()) {
    std::string list;
    for (const std::string_view allowed : values) {
      if (!list.empty()) list += ' ';
      list += allowed;
    }
    return InputError(fmt::format("{} must be one of [{}]", name, list));
  }
  Take(name, value);
  return {};
}

Result<void> Reading::Integer(std::string_view name, std::int64_t max) {
  const json::Value value = body_[name];
  if (value.IsMissingOrNull() || value.AsInt() == 0) return {};
  const auto number = value.AsInt();
  if (!number || *number < 1 || *number > max) {
    return InputError(fmt::format("{} must be an integer from 1 to {}", name, max));
  }
  Take(name, value);
  return {};
}

Result<void> Reading::Retention() {
  const json::Value value = body_["message_retention"];
  if (value.IsMissingOrNull() || value.AsString() == "") return {};
  const auto text = value.AsString();
  const bool days = text && text->size() <= kRetentionDigitsMax &&
                    std::ranges::all_of(*text, [](char c) { return c >= '0' && c <= '9'; });
  if (text != "infinite" && !days) {
    return InputError("message_retention must be \"infinite\" or a number of days");
  }
  if (days) {
    return Fail(ErrorKind::kNotImplemented, "message_retention: messages are kept for ever");
  }
  Take("message_retention", value);
  return {};
}

// Who switches these on counts on messages being looked at.
Result<void> Reading::RefuseAutomod() {
  const auto automod = body_["automod"].AsString().value_or("");
  const bool off = automod.empty() || automod == "disabled";
  for (const auto& [name, asked] :
       {std::pair{"automod", !off}, std::pair{"blocklist", !IsZeroValue(body_["blocklist"])},
        std::pair{"blocklists", !IsZeroValue(body_["blocklists"])}}) {
    if (!asked) continue;
    return Fail(ErrorKind::kNotImplemented,
                fmt::format("{}: nothing is moderated but by the app's own hooks", name));
  }
  return {};
}

Result<void> Reading::Text(std::string_view name) {
  const json::Value value = body_[name];
  if (value.IsMissingOrNull()) return {};
  if (!value.IsString()) return InputError(fmt::format("{} must be a string", name));
  Take(name, value);
  return {};
}

Result<void> Reading::Object(std::string_view name) {
  const json::Value value = body_[name];
  if (value.IsMissingOrNull()) return {};
  if (!IsMap(value)) return InputError(fmt::format("{} must be an object", name));
  if (value.IsObject()) Take(name, value);
  return {};
}

Result<void> Reading::StringList(std::string_view name) {
  const json::Value value = body_[name];
  if (value.IsMissingOrNull()) return {};
  if (!IsStrings(value)) return InputError(fmt::format("{} must be a list of strings", name));
  Take(name, value);
  return {};
}

Result<void> Reading::Blocklists() {
  const json::Value value = body_["blocklists"];
  if (value.IsMissingOrNull()) return {};
  if (!value.IsArray() || value.size() > kListMax) return InputError("blocklists must be a list");
  for (const json::Value item : value) {
    if (!item["blocklist"].IsString() || !item["behavior"].IsString()) {
      return InputError("blocklists must contain objects with blocklist and behavior");
    }
  }
  Take("blocklists", value);
  return {};
}

Result<void> Reading::Permissions() {
  const json::Value value = body_["permissions"];
  if (value.IsMissingOrNull()) return {};
  if (!value.IsArray() || value.size() > kListMax) return InputError("permissions must be a list");
  for (const json::Value item : value) {
    if (item["name"].AsString().value_or("").empty()) {
      return InputError("permissions.name is a required field");
    }
    const auto action = item["action"].AsString();
    if (action != "Allow" && action != "Deny") {
      return InputError("permissions.action must be one of [Allow Deny]");
    }
    for (const std::string_view list : {"resources", "roles"}) {
      if (!item[list].IsMissingOrNull() && !IsStrings(item[list])) {
        return InputError(fmt::format("permissions.{} must be a list of strings", list));
      }
    }
    if (!item["owner"].IsMissingOrNull() && !item["owner"].IsBool()) {
      return InputError("permissions.owner must be a boolean");
    }
    const auto priority = item["priority"].AsInt();
    if (!priority || *priority < 1 || *priority > kPriorityMax) {
      return InputError(fmt::format("permissions.priority must be 1 to {}", kPriorityMax));
    }
  }
  Take("permissions", value);
  return {};
}

Result<void> Reading::Grants() {
  const json::Value value = body_["grants"];
  if (value.IsMissingOrNull()) return {};
  if (!IsMap(value) || value.size() > kListMax) return InputError("grants must be an object");
  for (const json::Value role : value) {
    if (!role.IsNull() && !IsStrings(role)) {
      return InputError(fmt::format("grants.{} must be a list of strings", role.key()));
    }
  }
  if (value.size() > 0) Take("grants", value);
  return {};
}

// The list as names, sets and "all"; clients may also send back the objects that they got.
Result<std::string> ReadCommands(const Catalog& catalog, json::Value list) {
  if (!list.IsArray() || list.size() > kListMax) {
    return InputError("commands must be a list of command names");
  }
  json::Writer w;
  w.BeginArray();
  for (const json::Value item : list) {
    const auto name = item.IsObject() ? item["name"].AsString() : item.AsString();
    if (!name) return InputError("commands must be a list of command names");
    if (!catalog.IsCommandOrSet(*name)) {
      return InputError(fmt::format("command or command set \"{}\" does not exist", *name));
    }
    w.String(*name);
  }
  w.EndArray();
  return w.Take();
}

// `record` with what `body` sets.
Result<void> ReadSettings(Context& context, json::Value body, ChannelTypeRecord& record) {
  Reading reading(body);
  for (const auto& result :
       {reading.Flags(), reading.Integer("max_message_length", kMessageLengthMax),
        reading.Retention(), reading.Enum("automod", {"disabled", "simple", "AI"}),
        reading.Enum("automod_behavior", {"flag", "block", "shadow_block"}),
        reading.Text("blocklist"),
        reading.Enum("blocklist_behavior", {"flag", "block", "shadow_block"}), reading.Blocklists(),
        reading.Object("automod_thresholds"), reading.StringList("allowed_flag_reasons"),
        reading.Integer("partition_size", 1'000'000'000), reading.Text("partition_ttl"),
        reading.Enum("push_level", {"all", "all_mentions", "mentions", "direct_mentions", "none"}),
        reading.Object("chat_preferences"), reading.Permissions(), reading.Grants(),
        reading.RefuseAutomod()}) {
    if (!result) return result;
  }
  std::vector<FieldChange> changes = reading.changes();
  std::optional<json::Document> commands;
  if (const json::Value list = body["commands"]; !list.IsMissingOrNull()) {
    auto names = ReadCommands(*context.store.FindCatalog(context.app), list);
    if (!names) return std::unexpected(names.error());
    auto document = json::Document::Parse(*names);
    if (!document) return std::unexpected(document.error());
    commands = std::move(*document);
    changes.push_back({{"commands"}, commands->root()});
  }
  auto fields = ApplyChanges(record.fields_json, changes);
  if (!fields) return std::unexpected(fields.error());
  record.fields_json = std::move(*fields);
  record.updated_at = context.now;
  return {};
}

Result<void> CheckName(std::string_view name) {
  if (name.empty()) return InputError("name is a required field");
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-';
  };
  if (name.size() > kNameBytesMax || !std::ranges::all_of(name, allowed)) {
    return InputError(fmt::format(
        "name may have at most {} characters, and only letters, digits, - and _", kNameBytesMax));
  }
  return {};
}

}  // namespace

Result<ChannelTypePtr> CreateChannelType(Context& context, json::Value body) {
  if (auto allowed = RequireServer(context.caller); !allowed) {
    return std::unexpected(allowed.error());
  }
  ChannelTypeRecord record;
  if (auto read = ReadString(body, "name", "name", record.name); !read) {
    return std::unexpected(read.error());
  }
  if (auto checked = CheckName(record.name); !checked) return std::unexpected(checked.error());
  const CatalogPtr catalog = context.store.FindCatalog(context.app);
  if (catalog->FindType(record.name) != nullptr) {
    return InputError(fmt::format("channel type {} already exists", record.name));
  }
  if (std::ssize(catalog->types()) >= kTypesMax) {
    return InputError(fmt::format("an app has at most {} channel types", kTypesMax));
  }
  record.created_at = context.now;
  if (auto read = ReadSettings(context, body, record); !read) {
    return std::unexpected(read.error());
  }
  context.store.PutChannelType(context.app, record);
  return RequireChannelType(context.read(), record.name);
}

Result<ChannelTypePtr> UpdateChannelType(Context& context, std::string_view name,
                                         json::Value body) {
  if (auto allowed = RequireServer(context.caller); !allowed) {
    return std::unexpected(allowed.error());
  }
  if (auto known = RequireChannelType(context.read(), name); !known) return known;
  // Who sends one of these hopes in vain that it changes.
  for (const std::string_view field : {"name", "created_at", "updated_at"}) {
    if (!IsUnset(body[field])) return InputError(fmt::format("{} is a reserved field", field));
  }
  const CatalogPtr catalog = context.store.FindCatalog(context.app);
  const ChannelTypeRecord* stored = catalog->FindRecord(name);
  ChannelTypeRecord record;
  if (stored != nullptr) {
    record = *stored;
  } else {
    record.name = name;
    record.created_at = context.now;
  }
  if (auto read = ReadSettings(context, body, record); !read) {
    return std::unexpected(read.error());
  }
  context.store.PutChannelType(context.app, record);
  return RequireChannelType(context.read(), name);
}

Result<void> DeleteChannelType(Context& context, std::string_view name) {
  if (auto allowed = RequireServer(context.caller); !allowed) return allowed;
  if (auto known = RequireChannelType(context.read(), name); !known) {
    return std::unexpected(known.error());
  }
  if (IsBuiltInChannelType(name)) {
    return InputError(fmt::format("{} is a built-in channel type and cannot be deleted", name));
  }
  if (context.store.HasChannelOfType(context.app, name)) {
    return InputError(fmt::format("channel type {} has channels; delete those first", name));
  }
  context.store.DeleteChannelType(context.app, name);
  return {};
}

}  // namespace hookline::chat
