#include "chat/filter.h"

#include <fmt/core.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "chat/fields.h"

namespace hookline::chat {
namespace {

constexpr std::size_t kMaxConditions = 100;
constexpr std::size_t kMaxOperands = 100;
constexpr std::size_t kMaxValues = 1000;  // Of all conditions.
constexpr int kMaxDepth = 8;
constexpr std::size_t kMaxTextBytes = 500;  // Each word is one more condition to the store.

std::optional<Filter::Op> FieldOperator(std::string_view name) {
  static constexpr std::pair<std::string_view, Filter::Op> kOperators[] = {
      {"$eq", Filter::Op::kEq},
      {"$ne", Filter::Op::kNe},
      {"$gt", Filter::Op::kGt},
      {"$gte", Filter::Op::kGte},
      {"$lt", Filter::Op::kLt},
      {"$lte", Filter::Op::kLte},
      {"$in", Filter::Op::kIn},
      {"$nin", Filter::Op::kNin},
      {"$exists", Filter::Op::kExists},
      {"$autocomplete", Filter::Op::kAutocomplete},
      {"$contains", Filter::Op::kContains},
      {"$q", Filter::Op::kQ},
  };
  for (const auto& [known, op] : kOperators) {
    if (known == name) return op;
  }
  return std::nullopt;
}

std::optional<Filter::Op> GroupOperator(std::string_view name) {
  if (name == "$and") return Filter::Op::kAnd;
  if (name == "$or") return Filter::Op::kOr;
  if (name == "$nor") return Filter::Op::kNor;
  return std::nullopt;
}

class Parser {
 public:
  Result<Filter> Conditions(json::Value object, int depth) {
    if (!IsMap(object)) return InputError("filter_conditions must be an object");
    if (depth > kMaxDepth) {
      return InputError(fmt::format("filter_conditions may nest at most {} levels", kMaxDepth));
    }
    Filter all;
    all.op = Filter::Op::kAnd;
    for (const json::Value member : object) {
      auto condition = member.key().starts_with('$') ? Group(member, depth) : Field(member);
      if (!condition) return condition;
      all.children.push_back(std::move(*condition));
    }
    return all;
  }

 private:
  Result<Filter> Group(json::Value member, int depth) {
    const auto op = GroupOperator(member.key());
    if (!op) return InputError(fmt::format("unknown filter operator {}", member.key()));
    if (!member.IsArray() || member.size() == 0) {
      return InputError(fmt::format("{} takes a list of conditions", member.key()));
    }
    Filter group;
    group.op = *op;
    for (const json::Value child : member) {
      // One that asks for nothing has no comparison that would be counted.
      if (child.size() == 0) {
        if (auto counted = Count(); !counted) return std::unexpected(counted.error());
      }
      auto condition = Conditions(child, depth + 1);
      if (!condition) return condition;
      group.children.push_back(std::move(*condition));
    }
    return group;
  }

  // `{"name": "x"}`, `{"name": {"$in": [...]}}`, `{"age": {"$gt": 1, "$lt": 9}}`.
  Result<Filter> Field(json::Value member) {
    const bool operators =
        member.IsObject() && member.size() > 0 && (*member.begin()).key().starts_with('$');
    if (!operators) {
      if (member.IsObject()) {
        return InputError(fmt::format("the filter on {} has no operator", member.key()));
      }
      return Compare(member.key(), Filter::Op::kEq, member);
    }
    Filter all;
    all.op = Filter::Op::kAnd;
    for (const json::Value operand : member) {
      const auto op = FieldOperator(operand.key());
      if (!op) return InputError(fmt::format("unknown filter operator {}", operand.key()));
      auto condition = Compare(member.key(), *op, operand);
      if (!condition) return condition;
      if (member.size() == 1) return condition;
      all.children.push_back(std::move(*condition));
    }
    return all;
  }

  Result<void> CountValues(std::size_t values) {
    values_ += values;
    if (values_ <= kMaxValues) return {};
    return InputError(
        fmt::format("filter_conditions may compare with at most {} values in all", kMaxValues));
  }

