#include "store/sqlite/members.h"

#include "store/sqlite/filter_sql.h"

#define MEMBER_COLUMNS                                                                         \
  "m.channel, m.user_id, m.app, m.created_at, m.updated_at, m.read_count, m.last_read_at, "    \
  "m.last_read_message_id, m.is_moderator, m.banned, m.shadow_banned, m.notifications_muted, " \
  "m.invited, m.invite_accepted_at, m.invite_rejected_at, m.pinned_at, m.archived_at, "        \
  "m.history_from, m.hidden_mark, m.channel_role, m.role, m.custom"

namespace hookline::store::sqlite {
namespace {

chat::Member ReadMember(Columns columns) {
  chat::Member member;
  member.channel = columns.RowNumber<ChannelId>();
  member.user_id = columns.Text();
  member.app = columns.RowNumber<AppId>();
  member.created_at = columns.Time();
  member.updated_at = columns.Time();
  member.read_count = columns.Int();
  member.last_read_at = columns.Time();
  member.last_read_message_id = columns.Text();
  member.is_moderator = columns.Bool();
  member.banned = columns.Bool();
  member.shadow_banned = columns.Bool();
  member.notifications_muted = columns.Bool();
  member.invited = columns.Bool();
  member.invite_accepted_at = columns.Time();
  member.invite_rejected_at = columns.Time();
  member.pinned_at = columns.Time();
  member.archived_at = columns.Time();
  member.history_from = columns.Time();
  member.hidden_mark = columns.Int();
  member.channel_role = columns.Text();
  member.role = columns.Text();
  member.custom_json = columns.Text();
  return member;
}

using Kind = FieldMap::Kind;
constexpr FieldMap::Entry kFields[] = {
    {"user_id", "m.user_id", Kind::kText},
    {"id", "m.user_id", Kind::kText},
    {"name", "u.name", Kind::kNullableText},
    {"user.name", "u.name", Kind::kNullableText},
    {"user.id", "m.user_id", Kind::kText},
    {"user.role", "u.role", Kind::kNullableText},
    {"channel_role", "m.channel_role", Kind::kText},
    {"role", "m.role", Kind::kText},
    {"is_moderator", "m.is_moderator", Kind::kBool},
    {"banned", "m.banned", Kind::kBool},
    {"shadow_banned", "m.shadow_banned", Kind::kBool},
    {"notifications_muted", "m.notifications_muted", Kind::kBool},
    {"invite",
     "CASE WHEN m.invited = 0 THEN '' WHEN m.invite_rejected_at <> 0 THEN 'rejected' "
     "WHEN m.invite_accepted_at <> 0 THEN 'accepted' ELSE 'pending' END",
     Kind::kInvite},
    {"joined", "(m.invited = 0 OR m.invite_accepted_at <> 0)", Kind::kBool},
    {"pinned", "(m.pinned_at <> 0)", Kind::kBool},
    {"archived", "(m.archived_at <> 0)", Kind::kBool},
    {"pinned_at", "m.pinned_at", Kind::kTime},
    {"created_at", "m.created_at", Kind::kTime},
    {"updated_at", "m.updated_at", Kind::kTime},
    {"last_active", "IFNULL(u.last_active, 0)", Kind::kTime},
    {"user.last_active", "IFNULL(u.last_active, 0)", Kind::kTime},
    {"cid", "", Kind::kUnsupported},
    {"user.email", "", Kind::kUnsupported},
};
constexpr FieldMap kFieldMap{kFields, "m.custom", "", "m.user_id"};

}  // namespace

MemberTable::MemberTable(Connection& db)
    : db_(db),
      find_(db, "SELECT " MEMBER_COLUMNS " FROM members m WHERE m.channel = ?1 AND m.user_id = ?2"),
      list_(db, "SELECT " MEMBER_COLUMNS
                " FROM members m WHERE m.channel = ?1"
                " ORDER BY m.created_at, m.user_id LIMIT ?2 OFFSET ?3"),
      unread_(db, R"sql(
SELECT IFNULL(SUM(c.countable_messages - max(m.read_count, c.unread_floor)), 0), COUNT(*)
FROM members m CROSS JOIN channels c ON c.pk = m.channel
WHERE m.app = ?1 AND m.user_id = ?2 AND c.deleted_at = 0
  AND c.countable_messages > max(m.read_count, c.unread_floor))sql"),
      list_unread_(db, R"sql(
SELECT m.channel, max(m.read_count, c.unread_floor), c.countable_messages
FROM members m CROSS JOIN channels c ON c.pk = m.channel
WHERE m.app = ?1 AND m.user_id = ?2 AND c.deleted_at = 0)sql"),
      put_(db, R"sql(
INSERT INTO members (channel, user_id, app, created_at, updated_at, read_count, last_read_at,
  last_read_message_id, is_moderator, banned, shadow_banned, notifications_muted, invited,
  invite_accepted_at, invite_rejected_at, pinned_at, archived_at, channel_role, role, custom,
  history_from, hidden_mark)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20,
  ?21, ?22)
ON CONFLICT (channel, user_id) DO UPDATE SET updated_at = ?5, read_count = ?6,
  last_read_at = ?7, last_read_message_id = ?8, is_moderator = ?9, banned = ?10,
  shadow_banned = ?11, notifications_muted = ?12, invited = ?13, invite_accepted_at = ?14,
  invite_rejected_at = ?15, pinned_at = ?16, archived_at = ?17, channel_role = ?18, role = ?19,
  custom = ?20, history_from = ?21, hidden_mark = ?22)sql"),
      delete_(db, "DELETE FROM members WHERE channel = ?1 AND user_id = ?2") {}

