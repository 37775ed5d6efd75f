#include "store/sqlite/filter_sql.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>

namespace hookline::store::sqlite {
namespace {

using chat::Filter;
using Op = Filter::Op;
using FieldKind = FieldMap::Kind;

std::string_view Comparison(Op op) {
  switch (op) {
    case Op::kEq:
    case Op::kIn:
      return " = ";
    case Op::kGt:
      return " > ";
    case Op::kGte:
      return " >= ";
    case Op::kLt:
      return " < ";
    case Op::kLte:
      return " <= ";
    default:
      return {};
  }
}

std::unexpected<Error> NoViewer(std::string_view field) {
  return InputError(fmt::format("the field {} needs a user: name one in user_id", field));
}

std::unexpected<Error> Unsupported(const Filter& filter) {
  return InputError(fmt::format("the field {} cannot be filtered in this way", filter.field));
}

// A part of a LIKE pattern that stands for itself; the escape character is the backslash.
std::string LikeLiteral(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '%' || c == '_' || c == '\\') out += '\\';
    out += c;
  }
  return out;
}

std::vector<std::string_view> Words(std::string_view text) {
  std::vector<std::string_view> words;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(' '), text.size());
    if (end > 0) words.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return words;
}

bool ParamNumber(SqlBuilder& sql, std::string_view text) {
  const char* end = text.data() + text.size();
  std::int64_t integer = 0;
  if (const auto r = std::from_chars(text.data(), end, integer);
      r.ec == std::errc() && r.ptr == end) {
    sql.Param(integer);
    return true;
  }
  double number = 0;
  const auto r = std::from_chars(text.data(), end, number);
  if (r.ec != std::errc() || r.ptr != end) return false;
  sql.Param(number);
  return true;
}

/// Appends conditions on one field of one kind. Each is never NULL, so that NOT can be put before
/// it.
class Condition {
 public:
  Condition(SqlBuilder& sql, const FieldMap& fields, const Filter& filter)
      : sql_(sql), fields_(fields), filter_(filter) {}

  Result<void> Append() {
    const FieldMap::Entry* entry = fields_.Find(filter_.field);
    // The negations are the negated positive ones: "not equal" holds for what is not there.
    if (filter_.op == Op::kNe) return Negated(Op::kEq, entry);
    if (filter_.op == Op::kNin) return Negated(Op::kIn, entry);
    return Positive(filter_.op, entry);
  }

 private:
  Result<void> Negated(Op op, const FieldMap::Entry* entry) {
    sql_.Append("NOT ");
    return Positive(op, entry);
  }

  Result<void> Positive(Op op, const FieldMap::Entry* entry) {
    if (entry == nullptr) return Custom(op);
    if (entry->own && !fields_.has_viewer) return NoViewer(filter_.field);
    switch (entry->kind) {
      case FieldKind::kText:
      case FieldKind::kNullableText:
        return Text(op, *entry);
      case FieldKind::kInt:
      case FieldKind::kBool:
      case FieldKind::kTime:
        return Scalar(op, *entry);
      case FieldKind::kList:
        return List(op, fmt::format("json_each({})", entry->sql));
      case FieldKind::kCid:
        return Cid(op);
      case FieldKind::kMembers:
        return Members(op);
      case FieldKind::kUnsupported:
        break;
    }
    return Unsupported(filter_);
  }

  // `(one OR two ...)`, one for each operand; an empty list is false.
  template <class Fn>
  Result<void> AnyOperand(Fn&& append) {
    if (filter_.operands.empty()) sql_.Append("(0");
    bool first = true;
    for (const Filter::Operand& operand : filter_.operands) {
      sql_.Append(first ? "(" : " OR ");
      first = false;
      if (Result<void> done = append(operand); !done) return done;
    }
    sql_.Append(")");
    return {};
  }

  bool OneScalar() const { return !filter_.list && filter_.operands.size() == 1; }

