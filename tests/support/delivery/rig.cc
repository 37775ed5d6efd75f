#include "support/delivery/rig.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>

namespace hookline::testing {

using delivery::DeliveryState;

Rig::Rig(Options options) : world(options.seed), options_(options) { app_ = AddApp(); }

AppId Rig::AddApp() {
  settings::App app;
  app.name = "test";
  const AppId id = tables.InsertApp(app);
  tables.InsertKey(id, {"key", "secret", {}, {}});
  if (directory != nullptr) directory->Publish(tables.FindApp(id));
  return id;
}

AppId Rig::AppOf(HookId hook) {
  for (const settings::AppPtr& app : tables.ListApps()) {
    if (app->FindHook(hook) != nullptr) return app->id;
  }
  return app_;
}

Rig::~Rig() { Crash(); }

void Rig::Boot() {
  store = std::make_unique<MemoryStore>(world, tables, ++epoch_);
  store->faults = faults;
  directory = std::make_unique<settings::Directory>();
  for (const settings::AppPtr& app : tables.ListApps()) directory->Publish(app);
  std::vector<delivery::ShardSpec> specs;
  for (int i = 0; i < options_.shards; ++i) {
    loops.push_back(std::make_unique<ManualLoop>(world));
    sinks.push_back(std::make_unique<ScriptedSink>(
        world, [this](const delivery::Attempt& attempt) { return script(attempt); }));
    delivery::ShardSpec spec;
    spec.loop = loops.back().get();
    spec.sinks[static_cast<std::size_t>(settings::HookType::kWebhook)] = sinks.back().get();
    specs.push_back(spec);
  }
  delivery::DispatcherOptions dispatcher_options;
  dispatcher_options.limits = options_.limits;
  dispatcher_options.event_bytes = options_.event_bytes;
  dispatcher_options.seed = options_.seed;
  dispatcher = std::make_unique<delivery::Dispatcher>(
      delivery::Dispatcher::Ports{
          *store, *directory, world.clock,
          [this](const settings::AppPtr& app) { apps_changed.push_back(app); }},
      specs, dispatcher_options);
  store->SetCommitListener(dispatcher.get());
  dispatcher->Start();
}

void Rig::Crash() {
  world.ForgetEvents();
  dispatcher.reset();
  sinks.clear();
  loops.clear();
  directory.reset();
  store.reset();
}

void Rig::Store(const std::vector<settings::EventHook>& hooks, AppId app) {
  const auto run = [&](MemoryTables& tx) { tx.ReplaceHooks(app, hooks); };
  if (store == nullptr) return run(tables);
  store->Commit(run, [this, app] { directory->Publish(tables.FindApp(app)); });
  dispatcher->OnAppChanged(tables.FindApp(app));
}

HookId Rig::AddHooks(int count, const std::string& retry_json) {
  return AddHooksTo(app_, count, retry_json);
}

HookId Rig::AddHooksTo(AppId app, int count, const std::string& retry_json) {
  std::vector<settings::EventHook> hooks = tables.FindApp(app)->hooks;
  const std::size_t before = hooks.size();
  for (int i = 0; i < count; ++i) {
    settings::EventHook hook;
    hook.id = "hook-" + std::to_string(hooks.size());
    hook.url = "https://hooks.example/" + std::to_string(hooks.size());
    hook.retry_json = retry_json;
    hooks.push_back(hook);
  }
  Store(hooks, app);
  return tables.FindApp(app)->hooks[before].pk;
}

void Rig::ChangeHook(HookId hook, const std::function<void(settings::EventHook&)>& change) {
  const AppId app = AppOf(hook);
  std::vector<settings::EventHook> hooks = tables.FindApp(app)->hooks;
  const auto found = std::ranges::find(hooks, hook, &settings::EventHook::pk);
  ASSERT_NE(found, hooks.end());
  const bool was_enabled = found->enabled;
  change(*found);
  if (was_enabled && !found->enabled) found->cancel_up_to = tables.LastDelivery();
  Store(hooks, app);
}

void Rig::SetEnabled(HookId hook, bool enabled) {
  ChangeHook(hook, [&](settings::EventHook& one) { one.enabled = enabled; });
}

void Rig::DeleteHook(HookId hook) {
  const AppId app = AppOf(hook);
  std::vector<settings::EventHook> hooks = tables.FindApp(app)->hooks;
  std::erase_if(hooks, [&](const settings::EventHook& one) { return one.pk == hook; });
  Store(hooks, app);
}

std::vector<DeliveryId> Rig::Emit(const std::vector<HookId>& hooks, std::size_t body_bytes) {
  std::vector<DeliveryId> ids;
  const auto run = [&](MemoryTables& tx) {
    delivery::EventPayload event;
    event.app = AppOf(hooks.front());
    event.type = "message.new";
    event.body_v1 = std::make_shared<const std::string>(body_bytes, 'x');
    const auto stored = tx.InsertEvent(event);
    for (const HookId hook : hooks) {
      delivery::PendingDelivery pending;
      pending.uuid = RandomUuid();
      pending.hook = hook;
      pending.event = stored;
      pending.next_attempt_at = world.clock.ScheduleNow();
      ids.push_back(tx.InsertDelivery(pending));
    }
  };
  if (store != nullptr) {
    store->Commit(run);
  } else {
    run(tables);
    tables.TakeCommitted();
  }
  return ids;
}

void Rig::EmitMany(HookId hook, int count) {
  for (int i = 0; i < count; ++i) Emit({hook});
}

void Rig::Redeliver(DeliveryId delivery, HookId to) {
  store->Commit([&](MemoryTables& tx) { tx.Redeliver(delivery, to, world.clock.ScheduleNow()); });
}

int Rig::Count(DeliveryState state) const {
  return static_cast<int>(std::ranges::count_if(
      tables.deliveries(), [&](const auto& entry) { return entry.second.state == state; }));
}

std::vector<ScriptedSink::Seen> Rig::Seen(HookId hook) const {
  std::vector<ScriptedSink::Seen> all;
  for (const auto& sink : sinks) {
    for (const ScriptedSink::Seen& one : sink->SeenOf(hook)) all.push_back(one);
  }
  return all;
}

}  // namespace hookline::testing
