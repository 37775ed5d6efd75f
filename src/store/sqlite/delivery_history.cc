#include "store/sqlite/delivery_history.h"

#include <algorithm>
#include <functional>
#include <limits>

// Always: the hook, the cursor, the limit.
#define NEWEST_OF_HOOK(index, condition)                            \
  "SELECT pk FROM deliveries INDEXED BY " index " WHERE " condition \
  " hook = ?1 AND pk < ?2"                                          \
  " ORDER BY pk DESC LIMIT ?3"

#define SELECT_VIEW                                                                            \
  "SELECT d.pk, d.uuid, e.app, h.id, d.event, e.type, d.state, d.attempts, d.manual, "         \
  "d.last_failure, d.last_status, d.reason, d.next_attempt_at, d.created_at, d.updated_at, "   \
  "e.body_v1 IS NOT NULL OR e.body_v2 IS NOT NULL "                                            \
  "FROM deliveries d LEFT JOIN events e ON e.pk = d.event LEFT JOIN hooks h ON h.pk = d.hook " \
  "WHERE "

namespace hookline::store::sqlite {
namespace {

using delivery::DeliveryState;

delivery::DeliveryView ReadView(Columns columns) {
  delivery::DeliveryView view;
  view.id = columns.RowNumber<DeliveryId>();
  view.uuid = columns.Id16();
  view.app = columns.RowNumber<AppId>();
  view.hook_id = columns.Text();
  view.event = columns.RowNumber<EventId>();
  view.event_type = columns.Text();
  view.state = static_cast<DeliveryState>(columns.Int());
  view.attempts = columns.Int32();
  view.manual = columns.Bool();
  view.last_failure = static_cast<FailureClass>(columns.Int());
  view.last_status = columns.Int32();
  view.reason = columns.Text();
  view.next_attempt_at = columns.Time();
  view.created_at = columns.Time();
  view.updated_at = columns.Time();
  view.has_payload = columns.Bool();
  return view;
}

delivery::AttemptView ReadAttempt(Columns columns) {
  delivery::AttemptView view;
  view.attempt = columns.Int32();
  view.started_at = columns.Time();
  view.failure = static_cast<FailureClass>(columns.Int());
  view.status = columns.Int32();
  view.elapsed = std::chrono::nanoseconds(columns.Int());
  view.detail = columns.Text();
  return view;
}

}  // namespace

DeliveryHistory::DeliveryHistory(Connection& db)
    : hooks_(db, R"sql(
SELECT pk FROM hooks WHERE (?1 = 0 OR app = ?1) AND (?2 = '' OR id = ?2))sql"),
      by_hook_(db, NEWEST_OF_HOOK("deliveries_hook", "")),
      pending_by_hook_(db, NEWEST_OF_HOOK("deliveries_pending", "state = 0 AND")),
      delivered_by_hook_(db, NEWEST_OF_HOOK("deliveries_hook", "state = 1 AND")),
      dead_by_hook_(db, NEWEST_OF_HOOK("deliveries_dead", "state = 2 AND")),
      cancelled_by_hook_(db, NEWEST_OF_HOOK("deliveries_cancelled", "state = 3 AND")),
      all_(db, "SELECT pk FROM deliveries WHERE pk < ?1 ORDER BY pk DESC LIMIT ?2"),
      delivered_(db,
                 "SELECT pk FROM deliveries WHERE pk < ?1 AND state = 1 ORDER BY pk DESC LIMIT ?2"),
      find_(db, SELECT_VIEW "d.pk = ?1"),
      find_uuid_(db, SELECT_VIEW "d.uuid = ?1"),
      attempts_(db,
                "SELECT attempt, started_at, failure, status, elapsed, detail FROM attempts"
                " WHERE delivery = ?1 ORDER BY attempt"),
      last_attempt_(db,
                    "SELECT attempts, last_started_at, last_failure, last_status, last_elapsed,"
                    " last_detail FROM deliveries WHERE pk = ?1 AND state = 1") {}

std::vector<HookId> DeliveryHistory::HooksOf(const delivery::DeliveryFilter& filter) {
  std::vector<HookId> hooks;
  Run run(hooks_, filter.app, filter.hook_id);
  while (run.Step()) hooks.push_back(Columns(run).RowNumber<HookId>());
  return hooks;
}

Statement& DeliveryHistory::ByHook(std::optional<DeliveryState> state) {
  if (!state) return by_hook_;
  switch (*state) {
    case DeliveryState::kPending:
      return pending_by_hook_;
    case DeliveryState::kDelivered:
      return delivered_by_hook_;
    case DeliveryState::kDead:
      return dead_by_hook_;
    case DeliveryState::kCancelled:
      return cancelled_by_hook_;
  }
  return by_hook_;
}

std::vector<delivery::DeliveryView> DeliveryHistory::List(const delivery::DeliveryFilter& filter) {
  const std::int64_t before =
      filter.before ? filter.before.value : std::numeric_limits<std::int64_t>::max();
  const auto limit = static_cast<std::size_t>(std::max(filter.limit, 0));
  std::vector<DeliveryId> ids;
  const auto collect = [&ids](Run& run) {
    while (run.Step()) ids.push_back(Columns(run).RowNumber<DeliveryId>());
  };
  const bool any_hook = !filter.app && filter.hook_id.empty();
  const bool everywhere = !filter.state || filter.state == DeliveryState::kDelivered;
  if (any_hook && everywhere) {
    Run run(filter.state ? delivered_ : all_, before, filter.limit);
    collect(run);
  } else {
    // The newest of each hook, of which the newest are taken: each is a short walk on an index.
    for (const HookId hook : HooksOf(filter)) {
      Run run(ByHook(filter.state), hook, before, filter.limit);
      collect(run);
    }
    std::ranges::sort(ids, std::greater<>());
    ids.resize(std::min(ids.size(), limit));
  }
  std::vector<delivery::DeliveryView> views;
  views.reserve(ids.size());
  for (const DeliveryId id : ids) {
    Run run(find_, id);
    if (run.Step()) views.push_back(ReadView(Columns(run)));
  }
  return views;
}

std::optional<delivery::DeliveryView> DeliveryHistory::Find(const Uuid& uuid) {
  Run run(find_uuid_, uuid);
  if (!run.Step()) return std::nullopt;
  return ReadView(Columns(run));
}

std::vector<delivery::AttemptView> DeliveryHistory::ListAttempts(DeliveryId delivery) {
  std::vector<delivery::AttemptView> attempts;
  {
    Run run(attempts_, delivery);
    while (run.Step()) attempts.push_back(ReadAttempt(Columns(run)));
  }
  Run run(last_attempt_, delivery);
  if (run.Step()) attempts.push_back(ReadAttempt(Columns(run)));
  return attempts;
}

}  // namespace hookline::store::sqlite
