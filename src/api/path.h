#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "net/http_message.h"

/// Paths as lists of segments, and patterns like "/messages/{id}".
namespace hookline::api {

using PathSegments = std::vector<std::string_view>;

/// Splits at '/'; one slash at either end does not count.
PathSegments SplitPath(std::string_view path);

inline bool IsPathParameter(std::string_view segment) { return segment.starts_with('{'); }

/// A parameter matches any segment that is not empty.
bool PathMatches(const PathSegments& pattern, const PathSegments& path);

/// The segments that stand where the pattern has parameters, decoded.
std::vector<std::string> PathArguments(const PathSegments& pattern, const PathSegments& path,
                                       net::PlusMeans plus);

}  // namespace hookline::api
