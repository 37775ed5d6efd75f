#pragma once

#include <string>

#include "base/clock.h"
#include "base/error.h"
#include "server/config.h"
#include "settings/directory.h"
#include "store/store.h"

namespace hookline::server {

/// Reads every app into `directory`, and creates the first one if the configuration asks for it:
/// with HOOKLINE_BOOTSTRAP_KEY and _SECRET the app of that key, in development mode any app if
/// there is none yet (docs/contract/rulings.md#29). Blocks until that is durable.
Result<void> LoadApps(store::Store& store, const Clock& clock, const Config& config,
                      settings::Directory& directory);

}  // namespace hookline::server
