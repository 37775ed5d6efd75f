#include "store/sqlite/lists.h"

#include <fmt/format.h>

#include "base/json.h"
#include "base/json_writer.h"
#include "store/store.h"

namespace hookline::store::sqlite {
namespace {

json::Document ParseStored(std::string_view text) {
  auto document = json::Document::Parse(text, json::Source::kStored);
  if (!document || !document->root().IsArray()) {
    throw Failure(fmt::format("a stored list is broken: {}", text.substr(0, 100)));
  }
  return std::move(*document);
}

}  // namespace

std::string EncodeStrings(const std::vector<std::string>& items) {
  if (items.empty()) return "[]";
  json::Writer w;
  w.BeginArray();
  for (const std::string& item : items) w.String(item);
  w.EndArray();
  return w.Take();
}

std::vector<std::string> DecodeStrings(std::string_view json) {
  std::vector<std::string> items;
  if (json == "[]") return items;
  const json::Document document = ParseStored(json);
  items.reserve(document.root().size());
  for (const json::Value item : document.root()) {
    items.emplace_back(item.AsString().value_or(std::string_view()));
  }
  return items;
}

// [["love", count, sum of scores, first at, last at], ...]
std::string EncodeGroups(const std::vector<chat::ReactionGroup>& groups) {
  if (groups.empty()) return "[]";
  json::Writer w;
  w.BeginArray();
  for (const chat::ReactionGroup& group : groups) {
    w.BeginArray().String(group.type).Int(group.count).Int(group.sum_scores);
    w.Int(group.first_reaction_at.ns).Int(group.last_reaction_at.ns).EndArray();
  }
  w.EndArray();
  return w.Take();
}

std::vector<chat::ReactionGroup> DecodeGroups(std::string_view json) {
  std::vector<chat::ReactionGroup> groups;
  if (json == "[]") return groups;
  const json::Document document = ParseStored(json);
  for (const json::Value item : document.root()) {
    auto field = item.begin();
    const auto next_int = [&field, &item]() -> std::int64_t {
      if (field != item.end()) ++field;
      return field == item.end() ? 0 : (*field).AsInt().value_or(0);
    };
    chat::ReactionGroup group;
    if (field != item.end()) group.type = (*field).AsString().value_or(std::string_view());
    group.count = next_int();
    group.sum_scores = next_int();
    group.first_reaction_at.ns = next_int();
    group.last_reaction_at.ns = next_int();
    groups.push_back(std::move(group));
  }
  return groups;
}

}  // namespace hookline::store::sqlite
