#include "store/sqlite/events.h"

#include "store/sqlite/body_codec.h"

namespace hookline::store::sqlite {
namespace {

std::shared_ptr<const std::string> Packed(const std::shared_ptr<const std::string>& body) {
  return body == nullptr ? nullptr : std::make_shared<const std::string>(PackBody(*body));
}

std::shared_ptr<const std::string> Body(Columns& columns) {
  const auto stored = columns.Bytes();
  return stored ? std::make_shared<const std::string>(UnpackBody(*stored)) : nullptr;
}

}  // namespace

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
  payload->body_v1 = Body(columns);
  payload->body_v2 = Body(columns);
  return payload;
}

EventId EventTable::Insert(const delivery::EventPayload& event) {
  Execute(insert_, event.app, event.custom, event.created_at, event.type, event.product,
          event.channel_type, event.channel_id, event.cid, event.user_id, Packed(event.body_v1),
          Packed(event.body_v2));
  return {db_.last_insert_id()};
}

}  // namespace hookline::store::sqlite
