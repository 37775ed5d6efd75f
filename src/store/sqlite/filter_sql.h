#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "chat/filter.h"
#include "store/sqlite/sql_builder.h"

/// Filters and sort orders of strangers as SQL. What they wrote gets into a statement as bound
/// parameters only; the SQL text itself is made of literals of this folder.
namespace hookline::store::sqlite {

/// What can be queried of an entity, and by which SQL expression.
struct FieldMap {
  enum class Kind {
    kText,  ///< Never NULL.
    kNullableText,
    kInvite,  ///< Text: pending, accepted or rejected.
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
  std::string_view app_param;   ///< The statement's parameter with the app; for kMembers only.
  std::string_view tie_sql;     ///< Makes every order total, so that pages do not overlap.
  bool has_viewer = false;      ///< Somebody asks: fields that are `own` can be queried.

  const Entry* Find(std::string_view name) const;
};

/// Appends one boolean expression. Fails with kInput, naming the field.
Result<void> AppendFilter(SqlBuilder& sql, const FieldMap& fields, const chat::Filter& filter);

/// Appends ` ORDER BY ...`; `otherwise` is the order if `sort` is empty.
Result<void> AppendSort(SqlBuilder& sql, const FieldMap& fields,
                        const std::vector<chat::SortField>& sort, std::string_view otherwise);

}  // namespace hookline::store::sqlite
