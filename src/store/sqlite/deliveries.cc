#include "store/sqlite/deliveries.h"

#include <algorithm>

#define PENDING_COLUMNS                                                                         \
  "pk, uuid, hook, attempts, budget_used_ms, epoch, redelivery_base, manual, next_attempt_at, " \
  "event"

namespace hookline::store::sqlite {
namespace {

using delivery::DeliveryState;

// Leaves the event to the caller.
delivery::PendingDelivery ReadPending(Columns& columns) {
  delivery::PendingDelivery pending;
  pending.id = columns.RowNumber<DeliveryId>();
  pending.uuid = columns.Id16();
  pending.hook = columns.RowNumber<HookId>();
  pending.attempts = columns.Int32();
  pending.budget_used = std::chrono::milliseconds(columns.Int());
  pending.epoch = columns.Int();
  pending.redelivery_base = columns.Int32();
  pending.manual = columns.Bool();
  pending.next_attempt_at = columns.Time();
  return pending;
}

// As a JSON array, which one statement takes whatever its length.
std::string IdList(std::span<const DeliveryId> ids) {
  std::string list = "[";
  for (const DeliveryId id : ids) {
    if (list.size() > 1) list += ',';
    list += std::to_string(id.value);
  }
  return list + ']';
}

}  // namespace

DeliveryTable::DeliveryTable(Connection& db, EventTable& events)
    : db_(db),
      events_(events),
      // INDEXED BY: a plan that walks over the delivered ones would be right, and useless.
      load_(db, "SELECT " PENDING_COLUMNS
                " FROM deliveries INDEXED BY deliveries_pending"
                " WHERE state = 0 AND hook = ?1 AND next_attempt_at > ?2 AND next_attempt_at <= ?3"
                " ORDER BY next_attempt_at, pk"),
      next_due_(db,
                "SELECT next_attempt_at FROM deliveries INDEXED BY deliveries_pending"
                " WHERE state = 0 AND hook = ?1 AND next_attempt_at > ?2"
                " ORDER BY next_attempt_at LIMIT 1"),
      next_hook_(db,
                 "SELECT hook FROM deliveries INDEXED BY deliveries_pending"
                 " WHERE state = 0 AND hook > ?1 ORDER BY hook LIMIT 1"),
      count_pending_(db,
                     "SELECT COUNT(*) FROM deliveries INDEXED BY deliveries_pending"
                     " WHERE state = 0 AND hook = ?1"),
      last_(db, "SELECT IFNULL(MAX(pk), 0) FROM deliveries"),
      insert_(db, R"sql(
INSERT INTO deliveries (uuid, hook, event, state, attempts, budget_used_ms, epoch,
  redelivery_base, manual, next_attempt_at, created_at, updated_at)
VALUES (?1, ?2, ?3, 0, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?10))sql"),
      record_(db, R"sql(
UPDATE deliveries SET
  state = CASE WHEN state = 0 OR ?2 = 1 THEN ?2 ELSE state END,
  next_attempt_at = CASE WHEN state = 0 AND ?2 = 0 THEN ?3 ELSE next_attempt_at END,
  reason = CASE WHEN state = 0 OR ?2 = 1 THEN ?4 ELSE reason END,
  attempts = MAX(attempts, ?5), budget_used_ms = ?6, epoch = ?7, updated_at = ?8,
  last_failure = ?9, last_status = ?10, last_started_at = ?11, last_elapsed = ?12,
  last_detail = ?13
WHERE pk = ?1 AND state <> 1)sql"),
      insert_attempt_(db, R"sql(
INSERT OR REPLACE INTO attempts (delivery, attempt, started_at, failure, status, elapsed, detail)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7))sql"),
      cancel_(db, R"sql(
UPDATE deliveries SET state = 3, reason = ?3, updated_at = ?4 WHERE pk IN
  (SELECT pk FROM deliveries INDEXED BY deliveries_pending
   WHERE state = 0 AND hook = ?1 AND (?2 = 0 OR (pk <= ?2 AND manual = 0))
     AND pk NOT IN (SELECT value FROM json_each(?6))
   ORDER BY next_attempt_at, pk LIMIT ?5))sql"),
      redeliver_(db, R"sql(
UPDATE deliveries SET state = 0, manual = 1, redelivery_base = attempts, budget_used_ms = 0,
  next_attempt_at = ?3, updated_at = ?3, reason = '',
  hook = CASE WHEN ?2 = 0 THEN hook ELSE ?2 END
WHERE pk = ?1 AND state <> 0 AND EXISTS (SELECT 1 FROM events e WHERE e.pk = deliveries.event
  AND (e.body_v1 IS NOT NULL OR e.body_v2 IS NOT NULL)))sql"),
      // Until then the figures of the attempt that delivered are in the delivery's own row only.
      keep_success_(db, R"sql(
INSERT OR REPLACE INTO attempts (delivery, attempt, started_at, failure, status, elapsed, detail)
SELECT pk, attempts, last_started_at, last_failure, last_status, last_elapsed, last_detail
FROM deliveries WHERE pk = ?1 AND state = 1)sql"),
      find_pending_(db, "SELECT " PENDING_COLUMNS " FROM deliveries WHERE pk = ?1 AND state = 0") {}

