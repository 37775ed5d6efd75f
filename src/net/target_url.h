#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "net/ip_address.h"

namespace hookline::net {

/// A URL in the one spelling that is judged and connected to.
struct TargetUrl {
  std::string url;  ///< Normalised; without credentials and fragment.
  bool https = true;
  std::string host;  ///< Lower case, IDN as punycode, no brackets, no trailing dot.
  std::uint16_t port = 443;
  std::optional<IpAddress> literal;  ///< Set if the host is an address in any spelling.
  std::string authorization;         ///< "Basic …" if the URL had credentials; secret.

  /// "host:port", what connections are counted by.
  std::string Endpoint() const;
};

/// Parses an absolute http or https URL as libcurl would, and normalises it: what hides the real
/// host from a reader (decimal or hexadecimal IPv4, trailing dots, full-width digits, credentials)
/// is gone afterwards. Bytes of the path and query that RFC 3986 does not allow are
/// percent-encoded; escapes that are there stay as they are. kInput with a reason that holds no
/// part of the URL otherwise.
Result<TargetUrl> ParseTargetUrl(std::string_view url);

}  // namespace hookline::net
