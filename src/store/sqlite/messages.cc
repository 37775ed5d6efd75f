#include "store/sqlite/messages.h"

#include <algorithm>
#include <iterator>
#include <limits>

#include "store/sqlite/lists.h"

// Not a reply of a thread that is being removed.
#define IN_SIGHT                                                     \
  "(m.parent_id = '' OR NOT EXISTS (SELECT 1 FROM removed_threads t" \
  " WHERE t.app = m.app AND t.parent_id = m.parent_id))"

#define SELECT_MESSAGE                                                                       \
  "SELECT m.pk, m.app, m.channel, m.created_at, m.id, m.parent_id, m.pinned, m.pinned_at, "  \
  "m.updated_at, m.deleted_at, m.text_updated_at, m.pin_expires, m.reply_count, "            \
  "m.deleted_reply_count, m.show_in_channel, m.silent, m.shadowed, m.countable, m.user_id, " \
  "m.type, m.command, m.args, m.quoted_message_id, m.pinned_by_id, m.mentioned_user_ids, "   \
  "m.restricted_visibility, m.thread_participant_ids, m.reaction_groups, m.i18n, m.text, "   \
  "m.html, m.mml, m.attachments, m.custom, c.type, c.id "                                    \
  "FROM messages m CROSS JOIN channels c ON c.pk = m.channel WHERE " IN_SIGHT " AND "

// What `viewer` may see: all if it is empty, else what is for everybody, their own, or for them.
#define MEANT_FOR(viewer)                                                          \
  " AND (" viewer " = '' OR m.restricted_visibility = '[]' OR m.user_id = " viewer \
  " OR EXISTS (SELECT 1 FROM json_each(m.restricted_visibility) WHERE value = " viewer "))"

// Between two positions, at most ?7, for ?8.
#define IN_ORDER_UP                                                          \
  MEANT_FOR("?8")                                                            \
  " AND (m.created_at, m.pk) > (?3, ?4) AND (m.created_at, m.pk) < (?5, ?6)" \
  " ORDER BY m.created_at, m.pk LIMIT ?7"
#define IN_ORDER_DOWN                                                        \
  MEANT_FOR("?8")                                                            \
  " AND (m.created_at, m.pk) > (?3, ?4) AND (m.created_at, m.pk) < (?5, ?6)" \
  " ORDER BY m.created_at DESC, m.pk DESC LIMIT ?7"

// The plus sign keeps the planner away from the index on the app.
#define OF_CHANNEL "+m.app = ?1 AND m.channel = ?2 AND m.listed = 1"
#define OF_PARENT "m.app = ?1 AND m.parent_id = ?2 AND m.parent_id <> ''"

