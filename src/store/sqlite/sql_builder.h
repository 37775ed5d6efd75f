#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "store/sqlite/connection.h"

namespace hookline::store::sqlite {

/// SQL text under construction, with the values of its parameters.
class SqlBuilder {
 public:
  SqlBuilder& Append(std::string_view sql) {
    text_ += sql;
    return *this;
  }
  SqlBuilder& Param(std::string_view text) { return Add(std::string(text)); }
  SqlBuilder& Param(std::int64_t number) { return Add(number); }
  SqlBuilder& Param(int number) { return Add(std::int64_t{number}); }
  SqlBuilder& Param(double number) { return Add(number); }
  /// ` IN (?, ?, …)`: a value is looked up among them rather than compared with each.
  SqlBuilder& In(std::span<const std::string_view> texts);
  /// The number of a JSON text; false, and nothing added, if no double holds it.
  bool Number(std::string_view text);

  const std::string& text() const { return text_; }

  /// Prepares, binds and runs. Throws Failure.
  void ForEachRow(Connection& db, const std::function<void(Columns)>& row) const;

 private:
  using Value = std::variant<std::int64_t, double, std::string>;
  SqlBuilder& Add(Value value);

  std::string text_;
  std::vector<Value> values_;
};

}  // namespace hookline::store::sqlite
