#include "support/delivery/rig.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>

namespace hookline::testing {

using delivery::DeliveryState;

Rig::Rig(Options options) : world(options.seed), options_(options) {
  settings::App app;
  app.name = "test";
  app_ = tables.InsertApp(app);
  tables.InsertKey(app_, {"key", "secret", {}, {}});
}

Rig::~Rig() { Crash(); }

void Rig::Boot() {
  store = std::make_unique<MemoryStore>(world, tables, ++epoch_);
  store->faults = faults;
  directory = std::make_unique<settings::Directory>();
  directory->Publish(tables.FindApp(app_));
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

void Rig::Store(const std::vector<settings::EventHook>& hooks) {
  const auto run = [&](MemoryTables& tx) { tx.ReplaceHooks(app_, hooks); };
  if (store == nullptr) return run(tables);
  store->Commit(run, [this] { directory->Publish(tables.FindApp(app_)); });
  dispatcher->OnAppChanged(tables.FindApp(app_));
}

HookId Rig::AddHooks(int count, const std::string& retry_json) {
  std::vector<settings::EventHook> hooks = tables.FindApp(app_)->hooks;
  const std::size_t before = hooks.size();
  for (int i = 0; i < count; ++i) {
    settings::EventHook hook;
    hook.id = "hook-" + std::to_string(hooks.size());
    hook.url = "https://hooks.example/" + std::to_string(hooks.size());
    hook.retry_json = retry_json;
    hooks.push_back(hook);
  }
  Store(hooks);
  return tables.FindApp(app_)->hooks[before].pk;
}

void Rig::ChangeHook(HookId hook, const std::function<void(settings::EventHook&)>& change) {
  std::vector<settings::EventHook> hooks = tables.FindApp(app_)->hooks;
  const auto found = std::ranges::find(hooks, hook, &settings::EventHook::pk);
  ASSERT_NE(found, hooks.end());
  const bool was_enabled = found->enabled;
  change(*found);
  if (was_enabled && !found->enabled) found->cancel_up_to = tables.LastDelivery();
  Store(hooks);
}

void Rig::SetEnabled(HookId hook, bool enabled) {
  ChangeHook(hook, [&](settings::EventHook& one) { one.enabled = enabled; });
}

void Rig::DeleteHook(HookId hook) {
  std::vector<settings::EventHook> hooks = tables.FindApp(app_)->hooks;
  std::erase_if(hooks, [&](const settings::EventHook& one) { return one.pk == hook; });
  Store(hooks);
}

std::vector<DeliveryId> Rig::Emit(const std::vector<HookId>& hooks) {
  std::vector<DeliveryId> ids;
  const auto run = [&](MemoryTables& tx) {
    delivery::EventPayload event;
    event.app = app_;
    event.type = "message.new";
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

std::optional<delivery::HookHealth> Rig::Health(HookId hook) {
  std::optional<delivery::HookHealth> health;
  bool answered = false;
  dispatcher->Health(hook, [&](std::optional<delivery::HookHealth> one) {
    health = one;
    answered = true;
  });
  EXPECT_TRUE(world.RunUntil([&] { return answered; }, std::chrono::seconds(1)));
  return health;
}

}  // namespace hookline::testing
