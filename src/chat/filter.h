#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/json.h"

namespace hookline::chat {

/// What a `filter_conditions` object asks for, as a tree that a store adapter can translate.
struct Filter {
  enum class Op {
    kAnd,
    kOr,
    kNor,  ///< Over `children`.
    kEq,
    kNe,
    kGt,
    kGte,
    kLt,
    kLte,  ///< `field` against `operands[0]`.
    kIn,
    kNin,           ///< `field` among `operands`.
    kExists,        ///< `operands[0]` is a bool.
    kAutocomplete,  ///< A word of `field` starts with the string.
    kContains,      ///< The list in `field` contains the operand.
    kQ,             ///< Full text: every word occurs in `field`.
  };
  /// A scalar operand. Times arrive as RFC 3339 strings and stay strings.
  struct Operand {
    json::Kind kind = json::Kind::kNull;
    std::string text;  ///< For strings: the unescaped text; otherwise the JSON text.
  };

  Op op = Op::kAnd;
  std::string field;  ///< Built-in or custom; dotted paths reach into custom objects.
  std::vector<Operand> operands;
  bool list = false;  ///< The operand was a list; with kEq: exactly these elements.
  std::vector<Filter> children;
};

/// Reads `{"type":"messaging","members":{"$in":["a"]},"$or":[…]}`. A missing value or an empty
/// object matches everything (kAnd without children). Fails with kInput on unknown operators,
/// operands of the wrong shape, more than 100 conditions or 1,000 values in all, or a depth over 8.
Result<Filter> ParseFilter(json::Value conditions);

struct SortField {
  std::string field;
  bool ascending = false;
};

/// Reads `[{"field":"created_at","direction":-1}]`. Fails with kInput on anything else or on more
/// than `max_fields`.
Result<std::vector<SortField>> ParseSort(json::Value sort, std::size_t max_fields);

}  // namespace hookline::chat