namespace hookline::store::sqlite {
namespace {

constexpr std::int64_t kMin = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();

chat::Message ReadMessage(Columns columns) {
  chat::Message m;
  m.pk = columns.RowNumber<MessageId>();
  m.app = columns.RowNumber<AppId>();
  m.channel = columns.RowNumber<ChannelId>();
  m.created_at = columns.Time();
  m.id = columns.Text();
  m.parent_id = columns.Text();
  m.pinned = columns.Bool();
  m.pinned_at = columns.Time();
  m.updated_at = columns.Time();
  m.deleted_at = columns.Time();
  m.text_updated_at = columns.Time();
  m.pin_expires = columns.Time();
  m.reply_count = columns.Int();
  m.deleted_reply_count = columns.Int();
  m.show_in_channel = columns.Bool();
  m.silent = columns.Bool();
  m.shadowed = columns.Bool();
  m.countable = columns.Bool();
  m.user_id = columns.Text();
  m.type = columns.Text();
  m.command = columns.Text();
  m.args = columns.Text();
  m.quoted_message_id = columns.Text();
  m.pinned_by_id = columns.Text();
  m.mentioned_user_ids = DecodeStrings(columns.View());
  m.restricted_visibility = DecodeStrings(columns.View());
  m.thread_participant_ids = DecodeStrings(columns.View());
  m.reaction_groups = DecodeGroups(columns.View());
  m.i18n_json = columns.Text();
  m.text = columns.Text();
  m.html = columns.Text();
  m.mml = columns.Text();
  m.attachments_json = columns.Text();
  m.custom_json = columns.Text();
  m.cid = columns.View();
  m.cid += ':';
  m.cid += columns.View();
  return m;
}

bool IsListed(const chat::Message& message) {
  return (message.parent_id.empty() || message.show_in_channel) && message.type != "ephemeral";
}

std::vector<chat::Message> ReadAll(Run& run) {
  std::vector<chat::Message> messages;
  while (run.Step()) messages.push_back(ReadMessage(Columns(run)));
  return messages;
}

}  // namespace

MessageTable::MessageTable(Connection& db)
    : db_(db),
      find_(db, SELECT_MESSAGE "m.app = ?1 AND m.id = ?2"),
      find_position_(db, "SELECT m.created_at, m.pk FROM messages m WHERE " IN_SIGHT
                         " AND m.app = ?1 AND m.id = ?2"),
      app_of_(db, "SELECT app FROM channels WHERE pk = ?1"),
      list_up_(db, SELECT_MESSAGE OF_CHANNEL IN_ORDER_UP),
      list_down_(db, SELECT_MESSAGE OF_CHANNEL IN_ORDER_DOWN),
      replies_up_(db, SELECT_MESSAGE OF_PARENT IN_ORDER_UP),
      replies_down_(db, SELECT_MESSAGE OF_PARENT IN_ORDER_DOWN),
      pinned_(db, SELECT_MESSAGE
              "m.channel = ?1 AND m.pinned = 1 AND m.deleted_at = 0 AND m.created_at >= ?2"
              " AND (m.pin_expires = 0 OR m.pin_expires > ?5)" MEANT_FOR(
                  "?4") " ORDER BY m.pinned_at DESC, m.pk DESC LIMIT ?3"),
      expired_pins_(db, SELECT_MESSAGE
                    "m.pinned = 1 AND m.pin_expires > 0 AND m.pin_expires <= ?1"
                    " ORDER BY m.pin_expires LIMIT ?2"),
      // In two, each of which has its index.
      count_(db,
             "SELECT"
             " (SELECT COUNT(*) FROM messages m WHERE m.channel = ?1 AND m.listed = 1"
             " AND m.created_at >= ?2 AND m.deleted_at = 0 AND " IN_SIGHT
             ") +"
             " (SELECT COUNT(*) FROM messages m WHERE m.channel = ?1 AND m.listed = 0"
             " AND m.created_at >= ?2 AND m.deleted_at = 0 AND " IN_SIGHT ")"),
      // What is countable is listed.
      count_countable_(db,
                       "SELECT COUNT(*) FROM messages m WHERE m.channel = ?1 AND m.listed = 1"
                       " AND m.created_at >= ?2 AND m.countable = 1 AND " IN_SIGHT),
      insert_(db, R"sql(
INSERT INTO messages (app, channel, listed, created_at, id, parent_id, pinned, pinned_at,
  updated_at, deleted_at, text_updated_at, pin_expires, reply_count, deleted_reply_count,
  show_in_channel, silent, shadowed, countable, user_id, type, command, args, quoted_message_id,
  pinned_by_id, mentioned_user_ids, restricted_visibility, thread_participant_ids,
  reaction_groups, i18n, text, html, mml, attachments, custom)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20,
  ?21, ?22, ?23, ?24, ?25, ?26, ?27, ?28, ?29, ?30, ?31, ?32, ?33, ?34)
ON CONFLICT (app, id) DO NOTHING)sql"),
      // Names no indexed column: the indexes stay untouched, whatever else changes.
      update_(db, R"sql(
UPDATE messages SET updated_at = ?2, deleted_at = ?3, text_updated_at = ?4,
  reply_count = ?5, deleted_reply_count = ?6, show_in_channel = ?7, silent = ?8, shadowed = ?9,
  countable = ?10, user_id = ?11, type = ?12, command = ?13, args = ?14, quoted_message_id = ?15,
  pinned_by_id = ?16, mentioned_user_ids = ?17, restricted_visibility = ?18,
  thread_participant_ids = ?19, reaction_groups = ?20, i18n = ?21, text = ?22, html = ?23,
  mml = ?24, attachments = ?25, custom = ?26
WHERE pk = ?1)sql"),
      update_indexed_(db, R"sql(
UPDATE messages SET listed = ?2, pinned = ?3, pinned_at = ?4, pin_expires = ?5
WHERE pk = ?1 AND (listed <> ?2 OR pinned <> ?3 OR pinned_at <> ?4 OR pin_expires <> ?5))sql"),
      delete_(db, "DELETE FROM messages WHERE pk = ?1"),
      start_removal_(db, R"sql(
INSERT OR IGNORE INTO removed_threads
SELECT ?1, ?2 WHERE EXISTS (SELECT 1 FROM messages WHERE app = ?1 AND parent_id = ?2))sql"),
      unfinished_removal_(db, "SELECT app, parent_id FROM removed_threads LIMIT 1"),
      removed_reply_(db, R"sql(
SELECT m.pk FROM messages m
JOIN removed_threads t ON t.app = m.app AND t.parent_id = m.parent_id
WHERE m.app = ?1 AND m.id = ?2)sql"),
      is_removed_(db, "SELECT 1 FROM removed_threads WHERE app = ?1 AND parent_id = ?2"),
      some_replies_(db, R"sql(
SELECT pk FROM messages WHERE app = ?1 AND parent_id = ?2 AND parent_id <> '' LIMIT ?3)sql"),
      delete_reactions_(db, "DELETE FROM reactions WHERE message = ?1"),
      finish_removal_(db, "DELETE FROM removed_threads WHERE app = ?1 AND parent_id = ?2"),
      deleted_for_(db, "SELECT at FROM deleted_for WHERE message = ?1 AND user_id = ?2"),
      delete_for_(db, "INSERT OR IGNORE INTO deleted_for VALUES (?1, ?2, ?3)") {}

