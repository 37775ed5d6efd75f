#include "store/sqlite/catalogs.h"

#include <utility>
#include <vector>

#include "chat/catalog.h"

namespace hookline::store::sqlite {
namespace {

// One app's catalogue is a few kilobytes, and nothing at all if the app has set none.
constexpr std::size_t kKeptMax = 4096;

}  // namespace

CatalogTable::CatalogTable(Connection& db)
    : version_(db, "SELECT version FROM catalogs WHERE app = ?1"),
      types_(db,
             "SELECT name, created_at, updated_at, fields FROM channel_types WHERE app = ?1"
             " ORDER BY name"),
      commands_(db,
                "SELECT name, created_at, updated_at, description, args, in_set FROM commands"
                " WHERE app = ?1 ORDER BY name"),
      put_type_(db, R"sql(
INSERT INTO channel_types (app, name, created_at, updated_at, fields) VALUES (?1, ?2, ?3, ?4, ?5)
ON CONFLICT (app, name) DO UPDATE SET created_at = ?3, updated_at = ?4, fields = ?5)sql"),
      delete_type_(db, "DELETE FROM channel_types WHERE app = ?1 AND name = ?2"),
      put_command_(db, R"sql(
INSERT INTO commands (app, name, created_at, updated_at, description, args, in_set)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
ON CONFLICT (app, name) DO UPDATE SET created_at = ?3, updated_at = ?4, description = ?5,
  args = ?6, in_set = ?7)sql"),
      delete_command_(db, "DELETE FROM commands WHERE app = ?1 AND name = ?2"),
      bump_version_(db, R"sql(
INSERT INTO catalogs (app, version) VALUES (?1, 1)
ON CONFLICT (app) DO UPDATE SET version = version + 1)sql") {}

std::int64_t CatalogTable::VersionOf(AppId app) {
  Run run(version_, app);
  return run.Step() ? Columns(run).Int() : 0;
}

chat::CatalogPtr CatalogTable::Find(AppId app) {
  const std::int64_t version = VersionOf(app);
  // Version 0 is no row: the app has never set anything.
  if (version == 0) return chat::Catalog::Default();
  if (const auto kept = kept_.find(app); kept != kept_.end() && kept->second.version == version) {
    return kept->second.catalog;
  }
  chat::CatalogPtr catalog = Load(app);
  Keep(app, {version, catalog});
  return catalog;
}

chat::CatalogPtr CatalogTable::FindOwn(AppId app) {
  if (const auto kept = kept_.find(app); kept != kept_.end()) return kept->second.catalog;
  chat::CatalogPtr catalog = Load(app);
  Keep(app, {0, catalog});
  return catalog;
}

chat::CatalogPtr CatalogTable::Load(AppId app) {
  std::vector<chat::ChannelTypeRecord> types;
  {
    Run run(types_, app);
    while (run.Step()) {
      Columns columns(run);
      chat::ChannelTypeRecord type;
      type.name = columns.Text();
      type.created_at = columns.Time();
      type.updated_at = columns.Time();
      type.fields_json = columns.Text();
      types.push_back(std::move(type));
    }
  }
  std::vector<chat::Command> commands;
  Run run(commands_, app);
  while (run.Step()) {
    Columns columns(run);
    chat::Command command;
    command.name = columns.Text();
    command.created_at = columns.Time();
    command.updated_at = columns.Time();
    command.description = columns.Text();
    command.args = columns.Text();
    command.set = columns.Text();
    commands.push_back(std::move(command));
  }
  if (types.empty() && commands.empty()) return chat::Catalog::Default();
  return std::make_shared<const chat::Catalog>(std::move(types), std::move(commands));
}

void CatalogTable::Keep(AppId app, Kept kept) {
  if (kept_.size() >= kKeptMax) kept_.clear();
  kept_.insert_or_assign(app, std::move(kept));
}

void CatalogTable::Changed(AppId app) {
  Execute(bump_version_, app);
  kept_.erase(app);
  changed_ = true;
}

void CatalogTable::OnRollback() {
  if (changed_) kept_.clear();
}

void CatalogTable::PutType(AppId app, const chat::ChannelTypeRecord& type) {
  Execute(put_type_, app, type.name, type.created_at, type.updated_at, type.fields_json);
  Changed(app);
}

void CatalogTable::DeleteType(AppId app, std::string_view name) {
  Execute(delete_type_, app, name);
  Changed(app);
}

void CatalogTable::PutCommand(AppId app, const chat::Command& command) {
  Execute(put_command_, app, command.name, command.created_at, command.updated_at,
          command.description, command.args, command.set);
  Changed(app);
}

void CatalogTable::DeleteCommand(AppId app, std::string_view name) {
  Execute(delete_command_, app, name);
  Changed(app);
}

}  // namespace hookline::store::sqlite
