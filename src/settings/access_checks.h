#pragma once

#include "settings/app.h"

namespace hookline::settings {

/// Which checks of callers an app has left on.
struct AccessChecks {
  /// False: tokens need no valid signature (`disable_auth_checks`, for development).
  bool signatures = true;
  /// False: users may do what only some of them may (`disable_permissions_checks`, for
  /// development).
  bool permissions = true;
};

/// Parses App::fields_json: Directory::KeyMatch has the answer at hand.
AccessChecks ReadAccessChecks(const App& app);

}  // namespace hookline::settings
