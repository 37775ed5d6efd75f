#pragma once

#include <string_view>

#include "api/operation.h"
#include "base/error.h"
#include "base/json.h"
#include "chat/store.h"

namespace hookline::api {

/// A whole number from 0 to `max` in a request body; absent: `otherwise`.
Result<int> ReadLimit(json::Value body, std::string_view name, int otherwise, int max);

/// The same from a query string.
Result<int> QueryLimit(const Call& call, std::string_view name, int otherwise, int max);

/// `limit`, `id_lt`, `created_at_after` … from a query string.
Result<chat::MessagePage> QueryMessagePage(const Call& call);

}  // namespace hookline::api
