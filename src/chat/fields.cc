#include "chat/fields.h"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "base/json_writer.h"

namespace hookline::chat {
namespace {

constexpr std::size_t kMaxPathSteps = 8;
constexpr std::size_t kRoleBytesMax = 64;
// Looking for repeated names takes the square of this; the writer's thread must not wait for it.
constexpr std::size_t kMaxChanges = 1000;

std::unexpected<Error> TooManyFields() {
  return InputError(fmt::format("there may be at most {} custom fields", kMaxCustomFields));
}

using Members = std::vector<std::pair<std::string_view, std::string_view>>;

void SetMember(Members& members, std::string_view key, std::string_view json) {
  for (auto& [name, value] : members) {
    if (name == key) {
      value = json;
      return;
    }
  }
  members.emplace_back(key, json);
}

void WriteMembers(json::Writer& w, const Members& members) {
  for (const auto& [key, value] : members) w.Key(key).Raw(value);
}

// An object on its way to its next text: only what a change goes through is taken apart.
class Tree {
 public:
  explicit Tree(json::Value whole) : whole_(whole) {}
  static Tree EmptyObject() {
    Tree tree{json::Value()};
    tree.apart_ = true;
    return tree;
  }

  bool IsObject() const { return apart_ || whole_.IsObject(); }
  std::size_t size() const { return names_.size(); }

  void TakeApart() {
    if (apart_) return;
    apart_ = true;
    for (const json::Value member : whole_) Add(member.key(), Tree(member));
  }

  // The last one of that name: the one that readers go by.
  Tree* Find(std::string_view name) {
    const auto found = std::ranges::find(names_.rbegin(), names_.rend(), name);
    if (found == names_.rend()) return nullptr;
    return &members_[static_cast<std::size_t>(names_.rend() - found) - 1];
  }

  Tree* Add(std::string_view name, Tree member) {
    names_.push_back(name);
    members_.push_back(std::move(member));
    return &members_.back();
  }

  void Erase(std::string_view name) {
    for (std::size_t i = names_.size(); i-- > 0;) {
      if (names_[i] != name) continue;
      names_.erase(names_.begin() + static_cast<std::ptrdiff_t>(i));
      members_.erase(members_.begin() + static_cast<std::ptrdiff_t>(i));
    }
  }

  void Write(json::Writer& w) const {
    if (!apart_) {
      w.Raw(whole_.raw());
      return;
    }
    w.BeginObject();
    for (std::size_t i = 0; i < names_.size(); ++i) {
      w.Key(names_[i]);
      members_[i].Write(w);
    }
    w.EndObject();
  }

