#include "chat/catalog.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/json.h"
#include "base/json_writer.h"

namespace hookline::chat {
namespace {

// What is there from the start carries a fixed time.
constexpr Timestamp kSince{1'735'689'600'000'000'000};  // 2025-01-01T00:00:00Z

constexpr std::array<std::string_view, 5> kTypeNames = {"messaging", "team", "livestream", "gaming",
                                                        "commerce"};

struct BuiltInCommand {
  std::string_view name, description, args, set;
};
constexpr std::array kCommands = {
    BuiltInCommand{"giphy", "Post a random gif to the channel", "[text]", "fun_set"},
    BuiltInCommand{"flag", "Flag a user", "[@username]", "moderation_set"},
    BuiltInCommand{"ban", "Ban a user", "[@username] [text]", "moderation_set"},
    BuiltInCommand{"unban", "Unban a user", "[@username]", "moderation_set"},
    BuiltInCommand{"mute", "Mute a user", "[@username]", "moderation_set"},
    BuiltInCommand{"unmute", "Unmute a user", "[@username]", "moderation_set"},
};

constexpr std::string_view kAll = "all";

std::vector<std::string> BuiltInNames() {
  std::vector<std::string> names;
  names.reserve(std::size(kCommands));
  for (const BuiltInCommand& command : kCommands) names.emplace_back(command.name);
  return names;
}

std::string EncodeCommands(const EnabledCommands& commands, Format format) {
  json::Writer w;
  w.BeginArray();
  for (const Command& command : commands.list) {
    w.BeginObject();
    WriteCommandFields(w, command, format);
    w.EndObject();
  }
  w.EndArray();
  return w.Take();
}

// Lays the stored settings, which were validated, over `type`.
void Apply(json::Value fields, ChannelType& type) {
  // What an older version kept of others means nothing.
  for (const auto& [name, flag, carried_out] : ChannelTypeFlags()) {
    if (carried_out) type.*flag = fields[name].AsBool().value_or(type.*flag);
  }
  if (const auto length = fields["max_message_length"].AsInt()) {
    type.max_message_length = static_cast<int>(*length);
  }
  const json::Value reasons = fields["allowed_flag_reasons"];
  if (!reasons.IsArray()) return;
  auto lists = std::make_shared<ListSettings>();
  for (const json::Value reason : reasons) {
    lists->allowed_flag_reasons.emplace_back(reason.AsString().value_or(""));
  }
  json::Writer w;
  w.BeginObject();
  w.Key("allowed_flag_reasons").Raw(reasons.raw());
  w.EndObject();
  lists->config_json = w.Take();
  type.lists = std::move(lists);
}

}  // namespace

bool IsBuiltInChannelType(std::string_view name) {
  return std::ranges::find(kTypeNames, name) != kTypeNames.end();
}

bool IsBuiltInCommand(std::string_view name) {
  return std::ranges::find(kCommands, name, &BuiltInCommand::name) != kCommands.end();
}

const CatalogPtr& Catalog::Default() {
  static const CatalogPtr kDefault =
      std::make_shared<const Catalog>(std::vector<ChannelTypeRecord>(), std::vector<Command>());
  return kDefault;
}

ChannelType Catalog::NewType(std::string_view name) {
  static const auto kNoCommands = std::make_shared<const EnabledCommands>();
  static const auto kNoLists = std::make_shared<const ListSettings>();
  ChannelType type;
  type.name = name;
  type.commands = kNoCommands;
  type.lists = kNoLists;
  return type;
}

Catalog::Catalog(std::vector<ChannelTypeRecord> types, std::vector<Command> commands)
    : records_(std::move(types)) {
  for (const BuiltInCommand& built_in : kCommands) {
    Command command;
    command.name = built_in.name;
    command.description = built_in.description;
    command.args = built_in.args;
    command.set = built_in.set;
    command.created_at = kSince;
    command.updated_at = kSince;
    command.built_in = true;
    commands_.push_back(std::move(command));
  }
  std::ranges::sort(commands, {}, &Command::name);
  std::ranges::move(commands, std::back_inserter(commands_));
  std::ranges::sort(records_, {}, &ChannelTypeRecord::name);
  for (const std::string_view name : kTypeNames) {
    ChannelType type = NewType(name);
    type.created_at = kSince;
    type.updated_at = kSince;
    type.open_to_all = name == "livestream";
    AddType(std::move(type), FindRecord(name), BuiltInNames());
  }
  for (const ChannelTypeRecord& record : records_) {
    if (IsBuiltInChannelType(record.name)) continue;
    ChannelType type = NewType(record.name);
    type.created_at = record.created_at;
    AddType(std::move(type), &record, {std::string(kAll)});
  }
}

void Catalog::AddType(ChannelType type, const ChannelTypeRecord* record,
                      std::vector<std::string> given) {
  if (record != nullptr) {
    type.updated_at = record->updated_at;
    // Broken only if the store is: the type then has its defaults.
    if (const auto fields = json::Document::Parse(record->fields_json, json::Source::kStored)) {
      Apply(fields->root(), type);
      if (const json::Value list = fields->root()["commands"]; list.IsArray()) {
        given.clear();
        for (const json::Value item : list) given.emplace_back(item.AsString().value_or(""));
      }
    }
  }
  type.commands = Enabled(given);
  types_.push_back(std::move(type));
  given_.push_back(std::move(given));
}

std::shared_ptr<const EnabledCommands> Catalog::Enabled(
    const std::vector<std::string>& given) const {
  auto enabled = std::make_shared<EnabledCommands>();
  for (const Command& command : commands_) {
    const bool on = std::ranges::any_of(given, [&](const std::string& text) {
      return text == kAll || text == command.name || (!command.set.empty() && text == command.set);
    });
    if (on) enabled->list.push_back(command);
  }
  enabled->json_v1 = EncodeCommands(*enabled, Format::kV1);
  enabled->json_v2 = EncodeCommands(*enabled, Format::kV2);
  return enabled;
}

const Command* Catalog::FindCommand(std::string_view name) const {
  const auto found = std::ranges::find(commands_, name, &Command::name);
  return found == commands_.end() ? nullptr : &*found;
}

const ChannelType* Catalog::TypeListing(std::string_view command) const {
  for (std::size_t i = 0; i < types_.size(); ++i) {
    if (std::ranges::find(given_[i], command) != given_[i].end()) return &types_[i];
  }
  return nullptr;
}

bool Catalog::IsCommandOrSet(std::string_view text) const {
  if (text.empty()) return false;
  return text == kAll || std::ranges::any_of(commands_, [&](const Command& command) {
           return command.name == text || command.set == text;
         });
}

const ChannelType* Catalog::FindType(std::string_view name) const {
  const auto found = std::ranges::find(types_, name, &ChannelType::name);
  return found == types_.end() ? nullptr : &*found;
}

const ChannelTypeRecord* Catalog::FindRecord(std::string_view name) const {
  const auto found = std::ranges::find(records_, name, &ChannelTypeRecord::name);
  return found == records_.end() ? nullptr : &*found;
}

}  // namespace hookline::chat
