#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace hookline::webhook {

/// Decodes standard base64 (RFC 4648, section 4); nullopt unless it is padded and canonical.
std::optional<std::string> DecodeBase64(std::string_view text);

}  // namespace hookline::webhook
