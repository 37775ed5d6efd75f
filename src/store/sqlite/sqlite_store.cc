#include <fmt/format.h>

#include <cstdio>
#include <filesystem>
#include <utility>

#include "store/sqlite/check.h"
#include "store/sqlite/data_directory.h"
#include "store/sqlite/log_report.h"
#include "store/sqlite/migrate.h"
#include "store/sqlite/open.h"
#include "store/sqlite/reader_pool.h"
#include "store/sqlite/schema.h"
#include "store/sqlite/writer.h"

namespace hookline::store {
namespace {

void LogToStandardError(std::string_view line) { fmt::print(stderr, "hookline: {}\n", line); }

std::int64_t NextEpoch(sqlite::Connection& db) {
  db.Exec("UPDATE meta SET value = value + 1 WHERE key = 'epoch'");
  return db.QueryInt("SELECT value FROM meta WHERE key = 'epoch'");
}

// In words that tell an operator what to do.
std::string WhyItDoesNotOpen(const std::string& directory, const sqlite::SqliteFailure& failure) {
  const std::string file = directory + "/hookline.db";
  switch (failure.code() & 0xFF) {
    case SQLITE_NOTADB:
      return fmt::format(
          "{} is not a database that hookline wrote, or its beginning is damaged: move it away, or "
          "restore a backup ({})",
          file, failure.what());
    case SQLITE_CORRUPT:
      return fmt::format(
          "the database {} is damaged: restore a backup, or rescue what is there with "
          "sqlite3's .recover ({})",
          file, failure.what());
    case SQLITE_FULL:
      return fmt::format("the disk of {} is full: make room and start again ({})", directory,
                         failure.what());
    case SQLITE_READONLY:
    case SQLITE_PERM:
      return fmt::format("{} cannot be written to: check its owner, its mode and its mount ({})",
                         file, failure.what());
    case SQLITE_BUSY:
      return fmt::format("another program holds {}: stop it and start again ({})", file,
                         failure.what());
    default:
      break;
  }
  std::error_code ec;
  const auto space = std::filesystem::space(directory, ec);
  // The small file beside the log cannot say by itself why it does not grow.
  if (!ec && space.available < 256 * 1024) {
    return fmt::format("the disk of {} is full: make room and start again ({})", directory,
                       failure.what());
  }
  return fmt::format("cannot open the database {}: {}", file, failure.what());
}

class SqliteStore final : public Store {
 public:
  /// Throws Failure.
  explicit SqliteStore(const SqliteOptions& options)
      : directory_(options.directory, options.lock_wait),
        clock_(options.clock != nullptr ? *options.clock : own_clock_),
        health_(options.log ? options.log : LogToStandardError) {
    for (const std::string& note : directory_.notes()) health_.Log(note);
    const sqlite::LogReport log_report = sqlite::InspectLog(directory_.database_path());
    auto db = Connect(options, false);
    for (const std::string& line : sqlite::Describe(log_report)) health_.Log(line);
    sqlite::CheckDatabase(*db, options.check_time, health_);
    sqlite::Migrate(*db, sqlite::SchemaSteps());
    epoch_ = NextEpoch(*db);
    writer_ = std::make_unique<sqlite::Writer>(
        std::move(db), clock_, health_,
        sqlite::Writer::Options{.queue_max = options.write_queue_max,
                                .queue_bytes_max = options.write_queue_bytes_max,
                                .retention = options.retention});
    std::vector<std::unique_ptr<sqlite::Connection>> connections;
    connections.reserve(static_cast<std::size_t>(options.reader_threads));
    for (int i = 0; i < options.reader_threads; ++i) connections.push_back(Connect(options, true));
    readers_ = std::make_unique<sqlite::ReaderPool>(
        std::move(connections), clock_, health_,
        sqlite::ReaderPool::Options{.queue_max = options.read_queue_max,
                                    .queue_bytes_max = options.read_queue_bytes_max,
                                    .run_max = options.read_time_max,
                                    .wait_max = options.read_wait_max});
    writer_->Start();
  }

  ~SqliteStore() override { Stop(); }

  void Write(Origin origin, std::move_only_function<bool(Tx&)> run,
             std::move_only_function<void(Commit)> done) override {
    writer_->Post(origin, std::move(run), std::move(done));
  }
  void WriteInternal(std::move_only_function<bool(Tx&)> run,
                     std::move_only_function<void(Commit)> done) override {
    writer_->PostInternal(std::move(run), std::move(done));
  }
  void Read(Origin origin, std::move_only_function<void(Reader&)> run,
            std::move_only_function<void(Commit)> done) override {
    readers_->Post(origin, std::move(run), std::move(done));
  }
  void ReadInternal(std::move_only_function<void(Reader&)> run,
                    std::move_only_function<void(Commit)> done) override {
    readers_->PostInternal(std::move(run), std::move(done));
  }
  QueueStats queues() const override {
    QueueStats stats;
    writer_->AddTo(stats);
    readers_->AddTo(stats);
    return stats;
  }
  StorageStats storage() const override { return writer_->storage(); }
  void SetCommitListener(delivery::CommitListener* listener) override {
    writer_->SetCommitListener(listener);
  }
  std::int64_t epoch() const override { return epoch_; }
  bool healthy() const override { return health_.ok(); }

  void Stop() override {
    // Readers first: those who wait for them may still post writes.
    readers_->Stop();
    writer_->Stop();
  }

 private:
  std::unique_ptr<sqlite::Connection> Connect(const SqliteOptions& options, bool read_only) const {
    sqlite::Connection::Options connection;
    connection.read_only = read_only;
    connection.cache_kib = read_only ? options.reader_cache_kib : options.writer_cache_kib;
    connection.vfs = options.vfs;
    return std::make_unique<sqlite::Connection>(directory_.database_path(), connection);
  }

  sqlite::DataDirectory directory_;  ///< First: let go of after everything else.
  SystemClock own_clock_;
  const Clock& clock_;
  sqlite::Health health_;
  std::int64_t epoch_ = 0;
  std::unique_ptr<sqlite::Writer> writer_;
  std::unique_ptr<sqlite::ReaderPool> readers_;
};

}  // namespace

Result<std::unique_ptr<Store>> OpenSqlite(const SqliteOptions& options) {
  try {
    return std::make_unique<SqliteStore>(options);
  } catch (const sqlite::SqliteFailure& failure) {
    return Fail(ErrorKind::kUnavailable, WhyItDoesNotOpen(options.directory, failure));
  } catch (const std::exception& failure) {
    return Fail(ErrorKind::kUnavailable, failure.what());
  }
}

}  // namespace hookline::store
