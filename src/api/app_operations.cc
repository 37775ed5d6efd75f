#include <fmt/core.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

#include "api/environment.h"
#include "api/operation.h"
#include "base/uuid.h"
#include "chat/catalog.h"
#include "chat/fields.h"
#include "chat/write.h"
#include "settings/encode_app.h"
#include "settings/event_catalogue.h"
#include "settings/unsupported.h"
#include "settings/update_app.h"
#include "settings/version_tag.h"

namespace hookline::api {
namespace {

using chat::Format;

settings::TimeFormat TimesOf(Format format) {
  return format == Format::kV1 ? settings::TimeFormat::kRfc3339 : settings::TimeFormat::kUnixNanos;
}

// `channel_configs`: names of commands here, whole commands where a channel shows its
// configuration, as typed clients read it.
std::string ChannelConfigs(const chat::Catalog& catalog, Format format) {
  json::Writer configs;
  configs.BeginObject();
  for (const chat::ChannelType& type : catalog.types()) {
    configs.Key(type.name).BeginObject();
    chat::WriteChannelTypeFields(configs, type, format);
    configs.Key("commands").BeginArray();
    for (const chat::Command& command : type.commands->list) configs.String(command.name);
    configs.EndArray().EndObject();
  }
  configs.EndObject();
  return configs.Take();
}

std::string TagOf(const settings::App& app, const chat::Catalog& catalog) {
  return settings::VersionTag(app, ChannelConfigs(catalog, Format::kV1));
}

Result<void> GetApp(ReadScope& scope, json::Writer& w) {
  const settings::AppPtr app = scope.store.FindApp(scope.call.app->id);
  if (!app) return Fail(ErrorKind::kNotFound, "the app does not exist");
  const chat::CatalogPtr catalog = scope.store.FindCatalog(app->id);
  w.Key("app");
  settings::EncodeApp(w, *app, ChannelConfigs(*catalog, scope.call.format),
                      TimesOf(scope.call.format));
  if (settings::HasTopLevelEventHooks(*app)) {
    w.Key("event_hooks");
    settings::EncodeEventHooks(w, *app, TimesOf(scope.call.format));
  }
  scope.etag = TagOf(*app, *catalog);
  return {};
}

// The newer clients' parsers take v2 payloads only; the Node client is the exception, as its
// parser takes times as text.
bool WantsPayloadV2(const Call& call) {
  return call.format == Format::kV2 &&
         !call.http->Header("X-Stream-Client").value_or("").starts_with("stream-node-");
}

// What the change brought that the operator should know, once it is kept.
void WarnOnCommit(store::Tx& tx, const settings::App& before, const settings::App& after) {
  const settings::Capabilities capabilities;
  const auto known = settings::Warnings(before, capabilities);
  for (std::string& line : settings::Warnings(after, capabilities)) {
    if (std::ranges::find(known, line) != known.end()) continue;
    tx.OnCommit(
        [app = after.id, line = std::move(line)] { spdlog::warn("app {}: {}", app.value, line); });
  }
}

Result<void> UpdateApp(WriteScope& scope, json::Writer&) {
  settings::PatchOptions options;
  options.allow_http_targets = scope.environment.options().allow_http_targets;
  options.payload_v2 = WantsPayloadV2(scope.call);
  options.now = scope.chat.now;
  options.new_hook_id = [] { return ToString(RandomUuid()); };
  const settings::AppPtr before = scope.tx.FindApp(scope.call.app->id);
  if (!before) return Fail(ErrorKind::kNotFound, "the app does not exist");
  const chat::CatalogPtr catalog = scope.tx.FindCatalog(before->id);
  if (scope.call.body()["channel_configs"]) {
    options.channel_configs_json = ChannelConfigs(*catalog, scope.call.format);
  }
  // Without the header the last change wins, as Stream has it.
  if (const auto tags = scope.call.http->Header("If-Match");
      tags && !settings::MatchesTag(*tags, TagOf(*before, *catalog))) {
    return Fail(ErrorKind::kPreconditionFailed,
                "the app's settings have changed since they were read; read them again");
  }
  auto app = settings::UpdateApp(scope.tx, before->id, scope.call.body(), std::move(options));
  if (!app) return std::unexpected(app.error());
  WarnOnCommit(scope.tx, *before, **app);
  scope.environment.PublishOnCommit(scope.tx, std::move(*app));
  return {};
}

// One string may hold several names, as the newer clients join lists with commas.
std::vector<std::string_view> SplitList(std::string_view text) {
  std::vector<std::string_view> items;
  while (!text.empty()) {
    const std::size_t comma = text.find(',');
    if (comma != 0) items.push_back(text.substr(0, comma));
    if (comma == std::string_view::npos) break;
    text.remove_prefix(comma + 1);
  }
  return items;
}

Result<void> GetHookEvents(ReadScope& scope, json::Writer& w) {
  // What every request may have, and the one parameter of this one.
  static constexpr auto kKnown =
      chat::Names({"api_key", "authorization", "client_request_id", "connection_id", "payload",
                   "product", "stream-auth-type", "user_id"});
  for (const auto& [name, value] : scope.call.http->query) {
    if (!kKnown.contains(name)) return InputError(fmt::format("{} is not a parameter", name));
  }
  const auto products = SplitList(scope.call.Param("product"));
  static constexpr auto kProducts = chat::Names({"all", "chat", "video", "moderation", "feeds"});
  for (const std::string_view product : products) {
    if (kProducts.contains(product)) continue;
    return InputError("product must be one of [all chat video moderation feeds]");
  }
  const bool any = products.empty() || std::ranges::find(products, "all") != products.end();
  w.Key("events").BeginArray();
  for (const settings::EventType& type : settings::EventCatalogue()) {
    if (type.support != settings::EventSupport::kFires) continue;
    if (!any && std::ranges::find(products, type.product) == products.end()) continue;
    w.BeginObject();
    w.Field("name", type.name);
    w.Field("description", type.description);
    w.Key("products").BeginArray().String(type.product).EndArray();
    w.EndObject();
  }
  w.EndArray();
  return {};
}

Result<void> GetTask(ReadScope& scope, json::Writer& w) {
  const std::string& id = scope.call.args[0];
  const auto task = scope.store.FindTask(scope.call.app->id, id);
  if (!task) {
    return Fail(ErrorKind::kNotFound, fmt::format("Can't find task with id \"{}\"", id));
  }
  w.Field("task_id", task->id);
  w.Field("status", task->status);
  chat::WriteTime(w, "created_at", task->created_at, scope.call.format);
  chat::WriteTime(w, "updated_at", task->updated_at, scope.call.format);
  if (!task->result_json.empty()) w.Key("result").Raw(task->result_json);
  if (!task->error_json.empty()) w.Key("error").Raw(task->error_json);
  return {};
}

constexpr Operation kOperations[] = {
    {.method = "GET", .path = "/app", .name = "GetApp", .read = GetApp},
    {.method = "PATCH", .path = "/app", .name = "UpdateApp", .write = UpdateApp},
    {.method = "POST", .path = "/check_push", .name = "CheckPush", .async = AsyncWork::kCheckPush},
    {.method = "GET",
     .path = "/hook/events",
     .name = "GetHookEvents",
     .read = GetHookEvents,
     .version = Version::kV1Only},
    {.method = "GET", .path = "/tasks/{id}", .name = "GetTask", .read = GetTask},
};

}  // namespace

std::span<const Operation> AppOperations() { return kOperations; }

}  // namespace hookline::api
