#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/uuid.h"
#include "hookline/signature.h"

/// The server's side of a webhook call: its headers (docs/contract/hooks.md#delivery).
namespace hookline::webhook {

/// "hookline/<version>".
std::string UserAgent();

/// What calls in the name of one API key have in common. Immutable, hence thread-safe.
class CallKey {
 public:
  /// Requires: `secret` is not empty.
  CallKey(std::string_view api_key, std::string_view secret);

  /// The header lines that are the same in all calls: Content-Type, User-Agent, X-Api-Key.
  std::vector<std::string> CommonHeaders() const;

  /// The value of X-Signature for the plain body.
  std::string Sign(std::string_view body) const { return signer_.Sign(body); }

 private:
  std::string api_key_;
  Signer signer_;
};

/// The header lines of one call: X-Webhook-Id, X-Webhook-Attempt, X-Signature.
std::vector<std::string> CallHeaders(const Uuid& id, int attempt, std::string_view signature);

/// The header line of a compressed body.
inline constexpr std::string_view kGzipHeaderLine = "Content-Encoding: gzip";
/// Smaller bodies stay plain (docs/contract/rulings.md#8).
inline constexpr std::size_t kCompressionBytesMin = 256;
/// `body` as a gzip stream.
std::string Gzip(std::string_view body);

}  // namespace hookline::webhook
