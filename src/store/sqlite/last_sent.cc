#include "store/sqlite/last_sent.h"

namespace hookline::store::sqlite {

LastSentTable::LastSentTable(Connection& db)
    : db_(db),
      find_(db, "SELECT at FROM last_sent WHERE channel = ?1 AND user_id = ?2"),
      put_(db, "INSERT OR REPLACE INTO last_sent (channel, user_id, at) VALUES (?1, ?2, ?3)"),
      any_(db, "SELECT 1 FROM last_sent WHERE at < ?1 LIMIT 1"),
      delete_some_(db, R"sql(
DELETE FROM last_sent WHERE (channel, user_id) IN
  (SELECT channel, user_id FROM last_sent WHERE at < ?1 ORDER BY at LIMIT ?2))sql") {}

Timestamp LastSentTable::Find(ChannelId channel, std::string_view user_id) {
  Run run(find_, channel, user_id);
  return run.Step() ? Columns(run).Time() : Timestamp{};
}

void LastSentTable::Put(ChannelId channel, std::string_view user_id, Timestamp at) {
  Execute(put_, channel, user_id, at);
}

bool LastSentTable::Any(Timestamp before) {
  Run run(any_, before);
  return run.Step();
}

int LastSentTable::DeleteSome(Timestamp before, int limit) {
  Execute(delete_some_, before, limit);
  return static_cast<int>(db_.changes());
}

}  // namespace hookline::store::sqlite
