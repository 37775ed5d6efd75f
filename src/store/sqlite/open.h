#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/error.h"
#include "store/store.h"

namespace hookline::store {

struct SqliteOptions {
  std::string directory;  ///< Created (mode 0700) if missing. Locked for this process alone.
  std::chrono::milliseconds lock_wait{5000};   ///< For another server to let go of the directory.
  std::chrono::milliseconds check_time{2000};  ///< For looking for damage before the start.
  int reader_threads = 4;
  std::size_t write_queue_max = 8192;                         ///< Jobs of Write; more are rejected.
  std::size_t write_queue_bytes_max = std::size_t{64} << 20;  ///< Of Origin::bytes; the same.
  std::size_t read_queue_max = 4096;                          ///< Jobs of Read; more are rejected.
  std::size_t read_queue_bytes_max = std::size_t{64} << 20;
  std::chrono::milliseconds read_time_max{2000};  ///< For a job of Read to run.
  std::chrono::milliseconds read_wait_max{5000};  ///< For a job of Read to begin.
  /// Each commit walks the whole cache: a larger one costs more than the reads that it saves.
  int writer_cache_kib = 1024;
  int reader_cache_kib = 4 * 1024;  ///< For each reader thread.
  /// By itself a store keeps everything for ever.
  Retention retention{.bodies = {}, .deliveries = {}, .dead_letters = {}, .tasks = {}};
  const Clock* clock = nullptr;  ///< Outlives the store; nullptr: the system's.
  /// For the operator's log; called from any of the store's threads. Empty: standard error.
  std::function<void(std::string_view)> log;
  std::string vfs;  ///< SQLite's name of a file layer; empty: the default one. For tests.
};

/// Opens or creates the data directory, migrates its schema, and starts the store's threads. Fails
/// with kUnavailable and a message for the operator: another server holds the directory, the disk
/// is full, the database is of a newer schema or cannot be read, or anybody could replace it.
/// What an unclean end has left in the log is told in `options.log`, and so are modes that were
/// open to other users, and damage; a damaged store opens, but is not healthy.
Result<std::unique_ptr<Store>> OpenSqlite(const SqliteOptions& options);

}  // namespace hookline::store
