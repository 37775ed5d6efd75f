#include "store/sqlite/reactions.h"

#define SELECT_REACTION                                                                     \
  "SELECT r.message, m.id, r.app, r.user_id, r.type, r.score, r.created_at, r.updated_at, " \
  "r.custom FROM reactions r CROSS JOIN messages m ON m.pk = r.message WHERE "

namespace hookline::store::sqlite {
namespace {

chat::Reaction ReadReaction(Columns columns) {
  chat::Reaction reaction;
  reaction.message = columns.RowNumber<MessageId>();
  reaction.message_id = columns.Text();
  reaction.app = columns.RowNumber<AppId>();
  reaction.user_id = columns.Text();
  reaction.type = columns.Text();
  reaction.score = columns.Int();
  reaction.created_at = columns.Time();
  reaction.updated_at = columns.Time();
  reaction.custom_json = columns.Text();
  return reaction;
}

std::vector<chat::Reaction> ReadAll(Run& run) {
  std::vector<chat::Reaction> reactions;
  while (run.Step()) reactions.push_back(ReadReaction(Columns(run)));
  return reactions;
}

}  // namespace

ReactionTable::ReactionTable(Connection& db)
    : find_(db, SELECT_REACTION "r.message = ?1 AND r.user_id = ?2 AND r.type = ?3"),
      list_(db, SELECT_REACTION
            "r.message = ?1 ORDER BY r.created_at DESC, r.user_id DESC, r.type DESC"
            " LIMIT ?2 OFFSET ?3"),
      list_of_(db, SELECT_REACTION
               "r.message = ?1 AND r.user_id = ?2 ORDER BY r.created_at DESC, r.type DESC"),
      sum_(db, R"sql(
SELECT type, COUNT(*), SUM(score), MIN(created_at), MAX(created_at) FROM reactions
WHERE message = ?1 GROUP BY type ORDER BY type)sql"),
      put_(db, R"sql(
INSERT INTO reactions (message, user_id, type, app, score, created_at, updated_at, custom)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
ON CONFLICT (message, user_id, type) DO UPDATE SET score = ?5, created_at = ?6, updated_at = ?7,
  custom = ?8)sql"),
      delete_(db, "DELETE FROM reactions WHERE message = ?1 AND user_id = ?2 AND type = ?3"),
      delete_all_(db, "DELETE FROM reactions WHERE message = ?1") {}

std::optional<chat::Reaction> ReactionTable::Find(MessageId message, std::string_view user_id,
                                                  std::string_view type) {
  Run run(find_, message, user_id, type);
  if (!run.Step()) return std::nullopt;
  return ReadReaction(Columns(run));
}

std::vector<chat::Reaction> ReactionTable::List(MessageId message, int limit, int offset) {
  Run run(list_, message, limit, offset);
  return ReadAll(run);
}

std::vector<chat::Reaction> ReactionTable::ListOf(MessageId message, std::string_view user_id) {
  Run run(list_of_, message, user_id);
  return ReadAll(run);
}

std::vector<chat::ReactionGroup> ReactionTable::Sum(MessageId message) {
  std::vector<chat::ReactionGroup> groups;
  Run run(sum_, message);
  while (run.Step()) {
    Columns columns(run);
    chat::ReactionGroup group;
    group.type = columns.Text();
    group.count = columns.Int();
    group.sum_scores = columns.Int();
    group.first_reaction_at = columns.Time();
    group.last_reaction_at = columns.Time();
    groups.push_back(std::move(group));
  }
  return groups;
}

void ReactionTable::Put(const chat::Reaction& r) {
  Execute(put_, r.message, r.user_id, r.type, r.app, r.score, r.created_at, r.updated_at,
          r.custom_json);
}

void ReactionTable::Delete(MessageId message, std::string_view user_id, std::string_view type) {
  Execute(delete_, message, user_id, type);
}

void ReactionTable::DeleteAll(MessageId message) { Execute(delete_all_, message); }

}  // namespace hookline::store::sqlite
