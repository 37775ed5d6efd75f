#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "delivery/dispatcher.h"
#include "settings/directory.h"
#include "support/delivery/memory_store.h"
#include "support/delivery/scripted_sink.h"
#include "support/delivery/world.h"

namespace hookline::testing {

/// A server's delivery in a simulated world: one app, its hooks, and a dispatcher with its loops
/// and sinks. The store's tables survive Crash and Boot; all else is made anew.
class Rig {
 public:
  struct Options {
    std::uint64_t seed = 1;
    int shards = 1;
    delivery::ShardLimits limits;
    std::size_t event_bytes = delivery::DispatcherOptions{}.event_bytes;
  };
  using Script = std::function<Reply(const delivery::Attempt&)>;

  explicit Rig(Options options);
  ~Rig();

  /// Makes the dispatcher and starts it.
  void Boot();
  /// Everything but the tables is gone at once.
  void Crash();

  /// Adds hooks to the app, and returns the first one's number; they follow one another.
  HookId AddHooks(int count, const std::string& retry_json = "");
  /// The same for another app.
  HookId AddHooksTo(AppId app, int count, const std::string& retry_json = "");
  AppId AddApp();
  /// Changes the hook as PATCH /app would, marks included, and tells the dispatcher.
  void ChangeHook(HookId hook, const std::function<void(settings::EventHook&)>& change);
  void SetEnabled(HookId hook, bool enabled);
  void DeleteHook(HookId hook);
  /// Commits one event with a delivery to each of the hooks; returns the deliveries' ids.
  std::vector<DeliveryId> Emit(const std::vector<HookId>& hooks, std::size_t body_bytes = 0);
  void EmitMany(HookId hook, int count);
  void Redeliver(DeliveryId delivery, HookId to = {});

  const StoredDelivery& Stored(DeliveryId id) const { return tables.deliveries().at(id); }
  delivery::DeliveryState State(DeliveryId id) const { return Stored(id).state; }
  int Count(delivery::DeliveryState state) const;
  bool NothingPending() const { return tables.NothingPending(); }
  std::vector<ScriptedSink::Seen> Seen(HookId hook) const;

  World world;
  MemoryTables tables;
  /// What receivers do, unless a test says otherwise: 200.
  Script script = [](const delivery::Attempt&) { return Status(200); };

  // Of the present process:
  std::unique_ptr<MemoryStore> store;
  std::unique_ptr<settings::Directory> directory;
  std::vector<std::unique_ptr<ManualLoop>> loops;
  std::vector<std::unique_ptr<ScriptedSink>> sinks;
  std::unique_ptr<delivery::Dispatcher> dispatcher;
  std::vector<settings::AppPtr> apps_changed;  ///< By the dispatcher itself.
  MemoryStore::Faults faults;                  ///< Of the store, from the next Boot on.

 private:
  void Store(const std::vector<settings::EventHook>& hooks, AppId app);
  AppId AppOf(HookId hook);

  const Options options_;
  AppId app_;
  std::int64_t epoch_ = 0;
};

}  // namespace hookline::testing
