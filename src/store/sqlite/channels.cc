#include "store/sqlite/channels.h"

#include "store/sqlite/filter_sql.h"
#include "store/sqlite/lists.h"

#define CHANNEL_COLUMNS                                                                     \
  "c.pk, c.app, c.type, c.id, c.countable_messages, c.message_count, c.member_count, "      \
  "c.last_message_at, c.created_at, c.updated_at, c.deleted_at, c.truncated_at, c.frozen, " \
  "c.disabled, c.cooldown, c.reveals, c.unread_floor, c.newest_message_at, "                \
  "c.created_by_id, c.truncated_by_id, c.team, c.filter_tags, c.auto_translation, "         \
  "c.auto_translation_language, "                                                           \
  "c.config_overrides, c.custom"

namespace hookline::store::sqlite {
namespace {

chat::ChannelPtr ReadChannel(Columns columns) {
  auto channel = std::make_shared<chat::Channel>();
  channel->pk = columns.RowNumber<ChannelId>();
  channel->app = columns.RowNumber<AppId>();
  channel->type = columns.Text();
  channel->id = columns.Text();
  channel->countable_messages = columns.Int();
  channel->message_count = columns.Int();
  channel->member_count = columns.Int();
  channel->last_message_at = columns.Time();
  channel->created_at = columns.Time();
  channel->updated_at = columns.Time();
  channel->deleted_at = columns.Time();
  channel->truncated_at = columns.Time();
  channel->frozen = columns.Bool();
  channel->disabled = columns.Bool();
  channel->cooldown = columns.Int32();
  channel->reveals = columns.Int();
  channel->unread_floor = columns.Int();
  channel->newest_message_at = columns.Time();
  channel->created_by_id = columns.Text();
  channel->truncated_by_id = columns.Text();
  channel->team = columns.Text();
  channel->filter_tags = DecodeStrings(columns.View());
  channel->auto_translation_enabled = columns.Bool();
  channel->auto_translation_language = columns.Text();
  channel->config_overrides_json = columns.Text();
  channel->custom_json = columns.Text();
  return channel;
}

#define LAST_UPDATED "max(c.last_message_at, c.created_at)"

// Of the membership of the one who asks, whose id is the first parameter of every query.
#define OF_VIEWER(expression, otherwise) \
  "IFNULL((SELECT " expression           \
  " FROM members v WHERE v.channel = c.pk AND v.user_id = ?1), " otherwise ")"
#define HIDDEN OF_VIEWER("v.hidden_mark = c.reveals", "0")
#define UNREAD "c.countable_messages - max(v.read_count, c.unread_floor)"
#define INVITE_STATE                                                                \
  "CASE WHEN v.invited = 0 THEN '' WHEN v.invite_accepted_at <> 0 THEN 'accepted' " \
  "WHEN v.invite_rejected_at <> 0 THEN 'rejected' ELSE 'pending' END"

using Kind = FieldMap::Kind;
constexpr FieldMap::Entry kFields[] = {
    {"id", "c.id", Kind::kText},
    {"type", "c.type", Kind::kText},
    {"cid", "c.type || ':' || c.id", Kind::kCid},
    {"created_by_id", "c.created_by_id", Kind::kText},
    {"team", "c.team", Kind::kText},
    {"frozen", "c.frozen", Kind::kBool},
    {"disabled", "c.disabled", Kind::kBool},
    {"cooldown", "c.cooldown", Kind::kInt},
    {"member_count", "c.member_count", Kind::kInt},
    {"message_count", "c.message_count", Kind::kInt},
    {"last_message_at", "c.last_message_at", Kind::kTime},
    {"last_updated", LAST_UPDATED, Kind::kTime},
    {"created_at", "c.created_at", Kind::kTime},
    {"updated_at", "c.updated_at", Kind::kTime},
    {"truncated_at", "c.truncated_at", Kind::kTime},
    {"filter_tags", "c.filter_tags", Kind::kList},
    {"members", "", Kind::kMembers},
    {"hidden", HIDDEN, Kind::kBool, true},
    {"muted", "", Kind::kUnsupported},
    {"blocked", "", Kind::kUnsupported},
    {"app_banned", "", Kind::kUnsupported},
    {"auto_translation_enabled", "c.auto_translation", Kind::kBool},
    {"auto_translation_language", "c.auto_translation_language", Kind::kText},
    {"notifications_muted", OF_VIEWER("v.notifications_muted", "0"), Kind::kBool, true},
    {"banned", OF_VIEWER("v.banned", "0"), Kind::kBool, true},
    {"joined", OF_VIEWER("v.invited = 0 OR v.invite_accepted_at <> 0", "0"), Kind::kBool, true},
    {"invite", OF_VIEWER(INVITE_STATE, "''"), Kind::kInvite, true},
    {"has_unread", OF_VIEWER(UNREAD " > 0", "0"), Kind::kBool, true},
    {"unread_count", OF_VIEWER("max(" UNREAD ", 0)", "0"), Kind::kInt, true},
    {"pinned", OF_VIEWER("v.pinned_at <> 0", "0"), Kind::kBool, true},
    {"pinned_at", OF_VIEWER("v.pinned_at", "0"), Kind::kTime, true},
    {"archived", OF_VIEWER("v.archived_at <> 0", "0"), Kind::kBool, true},
    {"archived_at", OF_VIEWER("v.archived_at", "0"), Kind::kTime, true},
    {"member.user.name", "", Kind::kUnsupported},
};
// The second parameter of every query is the app.
constexpr FieldMap kFieldMap{kFields, "c.custom", "?2", "c.pk"};

}  // namespace

ChannelTable::ChannelTable(Connection& db)
    : db_(db),
      find_by_cid_(db, "SELECT " CHANNEL_COLUMNS
                       " FROM channels c WHERE c.app = ?1 AND c.type = ?2 AND c.id = ?3"
                       " AND c.deleted_at = 0"),
      find_(db, "SELECT " CHANNEL_COLUMNS " FROM channels c WHERE c.pk = ?1"),
      has_type_(db,
                "SELECT 1 FROM channels WHERE app = ?1 AND type = ?2 AND deleted_at = 0 LIMIT 1"),
      insert_(db, R"sql(
INSERT INTO channels (app, type, id, countable_messages, message_count, member_count,
  last_message_at, created_at, updated_at, deleted_at, truncated_at, frozen, disabled, cooldown,
  created_by_id, truncated_by_id, team, filter_tags, config_overrides, custom, reveals,
  unread_floor, auto_translation, auto_translation_language, newest_message_at)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19,
  ?20, ?21, ?22, ?23, ?24, ?25))sql"),
      // Names no indexed column: the index stays untouched, whatever else changes.
      update_(db, R"sql(
UPDATE channels SET countable_messages = ?2, message_count = ?3, member_count = ?4,
  last_message_at = ?5, created_at = ?6, updated_at = ?7, truncated_at = ?8, frozen = ?9,
  disabled = ?10, cooldown = ?11, created_by_id = ?12, truncated_by_id = ?13, team = ?14,
  filter_tags = ?15, config_overrides = ?16, custom = ?17, reveals = ?18, unread_floor = ?19,
  auto_translation = ?20, auto_translation_language = ?21, newest_message_at = ?22
WHERE pk = ?1)sql"),
      set_deleted_(db, "UPDATE channels SET deleted_at = ?2 WHERE pk = ?1"),
      start_purge_(db, "INSERT OR IGNORE INTO purges VALUES (?1)"),
      delete_channel_(db, "DELETE FROM channels WHERE pk = ?1"),
      unfinished_purge_(db, "SELECT channel FROM purges ORDER BY channel LIMIT 1"),
      some_listed_(db, "SELECT pk FROM messages WHERE channel = ?1 AND listed = 1 LIMIT ?2"),
      some_unlisted_(db, "SELECT pk FROM messages WHERE channel = ?1 AND listed = 0 LIMIT ?2"),
      delete_reactions_(db, "DELETE FROM reactions WHERE message = ?1"),
      delete_message_(db, "DELETE FROM messages WHERE pk = ?1"),
      delete_members_(db, R"sql(
DELETE FROM members WHERE channel = ?1 AND user_id IN
  (SELECT user_id FROM members WHERE channel = ?1 LIMIT ?2))sql"),
      finish_purge_(db, "DELETE FROM purges WHERE channel = ?1"),
      purged_message_(db, R"sql(
SELECT pk FROM messages WHERE app = ?1 AND id = ?2 AND channel IN (SELECT channel FROM purges)
)sql"),
      start_truncation_(db, R"sql(
INSERT INTO truncations VALUES (?1, ?2)
ON CONFLICT (channel) DO UPDATE SET before = max(before, ?2))sql"),
      unfinished_truncation_(db,
                             "SELECT channel, before FROM truncations ORDER BY channel LIMIT 1"),
      old_listed_(db, R"sql(
SELECT pk FROM messages WHERE channel = ?1 AND listed = 1 AND created_at < ?2 LIMIT ?3)sql"),
      old_unlisted_(db, R"sql(
SELECT pk FROM messages WHERE channel = ?1 AND listed = 0 AND created_at < ?2 LIMIT ?3)sql"),
      finish_truncation_(db, "DELETE FROM truncations WHERE channel = ?1") {}

