#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "delivery/model.h"
#include "store/sqlite/connection.h"
#include "store/store.h"

namespace hookline::store::sqlite {

/// Removes what has been kept for long enough, in small steps: walks over the deliveries in the
/// order of their making, once for the bodies of their events and once for themselves. How far it
/// has come is in the database, so a step that is lost is made again. One thread.
class RetentionTable {
 public:
  RetentionTable(Connection& db, Retention ages);

  struct Step {
    int bodies = 0;      ///< Emptied.
    int deliveries = 0;  ///< Removed.
    bool more = false;   ///< There is more to do at once.
  };
  /// Looks at about `rows` rows. Writes nothing if there is nothing to do; `before_write` is called
  /// before the first change.
  Step Continue(Timestamp now, int rows, const std::function<void()>& before_write);

 private:
  struct Row {
    DeliveryId id;
    delivery::DeliveryState state = delivery::DeliveryState::kPending;
    Timestamp updated_at;
  };
  /// All deliveries of one event: they were made together, so their numbers are neighbours.
  struct Group {
    EventId event;
    Timestamp created_at;
    std::vector<Row> rows;
  };
  /// The highest numbers given.
  struct Newest {
    std::int64_t delivery;
    std::int64_t event;
  };
  /// What ended before these times goes; none: it is kept.
  struct Cutoffs {
    std::optional<Timestamp> bodies;
    std::optional<Timestamp> deliveries;
    std::optional<Timestamp> dead_letters;
    Timestamp Latest() const;
  };

  Cutoffs CutoffsAt(Timestamp now);
  /// Whole groups behind `cursor` whose events are older than `before`, of about `rows` rows.
  /// `ended`: nothing that is old enough is behind them.
  std::vector<Group> Walk(std::int64_t cursor, Timestamp before, int rows, bool& ended);
  bool EmptyBodies(const Cutoffs& cutoffs, int rows, Step& step);
  bool RemoveDeliveries(const Cutoffs& cutoffs, int rows, Step& step);
  bool IsDue(const Row& row, const Cutoffs& cutoffs) const;
  void Remove(const Group& group, const Cutoffs& cutoffs, const Newest& newest, Step& step);
  bool RemoveOthers(Timestamp now, int rows);
  std::int64_t Cursor(const char* name);
  void SetCursor(const char* name, std::int64_t at);
  void Touch();

  Connection& db_;
  const Retention ages_;
  const std::function<void()>* before_write_ = nullptr;  ///< Until it was called, within a step.
  std::optional<Timestamp> passed_at_;  ///< When the walk over old deliveries came to its end last.
  Statement walk_;
  Statement newest_;
  Statement newest_event_;
  Statement cursor_;
  Statement set_cursor_;
  Statement empty_;
  Statement delete_delivery_;
  Statement delete_attempts_;
  Statement delete_event_;
  Statement old_tasks_;
  Statement delete_tasks_;
  Statement old_reply_;
  Statement delete_replies_;
};

}  // namespace hookline::store::sqlite
