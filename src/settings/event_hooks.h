#pragma once

#include <vector>

#include "base/error.h"
#include "base/json.h"
#include "settings/app.h"
#include "settings/patch_options.h"

/// What PATCH /app makes of the list `event_hooks` (docs/contract/hooks.md#configuration).
namespace hookline::settings {

inline constexpr std::size_t kMaxHooksPerApp = 50;
inline constexpr int kMaxPendingMessageHooks = 2;

/// The hooks of `app` after `list` was sent: items are created or updated by id, stored hooks that
/// are not in the list are left out unless `explicit_deletion` is set, items with `delete: true`
/// are left out in any case. Requires: `list` is neither missing nor null.
Result<std::vector<EventHook>> ApplyEventHooks(const App& app, json::Value list,
                                               bool explicit_deletion, const PatchOptions& options);

}  // namespace hookline::settings
