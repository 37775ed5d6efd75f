#include "store/sqlite/users.h"

#include "store/sqlite/filter_sql.h"
#include "store/sqlite/lists.h"

#define USER_COLUMNS                                                                         \
  "u.app, u.id, u.created_at, u.updated_at, u.deleted_at, u.deactivated_at, u.last_active, " \
  "u.revoke_tokens_issued_before, u.invisible, u.banned, u.shadow_banned, u.role, u.name, "  \
  "u.image, u.language, u.teams, u.teams_role, u.privacy_settings, u.custom"

namespace hookline::store::sqlite {
namespace {

chat::UserPtr ReadUser(Columns columns) {
  auto user = std::make_shared<chat::User>();
  user->app = columns.RowNumber<AppId>();
  user->id = columns.Text();
  user->created_at = columns.Time();
  user->updated_at = columns.Time();
  user->deleted_at = columns.Time();
  user->deactivated_at = columns.Time();
  user->last_active = columns.Time();
  user->revoke_tokens_issued_before = columns.Time();
  user->invisible = columns.Bool();
  user->banned = columns.Bool();
  user->shadow_banned = columns.Bool();
  user->role = columns.Text();
  user->name = columns.OptionalText();
  user->image = columns.OptionalText();
  user->language = columns.Text();
  user->teams = DecodeStrings(columns.View());
  user->teams_role_json = columns.Text();
  user->privacy_settings_json = columns.Text();
  user->custom_json = columns.Text();
  return user;
}

using Kind = FieldMap::Kind;
constexpr FieldMap::Entry kFields[] = {
    {"id", "u.id", Kind::kText},
    {"name", "u.name", Kind::kNullableText},
    {"image", "u.image", Kind::kNullableText},
    {"role", "u.role", Kind::kText},
    {"language", "u.language", Kind::kText},
    {"banned", "u.banned", Kind::kBool},
    {"shadow_banned", "u.shadow_banned", Kind::kBool},
    {"invisible", "u.invisible", Kind::kBool},
    {"teams", "u.teams", Kind::kList},
    {"created_at", "u.created_at", Kind::kTime},
    {"updated_at", "u.updated_at", Kind::kTime},
    {"last_active", "u.last_active", Kind::kTime},
    {"deactivated_at", "u.deactivated_at", Kind::kTime},
    {"online", "", Kind::kUnsupported},
    {"unread_count", "", Kind::kUnsupported},
    {"total_unread_count", "", Kind::kUnsupported},
};
constexpr FieldMap kFieldMap{kFields, "u.custom", "", "u.id"};

}  // namespace

UserTable::UserTable(Connection& db)
    : db_(db),
      find_(db, "SELECT " USER_COLUMNS " FROM users u WHERE u.app = ?1 AND u.id = ?2"),
      put_(db, R"sql(
INSERT INTO users (app, id, created_at, updated_at, deleted_at, deactivated_at, last_active,
  revoke_tokens_issued_before, invisible, banned, shadow_banned, role, name, image, language,
  teams, teams_role, privacy_settings, custom)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19)
ON CONFLICT (app, id) DO UPDATE SET created_at = ?3, updated_at = ?4, deleted_at = ?5,
  deactivated_at = ?6, last_active = ?7, revoke_tokens_issued_before = ?8, invisible = ?9,
  banned = ?10, shadow_banned = ?11, role = ?12, name = ?13, image = ?14, language = ?15,
  teams = ?16, teams_role = ?17, privacy_settings = ?18, custom = ?19)sql") {}

chat::UserPtr UserTable::Find(AppId app, std::string_view id) {
  Run run(find_, app, id);
  if (!run.Step()) return nullptr;
  return ReadUser(Columns(run));
}

Result<std::vector<chat::UserPtr>> UserTable::Query(AppId app, const chat::UserQuery& query) {
  SqlBuilder sql;
  sql.Append("SELECT " USER_COLUMNS " FROM users u WHERE u.app = ").Param(app.value);
  sql.Append(" AND u.deleted_at = 0");
  if (!query.include_deactivated) sql.Append(" AND u.deactivated_at = 0");
  sql.Append(" AND ");
  if (auto done = AppendFilter(sql, kFieldMap, query.filter); !done) {
    return std::unexpected(done.error());
  }
  if (auto done = AppendSort(sql, kFieldMap, query.sort, "u.created_at DESC, u.id"); !done) {
    return std::unexpected(done.error());
  }
  sql.Append(" LIMIT ").Param(query.limit).Append(" OFFSET ").Param(query.offset);
  std::vector<chat::UserPtr> users;
  sql.ForEachRow(db_, [&users](Columns columns) { users.push_back(ReadUser(columns)); });
  return users;
}

void UserTable::Put(const chat::User& user) {
  const std::string teams = EncodeStrings(user.teams);
  Execute(put_, user.app, user.id, user.created_at, user.updated_at, user.deleted_at,
          user.deactivated_at, user.last_active, user.revoke_tokens_issued_before, user.invisible,
          user.banned, user.shadow_banned, user.role, user.name, user.image, user.language, teams,
          user.teams_role_json, user.privacy_settings_json, user.custom_json);
}

}  // namespace hookline::store::sqlite
