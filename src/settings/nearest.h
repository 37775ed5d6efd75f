#pragma once

#include <span>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/json.h"

/// Names that a request got wrong, and what was meant.
namespace hookline::settings {

/// The one of `names` that takes the fewest edits to become `text`; the first of several. Empty if
/// there are no names.
std::string_view NearestName(std::string_view text, std::span<const std::string_view> names);

/// Fails with kInput if `object` has a member that is not in `names`, naming the member and the
/// nearest name. `prefix` stands before names in the message, dot included.
Result<void> CheckKnownKeys(const std::string& prefix, json::Value object,
                            std::span<const std::string_view> names);

}  // namespace hookline::settings
