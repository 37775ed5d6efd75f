#include "settings/json_members.h"

#include <algorithm>

#include "base/json_writer.h"

namespace hookline::settings {

json::Document ParseStored(std::string_view text) {
  // Stored texts wrap what was parsed with the default limit, so they may nest a little deeper.
  auto document = json::Document::Parse(text, json::Source::kStored);
  HOOKLINE_CHECK(document.has_value());
  return std::move(*document);
}

JsonMembers::JsonMembers(json::Value object) {
  for (const json::Value member : object) Set(member.key(), member.raw());
}

JsonMembers JsonMembers::FromStored(std::string_view object_json) {
  const json::Document document = ParseStored(object_json);
  HOOKLINE_CHECK(document.root().IsObject());
  return JsonMembers(document.root());
}

std::string_view JsonMembers::Find(std::string_view name) const {
  const auto found = std::ranges::find(members_, name, &std::pair<std::string, std::string>::first);
  return found == members_.end() ? std::string_view() : found->second;
}

void JsonMembers::Set(std::string_view name, std::string_view value_json) {
  const auto found = std::ranges::find(members_, name, &std::pair<std::string, std::string>::first);
  if (found == members_.end()) {
    members_.emplace_back(name, value_json);
  } else {
    found->second = value_json;
  }
}

void JsonMembers::Erase(std::string_view name) {
  std::erase_if(members_, [&](const auto& member) { return member.first == name; });
}

std::string JsonMembers::ToJson() const {
  json::Writer out;
  out.BeginObject();
  for (const auto& [name, value] : members_) out.Key(name).Raw(value);
  out.EndObject();
  return out.Take();
}

}  // namespace hookline::settings
