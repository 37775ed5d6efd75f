#include "store/sqlite/migrate.h"

#include <fmt/format.h>

namespace hookline::store::sqlite {
namespace {

void CheckNotNewer(std::int64_t version, std::int64_t latest) {
  if (version <= latest) return;
  throw Failure(
      fmt::format("the database has schema version {}, but this hookline knows only up to {}: it "
                  "was written by a newer release; use that one, or restore a backup",
                  version, latest));
}

// One step, unless somebody else has made it. Returns the version afterwards.
std::int64_t Advance(Connection& db, std::span<const char* const> steps) {
  // Takes the write lock at once: of two processes one waits here, and looks again.
  db.Exec("BEGIN IMMEDIATE");
  try {
    const std::int64_t version = db.QueryInt("PRAGMA user_version");
    CheckNotNewer(version, std::ssize(steps));
    if (version == std::ssize(steps)) {
      db.Exec("ROLLBACK");
      return version;
    }
    db.Exec(steps[static_cast<std::size_t>(version)]);
    db.Exec(fmt::format("PRAGMA user_version = {}", version + 1).c_str());
    db.Exec("COMMIT");
    return version + 1;
  } catch (const Failure&) {
    if (db.in_transaction()) db.Exec("ROLLBACK");
    throw;
  }
}

}  // namespace

void Migrate(Connection& db, std::span<const char* const> steps) {
  std::int64_t version = db.QueryInt("PRAGMA user_version");
  CheckNotNewer(version, std::ssize(steps));
  while (version < std::ssize(steps)) version = Advance(db, steps);
}

}  // namespace hookline::store::sqlite
