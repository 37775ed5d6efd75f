#pragma once

#include <cstdint>
#include <random>
#include <string>

/// A file layer for SQLite that knows what a power failure would leave, and that fails when it is
/// told to. It passes everything on to the default one. One instance for the process, registered
/// as "fault"; all functions are thread-safe.
namespace hookline::store::fault_vfs {

/// Registers the layer (once) and forgets all that an earlier test set or wrote.
void Install();

/// Writes fail with SQLITE_FULL.
void SetDiskFull(bool full);
/// fsync fails.
void SetSyncFails(bool fails);
/// How many times files were synced.
std::int64_t Syncs();

/// Writes to `to` what a power failure at this moment leaves of the files in `from`: what was
/// synced, and of each later write all, nothing or a part, as `random` decides.
void Crash(const std::string& from, const std::string& to, std::mt19937& random);

}  // namespace hookline::store::fault_vfs