 private:
  json::Value whole_;  // What it is while it is not taken apart.
  bool apart_ = false;
  std::vector<std::string_view> names_;
  std::vector<Tree> members_;  // In step with names_.
};

// Makes one change along the rest of its path.
void Change(Tree& tree, std::span<const std::string_view> path, json::Value value) {
  tree.TakeApart();
  const std::string_view step = path.front();
  Tree* inner = tree.Find(step);
  if (!value) {
    // Removing something inside of what is not there changes nothing.
    if (path.size() == 1) {
      tree.Erase(step);
    } else if (inner != nullptr && inner->IsObject()) {
      Change(*inner, path.subspan(1), value);
    }
    return;
  }
  if (inner == nullptr) inner = tree.Add(step, Tree::EmptyObject());
  if (path.size() == 1) {
    *inner = Tree(value);
    return;
  }
  if (!inner->IsObject()) *inner = Tree::EmptyObject();
  Change(*inner, path.subspan(1), value);
}

bool NestsDeeper(json::Value value, int levels) {
  if (!value.IsObject() && !value.IsArray()) return false;
  if (levels == 0) return true;
  for (const json::Value inner : value) {
    if (NestsDeeper(inner, levels - 1)) return true;
  }
  return false;
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
  // As in Stream; a field of that name can be set as a part of a whole object.
  if (std::ranges::any_of(change.path, [](std::string_view step) { return step.contains(' '); })) {
    return InputError("a field path has a space in it");
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

Result<void> ReadTime(json::Value value, std::string_view path, Timestamp& out) {
  if (!value) return {};
  const auto text = value.AsString();
  if (value.IsNull() || text == "") {
    out = {};
    return {};
  }
  const auto time = text ? ParseRfc3339(*text) : std::nullopt;
  if (!time) return InputError(fmt::format("{} must be an RFC 3339 time", path));
  out = IsZeroTime(*time) ? Timestamp() : *time;
  return {};
}

bool IsZeroValue(json::Value value) {
  if (value.IsMissingOrNull()) return true;
  if (value.IsArray() || value.IsObject()) return value.size() == 0;
  if (value.IsBool()) return !*value.AsBool();
  if (value.IsNumber()) return value.AsDouble() == 0;
  const std::string_view text = *value.AsString();
  if (text.empty()) return true;
  const auto time = ParseRfc3339(text);
  return time && IsZeroTime(*time);
}

bool IsMap(json::Value value) { return value.IsObject() || (value.IsArray() && value.size() == 0); }

std::string MapText(json::Value value) {
  return value.IsObject() ? std::string(value.raw()) : std::string("{}");
}

Result<void> RefuseReservedIn(std::string_view entity, json::Value object,
                              std::span<const std::string_view> names) {
  for (const json::Value member : object) {
    if (std::ranges::find(names, member.key()) == names.end()) continue;
    if (auto refused = RefuseReserved(entity, member.key(), member); !refused) return refused;
  }
  return {};
}

Result<void> RefuseReserved(std::string_view entity, std::string_view name, json::Value value) {
  if (value && IsZeroValue(value)) return {};
  return InputError(fmt::format("{}.{} is a reserved field", entity, name));
}

Result<void> CheckRole(std::string_view path, std::string_view role) {
  const bool fits =
      !role.empty() && role.size() <= kRoleBytesMax && std::ranges::all_of(role, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '_' || c == '-' || c == '.';
      });
  if (fits) return {};
  return InputError(fmt::format("{} must be the name of a role: 1 to {} letters, digits and _ - .",
                                path, kRoleBytesMax));
}

Result<std::string> CustomFields(json::Value object, std::span<const std::string_view> known) {
  const auto is_known = [&](std::string_view name) {
    return std::ranges::find(known, name) != known.end();
  };
  Members members;
  Members namesakes;
  for (const json::Value member : object) {
    if (members.size() > kMaxCustomFields) return TooManyFields();
    if (member.key() == "custom" && IsMap(member)) {
      for (const json::Value inner : member) {
        if (members.size() + namesakes.size() > kMaxCustomFields) return TooManyFields();
        // `custom` itself is where custom fields are: one of that name is a namesake, too.
        const bool namesake = inner.key() == "custom" || is_known(inner.key());
        SetMember(namesake ? namesakes : members, inner.key(), inner.raw());
      }
      continue;
    }
    if (member.key() == "custom" && member.IsNull()) continue;
    if (is_known(member.key())) continue;
    SetMember(members, member.key(), member.raw());
  }
  if (members.size() + namesakes.size() > kMaxCustomFields) return TooManyFields();
  json::Writer w;
  w.BeginObject();
  WriteMembers(w, members);
  if (!namesakes.empty()) {
    w.Key("custom").BeginObject();
    WriteMembers(w, namesakes);
    w.EndObject();
  }
  w.EndObject();
  return w.Take();
}

Result<std::string> CustomFields(json::Value object, std::span<const std::string_view> known,
                                 const Limits& limits, std::string_view entity) {
  auto custom = CustomFields(object, known);
  if (!custom) return custom;
  if (auto fits = CheckBytes(fmt::format("the custom data of the {}", entity), custom->size(),
                             limits.custom_bytes);
      !fits) {
    return std::unexpected(fits.error());
  }
  return custom;
}

Result<std::string> ChangeCustom(const std::string& custom_json,
                                 std::span<const FieldChange> changes, const Limits& limits,
                                 std::string_view entity) {
  auto changed = ApplyChanges(custom_json, changes);
  if (!changed) return changed;
  if (auto fits = CheckBytes(fmt::format("the custom data of the {}", entity), changed->size(),
                             custom_json.size(), limits.custom_bytes);
      !fits) {
    return std::unexpected(fits.error());
  }
  return changed;
}

Result<std::string> ApplyChanges(const std::string& object_json,
                                 std::span<const FieldChange> changes) {
  const auto document = json::Document::Parse(object_json, json::Source::kStored);
  if (!document) return std::unexpected(document.error());
  Tree tree(document->root());
  tree.TakeApart();
  for (const FieldChange& change : changes) {
    if (auto checked = CheckPath(change); !checked) return std::unexpected(checked.error());
    Change(tree, change.path, change.value);
  }
  if (tree.size() > kMaxCustomFields) return TooManyFields();
  json::Writer w;
  tree.Write(w);
  // What was valid piece by piece may be nested too deeply as a whole. What was there before stays,
  // be it more than a request may have.
  const auto whole = json::Document::Parse(w.text(), json::Source::kStored);
  if (!whole) return std::unexpected(whole.error());
  if (NestsDeeper(whole->root(), json::Document::kMaxDepth)) {
    return InputError(
        fmt::format("JSON may not be nested deeper than {} levels", json::Document::kMaxDepth));
  }
  return w.Take();
}

Result<std::vector<FieldChange>> ReadChanges(json::Value body,
                                             bool (*is_built_in)(std::string_view)) {
  std::vector<FieldChange> changes;
  const auto add = [&](FieldChange change, bool custom) -> Result<void> {
    if (change.path.size() > 1 && change.path.front() == "custom") {
      change.path.erase(change.path.begin());
      custom = true;
    }
    if (auto checked = CheckPath(change); !checked) return checked;
    if (custom && (change.path.front() == "custom" || is_built_in(change.path.front()))) {
      change.path.insert(change.path.begin(), "custom");
    }
    if (changes.size() == kMaxChanges) {
      return InputError(fmt::format("set and unset may name at most {} fields", kMaxChanges));
    }
    changes.push_back(std::move(change));
    return {};
  };
  const json::Value set = body["set"];
  if (!set.IsMissingOrNull() && !IsMap(set)) return InputError("set must be an object");
  for (const json::Value member : set) {
    // `custom` of the newer clients: each of its members is a field of its own.
    if (member.key() == "custom" && IsMap(member)) {
      for (const json::Value inner : member) {
        if (auto added = add({{inner.key()}, inner}, true); !added) {
          return std::unexpected(added.error());
        }
      }
    } else if (auto added = add({SplitPath(member.key()), member}, false); !added) {
      return std::unexpected(added.error());
    }
  }
  const json::Value unset = body["unset"];
  if (!unset.IsMissingOrNull() && !unset.IsArray()) return InputError("unset must be a list");
  for (const json::Value name : unset) {
    const auto text = name.AsString();
    if (!text) return InputError("unset must be a list of field names");
    if (auto added = add({SplitPath(*text), {}}, false); !added) {
      return std::unexpected(added.error());
    }
  }
  return changes;
}

}  // namespace hookline::chat
