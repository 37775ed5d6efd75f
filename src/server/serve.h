#pragma once

#include <string>
#include <vector>

#include "server/config.h"

namespace hookline::server {

/// Runs the server until SIGTERM or SIGINT and returns the process's exit code: 0 after a clean
/// stop, 1 if it could not run. Prints the ready line on standard output, logs on standard error.
/// `unknown_variables`: names of the environment that look like settings and are none; warned
/// about.
int Serve(const Config& config, const std::vector<std::string>& unknown_variables);

}  // namespace hookline::server
