#pragma once

#include <span>

namespace hookline::store::sqlite {

/// The steps from an empty database to the present schema, oldest first. Step n (counted from 1)
/// makes version n. A step that has been released is never changed; a new one is added.
std::span<const char* const> SchemaSteps();

}  // namespace hookline::store::sqlite
