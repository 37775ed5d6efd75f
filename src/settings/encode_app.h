#pragma once

#include <string_view>

#include "base/json_writer.h"
#include "settings/app.h"

namespace hookline::settings {

/// How times are written: text for routes without a prefix, numbers for those under /api/v2.
enum class TimeFormat { kRfc3339, kUnixNanos };

/// Writes the `app` object of GET /app: every setting that Stream's schema has, with a default
/// where nothing is stored. Secrets as stored (docs/contract/rulings.md#15): server tokens only.
/// `channel_configs_json` is a JSON object, channel type name to configuration.
void EncodeApp(json::Writer& out, const App& app, std::string_view channel_configs_json,
               TimeFormat times);

/// Writes the list `event_hooks`. Empty for an app with hook v1: its hooks are not visible as such.
void EncodeEventHooks(json::Writer& out, const App& app, TimeFormat times);

/// True if GET /app's answer holds the list a second time, at its top (docs/contract/rulings.md#1).
bool HasTopLevelEventHooks(const App& app);

}  // namespace hookline::settings
