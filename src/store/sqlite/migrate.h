#pragma once

#include <span>

#include "store/sqlite/connection.h"

namespace hookline::store::sqlite {

/// Brings the database to the version `steps.size()`, each step in a transaction of its own. Safe
/// if several processes do it at once: one makes a step, the others find it made. Throws Failure,
/// with a message for the operator, if the database is newer than that.
void Migrate(Connection& db, std::span<const char* const> steps);

}  // namespace hookline::store::sqlite
