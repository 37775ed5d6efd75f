#include "store/sqlite/sql_builder.h"

#include <fmt/format.h>

#include <charconv>
#include <utility>

namespace hookline::store::sqlite {

SqlBuilder& SqlBuilder::In(std::span<const std::string_view> texts) {
  Append(" IN (");
  bool first = true;
  for (const std::string_view text : texts) {
    Append(first ? "" : ", ").Param(text);
    first = false;
  }
  return Append(")");
}

bool SqlBuilder::Number(std::string_view text) {
  const char* end = text.data() + text.size();
  std::int64_t integer = 0;
  if (const auto r = std::from_chars(text.data(), end, integer);
      r.ec == std::errc() && r.ptr == end) {
    Param(integer);
    return true;
  }
  double number = 0;
  const auto r = std::from_chars(text.data(), end, number);
  if (r.ec != std::errc() || r.ptr != end) return false;
  Param(number);
  return true;
}

SqlBuilder& SqlBuilder::Add(Value value) {
  values_.push_back(std::move(value));
  text_ += fmt::format("?{}", values_.size());
  return *this;
}

void SqlBuilder::ForEachRow(Connection& db, const std::function<void(Columns)>& row) const {
  Statement statement(db, text_.c_str());
  sqlite3_stmt* stmt = statement.Ready();
  int index = 0;
  for (const Value& value : values_) {
    ++index;
    std::visit([stmt, index](const auto& v) { Bind(stmt, index, v); }, value);
  }
  for (;;) {
    const int rc = sqlite3_step(stmt);
    if (rc == SQLITE_DONE) return;
    if (rc != SQLITE_ROW) db.Throw("a query failed");
    row(Columns(stmt));
  }
}

}  // namespace hookline::store::sqlite
