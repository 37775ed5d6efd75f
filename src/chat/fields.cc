#include "chat/fields.h"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "base/json_writer.h"

namespace hookline::chat {
namespace {

constexpr std::size_t kMaxPathSteps = 8;

using Members = std::vector<std::pair<std::string_view, std::string>>;

void SetMember(Members& members, std::string_view key, std::string json) {
  for (auto& [name, value] : members) {
    if (name == key) {
      value = std::move(json);
      return;
    }
  }
  members.emplace_back(key, std::move(json));
}

std::string WriteObject(const Members& members) {
  json::Writer w;
  w.BeginObject();
  for (const auto& [key, value] : members) w.Key(key).Raw(value);
  w.EndObject();
  return w.Take();
}

// `object` with one change made along the rest of its path. `object` may be missing.
std::string Changed(json::Value object, std::span<const std::string_view> path, json::Value value) {
  Members members;
  for (const json::Value member : object) {
    if (object.IsObject()) SetMember(members, member.key(), std::string(member.raw()));
  }
  const std::string_view step = path.front();
  if (path.size() > 1) {
    const json::Value inner = object[step];
    // Removing something inside of what is not there changes nothing.
    if (value || inner.IsObject()) SetMember(members, step, Changed(inner, path.subspan(1), value));
  } else if (value) {
    SetMember(members, step, std::string(value.raw()));
  } else {
    std::erase_if(members, [&](const auto& member) { return member.first == step; });
  }
  return WriteObject(members);
}

std::vector<std::string_view> SplitPath(std::string_view path) {
  std::vector<std::string_view> steps;
  for (;;) {
    const std::size_t dot = path.find('.');
    steps.push_back(path.substr(0, dot));
    if (dot == std::string_view::npos) return steps;
    path.remove_prefix(dot + 1);
  }
}

Result<void> CheckPath(const FieldChange& change) {
  if (change.path.size() > kMaxPathSteps) {
    return InputError(fmt::format("a field path has at most {} steps", kMaxPathSteps));
  }
  if (std::ranges::any_of(change.path, [](std::string_view step) { return step.empty(); })) {
    return InputError("a field path has an empty step");
  }
  return {};
}

}  // namespace

Result<void> ReadString(json::Value object, std::string_view name, std::string_view path,
                        std::string& out) {
  const json::Value value = object[name];
  if (value.IsMissingOrNull()) return {};
  const auto text = value.AsString();
  if (!text) return InputError(fmt::format("{} must be a string", path));
  out = *text;
  return {};
}

Result<void> ReadBool(json::Value object, std::string_view name, std::string_view path, bool& out) {
  const json::Value value = object[name];
  if (value.IsMissingOrNull()) return {};
  const auto flag = value.AsBool();
  if (!flag) return InputError(fmt::format("{} must be a boolean", path));
  out = *flag;
  return {};
}

Result<void> ReadStrings(json::Value object, std::string_view name, std::string_view path,
                         std::size_t max_items, std::vector<std::string>& out) {
  const json::Value value = object[name];
  if (value.IsMissingOrNull()) return {};
  if (!value.IsArray()) return InputError(fmt::format("{} must be a list of strings", path));
  if (value.size() > max_items) {
    return InputError(fmt::format("{} must contain at most {} items", path, max_items));
  }
  std::vector<std::string> items;
  for (const json::Value item : value) {
    const auto text = item.AsString();
    if (!text) return InputError(fmt::format("{} must be a list of strings", path));
    items.emplace_back(*text);
  }
  out = std::move(items);
  return {};
}

Result<std::string> CustomFields(json::Value object, std::span<const std::string_view> known) {
  Members members;
  for (const json::Value member : object) {
    if (member.key() == "custom" && member.IsObject()) {
      for (const json::Value inner : member) {
        SetMember(members, inner.key(), std::string(inner.raw()));
      }
      continue;
    }
    if (member.key() == "custom" && member.IsNull()) continue;
    if (std::ranges::find(known, member.key()) != known.end()) continue;
    SetMember(members, member.key(), std::string(member.raw()));
  }
  return WriteObject(members);
}

Result<std::string> ApplyChanges(const std::string& object_json,
                                 std::span<const FieldChange> changes) {
  std::string text = object_json;
  for (const FieldChange& change : changes) {
    if (auto checked = CheckPath(change); !checked) return std::unexpected(checked.error());
    auto document = json::Document::Parse(text);
    if (!document) return std::unexpected(document.error());
    text = Changed(document->root(), change.path, change.value);
  }
  // What was valid piece by piece may be nested too deeply as a whole.
  if (auto document = json::Document::Parse(text); !document) {
    return std::unexpected(document.error());
  }
  return text;
}

Result<std::vector<FieldChange>> ReadChanges(json::Value body) {
  std::vector<FieldChange> changes;
  const json::Value set = body["set"];
  if (!set.IsMissingOrNull() && !set.IsObject()) return InputError("set must be an object");
  for (const json::Value member : set) {
    // `custom` of the newer clients: each of its members is a field of its own.
    if (member.key() == "custom" && member.IsObject()) {
      for (const json::Value inner : member) changes.push_back({{inner.key()}, inner});
      continue;
    }
    changes.push_back({SplitPath(member.key()), member});
  }
  const json::Value unset = body["unset"];
  if (!unset.IsMissingOrNull() && !unset.IsArray()) return InputError("unset must be a list");
  for (const json::Value name : unset) {
    const auto text = name.AsString();
    if (!text) return InputError("unset must be a list of field names");
    changes.push_back({SplitPath(*text), {}});
  }
  for (FieldChange& change : changes) {
    if (change.path.size() > 1 && change.path.front() == "custom") {
      change.path.erase(change.path.begin());
    }
    if (auto checked = CheckPath(change); !checked) return std::unexpected(checked.error());
  }
  return changes;
}

}  // namespace hookline::chat