std::optional<chat::Message> MessageTable::Find(AppId app, std::string_view id) {
  Run run(find_, app, id);
  if (!run.Step()) return std::nullopt;
  return ReadMessage(Columns(run));
}

std::optional<MessageTable::Position> MessageTable::FindPosition(AppId app, std::string_view id) {
  Run run(find_position_, app, id);
  if (!run.Step()) return std::nullopt;
  Columns columns(run);
  const std::int64_t created_at = columns.Int();
  return Position{created_at, columns.Int()};
}

AppId MessageTable::AppOf(ChannelId channel) {
  Run run(app_of_, channel);
  return run.Step() ? Columns(run).RowNumber<AppId>() : AppId{};
}

MessageTable::Bounds MessageTable::ResolveBounds(AppId app, const chat::MessagePage& page) {
  Bounds bounds{{kMin, kMin}, {kMax, kMax}};
  const auto by_id = [&](const std::string& id, Position& bound, int shift) {
    if (id.empty()) return;
    const std::optional<Position> found = FindPosition(app, id);
    if (found) {
      bound = {found->created_at, found->pk + shift};
    } else {
      bounds.nothing = true;
    }
  };
  by_id(page.id_gt, bounds.after, 0);
  by_id(page.id_gte, bounds.after, -1);
  by_id(page.id_lt, bounds.before, 0);
  by_id(page.id_lte, bounds.before, 1);
  if (page.created_after) bounds.after = {page.created_after.ns, kMax};
  if (page.created_after_or_equal) bounds.after = {page.created_after_or_equal.ns, kMin};
  if (page.created_before) bounds.before = {page.created_before.ns, kMin};
  if (page.created_before_or_equal) bounds.before = {page.created_before_or_equal.ns, kMax};
  // Not a bound that was asked for: it does not turn the order.
  if (page.not_before.ns > bounds.after.created_at) bounds.after = {page.not_before.ns, kMin};
  const bool bounded_below = !page.id_gt.empty() || !page.id_gte.empty() || page.created_after ||
                             page.created_after_or_equal;
  const bool bounded_above = !page.id_lt.empty() || !page.id_lte.empty() || page.created_before ||
                             page.created_before_or_equal;
  bounds.from_oldest = bounded_below || (page.from_oldest && !bounded_above);
  return bounds;
}

