#include "store/sqlite/requests.h"

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
                  "SELECT fingerprint, status, body, created_at FROM idempotent_replies"
                  " WHERE app = ?1 AND key = ?2 AND created_at >= ?3"),
      // Replacing gives a new row number, so that the order by number stays the order by time.
      put_reply_(db, R"sql(
INSERT OR REPLACE INTO idempotent_replies (app, key, created_at, status, fingerprint, body)
VALUES (?1, ?2, ?3, ?4, ?5, ?6))sql"),
      prune_replies_(db, R"sql(
DELETE FROM idempotent_replies WHERE created_at < ?1 AND pk IN
  (SELECT pk FROM idempotent_replies ORDER BY pk LIMIT 4))sql") {}

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

std::optional<IdempotentReply> RequestTable::FindReply(AppId app, std::string_view key,
                                                       Timestamp since) {
  Run run(find_reply_, app, key, since);
  if (!run.Step()) return std::nullopt;
  Columns columns(run);
  IdempotentReply reply;
  reply.fingerprint = columns.Text();
  reply.status = columns.Int32();
  reply.body = columns.Text();
  reply.created_at = columns.Time();
  return reply;
}

void RequestTable::PutReply(AppId app, std::string_view key, const IdempotentReply& reply,
                            Timestamp since) {
  Execute(prune_replies_, since);
  Execute(put_reply_, app, key, reply.created_at, reply.status, reply.fingerprint, reply.body);
}

}  // namespace hookline::store::sqlite
