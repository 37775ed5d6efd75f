#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace hookline::webhook {

/// The headers of every webhook call.
inline constexpr std::string_view kSignatureHeader = "X-Signature";
inline constexpr std::string_view kApiKeyHeader = "X-Api-Key";
inline constexpr std::string_view kWebhookIdHeader = "X-Webhook-Id";
inline constexpr std::string_view kWebhookAttemptHeader = "X-Webhook-Attempt";

/// Signs and checks bodies with one API secret. The key is worked in once, so that a call costs
/// little more than hashing the body.
///
/// Thread-safety: const members may be called from any number of threads at once. Copies share
/// the (immutable) key. A moved-from Signer may only be assigned to or destroyed.
class Signer {
 public:
  /// Throws std::invalid_argument if `secret` is empty: everybody could forge such a signature.
  explicit Signer(std::string_view secret);

  /// The value of X-Signature for `body`: 64 lower-case hexadecimal digits of
  /// HMAC-SHA256(secret, body). `body` is the plain JSON, before any compression.
  std::string Sign(std::string_view body) const;

  /// True if `signature` is exactly what Sign returns; compares in constant time. Upper-case
  /// digits, surrounding white space and prefixes such as "sha256=" do not match.
  bool Verify(std::string_view body, std::string_view signature) const;

 private:
  struct Key;
  std::shared_ptr<const Key> key_;
};

/// Signer(secret).Sign(body), for a single call.
std::string Sign(std::string_view body, std::string_view secret);

/// Signer(secret).Verify(body, signature), for a single call; false if `secret` is empty. `body`
/// is the plain JSON: inflate a compressed one first (GunzipPayload), or use
/// VerifyAndParseWebhook, which does.
bool VerifySignature(std::string_view body, std::string_view signature, std::string_view secret);

}  // namespace hookline::webhook