template <class Fetch>
std::vector<chat::Message> MessageTable::Page(AppId app, const chat::MessagePage& page,
                                              const Fetch& fetch) {
  if (page.limit <= 0) return {};
  const auto limit = static_cast<std::size_t>(page.limit);
  if (page.id_around.empty() && !page.created_around) {
    const Bounds bounds = ResolveBounds(app, page);
    if (bounds.nothing) return {};
    std::vector<chat::Message> messages = fetch(bounds, bounds.from_oldest, limit);
    if (!bounds.from_oldest) std::ranges::reverse(messages);
    return messages;
  }
  // Row numbers are positive: whatever was sent at that very time belongs to the newer half.
  const std::optional<Position> centre = page.id_around.empty()
                                             ? Position{page.created_around.ns, 0}
                                             : FindPosition(app, page.id_around);
  if (!centre) return {};
  const Position oldest =
      page.not_before ? Position{page.not_before.ns, kMin} : Position{kMin, kMin};
  // The centre belongs to the newer half. What one half lacks, the other one fills.
  std::vector<chat::Message> newer =
      fetch(Bounds{std::max(oldest, Position{centre->created_at, centre->pk - 1}), {kMax, kMax}},
            true, limit);
  std::vector<chat::Message> older = fetch(Bounds{oldest, *centre}, false, limit);
  const std::size_t older_share = std::max(limit / 2, limit - std::min(limit, newer.size()));
  older.resize(std::min(older.size(), older_share));
  newer.resize(std::min(newer.size(), limit - older.size()));
  std::ranges::reverse(older);
  std::ranges::move(newer, std::back_inserter(older));
  return older;
}

std::vector<chat::Message> MessageTable::List(ChannelId channel, const chat::MessagePage& page) {
  const AppId app = AppOf(channel);
  return Page(app, page, [&](const Bounds& b, bool up, std::size_t limit) {
    Run run(up ? list_up_ : list_down_, app, channel, b.after.created_at, b.after.pk,
            b.before.created_at, b.before.pk, static_cast<std::int64_t>(limit), page.viewer);
    return ReadAll(run);
  });
}

std::vector<chat::Message> MessageTable::ListReplies(AppId app, std::string_view parent_id,
                                                     const chat::MessagePage& page) {
  return Page(app, page, [&](const Bounds& b, bool up, std::size_t limit) {
    Run run(up ? replies_up_ : replies_down_, app, parent_id, b.after.created_at, b.after.pk,
            b.before.created_at, b.before.pk, static_cast<std::int64_t>(limit), page.viewer);
    return ReadAll(run);
  });
}

std::vector<chat::Message> MessageTable::ListPinned(ChannelId channel, Timestamp now,
                                                    Timestamp not_before, std::string_view viewer,
                                                    int limit) {
  Run run(pinned_, channel, not_before, limit, viewer, now);
  std::vector<chat::Message> messages = ReadAll(run);
  std::ranges::reverse(messages);
  return messages;
}

std::vector<chat::Message> MessageTable::ListExpiredPins(Timestamp now, int limit) {
  Run run(expired_pins_, now, limit);
  return ReadAll(run);
}

Timestamp MessageTable::DeletedFor(MessageId message, std::string_view user_id) {
  Run run(deleted_for_, message, user_id);
  return run.Step() ? Columns(run).Time() : Timestamp{};
}

std::int64_t MessageTable::Count(ChannelId channel, Timestamp from) {
  Run run(count_, channel, from);
  run.Step();
  return Columns(run).Int();
}

