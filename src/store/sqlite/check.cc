#include "store/sqlite/check.h"

#include <fmt/format.h>

#include <string>

namespace hookline::store::sqlite {
namespace {

using std::chrono::steady_clock;

// Interrupts what the connection is doing once the time is up.
class TimeLimit {
 public:
  TimeLimit(Connection& db, std::chrono::milliseconds time)
      : db_(db), deadline_(steady_clock::now() + time) {
    constexpr int kStepsBetween = 1000;
    sqlite3_progress_handler(
        db_.handle(), kStepsBetween,
        [](void* self) -> int {
          return steady_clock::now() >= static_cast<TimeLimit*>(self)->deadline_ ? 1 : 0;
        },
        this);
  }
  TimeLimit(const TimeLimit&) = delete;
  TimeLimit& operator=(const TimeLimit&) = delete;
  ~TimeLimit() { sqlite3_progress_handler(db_.handle(), 0, nullptr, nullptr); }

 private:
  Connection& db_;
  const steady_clock::time_point deadline_;
};

// False if the time was up before the end.
bool Check(Connection& db, const std::string& what, Health& health) {
  Statement check(db, what.c_str());
  try {
    Run run(check);
    if (!run.Step()) return true;
    const std::string found = Columns(run).Text();
    if (found != "ok") health.SetDamaged(found);
    return true;
  } catch (const SqliteFailure& failure) {
    const int code = failure.code() & 0xFF;
    if (code == SQLITE_INTERRUPT) return false;
    if (code != SQLITE_CORRUPT) throw;
    health.SetDamaged(failure.what());
    return true;
  }
}

}  // namespace

void CheckDatabase(Connection& db, std::chrono::milliseconds time, Health& health) {
  // SQLite walks over a table without looking at the clock, so the size decides beforehand. Slow
  // disks read about so much.
  constexpr std::int64_t kBytesPerMs = 128 * 1024;
  // Without these, nothing works; they are small in every database.
  constexpr const char* kVital[] = {"meta", "apps", "api_keys", "hooks", "channel_types"};
  const TimeLimit limit(db, time);
  const std::int64_t bytes = db.QueryInt("PRAGMA page_count") * db.QueryInt("PRAGMA page_size");
  bool complete = bytes <= kBytesPerMs * time.count();
  if (complete) {
    complete = Check(db, "PRAGMA quick_check(1)", health);
  } else {
    for (const char* table : kVital)
      Check(db, fmt::format("PRAGMA quick_check({})", table), health);
  }
  if (!complete && health.ok()) {
    health.Log(
        fmt::format("found no damage so far; the database has {} MiB, too much to look "
                    "through all of it at a start (sqlite3's quick_check does)",
                    bytes / (1024 * 1024)));
  }
}

}  // namespace hookline::store::sqlite
