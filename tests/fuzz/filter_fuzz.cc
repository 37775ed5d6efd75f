// Filters and sorts: what is accepted is within its bounds, and the tree says all that was asked
// for, because written out again it reads as the same tree.
#include "chat/filter.h"

#include <algorithm>
#include <string>

#include "base/json_writer.h"
#include "base/utf8.h"
#include "fuzz/input.h"

namespace hookline::chat {
namespace {

using Op = Filter::Op;

constexpr std::size_t kConditionsMax = 100;
constexpr int kDepthMax = 8;
constexpr std::size_t kSortFieldsMax = 10;

bool IsGroup(Op op) { return op == Op::kAnd || op == Op::kOr || op == Op::kNor; }

std::string_view NameOf(Op op) {
  switch (op) {
    case Op::kAnd:
      return "$and";
    case Op::kOr:
      return "$or";
    case Op::kNor:
      return "$nor";
    case Op::kEq:
      return "$eq";
    case Op::kNe:
      return "$ne";
    case Op::kGt:
      return "$gt";
    case Op::kGte:
      return "$gte";
    case Op::kLt:
      return "$lt";
    case Op::kLte:
      return "$lte";
    case Op::kIn:
      return "$in";
    case Op::kNin:
      return "$nin";
    case Op::kExists:
      return "$exists";
    case Op::kAutocomplete:
      return "$autocomplete";
    case Op::kContains:
      return "$contains";
    case Op::kQ:
      return "$q";
  }
  return {};
}

void WriteOperand(json::Writer& w, const Filter::Operand& operand) {
  if (operand.kind == json::Kind::kString) {
    w.String(operand.text);
  } else {
    w.Raw(operand.text);
  }
}

void WriteComparison(json::Writer& w, const Filter& filter) {
  w.Key(NameOf(filter.op));
  if (!filter.list) {
    HOOKLINE_CHECK(filter.operands.size() == 1);
    WriteOperand(w, filter.operands[0]);
    return;
  }
  w.BeginArray();
  for (const Filter::Operand& operand : filter.operands) WriteOperand(w, operand);
  w.EndArray();
}

// Several operators on one field.
bool IsRange(const Filter& filter) {
  return filter.op == Op::kAnd && !filter.children.empty() && !IsGroup(filter.children[0].op);
}

void WriteConditions(json::Writer& w, const Filter& all) {
  HOOKLINE_CHECK(all.op == Op::kAnd && all.operands.empty());
  w.BeginObject();
  for (const Filter& child : all.children) {
    if (!IsGroup(child.op)) {
      w.Key(child.field).BeginObject();
      WriteComparison(w, child);
      w.EndObject();
    } else if (IsRange(child)) {
      w.Key(child.children[0].field).BeginObject();
      for (const Filter& one : child.children) {
        HOOKLINE_CHECK(one.field == child.children[0].field);
        WriteComparison(w, one);
      }
      w.EndObject();
    } else {
      HOOKLINE_CHECK(!child.children.empty());
      w.Key(NameOf(child.op)).BeginArray();
      for (const Filter& one : child.children) WriteConditions(w, one);
      w.EndArray();
    }
  }
  w.EndObject();
}

bool IsSame(const Filter& a, const Filter& b) {
  return a.op == b.op && a.field == b.field && a.list == b.list &&
         std::ranges::equal(a.operands, b.operands,
                            [](const Filter::Operand& x, const Filter::Operand& y) {
                              return x.kind == y.kind && x.text == y.text;
                            }) &&
         std::ranges::equal(a.children, b.children, IsSame);
}

// What a store makes of it is as long as there are comparisons.
std::size_t CheckBounds(const Filter& filter, int depth) {
  // A level is a group and the object in it; below the last one stands a range.
  HOOKLINE_CHECK(depth <= 2 * kDepthMax + 1);
  HOOKLINE_CHECK(filter.operands.size() <= 100);
  HOOKLINE_CHECK(utf8::IsValid(filter.field));
  if (IsGroup(filter.op)) {
    HOOKLINE_CHECK(filter.operands.empty() && filter.field.empty());
  } else {
    HOOKLINE_CHECK(filter.children.empty() && !filter.field.starts_with('$'));
  }
  std::size_t comparisons = IsGroup(filter.op) ? 0 : 1;
  for (const Filter& child : filter.children) comparisons += CheckBounds(child, depth + 1);
  return comparisons;
}

void CheckFilter(json::Value conditions) {
  const auto filter = ParseFilter(conditions);
  if (!filter) {
    HOOKLINE_CHECK(filter.error().kind() == ErrorKind::kInput);
    return;
  }
  HOOKLINE_CHECK(conditions.IsObject() || conditions.IsNull());
  HOOKLINE_CHECK(filter->children.size() == conditions.size());
  HOOKLINE_CHECK(CheckBounds(*filter, 1) <= kConditionsMax);
  json::Writer w;
  WriteConditions(w, *filter);
  const auto written = json::Document::Parse(w.text());
  HOOKLINE_CHECK(written.has_value());
  const auto again = ParseFilter(written->root());
  HOOKLINE_CHECK(again.has_value());
  HOOKLINE_CHECK(IsSame(*filter, *again));
}

void CheckSort(json::Value sort) {
  const auto fields = ParseSort(sort, kSortFieldsMax);
  if (!fields) {
    HOOKLINE_CHECK(fields.error().kind() == ErrorKind::kInput);
    return;
  }
  HOOKLINE_CHECK(fields->size() == sort.size() && fields->size() <= kSortFieldsMax);
  auto item = sort.begin();
  for (const SortField& field : *fields) {
    HOOKLINE_CHECK(!field.field.empty() && (*item)["field"].AsString() == field.field);
    HOOKLINE_CHECK((*item)["direction"].IsMissingOrNull()
                       ? field.ascending
                       : (*item)["direction"].AsInt() == (field.ascending ? 1 : -1));
    ++item;
  }
}

}  // namespace
}  // namespace hookline::chat

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto document = hookline::json::Document::Parse(hookline::fuzz::Input(data, size).Rest());
  if (!document) return 0;
  hookline::chat::CheckFilter(document->root());
  hookline::chat::CheckSort(document->root());
  return 0;
}
