#pragma once

#include "base/error.h"
#include "server/config.h"

namespace hookline::server {

/// Fails with kInput and says what is wrong if a secret of the configuration could be guessed.
/// Development mode takes any.
Result<void> CheckCredentials(const Config& config);

}  // namespace hookline::server
