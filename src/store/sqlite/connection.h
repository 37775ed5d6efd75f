#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>

#include "base/ids.h"
#include "base/time.h"
#include "base/uuid.h"
#include "store/store.h"

/// A thin layer over SQLite's C interface. Every failure is a store::Failure with SQLite's own
/// words. Nothing here is thread-safe: a connection and its statements belong to one thread at a
/// time.
namespace hookline::store::sqlite {

/// A failure that keeps SQLite's extended result code.
class SqliteFailure : public Failure {
 public:
  SqliteFailure(int code, std::string message) : Failure(std::move(message)), code_(code) {}
  int code() const { return code_; }

 private:
  int code_;
};

class Connection {
 public:
  struct Options {
    bool read_only = false;
    int cache_kib = 8 * 1024;
    int busy_timeout_ms = 5000;
    std::string vfs;  ///< Empty: SQLite's default. Tests inject faults with others.
  };

  Connection(const std::string& path, const Options& options);
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  /// Runs SQL text that returns nothing of interest.
  void Exec(const char* sql);
  /// The first column of the first row.
  std::int64_t QueryInt(const char* sql);

  bool in_transaction() const { return sqlite3_get_autocommit(db_.get()) == 0; }
  std::int64_t last_insert_id() const { return sqlite3_last_insert_rowid(db_.get()); }
  int changes() const { return sqlite3_changes(db_.get()); }
  sqlite3* handle() const { return db_.get(); }

  [[noreturn]] void Throw(std::string_view doing) const;

 private:
  void EnterWal(int patience_ms);
  struct Closer {
    void operator()(sqlite3* db) const { sqlite3_close_v2(db); }
  };
  std::unique_ptr<sqlite3, Closer> db_;
};

/// A prepared statement, prepared at its first use and kept. Must not outlive its connection.
class Statement {
 public:
  /// `sql` must outlive the statement (a literal).
  Statement(Connection& db, const char* sql) : db_(db), sql_(sql) {}
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;
  ~Statement() { sqlite3_finalize(stmt_); }

  Connection& connection() const { return db_; }
  const char* sql() const { return sql_; }
  /// Ready to bind: prepared, and not being run by anyone else.
  sqlite3_stmt* Ready();

 private:
  Connection& db_;
  const char* sql_;
  sqlite3_stmt* stmt_ = nullptr;
};

/// Texts are bound without a copy: they must live until the run is over.
void Bind(sqlite3_stmt* stmt, int index, std::int64_t value);
void Bind(sqlite3_stmt* stmt, int index, double value);
void Bind(sqlite3_stmt* stmt, int index, std::string_view text);
void BindBlob(sqlite3_stmt* stmt, int index, std::string_view bytes);
void BindNull(sqlite3_stmt* stmt, int index);

inline void Bind(sqlite3_stmt* stmt, int index, int value) {
  Bind(stmt, index, std::int64_t{value});
}
inline void Bind(sqlite3_stmt* stmt, int index, bool value) {
  Bind(stmt, index, std::int64_t{value});
}
inline void Bind(sqlite3_stmt* stmt, int index, const std::string& text) {
  Bind(stmt, index, std::string_view(text));
}
inline void Bind(sqlite3_stmt* stmt, int index, const char* text) {
  Bind(stmt, index, std::string_view(text));
}
inline void Bind(sqlite3_stmt* stmt, int index, Timestamp time) { Bind(stmt, index, time.ns); }
template <class Tag>
void Bind(sqlite3_stmt* stmt, int index, RowId<Tag> id) {
  Bind(stmt, index, id.value);
}
inline void Bind(sqlite3_stmt* stmt, int index, const std::optional<std::string>& text) {
  text ? Bind(stmt, index, std::string_view(*text)) : BindNull(stmt, index);
}
inline void Bind(sqlite3_stmt* stmt, int index, const Uuid& uuid) {
  BindBlob(stmt, index,
           std::string_view(reinterpret_cast<const char*>(uuid.bytes.data()), uuid.bytes.size()));
}
/// Bytes, as a BLOB; null if there are none.
inline void Bind(sqlite3_stmt* stmt, int index, const std::shared_ptr<const std::string>& bytes) {
  bytes ? BindBlob(stmt, index, *bytes) : BindNull(stmt, index);
}

/// One run of a statement, from binding to reset.
///
///   Run run(find_, app, id);
///   if (!run.Step()) return nullptr;
class Run {
 public:
  template <class... Args>
  explicit Run(Statement& statement, Args&&... args)
      : db_(statement.connection()), stmt_(statement.Ready()) {
    static_assert((!(std::is_rvalue_reference_v<Args&&> &&
                     std::is_same_v<std::remove_cvref_t<Args>, std::string>) &&
                   ...),
                  "a temporary string would be gone before the run");
    BindAll(args...);
  }
  Run(const Run&) = delete;
  Run& operator=(const Run&) = delete;
  ~Run() { sqlite3_reset(stmt_); }

  /// True if there is a(nother) row.
  bool Step() {
    const int rc = sqlite3_step(stmt_);
    if (rc == SQLITE_ROW) return true;
    if (rc != SQLITE_DONE) [[unlikely]]
      Fail();
    return false;
  }
  sqlite3_stmt* stmt() const { return stmt_; }

 private:
  template <class... Args>
  void BindAll(const Args&... args) {
    [[maybe_unused]] int index = 0;
    (Bind(stmt_, ++index, args), ...);
    CheckCount(index);
  }
  void CheckCount(int bound) const;
  [[noreturn]] void Fail() const;

  Connection& db_;
  sqlite3_stmt* stmt_;
};

/// Runs a statement that returns no rows.
template <class... Args>
void Execute(Statement& statement, const Args&... args) {
  Run run(statement, args...);
  run.Step();
}

/// Reads the columns of a run's current row from left to right. Views live until the next Step.
class Columns {
 public:
  explicit Columns(const Run& run) : stmt_(run.stmt()) {}
  explicit Columns(sqlite3_stmt* stmt) : stmt_(stmt) {}

  std::int64_t Int() { return sqlite3_column_int64(stmt_, next_++); }
  int Int32() { return static_cast<int>(Int()); }
  bool Bool() { return Int() != 0; }
  Timestamp Time() { return {Int()}; }
  template <class Id>
  Id RowNumber() {
    return Id{Int()};
  }
  std::string_view View();
  std::string Text() { return std::string(View()); }
  std::optional<std::string> OptionalText();
  std::optional<std::string_view> Bytes();  ///< Of a BLOB; nothing if there is none.
  Uuid Id16();

 private:
  sqlite3_stmt* stmt_;
  int next_ = 0;
};

}  // namespace hookline::store::sqlite
