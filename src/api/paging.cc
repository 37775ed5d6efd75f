#include "api/paging.h"

#include <fmt/core.h>

#include <string>
#include <utility>

#include "base/json_writer.h"
#include "chat/channel_state.h"
#include "chat/fields.h"

namespace hookline::api {
namespace {

constexpr int kRepliesDefault = 25;
constexpr int kRepliesMax = 300;

Result<int> CheckRange(std::string_view name, std::optional<std::int64_t> number, int max) {
  if (!number || *number < 0 || *number > max) {
    return InputError(fmt::format("{} must be an integer from 0 to {}", name, max));
  }
  return static_cast<int>(*number);
}

// `sort` by created_at, ascending or not; newest first without it.
Result<bool> QueryAscending(const Call& call) {
  const std::string_view text = call.Param("sort");
  if (text.empty()) return false;
  const auto document = json::Document::Parse(text);
  if (!document) return InputError("sort must be a list");
  auto sort = chat::ParseSort(document->root(), 1);
  if (!sort) return std::unexpected(sort.error());
  if (sort->empty()) return false;
  if (sort->front().field != "created_at") return InputError("sort.field must be created_at");
  return sort->front().ascending;
}

}  // namespace

Result<int> ReadLimit(json::Value body, std::string_view name, int otherwise, int max) {
  const json::Value value = body[name];
  if (value.IsMissingOrNull()) return otherwise;
  return CheckRange(name, value.AsInt(), max);
}

Result<int> QueryLimit(const Call& call, std::string_view name, int otherwise, int max) {
  const std::string_view text = call.Param(name);
  if (text.empty()) return otherwise;
  const auto document = json::Document::Parse(text);
  return CheckRange(name, document ? document->root().AsInt() : std::nullopt, max);
}

Result<bool> QueryFlag(const Call& call, std::string_view name, bool otherwise) {
  const auto given = call.http->QueryParam(name);
  // The Go client writes down parameters that it does not use.
  if (!given || given->empty()) return otherwise;
  // Python and .NET write True and False.
  std::string value(*given);
  for (char& c : value) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  if (value == "true" || value == "1") return true;
  if (value == "false" || value == "0") return false;
  return InputError(fmt::format("{} must be true or false", name));
}

Result<chat::MessagePage> QueryMessagePage(const Call& call) {
  auto limit = QueryLimit(call, "limit", kRepliesDefault, kRepliesMax);
  if (!limit) return std::unexpected(limit.error());
  json::Writer w;
  w.BeginObject();
  for (const auto& [name, value] : call.http->query) {
    if (name != "limit" && name != "sort") w.Field(name, value);
  }
  w.EndObject();
  const auto document = json::Document::Parse(w.text());
  if (!document) return std::unexpected(document.error());
  auto page = chat::ReadMessagePage(document->root(), *limit, kRepliesMax);
  if (!page) return page;
  page->limit = *limit;
  auto ascending = QueryAscending(call);
  if (!ascending) return std::unexpected(ascending.error());
  page->from_oldest = *ascending;
  return page;
}

Result<void> ReadBounds(json::Value body, std::string_view id, chat::Filter& filter,
                        std::vector<chat::SortField>& sort) {
  using Op = chat::Filter::Op;
  const std::string id_prefix = fmt::format("{}_", id);
  const bool sorted = !sort.empty();
  chat::Filter bounded;
  bounded.op = Op::kAnd;
  for (const auto& [field, prefix] :
       {std::pair{id, std::string_view(id_prefix)},
        std::pair{std::string_view("created_at"), std::string_view("created_at_")}}) {
    const bool of_id = field == id;
    for (const auto& [suffix, op] : {std::pair{of_id ? "gt" : "after", Op::kGt},
                                     std::pair{of_id ? "gte" : "after_or_equal", Op::kGte},
                                     std::pair{of_id ? "lt" : "before", Op::kLt},
                                     std::pair{of_id ? "lte" : "before_or_equal", Op::kLte}}) {
      const std::string name = fmt::format("{}{}", prefix, suffix);
      std::string value;
      if (auto read = chat::ReadString(body, name, name, value); !read) return read;
      if (chat::IsZeroValue(body[name])) continue;
      chat::Filter bound;
      bound.op = op;
      bound.field = field;
      bound.operands.push_back({json::Kind::kString, std::move(value)});
      bounded.children.push_back(std::move(bound));
      // The page that is next to the bound.
      if (!sorted && sort.empty()) {
        sort.push_back({std::string(field), op == Op::kGt || op == Op::kGte});
      }
    }
  }
  if (bounded.children.empty()) return {};
  bounded.children.push_back(std::move(filter));
  filter = std::move(bounded);
  return {};
}

}  // namespace hookline::api
