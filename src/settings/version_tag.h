#pragma once

#include <string>
#include <string_view>

#include "settings/app.h"

namespace hookline::settings {

/// The ETag of an app's settings, quotes included: another one after every change of what PATCH
/// /app can change.
std::string VersionTag(const App& app);

/// True if the If-Match header `header` allows a change of what has the tag `tag`: "*", or a list
/// that holds it. Weak tags match nothing.
bool MatchesTag(std::string_view header, std::string_view tag);

}  // namespace hookline::settings
