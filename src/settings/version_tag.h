#pragma once

#include <string>
#include <string_view>

#include "settings/app.h"

namespace hookline::settings {

/// The ETag of an app's settings, quotes included: another one after every change of what GET /app
/// shows. `channel_configs` is that member of it, always written in the same format.
std::string VersionTag(const App& app, std::string_view channel_configs);

/// True if the If-Match header `header` allows a change of what has the tag `tag`: "*", or a list
/// that holds it. Weak tags match nothing.
bool MatchesTag(std::string_view header, std::string_view tag);

}  // namespace hookline::settings