  Result<void> Text(Op op, const FieldMap::Entry& entry) {
    const std::string_view column = entry.sql;
    switch (op) {
      case Op::kExists:
        return Existence(fmt::format("IFNULL({}, '') <> ''", column));
      case Op::kAutocomplete:
      case Op::kQ:
        return Like(op, column);
      case Op::kContains:
        return Unsupported(filter_);
      default:
        break;
    }
    if (op != Op::kIn && !OneScalar()) return Unsupported(filter_);
    // A column inside of a function is out of the indexes' reach.
    const bool nullable = entry.kind == FieldKind::kNullableText;
    return AnyOperand([&](const Filter::Operand& operand) -> Result<void> {
      if (operand.kind == json::Kind::kNull && (op == Op::kEq || op == Op::kIn)) {
        sql_.Append("IFNULL(").Append(column).Append(", '') = ''");
        return {};
      }
      if (operand.kind != json::Kind::kString) {
        return InputError(fmt::format("the field {} is compared with strings", filter_.field));
      }
      sql_.Append(nullable ? "IFNULL(" : "").Append(column).Append(Comparison(op));
      sql_.Param(operand.text).Append(nullable ? ", 0)" : "");
      return {};
    });
  }

  Result<void> Scalar(Op op, const FieldMap::Entry& entry) {
    if (op == Op::kExists) {
      return Existence(entry.kind == FieldKind::kTime ? fmt::format("{} <> 0", entry.sql) : "1");
    }
    if (Comparison(op).empty() || (op != Op::kIn && !OneScalar())) return Unsupported(filter_);
    return AnyOperand([&](const Filter::Operand& operand) -> Result<void> {
      sql_.Append(entry.sql).Append(Comparison(op));
      if (operand.kind == json::Kind::kNull && entry.kind == FieldKind::kTime) {
        sql_.Param(std::int64_t{0});
        return {};
      }
      if (entry.kind == FieldKind::kTime) return TimeOperand(operand);
      if (entry.kind == FieldKind::kBool && operand.kind == json::Kind::kBool) {
        sql_.Param(std::int64_t{operand.text == "true"});
        return {};
      }
      if (entry.kind == FieldKind::kInt && operand.kind == json::Kind::kNumber &&
          ParamNumber(sql_, operand.text)) {
        return {};
      }
      return InputError(fmt::format("the field {} is compared with {}", filter_.field,
                                    entry.kind == FieldKind::kBool ? "true or false" : "numbers"));
    });
  }

  Result<void> TimeOperand(const Filter::Operand& operand) {
    const auto time = operand.kind == json::Kind::kString ? ParseRfc3339(operand.text)
                                                          : std::optional<Timestamp>();
    if (!time) {
      return InputError(fmt::format("the field {} is compared with RFC 3339 times", filter_.field));
    }
    sql_.Param(time->ns);
    return {};
  }

  // `each`: a table-valued expression with a column `value`.
  Result<void> List(Op op, std::string_view each) {
    if (op == Op::kExists) return Existence(fmt::format("EXISTS (SELECT 1 FROM {})", each));
    if (op == Op::kEq && OneScalar() && filter_.operands[0].kind == json::Kind::kNull) {
      sql_.Append("(NOT EXISTS (SELECT 1 FROM ").Append(each).Append("))");
      return {};
    }
    const bool exactly = op == Op::kEq && filter_.list;
    if (!exactly && op != Op::kIn && op != Op::kContains && op != Op::kEq) {
      return Unsupported(filter_);
    }
    if (exactly) {
      sql_.Append("((SELECT COUNT(*) FROM ").Append(each).Append(") = ");
      sql_.Param(static_cast<std::int64_t>(filter_.operands.size()));
    }
    const auto contains = [&](const Filter::Operand& operand) -> Result<void> {
      if (operand.kind != json::Kind::kString) {
        return InputError(fmt::format("the field {} is compared with strings", filter_.field));
      }
      sql_.Append("EXISTS (SELECT 1 FROM ").Append(each).Append(" WHERE value = ");
      sql_.Param(operand.text).Append(")");
      return {};
    };
    if (!exactly) return AnyOperand(contains);
    for (const Filter::Operand& operand : filter_.operands) {
      sql_.Append(" AND ");
      if (Result<void> done = contains(operand); !done) return done;
    }
    sql_.Append(")");
    return {};
  }

  // By the columns of its two halves, which are indexed.
  Result<void> Cid(Op op) {
    if (op == Op::kExists) return Existence("1");
    if ((op != Op::kEq && op != Op::kIn) || (op == Op::kEq && !OneScalar())) {
      return Unsupported(filter_);
    }
    return AnyOperand([&](const Filter::Operand& operand) -> Result<void> {
      const std::size_t colon = operand.text.find(':');
      if (operand.kind != json::Kind::kString || colon == std::string::npos) {
        return InputError(fmt::format("the field {} is compared with type:id", filter_.field));
      }
      const std::string_view text = operand.text;
      sql_.Append("(c.type = ").Param(text.substr(0, colon));
      sql_.Append(" AND c.id = ").Param(text.substr(colon + 1)).Append(")");
      return {};
    });
  }