  // Wherever they stand: a store makes one long statement of them all.
  Result<void> Count() {
    if (++conditions_ <= kMaxConditions) return {};
    return InputError(
        fmt::format("filter_conditions may have at most {} conditions", kMaxConditions));
  }

  Result<Filter> Compare(std::string_view field, Filter::Op op, json::Value operand) {
    if (auto counted = Count(); !counted) return std::unexpected(counted.error());
    Filter condition;
    condition.op = op;
    condition.field = field;
    const bool list = op == Filter::Op::kIn || op == Filter::Op::kNin;
    if (list && !operand.IsArray()) {
      return InputError(fmt::format("$in and $nin on {} take a list", field));
    }
    if (op == Filter::Op::kExists && !operand.IsBool()) {
      return InputError(fmt::format("$exists on {} takes true or false", field));
    }
    if ((op == Filter::Op::kAutocomplete || op == Filter::Op::kQ) && !operand.IsString()) {
      return InputError(fmt::format("$autocomplete and $q on {} take a string", field));
    }
    if (op == Filter::Op::kQ && operand.AsString()->size() > kMaxTextBytes) {
      return InputError(fmt::format("$q on {} takes at most {} bytes", field, kMaxTextBytes));
    }
    if (operand.IsObject()) {
      return InputError(fmt::format("the filter on {} compares with an object", field));
    }
    // Each word of a text is looked for by itself.
    std::size_t values = operand.IsArray() ? operand.size() : 1;
    if (op == Filter::Op::kQ) values += std::ranges::count(*operand.AsString(), ' ');
    if (auto counted = CountValues(values); !counted) return std::unexpected(counted.error());
    if (!operand.IsArray()) {
      condition.operands.push_back(Scalar(operand));
      return condition;
    }
    if (!list && op != Filter::Op::kEq && op != Filter::Op::kNe) {
      return InputError(fmt::format("the filter on {} compares with a list", field));
    }
    if (operand.size() > kMaxOperands) {
      return InputError(
          fmt::format("the filter on {} has more than {} values", field, kMaxOperands));
    }
    // A list with $eq asks for exactly these elements (`members`, `teams`, …).
    condition.list = true;
    for (const json::Value item : operand) {
      if (item.IsArray() || item.IsObject()) {
        return InputError(fmt::format("the filter on {} has a nested value", field));
      }
      condition.operands.push_back(Scalar(item));
    }
    return condition;
  }

  static Filter::Operand Scalar(json::Value value) {
    return {value.IsString()   ? json::Kind::kString
            : value.IsNumber() ? json::Kind::kNumber
            : value.IsBool()   ? json::Kind::kBool
                               : json::Kind::kNull,
            std::string(value.AsString().value_or(value.raw()))};
  }

  std::size_t conditions_ = 0;
  std::size_t values_ = 0;
};

}  // namespace

Result<Filter> ParseFilter(json::Value conditions) {
  if (conditions.IsMissingOrNull()) return Filter{};
  return Parser().Conditions(conditions, 1);
}

Result<std::vector<SortField>> ParseSort(json::Value sort, std::size_t max_fields) {
  std::vector<SortField> fields;
  if (sort.IsMissingOrNull()) return fields;
  if (!sort.IsArray()) return InputError("sort must be a list");
  if (sort.size() > max_fields) {
    return InputError(fmt::format("sort may have at most {} fields", max_fields));
  }
  for (const json::Value item : sort) {
    const auto field = item["field"].AsString();
    if (!field || field->empty()) return InputError("sort.field must be a string");
    const std::int64_t direction =
        item["direction"].IsMissingOrNull() ? 1 : item["direction"].AsInt().value_or(0);
    if (direction != 1 && direction != -1) return InputError("sort.direction must be 1 or -1");
    fields.push_back({std::string(*field), direction == 1});
  }
  return fields;
}

}  // namespace hookline::chat
