#pragma once

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "settings/store.h"

namespace hookline::settings {

/// The settings port in memory, by the contract in settings/store.h.
class FakeTx final : public Tx {
 public:
  AppPtr FindApp(AppId app) override {
    const auto found = apps_.find(app.value);
    return found == apps_.end() ? nullptr : std::make_shared<const App>(found->second);
  }
  std::vector<AppPtr> ListApps() override {
    std::vector<AppPtr> all;
    for (const auto& [id, app] : apps_) all.push_back(FindApp(AppId{id}));
    return all;
  }

  AppId InsertApp(const App& app) override {
    const AppId id{++last_app_};
    App& stored = apps_[id.value] = app;
    stored.id = id;
    stored.keys.clear();
    stored.hooks.clear();
    return id;
  }
  void UpdateApp(const App& app) override {
    ++app_updates;
    App& stored = apps_.at(app.id.value);
    auto keys = std::move(stored.keys);
    auto hooks = std::move(stored.hooks);
    stored = app;
    stored.keys = std::move(keys);
    stored.hooks = std::move(hooks);
  }

  void InsertKey(AppId app, const ApiKey& key) override {
    apps_.at(app.value).keys.push_back(key);
    every_key_.push_back(key.key);
  }
  void RetireKey(AppId app, std::string_view key, Timestamp at) override {
    std::erase_if(apps_.at(app.value).keys, [&](const ApiKey& k) { return k.key == key; });
    retired_at = at;
  }
  bool KeyExists(std::string_view key) override {
    return std::ranges::find(every_key_, key) != every_key_.end();
  }

  void ReplaceHooks(AppId app, const std::vector<EventHook>& hooks) override {
    ++hook_replacements;
    auto& stored = apps_.at(app.value).hooks;
    stored = hooks;
    for (EventHook& hook : stored) {
      if (!hook.pk) hook.pk = HookId{++last_hook_};
    }
  }
  DeliveryId LastDelivery() override { return last_delivery; }

  /// What delivery does on 410 Gone.
  void DisableHook(AppId app, std::size_t index, std::string reason) {
    EventHook& hook = apps_.at(app.value).hooks.at(index);
    hook.enabled = false;
    hook.disabled_reason = std::move(reason);
  }

  DeliveryId last_delivery;
  Timestamp retired_at;
  int app_updates = 0;
  int hook_replacements = 0;

 private:
  std::map<std::int64_t, App> apps_;
  std::vector<std::string> every_key_;
  std::int64_t last_app_ = 0;
  std::int64_t last_hook_ = 0;
};

}  // namespace hookline::settings
