#pragma once

#include "settings/app.h"

namespace hookline::settings {

/// Which checks of callers an app has left on. Both are for development: `disable_auth_checks` and
/// `disable_permissions_checks` switch them off.
struct AccessChecks {
  bool signatures = true;   ///< False: tokens need no valid signature.
  bool permissions = true;  ///< False: user tokens may do more than their users may.
};

/// Parses App::fields_json: Directory::KeyMatch has the answer at hand.
AccessChecks ReadAccessChecks(const App& app);

}  // namespace hookline::settings
