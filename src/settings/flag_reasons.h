#pragma once

#include <string>
#include <vector>

#include "settings/app.h"

namespace hookline::settings {

/// `allowed_flag_reasons`: what may be given as the reason of a flag. Empty: anything. Parses
/// App::fields_json.
std::vector<std::string> AllowedFlagReasons(const App& app);

}  // namespace hookline::settings
