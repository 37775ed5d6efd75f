#pragma once

#include <string_view>
#include <vector>

#include "settings/app.h"
#include "store/sqlite/connection.h"

namespace hookline::store::sqlite {

/// Apps with their keys and hooks.
class AppTable {
 public:
  explicit AppTable(Connection& db);

  settings::AppPtr Find(AppId app);
  std::vector<settings::AppPtr> List();

  AppId Insert(const settings::App& app);
  void Update(const settings::App& app);
  void InsertKey(AppId app, const settings::ApiKey& key);
  void RetireKey(AppId app, std::string_view key, Timestamp at);
  bool KeyExists(std::string_view key);
  void ReplaceHooks(AppId app, const std::vector<settings::EventHook>& hooks);

 private:
  std::vector<settings::ApiKey> Keys(AppId app);
  std::vector<settings::EventHook> Hooks(AppId app);
  std::vector<AppId> Ids();

  Connection& db_;
  Statement find_;
  Statement ids_;
  Statement keys_;
  Statement hooks_;
  Statement insert_;
  Statement update_;
  Statement insert_key_;
  Statement retire_key_;
  Statement key_exists_;
  Statement delete_hooks_;
  Statement insert_hook_;
  Statement update_hook_;
};

}  // namespace hookline::store::sqlite
