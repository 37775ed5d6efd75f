#include "store/sqlite/filter_sql.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
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
      case FieldKind::kInvite:
        return Invite(op, *entry);
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
    std::vector<std::string_view> texts;
    bool absent = false;
    for (const Filter::Operand& operand : filter_.operands) {
      if (operand.kind == json::Kind::kNull && (op == Op::kEq || op == Op::kIn)) {
        absent = true;
      } else if (operand.kind == json::Kind::kString) {
        texts.push_back(operand.text);
      } else {
        return InputError(fmt::format("the field {} is compared with strings", filter_.field));
      }
    }
    sql_.Append("(");
    if (absent) sql_.Append("IFNULL(").Append(column).Append(", '') = '' OR ");
    sql_.Append(nullable ? "IFNULL(" : "").Append(column);
    if (op == Op::kEq || op == Op::kIn) {
      sql_.In(texts);
    } else {
      sql_.Append(Comparison(op)).Param(texts.at(0));
    }
    sql_.Append(nullable ? ", 0))" : ")");
    return {};
  }

  Result<void> Invite(Op op, const FieldMap::Entry& entry) {
    constexpr std::string_view kStates[] = {"pending", "accepted", "rejected"};
    const bool among = op == Op::kEq || op == Op::kIn;
    for (const Filter::Operand& operand : filter_.operands) {
      const bool known = operand.kind == json::Kind::kString &&
                         std::ranges::find(kStates, operand.text) != std::end(kStates);
      if (among && !known && operand.kind != json::Kind::kNull) {
        return InputError(fmt::format("the field {} is compared with pending, accepted or rejected",
                                      filter_.field));
      }
    }
    if (!among && op != Op::kExists) return Unsupported(filter_);
    return Text(op, entry);
  }

  Result<void> Scalar(Op op, const FieldMap::Entry& entry) {
    if (op == Op::kExists) {
      return Existence(entry.kind == FieldKind::kTime ? fmt::format("{} <> 0", entry.sql) : "1");
    }
    if (Comparison(op).empty() || (op != Op::kIn && !OneScalar())) return Unsupported(filter_);
    const bool among = op == Op::kIn;
    sql_.Append("(").Append(entry.sql).Append(among ? " IN (" : Comparison(op));
    bool first = true;
    for (const Filter::Operand& operand : filter_.operands) {
      if (!first) sql_.Append(", ");
      first = false;
      if (Result<void> done = ScalarOperand(entry.kind, operand); !done) return done;
    }
    sql_.Append(among ? "))" : ")");
    return {};
  }

  Result<void> ScalarOperand(FieldKind kind, const Filter::Operand& operand) {
    if (operand.kind == json::Kind::kNull && kind == FieldKind::kTime) {
      sql_.Param(std::int64_t{0});
      return {};
    }
    if (kind == FieldKind::kTime) return TimeOperand(operand);
    if (kind == FieldKind::kBool && operand.kind == json::Kind::kBool) {
      sql_.Param(std::int64_t{operand.text == "true"});
      return {};
    }
    if (kind == FieldKind::kInt && operand.kind == json::Kind::kNumber &&
        sql_.Number(operand.text)) {
      return {};
    }
    return InputError(fmt::format("the field {} is compared with {}", filter_.field,
                                  kind == FieldKind::kBool ? "true or false" : "numbers"));
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
    auto texts = Texts("strings");
    if (!texts) return std::unexpected(texts.error());
    if (!exactly) {
      sql_.Append("EXISTS (SELECT 1 FROM ").Append(each).Append(" WHERE value");
      sql_.In(*texts);
      sql_.Append(")");
      return {};
    }
    sql_.Append("((SELECT COUNT(*) FROM ").Append(each).Append(") = ").Param(Count(*texts));
    std::ranges::sort(*texts);
    texts->erase(std::ranges::unique(*texts).begin(), texts->end());
    sql_.Append(" AND (SELECT COUNT(DISTINCT value) FROM ").Append(each).Append(" WHERE value");
    sql_.In(*texts);
    sql_.Append(") = ").Param(Count(*texts)).Append(")");
    return {};
  }

  static std::int64_t Count(const std::vector<std::string_view>& texts) {
    return static_cast<std::int64_t>(texts.size());
  }

  Result<std::vector<std::string_view>> Texts(std::string_view what) const {
    std::vector<std::string_view> texts;
    for (const Filter::Operand& operand : filter_.operands) {
      if (operand.kind != json::Kind::kString) {
        return InputError(fmt::format("the field {} is compared with {}", filter_.field, what));
      }
      texts.push_back(operand.text);
    }
    return texts;
  }

  // By the columns of its two halves, which are indexed.
  Result<void> Cid(Op op) {
    if (op == Op::kExists) return Existence("1");
    if ((op != Op::kEq && op != Op::kIn) || (op == Op::kEq && !OneScalar())) {
      return Unsupported(filter_);
    }
    // By type, so that the ids are looked up in the index.
    std::map<std::string_view, std::vector<std::string_view>> ids;
    for (const Filter::Operand& operand : filter_.operands) {
      const std::size_t colon = operand.text.find(':');
      if (operand.kind != json::Kind::kString || colon == std::string::npos) {
        return InputError(fmt::format("the field {} is compared with type:id", filter_.field));
      }
      const std::string_view text = operand.text;
      ids[text.substr(0, colon)].push_back(text.substr(colon + 1));
    }
    sql_.Append(ids.empty() ? "(0" : "(");
    bool first = true;
    for (const auto& [type, of_type] : ids) {
      sql_.Append(first ? "(c.type = " : " OR (c.type = ").Param(type).Append(" AND c.id");
      sql_.In(of_type);
      sql_.Append(")");
      first = false;
    }
    sql_.Append(")");
    return {};
  }

  Result<void> Members(Op op) {
    const bool exactly = op == Op::kEq && filter_.list;
    if (op != Op::kIn && op != Op::kEq && op != Op::kContains) return Unsupported(filter_);
    auto users = Texts("user ids");
    if (!users) return std::unexpected(users.error());
    if (!exactly) {
      MembersAmong(*users);
      return {};
    }
    // The same user twice is one member.
    std::ranges::sort(*users);
    users->erase(std::ranges::unique(*users).begin(), users->end());
    sql_.Append("(");
    if (!users->empty()) {
      // The channels of one of them are all that need be looked at.
      MembersAmong(std::span(*users).first(1));
      sql_.Append(" AND (SELECT COUNT(*) FROM members m WHERE m.channel = c.pk AND m.user_id");
      sql_.In(*users);
      sql_.Append(") = ").Param(Count(*users)).Append(" AND ");
    }
    // Not all of a large channel's members are counted.
    sql_.Append("(SELECT COUNT(*) FROM (SELECT 1 FROM members m WHERE m.channel = c.pk LIMIT ");
    sql_.Param(Count(*users) + 1).Append(")) = ").Param(Count(*users)).Append(")");
    return {};
  }

  void MembersAmong(std::span<const std::string_view> users) {
    sql_.Append("c.pk IN (SELECT m.channel FROM members m WHERE m.app = ");
    sql_.Append(fields_.app_param).Append(" AND m.user_id");
    sql_.In(users);
    sql_.Append(")");
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
  template <class Call>
  Result<void> CustomAmong(Call&& call);

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
  if (op == Op::kIn || (op == Op::kEq && OneScalar())) return CustomAmong(call);
  if (!OneScalar()) return Unsupported(filter_);
  const Filter::Operand& operand = filter_.operands[0];
  // Without the look at the type, every text would be greater than every number.
  sql_.Append("IFNULL(");
  switch (operand.kind) {
    case json::Kind::kNumber:
      call("json_type").Append(" IN ('integer', 'real') AND ");
      call("json_extract").Append(Comparison(op));
      if (!sql_.Number(operand.text)) return Unsupported(filter_);
      break;
    case json::Kind::kString:
      call("json_type").Append(" = 'text' AND ");
      call("json_extract").Append(Comparison(op)).Param(operand.text);
      break;
    default:
      return Unsupported(filter_);
  }
  sql_.Append(", 0)");
  return {};
}

