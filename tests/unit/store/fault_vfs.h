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
/// Writes fail with this result code of SQLite; 0: they do not.
void SetWriteError(int code);
/// fsync fails. As on a real disk, what it should have made safe is safe then or never: a later
/// fsync that succeeds does not make up for it.
void SetSyncFails(bool fails);
/// From now on, `percent` of writes and syncs fail, with one error or another, as `seed` decides.
void SetFlaky(int percent, unsigned seed);
/// How many times files were synced.
std::int64_t Syncs();

/// Writes to `to` what a power failure at this moment leaves of the files in `from`: what was
/// synced, and of each later write all, nothing or a part, as `random` decides.
void Crash(const std::string& from, const std::string& to, std::mt19937& random);

}  // namespace hookline::store::fault_vfs