  Result<void> Members(Op op) {
    const bool exactly = op == Op::kEq && filter_.list;
    if (op != Op::kIn && op != Op::kEq && op != Op::kContains) return Unsupported(filter_);
    for (const Filter::Operand& operand : filter_.operands) {
      if (operand.kind != json::Kind::kString) {
        return InputError(fmt::format("the field {} is compared with user ids", filter_.field));
      }
    }
    if (!exactly) {
      sql_.Append("c.pk IN (SELECT m.channel FROM members m WHERE m.app = ");
      sql_.Append(fields_.app_sql).Append(" AND m.user_id IN (");
      for (std::size_t i = 0; i < filter_.operands.size(); ++i) {
        if (i > 0) sql_.Append(", ");
        sql_.Param(filter_.operands[i].text);
      }
      sql_.Append("))");
      return {};
    }
    // The same user twice is one member.
    std::vector<std::string> users;
    users.reserve(filter_.operands.size());
    for (const Filter::Operand& operand : filter_.operands) users.push_back(operand.text);
    std::ranges::sort(users);
    users.erase(std::ranges::unique(users).begin(), users.end());
    sql_.Append("((SELECT COUNT(*) FROM members m WHERE m.channel = c.pk) = ");
    sql_.Param(static_cast<std::int64_t>(users.size()));
    for (const std::string& user : users) {
      sql_.Append(" AND EXISTS (SELECT 1 FROM members m WHERE m.channel = c.pk AND m.user_id = ");
      sql_.Param(user).Append(")");
    }
    sql_.Append(")");
    return {};
  }

  // A word of the text starts with the operand; for kQ, all of its words are somewhere in it.
  Result<void> Like(Op op, std::string_view column) {
    const std::string& text = filter_.operands.at(0).text;
    sql_.Append("(1");
    if (op == Op::kAutocomplete) {
      const std::string prefix = LikeLiteral(text) + "%";
      sql_.Append(" AND (IFNULL(").Append(column).Append(" LIKE ").Param(prefix);
      sql_.Append(" ESCAPE '\\', 0) OR IFNULL(").Append(column).Append(" LIKE ");
      sql_.Param("% " + prefix).Append(" ESCAPE '\\', 0))");
    } else {
      for (const std::string_view word : Words(text)) {
        sql_.Append(" AND IFNULL(").Append(column).Append(" LIKE ");
        sql_.Param("%" + LikeLiteral(word) + "%").Append(" ESCAPE '\\', 0)");
      }
    }
    sql_.Append(")");
    return {};
  }

  Result<void> Existence(std::string_view expression) {
    if (filter_.operands.at(0).text != "true") sql_.Append("NOT ");
    sql_.Append("(").Append(expression).Append(")");
    return {};
  }

  Result<void> Custom(Op op);

  SqlBuilder& sql_;
  const FieldMap& fields_;
  const Filter& filter_;
};

// `$."a"."b"`: the path of a custom field in its object. Names that hold a quotation mark cannot be
// written down in SQLite's path language.
Result<std::string> JsonPath(std::string_view field) {
  if (field.empty() || field.find('"') != std::string_view::npos) {
    return InputError(fmt::format("the field {} cannot be queried", field));
  }
  std::string path = "$";
  for (;;) {
    const std::size_t dot = field.find('.');
    path += fmt::format(".\"{}\"", field.substr(0, dot));
    if (dot == std::string_view::npos) return path;
    field.remove_prefix(dot + 1);
  }
}

