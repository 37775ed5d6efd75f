#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "chat/filter.h"
#include "store/sqlite/connection.h"

/// Filters and sort orders of strangers as SQL. What they wrote gets into a statement as bound
/// parameters only; the SQL text itself is made of literals of this folder.
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

  const std::string& text() const { return text_; }

  /// Prepares, binds and runs. Throws Failure.
  void ForEachRow(Connection& db, const std::function<void(Columns)>& row) const;

 private:
  using Value = std::variant<std::int64_t, double, std::string>;
  SqlBuilder& Add(Value value);

  std::string text_;
  std::vector<Value> values_;
};

/// What can be queried of an entity, and by which SQL expression.
struct FieldMap {
  enum class Kind {
    kText,  ///< Never NULL.
    kNullableText,
    kInt,
    kBool,
    kTime,         ///< Nanoseconds, 0 if not set.
    kList,         ///< JSON list of strings.
    kCid,          ///< `type:id` over the columns c.type and c.id.
    kMembers,      ///< The members' user ids of the channel c.
    kUnsupported,  ///< A name that Stream knows and Hookline cannot query; not a custom field.
  };
  struct Entry {
    std::string_view name;
    std::string_view sql;
    Kind kind;
    bool own = false;  ///< About the membership of the one who asks.
  };

  std::span<const Entry> entries;
  std::string_view custom_sql;  ///< The column with the custom fields' object.
  std::string_view app_sql;
  std::string_view tie_sql;  ///< Makes every order total, so that pages do not overlap.
  bool has_viewer = false;   ///< Somebody asks: fields that are `own` can be queried.

  const Entry* Find(std::string_view name) const;
};

/// Appends one boolean expression. Fails with kInput, naming the field.
Result<void> AppendFilter(SqlBuilder& sql, const FieldMap& fields, const chat::Filter& filter);

/// Appends ` ORDER BY ...`; `otherwise` is the order if `sort` is empty.
Result<void> AppendSort(SqlBuilder& sql, const FieldMap& fields,
                        const std::vector<chat::SortField>& sort, std::string_view otherwise);

}  // namespace hookline::store::sqlite
