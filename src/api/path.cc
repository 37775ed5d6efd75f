#include "api/path.h"

#include <algorithm>

namespace hookline::api {

PathSegments SplitPath(std::string_view path) {
  PathSegments segments;
  if (path.starts_with('/')) path.remove_prefix(1);
  if (path.ends_with('/')) path.remove_suffix(1);
  if (path.empty()) return segments;
  for (;;) {
    const std::size_t slash = path.find('/');
    segments.push_back(path.substr(0, slash));
    if (slash == std::string_view::npos) return segments;
    path.remove_prefix(slash + 1);
  }
}

bool PathMatches(const PathSegments& pattern, const PathSegments& path) {
  return std::ranges::equal(pattern, path, [](std::string_view want, std::string_view segment) {
    return IsPathParameter(want) ? !segment.empty() : want == segment;
  });
}

std::vector<std::string> PathArguments(const PathSegments& pattern, const PathSegments& path,
                                       net::PlusMeans plus) {
  std::vector<std::string> arguments;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    if (IsPathParameter(pattern[i])) arguments.push_back(net::PercentDecode(path[i], plus));
  }
  return arguments;
}

}  // namespace hookline::api
