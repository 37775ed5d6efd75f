#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "api/operation.h"
#include "base/error.h"

namespace hookline::api {

/// Something that official clients can ask for and that nothing here carries out.
struct UnservedField {
  enum class Place : std::uint8_t {
    kQuery,      ///< A query parameter that says yes or no.
    kQueryList,  ///< A query parameter that names things.
    kBody,       ///< In the body, or in a GET's `payload`.
  };
  std::string_view operation;  ///< Operation::name.
  Place place = Place::kBody;
  std::string_view path;    ///< In the body: its steps, with a dot between them.
  std::string_view reason;  ///< Why not, for whoever asked.
};

std::span<const UnservedField> UnservedFields();

/// 501 that names the field if the request asks for one of these. A zero value asks for nothing
/// (docs/contract/rulings.md#38, #40).
Result<void> RefuseUnserved(const Call& call);

}  // namespace hookline::api