std::int64_t MessageTable::CountCountable(ChannelId channel, Timestamp from) {
  Run run(count_countable_, channel, from);
  run.Step();
  return Columns(run).Int();
}

MessageId MessageTable::Insert(const chat::Message& m) {
  const std::string mentioned = EncodeStrings(m.mentioned_user_ids);
  const std::string restricted = EncodeStrings(m.restricted_visibility);
  const std::string participants = EncodeStrings(m.thread_participant_ids);
  const std::string groups = EncodeGroups(m.reaction_groups);
  Execute(insert_, m.app, m.channel, IsListed(m), m.created_at, m.id, m.parent_id, m.pinned,
          m.pinned_at, m.updated_at, m.deleted_at, m.text_updated_at, m.pin_expires, m.reply_count,
          m.deleted_reply_count, m.show_in_channel, m.silent, m.shadowed, m.countable, m.user_id,
          m.type, m.command, m.args, m.quoted_message_id, m.pinned_by_id, mentioned, restricted,
          participants, groups, m.i18n_json, m.text, m.html, m.mml, m.attachments_json,
          m.custom_json);
  return db_.changes() == 0 ? MessageId{} : MessageId{db_.last_insert_id()};
}

void MessageTable::Update(const chat::Message& m) {
  const std::string mentioned = EncodeStrings(m.mentioned_user_ids);
  const std::string restricted = EncodeStrings(m.restricted_visibility);
  const std::string participants = EncodeStrings(m.thread_participant_ids);
  const std::string groups = EncodeGroups(m.reaction_groups);
  Execute(update_, m.pk, m.updated_at, m.deleted_at, m.text_updated_at, m.reply_count,
          m.deleted_reply_count, m.show_in_channel, m.silent, m.shadowed, m.countable, m.user_id,
          m.type, m.command, m.args, m.quoted_message_id, m.pinned_by_id, mentioned, restricted,
          participants, groups, m.i18n_json, m.text, m.html, m.mml, m.attachments_json,
          m.custom_json);
  Execute(update_indexed_, m.pk, IsListed(m), m.pinned, m.pinned_at, m.pin_expires);
}

void MessageTable::Delete(MessageId message) { Execute(delete_, message); }

void MessageTable::StartRemovingReplies(AppId app, std::string_view parent_id) {
  Execute(start_removal_, app, parent_id);
}

std::optional<MessageTable::Thread> MessageTable::UnfinishedRemoval() {
  Run run(unfinished_removal_);
  if (!run.Step()) return std::nullopt;
  Columns columns(run);
  Thread thread;
  thread.app = columns.RowNumber<AppId>();
  thread.parent_id = columns.Text();
  return thread;
}

void MessageTable::ContinueRemoval(const Thread& thread, int rows) {
  std::vector<MessageId> replies;
  {
    Run run(some_replies_, thread.app, thread.parent_id, rows);
    while (run.Step()) replies.push_back(Columns(run).RowNumber<MessageId>());
  }
  for (const MessageId reply : replies) {
    Execute(delete_reactions_, reply);
    Execute(delete_, reply);
  }
  if (std::ssize(replies) < rows) Execute(finish_removal_, thread.app, thread.parent_id);
}

void MessageTable::MakeRoomFor(AppId app, std::string_view id) {
  constexpr int kAll = std::numeric_limits<int>::max();
  // A new message of the old parent's name must find no old replies, and one of a reply's name no
  // row that has it.
  bool parent = false;
  {
    Run run(is_removed_, app, id);
    parent = run.Step();
  }
  if (parent) ContinueRemoval({app, std::string(id)}, kAll);
  std::optional<MessageId> reply;
  {
    Run run(removed_reply_, app, id);
    if (run.Step()) reply = Columns(run).RowNumber<MessageId>();
  }
  if (!reply) return;
  Execute(delete_reactions_, *reply);
  Execute(delete_, *reply);
}

void MessageTable::DeleteFor(MessageId message, std::string_view user_id, Timestamp at) {
  Execute(delete_for_, message, user_id, at);
}

}  // namespace hookline::store::sqlite
