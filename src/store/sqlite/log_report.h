#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace hookline::store::sqlite {

/// What an unclean end has left in the write-ahead log, as a look at the files tells before SQLite
/// recovers from them. Counted in frames, of one page each.
struct LogReport {
  std::int64_t recovered = 0;  ///< Of commits that are whole; SQLite will take them in.
  std::int64_t torn = 0;       ///< After those, of a commit that was not finished: never answered.
  /// Of commits that had been finished, but that cannot be read any more.
  std::int64_t lost = 0;
};

/// Reads `<database>-wal` and `<database>-shm`. All zero if there is no log, or after a clean end.
/// Never fails: what cannot be read counts as not there.
LogReport InspectLog(const std::string& database);

/// Lines for the operator's log; none if there is nothing to tell.
std::vector<std::string> Describe(const LogReport& report);

}  // namespace hookline::store::sqlite