chat::ChannelPtr ChannelTable::Find(AppId app, std::string_view type, std::string_view id) {
  Run run(find_by_cid_, app, type, id);
  return run.Step() ? ReadChannel(Columns(run)) : nullptr;
}

chat::ChannelPtr ChannelTable::Find(ChannelId pk) {
  Run run(find_, pk);
  return run.Step() ? ReadChannel(Columns(run)) : nullptr;
}

Result<std::vector<chat::ChannelPtr>> ChannelTable::Query(AppId app,
                                                          const chat::ChannelQuery& query) {
  FieldMap fields = kFieldMap;
  fields.has_viewer = !query.viewer.empty();
  SqlBuilder sql;
  sql.Append("SELECT " CHANNEL_COLUMNS " FROM channels c WHERE ").Param(query.viewer);
  sql.Append(" IS NOT NULL AND c.app = ").Param(app.value).Append(" AND c.deleted_at = 0 AND ");
  if (fields.has_viewer && query.without_hidden) sql.Append("NOT " HIDDEN " AND ");
  if (auto done = AppendFilter(sql, fields, query.filter); !done) {
    return std::unexpected(done.error());
  }
  if (auto done = AppendSort(sql, fields, query.sort, LAST_UPDATED " DESC, c.pk DESC"); !done) {
    return std::unexpected(done.error());
  }
  sql.Append(" LIMIT ").Param(query.limit).Append(" OFFSET ").Param(query.offset);
  std::vector<chat::ChannelPtr> channels;
  sql.ForEachRow(db_, [&channels](Columns columns) { channels.push_back(ReadChannel(columns)); });
  return channels;
}

