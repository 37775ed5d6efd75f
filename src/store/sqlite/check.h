#pragma once

#include <chrono>

#include "store/sqlite/connection.h"
#include "store/sqlite/health.h"

namespace hookline::store::sqlite {

/// Looks for damage in the database for up to `time`, and tells `health` what it found. Throws
/// Failure if the database cannot be read at all.
void CheckDatabase(Connection& db, std::chrono::milliseconds time, Health& health);

}  // namespace hookline::store::sqlite
