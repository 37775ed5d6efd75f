#pragma once

#include <string>
#include <string_view>
#include <unordered_map>

#include "base/error.h"
#include "base/time.h"

/// Stream's JSON web tokens (api.md §1): HS256, the API secret as the key.
namespace hookline::api {

/// What a valid token says.
struct Claims {
  bool server = false;
  std::string user_id;
  Timestamp issued_at;   ///< Zero if the token does not say.
  Timestamp not_before;  ///< Zero if it is valid at once.
  Timestamp expires_at;  ///< Zero if it never expires.
};

/// Checks form, algorithm (HS256 only) and signature. Fails with kTokenMissing for what is no
/// token or names nobody, kTokenSignature for a wrong signature. Does not look at the time.
Result<Claims> DecodeToken(std::string_view token, const std::string& secret);

/// The checks that depend on the time: exp, nbf and iat, with a few seconds' grace for clocks that
/// differ.
Result<void> CheckTimes(const Claims& claims, Timestamp now);

/// DecodeToken with a memory: servers send the same token with every request. One per thread.
class TokenCache {
 public:
  /// Decoded and checked against `now`.
  Result<Claims> Verify(std::string_view api_key, std::string_view token, const std::string& secret,
                        Timestamp now);

 private:
  struct Entry {
    std::string secret;  ///< A key that was made anew does not accept what the old one signed.
    Claims claims;
  };
  std::unordered_map<std::string, Entry> entries_;
};

}  // namespace hookline::api
