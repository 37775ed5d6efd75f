#include "chat/channel_types.h"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "base/json_writer.h"
#include "chat/access.h"
#include "chat/catalog.h"
#include "chat/fields.h"
#include "chat/type_settings.h"

namespace hookline::chat {
namespace {

constexpr std::size_t kNameBytesMax = 64;
constexpr std::ptrdiff_t kTypesMax = 500;
constexpr std::size_t kConfigBytesMax = 32 * 1024;

// Members of an answer that come back with it.
constexpr auto kAnswered = Names({"name", "created_at", "updated_at", "duration"});

// The list as names, sets and "all"; clients may also send back the objects that they got.
Result<std::string> ReadCommands(const Catalog& catalog, json::Value list) {
  json::Writer w;
  w.BeginArray();
  for (const json::Value item : list) {
    const auto name = item.IsObject() ? item["name"].AsString() : item.AsString();
    if (!catalog.IsCommandOrSet(*name)) {
      return InputError(fmt::format("command or command set \"{}\" does not exist", *name));
    }
    w.String(*name);
  }
  w.EndArray();
  return w.Take();
}

// `record`, of which `type` was made, with what `body` sets.
Result<void> ReadSettings(Context& context, json::Value body, const ChannelType& type,
                          ChannelTypeRecord& record) {
  for (const json::Value member : body) {
    if (FindTypeSetting(member.key()) != nullptr || kAnswered.contains(member.key())) continue;
    if (IsZeroValue(member)) continue;
    return InputError(fmt::format("{} is not a known setting of a channel type", member.key()));
  }
  json::Writer grants;
  WriteGrants(grants, type);
  std::vector<FieldChange> changes;
  std::optional<json::Document> commands;
  for (const TypeSetting& setting : TypeSettings()) {
    const json::Value value = body[setting.name];
    auto kept = CheckTypeSetting(setting, setting.name, value, grants.text());
    if (!kept) return std::unexpected(kept.error());
    if (!*kept) continue;
    if (setting.kind != SettingKind::kCommands) {
      changes.push_back({{setting.name}, value});
      continue;
    }
    auto names = ReadCommands(*context.store.FindCatalog(context.app), value);
    if (!names) return std::unexpected(names.error());
    auto document = json::Document::Parse(*names);
    if (!document) return std::unexpected(document.error());
    commands = std::move(*document);
    changes.push_back({{setting.name}, commands->root()});
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

// What clients of typed languages send for a field that nobody has set.
bool IsUnset(json::Value value) {
  return value.IsMissingOrNull() || value.AsString() == "" ||
         value.AsString() == "0001-01-01T00:00:00Z" || value.AsInt() == 0;
}

}  // namespace

Result<void> CheckConfigBytes(Context& context, const Catalog& before) {
  const CatalogPtr after = context.store.FindCatalog(context.app);
  for (const ChannelType& type : after->types()) {
    const ChannelType* was = before.FindType(type.name);
    if (auto fits =
            CheckBytes(fmt::format("the commands and lists of channel type {}", type.name),
                       ConfigBytes(type), was == nullptr ? 0 : ConfigBytes(*was), kConfigBytesMax);
        !fits) {
      return fits;
    }
  }
  return {};
}

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
  if (auto read = ReadSettings(context, body, Catalog::NewType(record.name), record); !read) {
    return std::unexpected(read.error());
  }
  context.store.PutChannelType(context.app, record);
  if (auto fits = CheckConfigBytes(context, *catalog); !fits) return std::unexpected(fits.error());
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
  if (auto read = ReadSettings(context, body, *catalog->FindType(name), record); !read) {
    return std::unexpected(read.error());
  }
  context.store.PutChannelType(context.app, record);
  if (auto fits = CheckConfigBytes(context, *catalog); !fits) return std::unexpected(fits.error());
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
