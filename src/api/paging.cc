#include "api/paging.h"

#include <fmt/core.h>

#include "base/json_writer.h"
#include "chat/channel_state.h"

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

Result<chat::MessagePage> QueryMessagePage(const Call& call) {
  auto limit = QueryLimit(call, "limit", kRepliesDefault, kRepliesMax);
  if (!limit) return std::unexpected(limit.error());
  json::Writer w;
  w.BeginObject();
  for (const auto& [name, value] : call.http->query) {
    if (name != "limit") w.Field(name, value);
  }
  w.EndObject();
  const auto document = json::Document::Parse(w.text());
  if (!document) return std::unexpected(document.error());
  auto page = chat::ReadMessagePage(document->root(), *limit, kRepliesMax);
  if (page) page->limit = *limit;
  return page;
}

}  // namespace hookline::api
