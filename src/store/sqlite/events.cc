#include "store/sqlite/events.h"

namespace hookline::store::sqlite {

EventTable::EventTable(Connection& db)
    : db_(db),
      find_(db, R"sql(
SELECT pk, app, custom, created_at, type, product, channel_type, channel_id, cid, user_id,
  body_v1, body_v2
FROM events WHERE pk = ?1)sql"),
      insert_(db, R"sql(
INSERT INTO events (app, custom, created_at, type, product, channel_type, channel_id, cid,
  user_id, body_v1, body_v2)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11))sql") {}

delivery::EventPayloadPtr EventTable::Find(EventId event) {
  Run run(find_, event);
  if (!run.Step()) return nullptr;
  Columns columns(run);
  auto payload = std::make_shared<delivery::EventPayload>();
  payload->id = columns.RowNumber<EventId>();
  payload->app = columns.RowNumber<AppId>();
  payload->custom = columns.Bool();
  payload->created_at = columns.Time();
  payload->type = columns.Text();
  payload->product = columns.Text();
  payload->channel_type = columns.Text();
  payload->channel_id = columns.Text();
  payload->cid = columns.Text();
  payload->user_id = columns.Text();
  payload->body_v1 = columns.Body();
  payload->body_v2 = columns.Body();
  return payload;
}

EventId EventTable::Insert(const delivery::EventPayload& event) {
  Execute(insert_, event.app, event.custom, event.created_at, event.type, event.product,
          event.channel_type, event.channel_id, event.cid, event.user_id, event.body_v1,
          event.body_v2);
  return {db_.last_insert_id()};
}

}  // namespace hookline::store::sqlite
