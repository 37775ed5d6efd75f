#include "store/sqlite/moderation.h"

#define MUTE_COLUMNS "app, user_id, target_id, created_at, updated_at, expires_at"
#define BAN_COLUMNS "app, user_id, channel, shadow, created_at, expires_at, banned_by_id, reason"
#define FLAG_COLUMNS                                                                      \
  "app, target_user_id, target_message_id, user_id, created_at, updated_at, id, reason, " \
  "custom"

namespace hookline::store::sqlite {
namespace {

chat::Mute ReadMute(Columns columns) {
  chat::Mute mute;
  mute.app = columns.RowNumber<AppId>();
  mute.user_id = columns.Text();
  mute.target_id = columns.Text();
  mute.created_at = columns.Time();
  mute.updated_at = columns.Time();
  mute.expires_at = columns.Time();
  return mute;
}

chat::Ban ReadBan(Columns columns) {
  chat::Ban ban;
  ban.app = columns.RowNumber<AppId>();
  ban.user_id = columns.Text();
  ban.channel = columns.RowNumber<ChannelId>();
  ban.shadow = columns.Bool();
  ban.created_at = columns.Time();
  ban.expires_at = columns.Time();
  ban.banned_by_id = columns.Text();
  ban.reason = columns.Text();
  return ban;
}

chat::Flag ReadFlag(Columns columns) {
  chat::Flag flag;
  flag.app = columns.RowNumber<AppId>();
  flag.target_user_id = columns.Text();
  flag.target_message_id = columns.Text();
  flag.user_id = columns.Text();
  flag.created_at = columns.Time();
  flag.updated_at = columns.Time();
  flag.id = columns.Text();
  flag.reason = columns.Text();
  flag.custom_json = columns.Text();
  return flag;
}

template <class T, class Read>
std::vector<T> ReadRows(Run& run, const Read& read) {
  std::vector<T> rows;
  while (run.Step()) rows.push_back(read(Columns(run)));
  return rows;
}

}  // namespace

ModerationTable::ModerationTable(Connection& db)
    : find_mute_(db, "SELECT " MUTE_COLUMNS
                     " FROM mutes WHERE app = ?1 AND user_id = ?2 AND target_id = ?3"),
      list_mutes_(
          db,
          "SELECT " MUTE_COLUMNS
          " FROM mutes WHERE app = ?1 AND user_id = ?2 ORDER BY created_at, target_id LIMIT ?3"),
      expired_mutes_(db, "SELECT " MUTE_COLUMNS
                         " FROM mutes WHERE expires_at > 0 AND expires_at <= ?1"
                         " ORDER BY expires_at LIMIT ?2"),
      put_mute_(db,
                "INSERT OR REPLACE INTO mutes (" MUTE_COLUMNS ") VALUES (?1, ?2, ?3, ?4, ?5, ?6)"),
      delete_mute_(db, "DELETE FROM mutes WHERE app = ?1 AND user_id = ?2 AND target_id = ?3"),
      list_bans_(db, "SELECT " BAN_COLUMNS
                     " FROM bans WHERE app = ?1 AND user_id = ?2 AND channel = ?3"
                     " ORDER BY shadow"),
      count_bans_(db, "SELECT count(*) FROM bans WHERE app = ?1 AND user_id = ?2"),
      expired_bans_(db, "SELECT " BAN_COLUMNS
                        " FROM bans WHERE expires_at > 0 AND expires_at <= ?1"
                        " ORDER BY expires_at LIMIT ?2"),
      put_ban_(db, "INSERT OR REPLACE INTO bans (" BAN_COLUMNS
                   ") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)"),
      delete_ban_(
          db, "DELETE FROM bans WHERE app = ?1 AND user_id = ?2 AND channel = ?3 AND shadow = ?4"),
      find_flag_(db, "SELECT " FLAG_COLUMNS
                     " FROM flags WHERE app = ?1 AND user_id = ?2 AND target_user_id = ?3"
                     " AND target_message_id = ?4"),
      count_flags_(db,
                   "SELECT count(*) FROM flags WHERE app = ?1 AND target_user_id = ?2"
                   " AND target_message_id = ?3"),
      put_flag_(db, "INSERT OR REPLACE INTO flags (" FLAG_COLUMNS
                    ") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)"),
      delete_flag_(db,
                   "DELETE FROM flags WHERE app = ?1 AND user_id = ?2 AND target_user_id = ?3"
                   " AND target_message_id = ?4") {}

std::optional<chat::Mute> ModerationTable::FindMute(AppId app, std::string_view user_id,
                                                    std::string_view target_id) {
  Run run(find_mute_, app, user_id, target_id);
  if (!run.Step()) return std::nullopt;
  return ReadMute(Columns(run));
}

std::vector<chat::Mute> ModerationTable::ListMutes(AppId app, std::string_view user_id, int limit) {
  Run run(list_mutes_, app, user_id, limit);
  return ReadRows<chat::Mute>(run, ReadMute);
}

std::vector<chat::Mute> ModerationTable::ListExpiredMutes(Timestamp now, int limit) {
  Run run(expired_mutes_, now, limit);
  return ReadRows<chat::Mute>(run, ReadMute);
}

void ModerationTable::PutMute(const chat::Mute& mute) {
  Execute(put_mute_, mute.app, mute.user_id, mute.target_id, mute.created_at, mute.updated_at,
          mute.expires_at);
}

void ModerationTable::DeleteMute(AppId app, std::string_view user_id, std::string_view target_id) {
  Execute(delete_mute_, app, user_id, target_id);
}

std::vector<chat::Ban> ModerationTable::ListBans(AppId app, ChannelId channel,
                                                 std::string_view user_id) {
  Run run(list_bans_, app, user_id, channel);
  return ReadRows<chat::Ban>(run, ReadBan);
}

std::int64_t ModerationTable::CountBans(AppId app, std::string_view user_id) {
  Run run(count_bans_, app, user_id);
  run.Step();
  return Columns(run).Int();
}

std::vector<chat::Ban> ModerationTable::ListExpiredBans(Timestamp now, int limit) {
  Run run(expired_bans_, now, limit);
  return ReadRows<chat::Ban>(run, ReadBan);
}

void ModerationTable::PutBan(const chat::Ban& ban) {
  Execute(put_ban_, ban.app, ban.user_id, ban.channel, ban.shadow, ban.created_at, ban.expires_at,
          ban.banned_by_id, ban.reason);
}

void ModerationTable::DeleteBan(AppId app, ChannelId channel, std::string_view user_id,
                                bool shadow) {
  Execute(delete_ban_, app, user_id, channel, shadow);
}

std::optional<chat::Flag> ModerationTable::FindFlag(AppId app, std::string_view user_id,
                                                    std::string_view target_user_id,
                                                    std::string_view target_message_id) {
  Run run(find_flag_, app, user_id, target_user_id, target_message_id);
  if (!run.Step()) return std::nullopt;
  return ReadFlag(Columns(run));
}

std::int64_t ModerationTable::CountFlags(AppId app, std::string_view target_user_id,
                                         std::string_view target_message_id) {
  Run run(count_flags_, app, target_user_id, target_message_id);
  run.Step();
  return Columns(run).Int();
}

void ModerationTable::PutFlag(const chat::Flag& flag) {
  Execute(put_flag_, flag.app, flag.target_user_id, flag.target_message_id, flag.user_id,
          flag.created_at, flag.updated_at, flag.id, flag.reason, flag.custom_json);
}

void ModerationTable::DeleteFlag(const chat::Flag& flag) {
  Execute(delete_flag_, flag.app, flag.user_id, flag.target_user_id, flag.target_message_id);
}

}  // namespace hookline::store::sqlite
