#include "store/sqlite/ephemerals.h"

#include "store/sqlite/lists.h"

namespace hookline::store::sqlite {

EphemeralTable::EphemeralTable(Connection& db)
    : db_(db),
      find_(db, R"sql(
SELECT app, id, channel, created_at, updated_at, show_in_channel, silent, cid, user_id, command,
  args, parent_id, quoted_message_id, mentioned_user_ids, restricted_visibility, i18n, text, html,
  mml, attachments, custom
FROM ephemerals WHERE app = ?1 AND id = ?2 AND expires_at > ?3)sql"),
      put_(db, R"sql(
INSERT OR REPLACE INTO ephemerals (app, id, expires_at, channel, created_at, updated_at,
  show_in_channel, silent, cid, user_id, command, args, parent_id, quoted_message_id,
  mentioned_user_ids, restricted_visibility, i18n, text, html, mml, attachments, custom)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20,
  ?21, ?22))sql"),
      delete_(db, "DELETE FROM ephemerals WHERE app = ?1 AND id = ?2"),
      any_expired_(db, "SELECT 1 FROM ephemerals WHERE expires_at <= ?1 LIMIT 1"),
      delete_expired_(db, R"sql(
DELETE FROM ephemerals WHERE pk IN
  (SELECT pk FROM ephemerals WHERE expires_at <= ?1 ORDER BY expires_at LIMIT ?2))sql") {}

std::optional<chat::Message> EphemeralTable::Find(AppId app, std::string_view id, Timestamp now) {
  Run run(find_, app, id, now);
  if (!run.Step()) return std::nullopt;
  Columns columns(run);
  chat::Message m;
  m.type = "ephemeral";
  m.app = columns.RowNumber<AppId>();
  m.id = columns.Text();
  m.channel = columns.RowNumber<ChannelId>();
  m.created_at = columns.Time();
  m.updated_at = columns.Time();
  m.show_in_channel = columns.Bool();
  m.silent = columns.Bool();
  m.cid = columns.Text();
  m.user_id = columns.Text();
  m.command = columns.Text();
  m.args = columns.Text();
  m.parent_id = columns.Text();
  m.quoted_message_id = columns.Text();
  m.mentioned_user_ids = DecodeStrings(columns.View());
  m.restricted_visibility = DecodeStrings(columns.View());
  m.i18n_json = columns.Text();
  m.text = columns.Text();
  m.html = columns.Text();
  m.mml = columns.Text();
  m.attachments_json = columns.Text();
  m.custom_json = columns.Text();
  return m;
}

void EphemeralTable::Put(const chat::Message& m, Timestamp expires_at) {
  const std::string mentioned = EncodeStrings(m.mentioned_user_ids);
  const std::string restricted = EncodeStrings(m.restricted_visibility);
  Execute(put_, m.app, m.id, expires_at, m.channel, m.created_at, m.updated_at, m.show_in_channel,
          m.silent, m.cid, m.user_id, m.command, m.args, m.parent_id, m.quoted_message_id,
          mentioned, restricted, m.i18n_json, m.text, m.html, m.mml, m.attachments_json,
          m.custom_json);
}

void EphemeralTable::Delete(AppId app, std::string_view id) { Execute(delete_, app, id); }

bool EphemeralTable::AnyExpired(Timestamp now) {
  Run run(any_expired_, now);
  return run.Step();
}

int EphemeralTable::DeleteExpired(Timestamp now, int limit) {
  Execute(delete_expired_, now, limit);
  return db_.changes();
}

}  // namespace hookline::store::sqlite
