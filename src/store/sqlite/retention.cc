#include "store/sqlite/retention.h"

#include <algorithm>

namespace hookline::store::sqlite {
namespace {

using delivery::DeliveryState;

constexpr const char* kBodies = "retention_bodies";
constexpr const char* kDeliveries = "retention_deliveries";
constexpr std::chrono::hours kReplies{24};

// What was passed over (dead letters that are kept for longer) is looked at again after this: in
// good time before the shorter age has passed once more.
std::chrono::milliseconds BetweenPasses(const Retention& ages) {
  std::chrono::milliseconds between = std::chrono::hours(1);
  for (const std::chrono::seconds age : {ages.deliveries, ages.dead_letters}) {
    if (age.count() > 0) between = std::min(between, std::chrono::milliseconds(age) / 8);
  }
  return between;
}

// The first column of the only row.
std::int64_t Number(Statement& statement) {
  Run run(statement);
  run.Step();
  return Columns(run).Int();
}

std::optional<Timestamp> Before(Timestamp now, std::chrono::seconds age) {
  if (age.count() == 0) return std::nullopt;
  return now - age;
}

}  // namespace

RetentionTable::RetentionTable(Connection& db, Retention ages)
    : db_(db),
      ages_(ages),
      walk_(db,
            "SELECT pk, event, state, created_at, updated_at FROM deliveries"
            " WHERE pk > ?1 ORDER BY pk"),
      newest_(db, "SELECT MAX(pk) FROM deliveries"),
      newest_event_(db, "SELECT MAX(pk) FROM events"),
      cursor_(db, "SELECT value FROM meta WHERE key = ?1"),
      set_cursor_(db,
                  "INSERT INTO meta VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET value = ?2"),
      empty_(db,
             "UPDATE events SET body_v1 = NULL, body_v2 = NULL WHERE pk = ?1"
             " AND (body_v1 IS NOT NULL OR body_v2 IS NOT NULL)"),
      delete_delivery_(db, "DELETE FROM deliveries WHERE pk = ?1"),
      delete_attempts_(db, "DELETE FROM attempts WHERE delivery = ?1"),
      delete_event_(db, "DELETE FROM events WHERE pk = ?1"),
      old_tasks_(db, "SELECT 1 FROM tasks WHERE created_at < ?1 LIMIT 1"),
      delete_tasks_(db, R"sql(
DELETE FROM tasks WHERE (app, id) IN
  (SELECT app, id FROM tasks WHERE created_at < ?1 ORDER BY created_at LIMIT ?2))sql"),
      // Their numbers are in the order of their making.
      old_reply_(db,
                 "SELECT 1 FROM (SELECT created_at FROM idempotent_replies ORDER BY pk LIMIT 1)"
                 " WHERE created_at < ?1"),
      delete_replies_(db, R"sql(
DELETE FROM idempotent_replies WHERE created_at < ?1 AND pk IN
  (SELECT pk FROM idempotent_replies ORDER BY pk LIMIT ?2))sql") {}

Timestamp RetentionTable::Cutoffs::Latest() const {
  return std::max(deliveries.value_or(Timestamp{}), dead_letters.value_or(Timestamp{}));
}

RetentionTable::Cutoffs RetentionTable::CutoffsAt(Timestamp now) {
  if (ages_.bytes_max > 0) {
    const std::int64_t pages =
        db_.QueryInt("PRAGMA page_count") - db_.QueryInt("PRAGMA freelist_count");
    // The oldest go until it fits, whatever their age.
    if (pages * db_.QueryInt("PRAGMA page_size") > ages_.bytes_max) return {now, now, now};
  }
  return {Before(now, ages_.bodies), Before(now, ages_.deliveries),
          Before(now, ages_.dead_letters)};
}

RetentionTable::Step RetentionTable::Continue(Timestamp now, int rows,
                                              const std::function<void()>& before_write) {
  before_write_ = &before_write;
  Step step;
  const Cutoffs cutoffs = CutoffsAt(now);
  step.more = EmptyBodies(cutoffs, rows, step);
  const bool passed = passed_at_ && now - *passed_at_ < BetweenPasses(ages_);
  const bool pressed = cutoffs.bodies == now;
  if (!step.more && (!passed || pressed)) {
    step.more = RemoveDeliveries(cutoffs, rows, step);
    // What was removed last may be lost with its transaction: only a look that finds nothing
    // counts.
    if (!step.more && step.deliveries == 0) passed_at_ = now;
  }
  if (!step.more) step.more = RemoveOthers(now, rows);
  before_write_ = nullptr;
  return step;
}

std::vector<RetentionTable::Group> RetentionTable::Walk(std::int64_t cursor, Timestamp before,
                                                        int rows, bool& ended) {
  std::vector<Group> groups;
  int read = 0;
  Run run(walk_, cursor);
  for (;;) {
    if (!run.Step()) {
      ended = true;
      return groups;
    }
    Columns columns(run);
    const auto id = columns.RowNumber<DeliveryId>();
    const auto event = columns.RowNumber<EventId>();
    const auto state = static_cast<DeliveryState>(columns.Int());
    const Timestamp created_at = columns.Time();
    const Timestamp updated_at = columns.Time();
    if (groups.empty() || groups.back().event != event) {
      ended = created_at >= before;
      if (ended || read >= rows) return groups;
      groups.push_back({event, created_at, {}});
    }
    groups.back().rows.push_back({id, state, updated_at});
    ++read;
  }
}

bool RetentionTable::EmptyBodies(const Cutoffs& cutoffs, int rows, Step& step) {
  if (!cutoffs.bodies) return false;
  const Timestamp before = *cutoffs.bodies;
  bool ended = false;
  const std::vector<Group> groups = Walk(Cursor(kBodies), before, rows, ended);
  for (const Group& group : groups) {
    const bool arrived = std::ranges::all_of(
        group.rows, [](const Row& row) { return row.state == DeliveryState::kDelivered; });
    // Others keep theirs for as long as the deliveries are kept: they are not looked at again.
    if (!arrived) continue;
    Touch();
    Execute(empty_, group.event);
    step.bodies += db_.changes();
  }
  if (!groups.empty()) SetCursor(kBodies, groups.back().rows.back().id.value);
  return !ended;
}

bool RetentionTable::IsDue(const Row& row, const Cutoffs& cutoffs) const {
  if (row.state == DeliveryState::kPending) return false;
  const auto& cutoff =
      row.state == DeliveryState::kDelivered ? cutoffs.deliveries : cutoffs.dead_letters;
  return cutoff && row.updated_at < *cutoff;
}

bool RetentionTable::RemoveDeliveries(const Cutoffs& cutoffs, int rows, Step& step) {
  if (!cutoffs.deliveries && !cutoffs.dead_letters) return false;
  bool ended = false;
  const std::int64_t begin = Cursor(kDeliveries);
  const std::vector<Group> groups = Walk(begin, cutoffs.Latest(), rows, ended);
  // The newest of all stays, so that its number is not given again.
  const Newest newest{Number(newest_), Number(newest_event_)};
  for (const Group& group : groups) Remove(group, cutoffs, newest, step);
  if (ended) {
    if (begin != 0) SetCursor(kDeliveries, 0);
  } else if (!groups.empty()) {
    SetCursor(kDeliveries, groups.back().rows.back().id.value);
  }
  return !ended;
}

void RetentionTable::Remove(const Group& group, const Cutoffs& cutoffs, const Newest& newest,
                            Step& step) {
  bool all = true;
  for (const Row& row : group.rows) {
    if (!IsDue(row, cutoffs) || row.id.value == newest.delivery) {
      all = false;
      continue;
    }
    Touch();
    Execute(delete_attempts_, row.id);
    Execute(delete_delivery_, row.id);
    ++step.deliveries;
  }
  if (all && group.event.value != newest.event) Execute(delete_event_, group.event);
}

bool RetentionTable::RemoveOthers(Timestamp now, int rows) {
  bool more = false;
  const auto remove = [&](Statement& old, Statement& deletion, Timestamp before) {
    {
      Run run(old, before);
      if (!run.Step()) return;
    }
    Touch();
    Execute(deletion, before, rows);
    more = more || db_.changes() == rows;
  };
  if (const auto before = Before(now, ages_.tasks)) remove(old_tasks_, delete_tasks_, *before);
  remove(old_reply_, delete_replies_, *Before(now, kReplies));
  return more;
}

std::int64_t RetentionTable::Cursor(const char* name) {
  Run run(cursor_, name);
  return run.Step() ? Columns(run).Int() : 0;
}

void RetentionTable::SetCursor(const char* name, std::int64_t at) {
  Touch();
  Execute(set_cursor_, name, at);
}

void RetentionTable::Touch() {
  if (before_write_ == nullptr) return;
  (*before_write_)();
  before_write_ = nullptr;
}

}  // namespace hookline::store::sqlite
