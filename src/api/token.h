#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/error.h"
#include "base/time.h"

/// Stream's JSON web tokens (docs/contract/routes.md#tokens): HS256, the API secret as the key.
namespace hookline::api {

/// What a valid token says: it is a server's, or that of the user it names.
struct Claims {
  bool server = false;
  std::string user_id;   ///< Empty exactly if `server`.
  Timestamp issued_at;   ///< Zero if the token does not say.
  Timestamp not_before;  ///< Zero if it is valid at once.
  Timestamp expires_at;  ///< Zero if it never expires.
};

/// Whether a token must carry the signature of the secret. kIgnored is for apps with
/// `disable_auth_checks`, where development tokens are taken too.
enum class Signature : std::uint8_t { kChecked, kIgnored };

/// Checks form, algorithm (HS256 only) and signature. Fails with kTokenMissing for what is no
/// token, names nobody or needs an extension (`crit`), kTokenSignature for a wrong signature. Does
/// not look at the time.
///
/// A token with a user_id is that user's. Without one it is a server's if `server` is true or
/// "true", or if it says nothing at all about whom it is for: typed clients sign `{}`.
Result<Claims> DecodeToken(std::string_view token, const std::string& secret,
                           Signature signature = Signature::kChecked);

/// The checks that depend on the time: exp, nbf and iat, with a few seconds' grace for clocks that
/// differ.
Result<void> CheckTimes(const Claims& claims, Timestamp now);

/// DecodeToken with a memory: servers send the same token with every request. One per thread.
class TokenCache {
 public:
  /// Decoded and checked against `now`. Only what carries the secret's signature is remembered.
  Result<Claims> Verify(std::string_view api_key, std::string_view token, const std::string& secret,
                        Timestamp now, Signature signature = Signature::kChecked);

 private:
  struct Entry {
    std::string secret;  ///< A key that was made anew does not accept what the old one signed.
    Claims claims;
  };
  std::unordered_map<std::string, Entry> entries_;
};

}  // namespace hookline::api
