#pragma once

#include "server/config.h"

namespace hookline::server {

/// Runs the server until SIGTERM or SIGINT and returns the process's exit code: 0 after a clean
/// stop, 1 if it could not run. Prints the ready line on standard output, logs on standard error.
int Serve(const Config& config);

}  // namespace hookline::server
