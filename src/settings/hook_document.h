#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/json.h"
#include "settings/app.h"
#include "settings/json_members.h"
#include "settings/patch_options.h"

/// One item of `event_hooks`: merging what a client sent into what is stored, and checking it.
namespace hookline::settings {

/// Most event types that one hook may name.
inline constexpr std::size_t kMaxEventTypes = 1000;

/// A list of event types that a hook may name: see CheckEventType.
Result<void> CheckEventTypes(std::string_view field, json::Value value);

/// `stored` as changed by `item`: absent keys keep their stored value, null clears, unknown keys
/// are refused, and so is what is not carried out. For a new hook `stored` holds its id and app
/// only, and `is_new` is true. `path` names the item in messages (`event_hooks[0]`).
Result<EventHook> MergeHook(const EventHook& stored, bool is_new, json::Value item,
                            std::string_view path, const PatchOptions& options);

/// Draws the members that delivery needs from `document` (keys as in `event_hooks`, without those
/// EventHook holds) and validates it (docs/contract/hooks.md#validation). `hook` gives all others;
/// `prefix` stands before field names in messages, dot included.
Result<EventHook> BuildHook(EventHook hook, const JsonMembers& document, const std::string& prefix,
                            const PatchOptions& options);

/// How many attempts of the hook may be under way at once: its `max_in_flight`, nullopt if it has
/// none.
std::optional<int> MaxInFlight(const EventHook& hook);

/// Sets what follows from a hook's change: created_at, updated_at, cancel_up_to, disabled_reason.
void FinishHook(EventHook& hook, const EventHook& stored, bool is_new, const PatchOptions& options);

}  // namespace hookline::settings
