#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "webhook/outcome.h"

namespace hookline::webhook {

/// True if `bytes` begin as a gzip stream (1f 8b).
bool IsGzip(std::string_view bytes);

/// Inflates one or more gzip members that fill `compressed` completely; kGzipFailed otherwise, or
/// if the result would have more than `max_bytes`.
Outcome<std::string> Gunzip(std::string_view compressed, std::size_t max_bytes);

}  // namespace hookline::webhook