std::vector<delivery::PendingDelivery> DeliveryTable::LoadPending(
    const delivery::PendingQuery& query) {
  std::vector<delivery::PendingDelivery> pending;
  std::size_t bytes = 0;
  Run run(load_, query.hook, query.due_after, query.due_by);
  while (std::ssize(pending) < query.limit && bytes < query.bytes_max && run.Step()) {
    const auto id = Columns(run).RowNumber<DeliveryId>();
    if (std::ranges::binary_search(query.except, id)) continue;
    Columns columns(run);
    delivery::PendingDelivery loaded = ReadPending(columns);
    loaded.event = FindEvent(columns.RowNumber<EventId>(), query.events);
    if (loaded.event == nullptr) throw Failure("a pending delivery has lost its event");
    bytes += delivery::Bytes(*loaded.event);
    pending.push_back(std::move(loaded));
  }
  return pending;
}

delivery::EventPayloadPtr DeliveryTable::FindEvent(EventId event, delivery::EventPool* known) {
  if (known == nullptr) return events_.Find(event);
  if (auto found = known->Find(event)) return found;
  auto read = events_.Find(event);
  return read == nullptr ? read : known->Share(std::move(read));
}

std::optional<Timestamp> DeliveryTable::NextDue(HookId hook, Timestamp after) {
  Run run(next_due_, hook, after);
  if (!run.Step()) return std::nullopt;
  return Columns(run).Time();
}

std::vector<HookId> DeliveryTable::HooksWithPending() {
  // One short descent per hook, however many deliveries each has.
  std::vector<HookId> hooks;
  HookId last;
  for (;;) {
    Run run(next_hook_, last);
    if (!run.Step()) return hooks;
    last = Columns(run).RowNumber<HookId>();
    hooks.push_back(last);
  }
}

std::int64_t DeliveryTable::CountPending(HookId hook) {
  Run run(count_pending_, hook);
  run.Step();
  return Columns(run).Int();
}

DeliveryId DeliveryTable::Last() {
  Run run(last_);
  run.Step();
  return Columns(run).RowNumber<DeliveryId>();
}

DeliveryId DeliveryTable::Insert(const delivery::PendingDelivery& d) {
  Execute(insert_, d.uuid, d.hook, d.event->id, d.attempts, d.budget_used.count(), d.epoch,
          d.redelivery_base, d.manual, d.next_attempt_at, d.event->created_at);
  return {db_.last_insert_id()};
}

void DeliveryTable::RecordOutcome(const delivery::OutcomeRecord& r) {
  const delivery::AttemptOutcome& outcome = r.outcome;
  const auto failure = static_cast<int>(outcome.failure);
  Execute(record_, r.delivery, static_cast<int>(r.state), r.next_attempt_at, r.reason, r.attempt,
          r.budget_used.count(), r.epoch, r.started_at + outcome.elapsed, failure, outcome.status,
          r.started_at, outcome.elapsed.count(), outcome.detail);
  // The attempt that delivers is the last one: its figures are in the delivery's own row.
  if (r.state == DeliveryState::kDelivered || db_.changes() == 0) return;
  Execute(insert_attempt_, r.delivery, r.attempt, r.started_at, failure, outcome.status,
          outcome.elapsed.count(), outcome.detail);
}

int DeliveryTable::CancelPending(HookId hook, DeliveryId up_to, std::span<const DeliveryId> except,
                                 std::string_view reason, Timestamp now, int limit) {
  Execute(cancel_, hook, up_to, reason, now, limit, IdList(except));
  return db_.changes();
}

std::optional<delivery::PendingDelivery> DeliveryTable::Redeliver(DeliveryId delivery, HookId to,
                                                                  Timestamp now) {
  Execute(keep_success_, delivery);
  Execute(redeliver_, delivery, to, now);
  if (db_.changes() == 0) return std::nullopt;
  Run run(find_pending_, delivery);
  if (!run.Step()) return std::nullopt;
  Columns columns(run);
  return ReadPending(columns);
}

}  // namespace hookline::store::sqlite