bool ChannelTable::HasType(AppId app, std::string_view type) {
  Run run(has_type_, app, type);
  return run.Step();
}

ChannelId ChannelTable::Insert(const chat::Channel& channel) {
  const std::string tags = EncodeStrings(channel.filter_tags);
  Execute(insert_, channel.app, channel.type, channel.id, channel.countable_messages,
          channel.message_count, channel.member_count, channel.last_message_at, channel.created_at,
          channel.updated_at, channel.deleted_at, channel.truncated_at, channel.frozen,
          channel.disabled, channel.cooldown, channel.created_by_id, channel.truncated_by_id,
          channel.team, tags, channel.config_overrides_json, channel.custom_json, channel.reveals,
          channel.unread_floor, channel.auto_translation_enabled, channel.auto_translation_language,
          channel.newest_message_at);
  return {db_.last_insert_id()};
}

void ChannelTable::Update(const chat::Channel& channel) {
  const std::string tags = EncodeStrings(channel.filter_tags);
  Execute(update_, channel.pk, channel.countable_messages, channel.message_count,
          channel.member_count, channel.last_message_at, channel.created_at, channel.updated_at,
          channel.truncated_at, channel.frozen, channel.disabled, channel.cooldown,
          channel.created_by_id, channel.truncated_by_id, channel.team, tags,
          channel.config_overrides_json, channel.custom_json, channel.reveals, channel.unread_floor,
          channel.auto_translation_enabled, channel.auto_translation_language,
          channel.newest_message_at);
}

void ChannelTable::SetDeleted(ChannelId channel, Timestamp deleted_at) {
  Execute(set_deleted_, channel, deleted_at);
}

void ChannelTable::StartPurge(ChannelId channel) {
  Execute(start_purge_, channel);
  Execute(delete_channel_, channel);
}

ChannelId ChannelTable::UnfinishedPurge() {
  Run run(unfinished_purge_);
  return run.Step() ? Columns(run).RowNumber<ChannelId>() : ChannelId{};
}

void ChannelTable::ContinuePurge(ChannelId channel, int rows) {
  std::vector<MessageId> messages;
  for (Statement* some : {&some_listed_, &some_unlisted_}) {
    Run run(*some, channel, rows - static_cast<int>(messages.size()));
    while (run.Step()) messages.push_back(Columns(run).RowNumber<MessageId>());
  }
  for (const MessageId message : messages) {
    Execute(delete_reactions_, message);
    Execute(delete_message_, message);
  }
  if (!messages.empty()) return;
  Execute(delete_members_, channel, rows);
  if (db_.changes() == 0) Execute(finish_purge_, channel);
}

void ChannelTable::StartTruncation(ChannelId channel, Timestamp before) {
  Execute(start_truncation_, channel, before);
}

ChannelTable::Truncation ChannelTable::UnfinishedTruncation() {
  Run run(unfinished_truncation_);
  if (!run.Step()) return {};
  Columns columns(run);
  Truncation truncation;
  truncation.channel = columns.RowNumber<ChannelId>();
  truncation.before = columns.Time();
  return truncation;
}

void ChannelTable::ContinueTruncation(const Truncation& truncation, int rows) {
  std::vector<MessageId> messages;
  for (Statement* old : {&old_listed_, &old_unlisted_}) {
    Run run(*old, truncation.channel, truncation.before, rows - static_cast<int>(messages.size()));
    while (run.Step()) messages.push_back(Columns(run).RowNumber<MessageId>());
  }
  for (const MessageId message : messages) {
    Execute(delete_reactions_, message);
    Execute(delete_message_, message);
  }
  if (messages.empty()) Execute(finish_truncation_, truncation.channel);
}

void ChannelTable::PurgeMessage(AppId app, std::string_view id) {
  MessageId message;
  {
    Run run(purged_message_, app, id);
    if (!run.Step()) return;
    message = Columns(run).RowNumber<MessageId>();
  }
  Execute(delete_reactions_, message);
  Execute(delete_message_, message);
}

}  // namespace hookline::store::sqlite
