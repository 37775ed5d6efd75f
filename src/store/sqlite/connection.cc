#include "store/sqlite/connection.h"

#include <fmt/format.h>

#include <algorithm>
#include <mutex>

namespace hookline::store::sqlite {
namespace {

// Process-wide settings that SQLite takes only before its first use.
void ConfigureOnce() {
  static std::once_flag once;
  std::call_once(once, [] {
    // Nobody reads the allocation statistics, and keeping them takes a mutex on every malloc.
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    // What a savepoint remembers is written to a file in pieces of this size, if it is written at
    // all. Not larger: SQLite's unix layer writes less than 128 KiB at once, and takes the rest of
    // a larger piece for a full disk.
    sqlite3_config(SQLITE_CONFIG_STMTJRNL_SPILL, 64 * 1024);
    sqlite3_initialize();
  });
}

}  // namespace

Connection::Connection(const std::string& path, const Options& options) {
  ConfigureOnce();
  const int flags =
      (options.read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE) |
      SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
  sqlite3* db = nullptr;
  const int rc = sqlite3_open_v2(path.c_str(), &db, flags,
                                 options.vfs.empty() ? nullptr : options.vfs.c_str());
  db_.reset(db);
  if (rc != SQLITE_OK) {
    if (db == nullptr) throw SqliteFailure(rc, fmt::format("cannot open {}: no memory", path));
    Throw(fmt::format("cannot open {}", path));
  }
  sqlite3_busy_timeout(db, options.busy_timeout_ms);
  Exec(fmt::format("PRAGMA cache_size = -{}", options.cache_kib).c_str());
  // Debian's SQLite overwrites deleted content with zeros by default: a write for each delete.
  Exec("PRAGMA secure_delete = OFF");
  Exec("PRAGMA foreign_keys = OFF");
  // Mapped pages would count as resident memory, which is what we have the least of.
  Exec("PRAGMA mmap_size = 0");
  if (!options.read_only) {
    // A job that changes many pages must not depend on room in a directory of temporary files.
    Exec("PRAGMA temp_store = MEMORY");
    EnterWal(options.busy_timeout_ms);
    Exec("PRAGMA synchronous = FULL");
    Exec("PRAGMA journal_size_limit = 67108864");
    // The log is written back to the database each time it has grown by this many pages (16 MB).
    // The writer does it itself, after a commit, so that it never overlaps a write.
    Exec("PRAGMA wal_autocheckpoint = 4000");
  }
}

// SQLite does not wait for others while it changes the journal mode: two processes that create the
// same database at once would refuse each other.
void Connection::EnterWal(int patience_ms) {
  constexpr const char* kSql = "PRAGMA journal_mode = WAL";
  constexpr int kPauseMs = 10;
  for (int waited_ms = 0;; waited_ms += kPauseMs) {
    const int rc = sqlite3_exec(db_.get(), kSql, nullptr, nullptr, nullptr);
    if (rc == SQLITE_OK) return;
    if ((rc & 0xFF) != SQLITE_BUSY || waited_ms >= patience_ms) Throw(kSql);
    sqlite3_sleep(kPauseMs);
  }
}

void Connection::Exec(const char* sql) {
  if (sqlite3_exec(db_.get(), sql, nullptr, nullptr, nullptr) != SQLITE_OK) Throw(sql);
}

std::int64_t Connection::QueryInt(const char* sql) {
  Statement statement(*this, sql);
  Run run(statement);
  if (!run.Step()) throw Failure(fmt::format("no row: {}", sql));
  return Columns(run).Int();
}

void Connection::Throw(std::string_view doing) const {
  const int code = sqlite3_extended_errcode(db_.get());
  throw SqliteFailure(code,
                      fmt::format("{}: {} (code {})", doing, sqlite3_errmsg(db_.get()), code));
}

sqlite3_stmt* Statement::Ready() {
  if (stmt_ == nullptr) {
    if (sqlite3_prepare_v3(db_.handle(), sql_, -1, SQLITE_PREPARE_PERSISTENT, &stmt_, nullptr) !=
        SQLITE_OK) {
      db_.Throw(sql_);
    }
  }
  // A statement that is run from inside its own loop would lose its place.
  HOOKLINE_CHECK(sqlite3_stmt_busy(stmt_) == 0);
  return stmt_;
}

void Bind(sqlite3_stmt* stmt, int index, std::int64_t value) {
  HOOKLINE_CHECK(sqlite3_bind_int64(stmt, index, value) == SQLITE_OK);
}

void Bind(sqlite3_stmt* stmt, int index, double value) {
  HOOKLINE_CHECK(sqlite3_bind_double(stmt, index, value) == SQLITE_OK);
}

void Bind(sqlite3_stmt* stmt, int index, std::string_view text) {
  // A null pointer would be bound as NULL, which is not the empty text.
  const char* data = text.data() == nullptr ? "" : text.data();
  const int rc = sqlite3_bind_text64(stmt, index, data, text.size(), SQLITE_STATIC, SQLITE_UTF8);
  if (rc != SQLITE_OK) throw SqliteFailure(rc, "a text is too large to store");
}

void BindBlob(sqlite3_stmt* stmt, int index, std::string_view bytes) {
  const char* data = bytes.data() == nullptr ? "" : bytes.data();
  const int rc = sqlite3_bind_blob64(stmt, index, data, bytes.size(), SQLITE_STATIC);
  if (rc != SQLITE_OK) throw SqliteFailure(rc, "a body is too large to store");
}

void BindNull(sqlite3_stmt* stmt, int index) {
  HOOKLINE_CHECK(sqlite3_bind_null(stmt, index) == SQLITE_OK);
}

void Run::CheckCount(int bound) const {
  HOOKLINE_CHECK(bound == sqlite3_bind_parameter_count(stmt_));
}

void Run::Fail() const { db_.Throw(sqlite3_sql(stmt_)); }

std::string_view Columns::View() {
  const int column = next_++;
  // The pointer first: it may convert the value, and the size is that of the converted one.
  const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(stmt_, column));
  if (text == nullptr) return {};
  return {text, static_cast<std::size_t>(sqlite3_column_bytes(stmt_, column))};
}

std::optional<std::string> Columns::OptionalText() {
  if (sqlite3_column_type(stmt_, next_) == SQLITE_NULL) {
    ++next_;
    return std::nullopt;
  }
  return Text();
}

std::optional<std::string_view> Columns::Bytes() {
  const int column = next_++;
  if (sqlite3_column_type(stmt_, column) == SQLITE_NULL) return std::nullopt;
  const auto* data = static_cast<const char*>(sqlite3_column_blob(stmt_, column));
  const auto size = static_cast<std::size_t>(sqlite3_column_bytes(stmt_, column));
  return data == nullptr ? std::string_view() : std::string_view(data, size);
}

Uuid Columns::Id16() {
  const int column = next_++;
  Uuid uuid;
  const auto* data = static_cast<const std::uint8_t*>(sqlite3_column_blob(stmt_, column));
  if (data == nullptr || sqlite3_column_bytes(stmt_, column) != 16) {
    throw Failure("a stored UUID is not 16 bytes");
  }
  std::copy_n(data, 16, uuid.bytes.begin());
  return uuid;
}

}  // namespace hookline::store::sqlite
