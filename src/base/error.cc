#include "base/error.h"

#include <fmt/core.h>

#include <cstdio>
#include <cstdlib>

namespace hookline {

void Die(std::string_view message, const char* file, int line) {
  fmt::print(stderr, "hookline: fatal: {} ({}:{})\n", message, file, line);
  std::fflush(stderr);
  std::abort();
}

}  // namespace hookline
