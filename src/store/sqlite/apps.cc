#include "store/sqlite/apps.h"

#include <fmt/format.h>

#include "store/sqlite/lists.h"

namespace hookline::store::sqlite {

AppTable::AppTable(Connection& db)
    : db_(db),
      find_(db,
            "SELECT use_hook_v2, created_at, updated_at, revoke_tokens_issued_before, name, fields"
            " FROM apps WHERE pk = ?1"),
      ids_(db, "SELECT pk FROM apps ORDER BY pk"),
      keys_(db,
            "SELECT key, secret, created_at, retired_at FROM api_keys"
            " WHERE app = ?1 AND retired_at = 0 ORDER BY created_at, pk"),
      hooks_(db, R"sql(
SELECT pk, app, type, enabled, custom_events, payload_v2, created_at, updated_at, cancel_up_to,
  id, disabled_reason, event_types, product, url, retry, doc
FROM hooks WHERE app = ?1 AND deleted = 0 ORDER BY position, pk)sql"),
      insert_(db, R"sql(
INSERT INTO apps (use_hook_v2, created_at, updated_at, revoke_tokens_issued_before, name, fields)
VALUES (?1, ?2, ?3, ?4, ?5, ?6))sql"),
      update_(db, R"sql(
UPDATE apps SET use_hook_v2 = ?2, created_at = ?3, updated_at = ?4,
  revoke_tokens_issued_before = ?5, name = ?6, fields = ?7 WHERE pk = ?1)sql"),
      insert_key_(db,
                  "INSERT INTO api_keys (app, key, secret, created_at, retired_at)"
                  " VALUES (?1, ?2, ?3, ?4, ?5)"),
      retire_key_(db,
                  "UPDATE api_keys SET retired_at = ?3"
                  " WHERE app = ?1 AND key = ?2 AND retired_at = 0"),
      key_exists_(db, "SELECT 1 FROM api_keys WHERE key = ?1"),
      delete_hooks_(db, "UPDATE hooks SET deleted = 1 WHERE app = ?1 AND deleted = 0"),
      insert_hook_(db, R"sql(
INSERT INTO hooks (app, position, type, enabled, custom_events, payload_v2, created_at, updated_at,
  cancel_up_to, id, disabled_reason, event_types, product, url, retry, doc)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16))sql"),
      update_hook_(db, R"sql(
UPDATE hooks SET deleted = 0, position = ?3, type = ?4, enabled = ?5, custom_events = ?6,
  payload_v2 = ?7, created_at = ?8, updated_at = ?9, cancel_up_to = ?10, id = ?11,
  disabled_reason = ?12, event_types = ?13, product = ?14, url = ?15, retry = ?16, doc = ?17
WHERE app = ?1 AND pk = ?2)sql") {}

settings::AppPtr AppTable::Find(AppId id) {
  auto app = std::make_shared<settings::App>();
  {
    Run run(find_, id);
    if (!run.Step()) return nullptr;
    Columns columns(run);
    app->id = id;
    app->use_hook_v2 = columns.Bool();
    app->created_at = columns.Time();
    app->updated_at = columns.Time();
    app->revoke_tokens_issued_before = columns.Time();
    app->name = columns.Text();
    app->fields_json = columns.Text();
  }
  app->keys = Keys(id);
  app->hooks = Hooks(id);
  return app;
}

std::vector<AppId> AppTable::Ids() {
  std::vector<AppId> ids;
  Run run(ids_);
  while (run.Step()) ids.push_back(Columns(run).RowNumber<AppId>());
  return ids;
}

std::vector<settings::AppPtr> AppTable::List() {
  std::vector<settings::AppPtr> apps;
  for (const AppId id : Ids()) apps.push_back(Find(id));
  return apps;
}

std::vector<settings::ApiKey> AppTable::Keys(AppId app) {
  std::vector<settings::ApiKey> keys;
  Run run(keys_, app);
  while (run.Step()) {
    Columns columns(run);
    settings::ApiKey key;
    key.key = columns.Text();
    key.secret = columns.Text();
    key.created_at = columns.Time();
    key.retired_at = columns.Time();
    keys.push_back(std::move(key));
  }
  return keys;
}

std::vector<settings::EventHook> AppTable::Hooks(AppId app) {
  std::vector<settings::EventHook> hooks;
  Run run(hooks_, app);
  while (run.Step()) {
    Columns columns(run);
    settings::EventHook hook;
    hook.pk = columns.RowNumber<HookId>();
    hook.app = columns.RowNumber<AppId>();
    hook.type = static_cast<settings::HookType>(columns.Int());
    hook.enabled = columns.Bool();
    hook.custom_events = columns.Bool();
    hook.payload_v2 = columns.Bool();
    hook.created_at = columns.Time();
    hook.updated_at = columns.Time();
    hook.cancel_up_to = columns.RowNumber<DeliveryId>();
    hook.id = columns.Text();
    hook.disabled_reason = columns.Text();
    hook.event_types = DecodeStrings(columns.View());
    hook.product = columns.Text();
    hook.url = columns.Text();
    hook.retry_json = columns.Text();
    hook.doc_json = columns.Text();
    hooks.push_back(std::move(hook));
  }
  return hooks;
}

AppId AppTable::Insert(const settings::App& app) {
  Execute(insert_, app.use_hook_v2, app.created_at, app.updated_at, app.revoke_tokens_issued_before,
          app.name, app.fields_json);
  return {db_.last_insert_id()};
}

void AppTable::Update(const settings::App& app) {
  Execute(update_, app.id, app.use_hook_v2, app.created_at, app.updated_at,
          app.revoke_tokens_issued_before, app.name, app.fields_json);
}

void AppTable::InsertKey(AppId app, const settings::ApiKey& key) {
  Execute(insert_key_, app, key.key, key.secret, key.created_at, key.retired_at);
}

void AppTable::RetireKey(AppId app, std::string_view key, Timestamp at) {
  Execute(retire_key_, app, key, at);
}

bool AppTable::KeyExists(std::string_view key) {
  Run run(key_exists_, key);
  return run.Step();
}

void AppTable::ReplaceHooks(AppId app, const std::vector<settings::EventHook>& hooks) {
  Execute(delete_hooks_, app);
  std::int64_t position = 0;
  for (const settings::EventHook& hook : hooks) {
    const std::string types = EncodeStrings(hook.event_types);
    const auto type = static_cast<int>(hook.type);
    ++position;
    if (!hook.pk) {
      Execute(insert_hook_, app, position, type, hook.enabled, hook.custom_events, hook.payload_v2,
              hook.created_at, hook.updated_at, hook.cancel_up_to, hook.id, hook.disabled_reason,
              types, hook.product, hook.url, hook.retry_json, hook.doc_json);
      continue;
    }
    Execute(update_hook_, app, hook.pk, position, type, hook.enabled, hook.custom_events,
            hook.payload_v2, hook.created_at, hook.updated_at, hook.cancel_up_to, hook.id,
            hook.disabled_reason, types, hook.product, hook.url, hook.retry_json, hook.doc_json);
    if (db_.changes() == 0) {
      throw Failure(fmt::format("app {} has no hook {}", app.value, hook.pk.value));
    }
  }
}

}  // namespace hookline::store::sqlite
