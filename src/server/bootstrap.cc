#include "server/bootstrap.h"

#include <fmt/core.h>
#include <spdlog/spdlog.h>

#include <future>
#include <utility>
#include <vector>

#include "settings/apps.h"

namespace hookline::server {
namespace {

Result<void> CreateFirstApp(store::Tx& tx, const Config& config, Timestamp now, bool& retired) {
  settings::NewApp request;
  request.name = "hookline";
  if (!config.bootstrap_key.empty()) {
    for (const settings::AppPtr& app : tx.ListApps()) {
      for (const settings::ApiKey& key : app->keys) {
        if (key.key != config.bootstrap_key) continue;
        if (key.secret == config.bootstrap_secret) return {};
        return InputError("bootstrap_key exists already, with another secret");
      }
    }
    if (tx.KeyExists(config.bootstrap_key)) {
      // Its rotation is over and the environment still names it: nothing to do, and no second app.
      retired = true;
      return {};
    }
    request.key = settings::GivenKey{config.bootstrap_key, config.bootstrap_secret};
  } else if (!config.dev || !tx.ListApps().empty()) {
    return {};
  }
  auto app = settings::CreateApp(tx, request, now);
  if (!app) return std::unexpected(app.error());
  return {};
}

}  // namespace

Result<void> LoadApps(store::Store& store, const Clock& clock, const Config& config,
                      settings::Directory& directory) {
  if (config.bootstrap_key.empty() != config.bootstrap_secret.empty()) {
    return InputError("bootstrap_key and bootstrap_secret must be set together");
  }
  Result<void> created;
  bool retired = false;
  std::vector<settings::AppPtr> apps;
  std::promise<store::Commit> finished;
  store.Write(
      store::Origin{},
      [&](store::Tx& tx) {
        retired = false;
        created = CreateFirstApp(tx, config, clock.WallNow(), retired);
        if (!created) return false;
        apps = tx.ListApps();
        return true;
      },
      [&](store::Commit commit) { finished.set_value(commit); });
  const store::Commit commit = finished.get_future().get();
  if (!store::Answered(commit)) {
    return Fail(ErrorKind::kUnavailable,
                "the first app could not be written to the store: see the line before; is the disk "
                "full?");
  }
  if (!created) return created;
  if (retired) {
    spdlog::warn(
        "bootstrap_key is a key that was retired: it stays retired; take it out of the "
        "environment");
  }
  for (settings::AppPtr& app : apps) directory.Publish(std::move(app));
  return {};
}

}  // namespace hookline::server
