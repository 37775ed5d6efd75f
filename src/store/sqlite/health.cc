#include "store/sqlite/health.h"

#include <fmt/format.h>

#include "store/sqlite/connection.h"

namespace hookline::store::sqlite {
namespace {

int PrimaryCode(const std::exception& failure) {
  const auto* sqlite = dynamic_cast<const SqliteFailure*>(&failure);
  return sqlite == nullptr ? SQLITE_OK : sqlite->code() & 0xFF;
}

bool IsDamage(int code) { return code == SQLITE_CORRUPT || code == SQLITE_NOTADB; }

std::string Held(std::int64_t count) {
  return count == 0 ? std::string() : fmt::format(" (and {} more since the last such line)", count);
}

}  // namespace

Commit ResultOf(const std::exception& failure) {
  if (dynamic_cast<const Failure*>(&failure) == nullptr) {
    // Want of memory passes; any other is a mistake in the job.
    return dynamic_cast<const std::bad_alloc*>(&failure) != nullptr ? Commit::kFailed
                                                                    : Commit::kFault;
  }
  switch (PrimaryCode(failure)) {
    case SQLITE_ERROR:
    case SQLITE_CONSTRAINT:
    case SQLITE_MISMATCH:
    case SQLITE_MISUSE:
    case SQLITE_RANGE:
    case SQLITE_TOOBIG:
      return Commit::kFault;
    default:
      return Commit::kFailed;
  }
}

void Health::SetWritable(bool writable, std::string_view why) {
  if (writable_.exchange(writable) == writable) return;
  // A disk that is nearly full takes small changes and refuses large ones in turn.
  if (!writable) {
    const auto held = outages_.Admit(std::chrono::steady_clock::now());
    outage_logged_ = held.has_value();
    if (held) log_(fmt::format("the store does not take writes: {}{}", why, Held(*held)));
  } else if (outage_logged_) {
    log_("the store takes writes again");
  }
}

void Health::JobFailed(std::string_view what, const std::exception& failure) {
  if (IsDamage(PrimaryCode(failure))) SetDamaged(failure.what());
  std::optional<std::int64_t> held;
  {
    const std::lock_guard lock(mutex_);
    held = failures_.Admit(std::chrono::steady_clock::now());
  }
  if (held) log_(fmt::format("{} failed: {}{}", what, failure.what(), Held(*held)));
}

void Health::SetDamaged(std::string_view found) {
  if (damaged_.exchange(true)) return;
  log_(
      fmt::format("the database is damaged: {}. It is not ready any more; stop the server and "
                  "restore a backup, or rescue what is there with sqlite3's .recover",
                  found));
}

}  // namespace hookline::store::sqlite
