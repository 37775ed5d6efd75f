#pragma once

#include <string_view>
#include <vector>

#include "api/operation.h"
#include "base/error.h"
#include "base/json.h"
#include "chat/store.h"

namespace hookline::api {

/// A whole number from 0 to `max` in a request body; absent: `otherwise`.
Result<int> ReadLimit(json::Value body, std::string_view name, int otherwise, int max);

/// The same from a query string.
Result<int> QueryLimit(const Call& call, std::string_view name, int otherwise, int max);

/// `{id}_gt`, `created_at_after` and their like of a query of users or members, as conditions that
/// hold beside `filter`. Where `sort` is empty, the page is the one next to the first of them.
Result<void> ReadBounds(json::Value body, std::string_view id, chat::Filter& filter,
                        std::vector<chat::SortField>& sort);

/// A query parameter that says yes or no: true, false, 1 or 0, in whatever case. Anything else is a
/// kInput error that names it. Absent or empty: `otherwise`.
Result<bool> QueryFlag(const Call& call, std::string_view name, bool otherwise = false);

/// `limit`, `id_lt`, `created_at_after`, `sort` … from a query string.
Result<chat::MessagePage> QueryMessagePage(const Call& call);

}  // namespace hookline::api
