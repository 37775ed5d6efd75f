#include "store/sqlite/requests.h"

#include "store/sqlite/lists.h"

namespace hookline::store::sqlite {

RequestTable::RequestTable(Connection& db)
    : find_task_(db,
                 "SELECT app, id, status, created_at, updated_at, result, error FROM tasks"
                 " WHERE app = ?1 AND id = ?2"),
      put_task_(db, R"sql(
INSERT INTO tasks (app, id, status, created_at, updated_at, result, error)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
ON CONFLICT (app, id) DO UPDATE SET status = ?3, created_at = ?4, updated_at = ?5, result = ?6,
  error = ?7)sql"),
      find_reply_(db,
                  "SELECT fingerprint, status, body, made, created_at FROM idempotent_replies"
                  " WHERE app = ?1 AND caller = ?2 AND key = ?3 AND created_at >= ?4"),
      reply_bytes_(db, "SELECT bytes FROM idempotent_bytes WHERE app = ?1"),
      put_reply_(db, R"sql(
INSERT INTO idempotent_replies (app, caller, key, created_at, status, bytes, fingerprint, made, body)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9))sql"),
      // Not replaced in its place: the order by number must stay the order by time.
      remove_reply_(db,
                    "DELETE FROM idempotent_replies WHERE app = ?1 AND caller = ?2 AND key = ?3"),
      prune_replies_(db, R"sql(
DELETE FROM idempotent_replies WHERE created_at < ?1 AND pk IN
  (SELECT pk FROM idempotent_replies ORDER BY pk LIMIT 4))sql"),
      remove_oldest_(db, R"sql(
DELETE FROM idempotent_replies WHERE pk IN
  (SELECT pk FROM idempotent_replies WHERE app = ?1 ORDER BY pk LIMIT 8))sql") {}

std::optional<chat::Task> RequestTable::FindTask(AppId app, std::string_view id) {
  Run run(find_task_, app, id);
  if (!run.Step()) return std::nullopt;
  Columns columns(run);
  chat::Task task;
  task.app = columns.RowNumber<AppId>();
  task.id = columns.Text();
  task.status = columns.Text();
  task.created_at = columns.Time();
  task.updated_at = columns.Time();
  task.result_json = columns.Text();
  task.error_json = columns.Text();
  return task;
}

void RequestTable::PutTask(const chat::Task& task) {
  Execute(put_task_, task.app, task.id, task.status, task.created_at, task.updated_at,
          task.result_json, task.error_json);
}

std::optional<IdempotentReply> RequestTable::FindReply(const IdempotencyKey& key, Timestamp since) {
  Run run(find_reply_, key.app, key.caller, key.key, since);
  if (!run.Step()) return std::nullopt;
  Columns columns(run);
  IdempotentReply reply;
  reply.fingerprint = columns.Text();
  reply.status = columns.Int32();
  reply.body = columns.Text();
  reply.made = DecodeStrings(columns.View());
  reply.created_at = columns.Time();
  return reply;
}

std::int64_t RequestTable::ReplyBytes(AppId app) {
  Run run(reply_bytes_, app);
  return run.Step() ? Columns(run).Int() : 0;
}

void RequestTable::PutReply(const IdempotencyKey& key, const IdempotentReply& reply,
                            Timestamp since, std::int64_t bytes_max) {
  // What the row and its entries in two indexes take besides the texts.
  constexpr std::size_t kOverhead = 128;
  const std::string made = EncodeStrings(reply.made);
  const auto bytes =
      static_cast<std::int64_t>(kOverhead + 2 * (key.caller.size() + key.key.size()) +
                                reply.fingerprint.size() + made.size() + reply.body.size());
  Execute(prune_replies_, since);
  Execute(remove_reply_, key.app, key.caller, key.key);
  Execute(put_reply_, key.app, key.caller, key.key, reply.created_at, reply.status, bytes,
          reply.fingerprint, made, reply.body);
  while (ReplyBytes(key.app) > bytes_max) Execute(remove_oldest_, key.app);
}

}  // namespace hookline::store::sqlite