std::optional<chat::Member> MemberTable::Find(ChannelId channel, std::string_view user_id) {
  Run run(find_, channel, user_id);
  if (!run.Step()) return std::nullopt;
  return ReadMember(Columns(run));
}

std::vector<chat::Member> MemberTable::List(ChannelId channel, int limit, int offset) {
  std::vector<chat::Member> members;
  Run run(list_, channel, limit, offset);
  while (run.Step()) members.push_back(ReadMember(Columns(run)));
  return members;
}

Result<std::vector<chat::Member>> MemberTable::Query(ChannelId channel,
                                                     const chat::MemberQuery& query) {
  SqlBuilder sql;
  sql.Append("SELECT " MEMBER_COLUMNS
             " FROM members m LEFT JOIN users u ON u.app = m.app AND u.id = m.user_id"
             " WHERE m.channel = ")
      .Param(channel.value)
      .Append(" AND ");
  if (auto done = AppendFilter(sql, kFieldMap, query.filter); !done) {
    return std::unexpected(done.error());
  }
  if (auto done = AppendSort(sql, kFieldMap, query.sort, "m.created_at, m.user_id"); !done) {
    return std::unexpected(done.error());
  }
  sql.Append(" LIMIT ").Param(query.limit).Append(" OFFSET ").Param(query.offset);
  std::vector<chat::Member> members;
  sql.ForEachRow(db_, [&members](Columns columns) { members.push_back(ReadMember(columns)); });
  return members;
}

chat::UnreadTotals MemberTable::Unread(AppId app, std::string_view user_id) {
  Run run(unread_, app, user_id);
  run.Step();
  Columns columns(run);
  chat::UnreadTotals totals;
  totals.messages = columns.Int();
  totals.channels = columns.Int();
  return totals;
}

std::vector<UnreadRow> MemberTable::ListUnread(AppId app, std::string_view user_id) {
  std::vector<UnreadRow> rows;
  Run run(list_unread_, app, user_id);
  while (run.Step()) {
    Columns columns(run);
    UnreadRow row;
    row.channel = columns.RowNumber<ChannelId>();
    row.read_count = columns.Int();
    row.countable_messages = columns.Int();
    rows.push_back(row);
  }
  return rows;
}

void MemberTable::Put(const chat::Member& member) {
  Execute(put_, member.channel, member.user_id, member.app, member.created_at, member.updated_at,
          member.read_count, member.last_read_at, member.last_read_message_id, member.is_moderator,
          member.banned, member.shadow_banned, member.notifications_muted, member.invited,
          member.invite_accepted_at, member.invite_rejected_at, member.pinned_at,
          member.archived_at, member.channel_role, member.role, member.custom_json,
          member.history_from, member.hidden_mark);
}

void MemberTable::Delete(ChannelId channel, std::string_view user_id) {
  Execute(delete_, channel, user_id);
}

}  // namespace hookline::store::sqlite
