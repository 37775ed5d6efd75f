#include "settings/directory.h"

#include <algorithm>
#include <utility>

namespace hookline::settings {

std::shared_ptr<const Directory::Snapshot> Directory::Load() const {
  const std::lock_guard lock(mutex_);
  return snapshot_;
}

Directory::KeyMatch Directory::FindByKey(std::string_view key) const {
  const auto snapshot = Load();
  const auto found = snapshot->by_key.find(key);
  if (found == snapshot->by_key.end()) return {};
  const auto& [app, checks] = found->second;
  for (const ApiKey& candidate : app->keys) {
    if (candidate.key == key) return {app, &candidate, checks};
  }
  return {};
}

AppPtr Directory::Find(AppId id) const {
  const auto snapshot = Load();
  const auto found = snapshot->by_id.find(id);
  return found == snapshot->by_id.end() ? nullptr : found->second;
}

std::vector<AppPtr> Directory::All() const {
  const auto snapshot = Load();
  std::vector<AppPtr> apps;
  apps.reserve(snapshot->by_id.size());
  for (const auto& [id, app] : snapshot->by_id) apps.push_back(app);
  std::ranges::sort(apps, {}, [](const AppPtr& app) { return app->id; });
  return apps;
}

void Directory::Publish(AppPtr app) {
  // The old snapshot is released outside of the lock: freeing it may take a while.
  std::shared_ptr<const Snapshot> old;
  const std::lock_guard publishing(publish_mutex_);
  auto next = std::make_shared<Snapshot>(*Load());
  if (const auto known = next->by_id.find(app->id); known != next->by_id.end()) {
    for (const ApiKey& key : known->second->keys) next->by_key.erase(key.key);
  }
  const Entry entry{app, ReadAccessChecks(*app)};
  for (const ApiKey& key : app->keys) next->by_key.insert_or_assign(key.key, entry);
  next->by_id.insert_or_assign(app->id, std::move(app));
  const std::lock_guard lock(mutex_);
  old = std::exchange(snapshot_, std::move(next));
}

}  // namespace hookline::settings