Result<void> Condition::Custom(Op op) {
  const Result<std::string> path = JsonPath(filter_.field);
  if (!path) return std::unexpected(path.error());
  // Parameters are numbered as they come, so the path is one of them each time it is used.
  const auto call = [&](std::string_view function) -> SqlBuilder& {
    sql_.Append(function).Append("(").Append(fields_.custom_sql).Append(", ").Param(*path);
    return sql_.Append(")");
  };
  const auto contains = [&](const Filter::Operand& operand) {
    sql_.Append("EXISTS (SELECT 1 FROM ");
    call("json_each").Append(" WHERE type = 'text' AND value = ").Param(operand.text);
    sql_.Append(")");
  };
  switch (op) {
    case Op::kExists:
      sql_.Append("(");
      call("json_type").Append(filter_.operands.at(0).text == "true" ? " IS NOT NULL" : " IS NULL");
      sql_.Append(")");
      return {};
    case Op::kAutocomplete:
    case Op::kQ: {
      // In a column of its own, so that the path is bound once whatever the number of words.
      sql_.Append("EXISTS (SELECT 1 FROM (SELECT ");
      call("json_extract").Append(" AS field) WHERE ");
      if (Result<void> done = Like(op, "field"); !done) return done;
      sql_.Append(")");
      return {};
    }
    case Op::kContains:
      if (!OneScalar() || filter_.operands[0].kind != json::Kind::kString) {
        return Unsupported(filter_);
      }
      contains(filter_.operands[0]);
      return {};
    default:
      break;
  }
  if (op != Op::kIn && !OneScalar()) return Unsupported(filter_);
  return AnyOperand([&](const Filter::Operand& operand) -> Result<void> {
    const bool equality = op == Op::kEq || op == Op::kIn;
    switch (operand.kind) {
      case json::Kind::kNull:
        if (!equality) return Unsupported(filter_);
        sql_.Append("IFNULL(");
        call("json_type").Append(", 'null') = 'null'");
        return {};
      case json::Kind::kBool:
        if (!equality) return Unsupported(filter_);
        sql_.Append("IFNULL(");
        call("json_type").Append(" = ").Param(operand.text).Append(", 0)");
        return {};
      case json::Kind::kNumber:
        // Without the look at the type, every text would be greater than every number.
        sql_.Append("IFNULL(");
        call("json_type").Append(" IN ('integer', 'real') AND ");
        call("json_extract").Append(Comparison(op));
        if (!ParamNumber(sql_, operand.text)) return Unsupported(filter_);
        sql_.Append(", 0)");
        return {};
      default:
        sql_.Append("IFNULL(");
        call("json_type").Append(" = 'text' AND ");
        call("json_extract").Append(Comparison(op)).Param(operand.text).Append(", 0)");
        return {};
    }
  });
}

}  // namespace

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

const FieldMap::Entry* FieldMap::Find(std::string_view name) const {
  const auto found = std::ranges::find(entries, name, &Entry::name);
  return found == entries.end() ? nullptr : &*found;
}

Result<void> AppendFilter(SqlBuilder& sql, const FieldMap& fields, const Filter& filter) {
  const bool group = filter.op == Op::kAnd || filter.op == Op::kOr || filter.op == Op::kNor;
  if (!group) return Condition(sql, fields, filter).Append();
  if (filter.children.empty()) {
    sql.Append(filter.op == Op::kOr ? "0" : "1");
    return {};
  }
  sql.Append(filter.op == Op::kNor ? "NOT (" : "(");
  bool first = true;
  for (const Filter& child : filter.children) {
    if (!first) sql.Append(filter.op == Op::kAnd ? " AND " : " OR ");
    first = false;
    if (Result<void> done = AppendFilter(sql, fields, child); !done) return done;
  }
  sql.Append(")");
  return {};
}

Result<void> AppendSort(SqlBuilder& sql, const FieldMap& fields,
                        const std::vector<chat::SortField>& sort, std::string_view otherwise) {
  sql.Append(" ORDER BY ");
  if (sort.empty()) sql.Append(otherwise);
  bool first = true;
  for (const chat::SortField& field : sort) {
    if (!first) sql.Append(", ");
    first = false;
    const FieldMap::Entry* entry = fields.Find(field.field);
    if (entry == nullptr) {
      const Result<std::string> path = JsonPath(field.field);
      if (!path) return std::unexpected(path.error());
      sql.Append("json_extract(").Append(fields.custom_sql).Append(", ").Param(*path).Append(")");
    } else if (entry->own && !fields.has_viewer) {
      return NoViewer(field.field);
    } else if (entry->sql.empty() || entry->kind == FieldKind::kList) {
      return InputError(fmt::format("the field {} cannot be sorted by", field.field));
    } else {
      sql.Append(entry->sql);
    }
    sql.Append(field.ascending ? " ASC" : " DESC");
  }
  if (!sort.empty()) sql.Append(", ").Append(fields.tie_sql);
  return {};
}

}  // namespace hookline::store::sqlite
