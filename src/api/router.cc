#include "api/router.h"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

namespace hookline::api {
namespace {

std::string BucketName(std::string_view method, std::size_t segments) {
  return fmt::format("{} {}", method, segments);
}

// What stands before a path in v2, docs/contract/routes.md#versions: `/api/v2/chat/channels`, but
// `/app` is `/api/v2/app`.
enum class Prefix { kNone, kPlain, kChat };

Prefix StripVersion(PathSegments& segments) {
  if (segments.size() < 2 || segments[0] != "api" || segments[1] != "v2") return Prefix::kNone;
  const bool chat = segments.size() > 2 && segments[2] == "chat";
  segments.erase(segments.begin(), segments.begin() + (chat ? 3 : 2));
  return chat ? Prefix::kChat : Prefix::kPlain;
}

// First segments of the routes that are not chat's own.
constexpr std::string_view kPlainRoutes[] = {"app",
                                             "check_push",
                                             "check_sqs",
                                             "check_sns",
                                             "users",
                                             "guest",
                                             "tasks",
                                             "rate_limits",
                                             "export",
                                             "devices",
                                             "blocklists",
                                             "permissions",
                                             "roles",
                                             "og",
                                             "polls",
                                             "push_preferences",
                                             "push_providers",
                                             "push_templates",
                                             "imports",
                                             "import_urls",
                                             "usergroups",
                                             "uploads",
                                             "external_storage",
                                             "moderation",
                                             "video",
                                             "feeds"};

// Operations whose first segment is above, but which are chat's own all the same.
constexpr std::string_view kChatOperations[] = {"SendUserCustomEvent", "QueryMessageFlags",
                                                "MuteChannel", "UnmuteChannel"};

bool Answers(const Operation& operation, const PathSegments& pattern, Prefix prefix) {
  if (prefix == Prefix::kNone) return operation.version != Version::kV2Only;
  if (operation.version == Version::kV1Only) return false;
  const bool plain =
      std::ranges::find(kPlainRoutes, pattern.front()) != std::end(kPlainRoutes) &&
      std::ranges::find(kChatOperations, operation.name) == std::end(kChatOperations);
  return (prefix == Prefix::kPlain) == plain;
}

}  // namespace

Router::Router() {
  for (const auto& table : {AppOperations(), CatalogOperations(), UserOperations(),
                            ChannelOperations(), MessageOperations(), ModerationOperations(),
                            UnimplementedOperations(), ForeignOperations()}) {
    for (const Operation& operation : table) {
      Route route{&operation, SplitPath(operation.path), 0};
      route.literals = static_cast<std::size_t>(std::ranges::count_if(
          route.segments, [](auto segment) { return !IsPathParameter(segment); }));
      buckets_[BucketName(operation.method, route.segments.size())].push_back(routes_.size());
      routes_.push_back(std::move(route));
    }
  }
  for (auto& [name, bucket] : buckets_) {
    std::ranges::sort(bucket, [this](std::size_t a, std::size_t b) {
      return std::pair(routes_[b].literals, a) < std::pair(routes_[a].literals, b);
    });
  }
}

Router::Match Router::Find(std::string_view method, std::string_view path) const {
  Match match;
  PathSegments segments = SplitPath(path);
  const Prefix prefix = StripVersion(segments);
  match.format = prefix == Prefix::kNone ? chat::Format::kV1 : chat::Format::kV2;
  const auto bucket = buckets_.find(BucketName(method, segments.size()));
  if (bucket == buckets_.end()) return match;
  for (const std::size_t index : bucket->second) {
    const Route& route = routes_[index];
    if (!PathMatches(route.segments, segments)) continue;
    if (!Answers(*route.operation, route.segments, prefix)) continue;
    match.operation = route.operation;
    match.index = index;
    // Newer Go clients write a blank in a path as '+'.
    const auto plus =
        match.format == chat::Format::kV2 ? net::PlusMeans::kSpace : net::PlusMeans::kPlus;
    match.args = PathArguments(route.segments, segments, plus);
    return match;
  }
  return match;
}

std::optional<std::size_t> Router::IndexOf(std::string_view operation_name) const {
  for (std::size_t i = 0; i < routes_.size(); ++i) {
    if (routes_[i].operation->name == operation_name) return i;
  }
  return std::nullopt;
}

}  // namespace hookline::api
