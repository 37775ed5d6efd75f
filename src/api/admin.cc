#include "api/admin.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <utility>

#include "api/path.h"
#include "chat/fields.h"
#include "settings/apps.h"
#include "settings/nearest.h"

namespace hookline::api {
namespace {

constexpr std::int64_t kPageMax = 500;
constexpr std::int64_t kPageDefault = 50;

std::optional<std::int64_t> ParseInt(std::string_view text) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

Result<settings::AppPtr> RequireApp(const AdminCall& call, settings::Reader& store) {
  const auto id = ParseInt(call.args[0]);
  settings::AppPtr app = id ? store.FindApp(AppId{*id}) : nullptr;
  if (!app) return Fail(ErrorKind::kNotFound, fmt::format("there is no app {}", call.args[0]));
  return app;
}

void WriteOptionalTime(json::Writer& w, std::string_view name, Timestamp t) {
  if (t) w.Key(name).Time(t);
}

void WriteKeys(json::Writer& w, const settings::App& app) {
  w.Key("keys").BeginArray();
  for (const settings::ApiKey& key : app.keys) {
    w.BeginObject().Field("key", key.key).Key("created_at").Time(key.created_at).EndObject();
  }
  w.EndArray();
}

void WriteApp(json::Writer& w, const settings::App& app) {
  w.BeginObject();
  w.Field("id", app.id.value);
  w.Field("name", app.name);
  w.Field("use_hook_v2", app.use_hook_v2);
  w.Key("created_at").Time(app.created_at);
  WriteKeys(w, app);
  w.EndObject();
}

Result<void> ListApps(const AdminCall&, store::Reader& store, json::Writer& w) {
  w.Key("apps").BeginArray();
  for (const settings::AppPtr& app : store.ListApps()) WriteApp(w, *app);
  w.EndArray();
  return {};
}

Result<void> CreateApp(const AdminCall& call, store::Tx& tx, json::Writer& w) {
  static constexpr auto kKeys = std::to_array<std::string_view>({"name", "use_hook_v2"});
  if (auto known = settings::CheckKnownKeys("", call.body, kKeys); !known) return known;
  settings::NewApp request;
  if (auto read = chat::ReadString(call.body, "name", "name", request.name); !read) return read;
  if (auto read = chat::ReadBool(call.body, "use_hook_v2", "use_hook_v2", request.use_hook_v2);
      !read) {
    return read;
  }
  auto app = settings::CreateApp(tx, request, call.environment.clock().WallNow());
  if (!app) return std::unexpected(app.error());
  w.Key("app");
  WriteApp(w, **app);
  w.Field("key", (*app)->keys.back().key);
  w.Field("secret", (*app)->keys.back().secret);
  call.environment.PublishOnCommit(tx, std::move(*app));
  return {};
}

Result<void> ListKeys(const AdminCall& call, store::Reader& store, json::Writer& w) {
  auto app = RequireApp(call, store);
  if (!app) return std::unexpected(app.error());
  WriteKeys(w, **app);
  return {};
}

Result<void> CreateKey(const AdminCall& call, store::Tx& tx, json::Writer& w) {
  auto app = RequireApp(call, tx);
  if (!app) return std::unexpected(app.error());
  auto changed = settings::AddKey(tx, (*app)->id, std::nullopt, call.environment.clock().WallNow());
  if (!changed) return std::unexpected(changed.error());
  w.Field("key", (*changed)->keys.back().key);
  w.Field("secret", (*changed)->keys.back().secret);
  call.environment.PublishOnCommit(tx, std::move(*changed));
  return {};
}

Result<void> RetireKey(const AdminCall& call, store::Tx& tx, json::Writer&) {
  auto app = RequireApp(call, tx);
  if (!app) return std::unexpected(app.error());
  auto changed =
      settings::RetireKey(tx, (*app)->id, call.args[1], call.environment.clock().WallNow());
  if (!changed) return std::unexpected(changed.error());
  call.environment.PublishOnCommit(tx, std::move(*changed));
  return {};
}

void WriteDeliveryFields(json::Writer& w, const delivery::DeliveryView& view) {
  w.Field("id", ToString(view.uuid));
  w.Field("app_id", view.app.value);
  w.Field("hook_id", view.hook_id);
  w.Field("event_id", view.event.value);
  w.Field("event_type", view.event_type);
  w.Field("state", delivery::ToString(view.state));
  w.Field("attempts", view.attempts);
  w.Field("manual", view.manual);
  if (view.last_failure != FailureClass::kNone) {
    w.Field("last_failure", ToString(view.last_failure));
  }
  if (view.last_status != 0) w.Field("last_status", view.last_status);
  if (!view.reason.empty()) w.Field("reason", view.reason);
  if (view.state == delivery::DeliveryState::kPending) {
    WriteOptionalTime(w, "next_attempt_at", view.next_attempt_at);
  }
  w.Field("payload_kept", view.has_payload);
  WriteOptionalTime(w, "created_at", view.created_at);
  WriteOptionalTime(w, "updated_at", view.updated_at);
}

Result<std::optional<delivery::DeliveryState>> StateParam(std::string_view text) {
  using State = delivery::DeliveryState;
  if (text.empty()) return std::optional<State>();
  for (const State state : {State::kPending, State::kDelivered, State::kDead, State::kCancelled}) {
    if (delivery::ToString(state) == text) return std::optional<State>(state);
  }
  return InputError("state must be one of [pending delivered dead cancelled]");
}

Result<void> WriteDeliveryPage(const AdminCall& call, store::Reader& store, json::Writer& w,
                               std::optional<delivery::DeliveryState> state) {
  delivery::DeliveryFilter filter;
  filter.state = state;
  filter.hook_id = call.Param("hook_id");
  std::int64_t limit = kPageDefault;
  for (const auto& [name, number] :
       {std::pair{"app_id", &filter.app.value}, std::pair{"cursor", &filter.before.value},
        std::pair{"limit", &limit}}) {
    const std::string_view text = call.Param(name);
    if (text.empty()) continue;
    const auto parsed = ParseInt(text);
    if (!parsed || *parsed < 1) return InputError(fmt::format("{} is not valid", name));
    *number = *parsed;
  }
  filter.limit = static_cast<int>(std::min(limit, kPageMax));
  const auto views = store.ListDeliveries(filter);
  w.Key("deliveries").BeginArray();
  for (const delivery::DeliveryView& view : views) {
    w.BeginObject();
    WriteDeliveryFields(w, view);
    w.EndObject();
  }
  w.EndArray();
  if (!views.empty() && static_cast<int>(views.size()) == filter.limit) {
    w.Field("next", fmt::format("{}", views.back().id.value));
  }
  return {};
}

Result<void> ListDeliveries(const AdminCall& call, store::Reader& store, json::Writer& w) {
  auto state = StateParam(call.Param("state"));
  if (!state) return std::unexpected(state.error());
  return WriteDeliveryPage(call, store, w, *state);
}

Result<void> ListDeadLetters(const AdminCall& call, store::Reader& store, json::Writer& w) {
  return WriteDeliveryPage(call, store, w, delivery::DeliveryState::kDead);
}

Result<delivery::DeliveryView> RequireDelivery(const AdminCall& call, delivery::Reader& store) {
  const auto uuid = ParseUuid(call.args[0]);
  auto view = uuid ? store.FindDelivery(*uuid) : std::nullopt;
  if (!view)
    return Fail(ErrorKind::kNotFound, fmt::format("there is no delivery {}", call.args[0]));
  return std::move(*view);
}

Result<void> GetDelivery(const AdminCall& call, store::Reader& store, json::Writer& w) {
  auto view = RequireDelivery(call, store);
  if (!view) return std::unexpected(view.error());
  w.Key("delivery").BeginObject();
  WriteDeliveryFields(w, *view);
  w.Key("attempts_log").BeginArray();
  for (const delivery::AttemptView& attempt : store.ListAttempts(view->id)) {
    w.BeginObject();
    w.Field("attempt", attempt.attempt);
    w.Key("at").Time(attempt.started_at);
    if (attempt.status != 0) w.Field("status", attempt.status);
    if (attempt.failure != FailureClass::kNone) {
      w.Field("failure", ToString(attempt.failure));
    }
    w.Field("elapsed_ms",
            std::chrono::duration_cast<std::chrono::milliseconds>(attempt.elapsed).count());
    if (!attempt.detail.empty()) w.Field("detail", attempt.detail);
    w.EndObject();
  }
  w.EndArray();
  if (const auto event = store.FindEvent(view->event)) {
    const auto& body = event->body_v1 ? event->body_v1 : event->body_v2;
    if (body) w.Key("payload").Raw(*body);
  }
  w.EndObject();
  return {};
}

Result<void> Redeliver(const AdminCall& call, store::Tx& tx, json::Writer& w) {
  auto view = RequireDelivery(call, tx);
  if (!view) return std::unexpected(view.error());
  if (view->state == delivery::DeliveryState::kPending) {
    return InputError("the delivery is still pending");
  }
  if (!view->has_payload) return InputError("the delivery's payload is not kept any more");
  static constexpr auto kKeys = std::to_array<std::string_view>({"hook_id"});
  if (auto known = settings::CheckKnownKeys("", call.body, kKeys); !known) return known;
  HookId to;
  std::string hook_id = view->hook_id;
  if (auto read = chat::ReadString(call.body, "hook_id", "hook_id", hook_id); !read) return read;
  const settings::AppPtr app = tx.FindApp(view->app);
  if (app) {
    for (const settings::EventHook& hook : app->hooks) {
      if (hook.id == hook_id && hook.enabled) to = hook.pk;
    }
  }
  if (!to) return InputError(fmt::format("the app has no enabled hook {}", hook_id));
  tx.Redeliver(view->id, to, call.environment.clock().ScheduleNow());
  w.Field("id", ToString(view->uuid));
  return {};
}

// A synchronous hook: before-message-send or the command handler, with its health since the start.
void WriteSyncHook(json::Writer& w, const hooks::HookReport& report) {
  w.BeginObject();
  w.Field("app_id", report.app.value);
  w.Field("kind", hooks::ToString(report.kind));
  w.Field("url", report.url);
  w.Field("state", hooks::ToString(report.state));
  WriteOptionalTime(w, "since", report.since);
  w.Field("consecutive_failures", report.consecutive_failures);
  WriteOptionalTime(w, "next_probe_at", report.next_probe);
  w.Field("in_flight", report.in_flight);
  w.Key("counts").BeginObject();
  for (std::size_t i = 0; i < kFailureClasses; ++i) {
    const auto answer = static_cast<FailureClass>(i);
    w.Field(ToString(answer), static_cast<std::int64_t>(report.counts[answer]));
  }
  w.EndObject();
  w.Key("history").BeginArray();
  for (const hooks::Transition& transition : report.history) {
    w.BeginObject();
    w.Key("at").Time(transition.at);
    w.Field("state", hooks::ToString(transition.to));
    w.Field("reason", transition.reason);
    w.EndObject();
  }
  w.EndArray();
  w.EndObject();
}

Result<void> ListHooks(const AdminCall& call, store::Reader& store, json::Writer& w) {
  const std::string_view app_id = call.Param("app_id");
  const auto only = ParseInt(app_id);
  if (!app_id.empty() && !only) return InputError("app_id is not valid");
  w.Key("hooks").BeginArray();
  for (const settings::AppPtr& app : store.ListApps()) {
    if (only && app->id.value != *only) continue;
    for (const settings::EventHook& hook : app->hooks) {
      w.BeginObject();
      w.Field("id", hook.id);
      w.Field("app_id", app->id.value);
      w.Field("enabled", hook.enabled);
      if (!hook.disabled_reason.empty()) w.Field("disabled_reason", hook.disabled_reason);
      w.Field("pending", store.CountPending(hook.pk));
      w.EndObject();
    }
  }
  w.EndArray();
  w.Key("sync_hooks").BeginArray();
  for (const hooks::HookReport& report : call.sync_caller.Snapshot()) {
    if (!only || report.app.value == *only) WriteSyncHook(w, report);
  }
  w.EndArray();
  return {};
}

constexpr AdminRoute kRoutes[] = {
    {"GET", "/admin/v1/apps", ListApps, nullptr},
    {"POST", "/admin/v1/apps", nullptr, CreateApp},
    {"GET", "/admin/v1/apps/{id}/keys", ListKeys, nullptr},
    {"POST", "/admin/v1/apps/{id}/keys", nullptr, CreateKey},
    {"DELETE", "/admin/v1/apps/{id}/keys/{key}", nullptr, RetireKey},
    {"GET", "/admin/v1/deliveries", ListDeliveries, nullptr, "app_id hook_id state limit cursor"},
    {"GET", "/admin/v1/deliveries/{id}", GetDelivery, nullptr},
    {"POST", "/admin/v1/deliveries/{id}/redeliver", nullptr, Redeliver},
    {"GET", "/admin/v1/dead_letters", ListDeadLetters, nullptr, "app_id hook_id limit cursor"},
    {"GET", "/admin/v1/hooks", ListHooks, nullptr, "app_id"},
};

}  // namespace

std::span<const AdminRoute> AdminRoutes() { return kRoutes; }

Result<void> CheckAdminParams(const AdminRoute& route, const net::HttpRequest& request) {
  for (const auto& [name, value] : request.query) {
    std::string_view rest = route.params;
    bool known = false;
    while (!rest.empty() && !known) {
      const std::size_t end = std::min(rest.find(' '), rest.size());
      known = rest.substr(0, end) == name;
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    if (!known) {
      return InputError(fmt::format("{} is no query parameter of {}; it takes [{}]", name,
                                    route.path, route.params));
    }
    const auto same = [&](const auto& other) { return other.first == name; };
    if (std::ranges::count_if(request.query, same) > 1) {
      return InputError(fmt::format("{} may be given only once", name));
    }
  }
  return {};
}

const AdminRoute* FindAdminRoute(std::string_view method, std::string_view path,
                                 std::vector<std::string>& args) {
  const auto segments = SplitPath(path);
  for (const AdminRoute& route : kRoutes) {
    if (route.method != method) continue;
    const auto pattern = SplitPath(route.path);
    if (!PathMatches(pattern, segments)) continue;
    args = PathArguments(pattern, segments, net::PlusMeans::kPlus);
    return &route;
  }
  return nullptr;
}

}  // namespace hookline::api