// One look into the object for each kind of value, whatever their number.
template <class Call>
Result<void> Condition::CustomAmong(Call&& call) {
  std::vector<std::string_view> texts;
  std::vector<std::string_view> numbers;
  std::vector<std::string_view> flags;
  bool null = false;
  for (const Filter::Operand& operand : filter_.operands) {
    switch (operand.kind) {
      case json::Kind::kNull:
        null = true;
        break;
      case json::Kind::kBool:
        flags.push_back(operand.text);
        break;
      case json::Kind::kNumber:
        numbers.push_back(operand.text);
        break;
      default:
        texts.push_back(operand.text);
    }
  }
  sql_.Append("(0");
  if (null) {
    sql_.Append(" OR IFNULL(");
    call("json_type").Append(", 'null') = 'null'");
  }
  if (!flags.empty()) {
    sql_.Append(" OR IFNULL(");
    call("json_type");
    sql_.In(flags);
    sql_.Append(", 0)");
  }
  if (!texts.empty()) {
    sql_.Append(" OR IFNULL(");
    call("json_type").Append(" = 'text' AND ");
    call("json_extract");
    sql_.In(texts);
    sql_.Append(", 0)");
  }
  if (!numbers.empty()) {
    sql_.Append(" OR IFNULL(");
    call("json_type").Append(" IN ('integer', 'real') AND ");
    call("json_extract").Append(" IN (");
    bool first = true;
    for (const std::string_view number : numbers) {
      if (!first) sql_.Append(", ");
      first = false;
      if (!sql_.Number(number)) return Unsupported(filter_);
    }
    sql_.Append("), 0)");
  }
  sql_.Append(")");
  return {};
}

}  // namespace

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
