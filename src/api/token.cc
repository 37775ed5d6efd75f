#include "api/token.h"

#include <jwt.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <memory>

#include "base/crypto.h"
#include "base/json.h"

namespace hookline::api {
namespace {

constexpr std::size_t kTokenBytesMax = 4096;
constexpr std::size_t kCacheEntriesMax = 4096;
constexpr std::chrono::seconds kClockGrace{5};

struct JwtDeleter {
  void operator()(jwt_t* jwt) const { jwt_free(jwt); }
};
struct FreeDeleter {
  void operator()(char* text) const { std::free(text); }
};
using JwtPtr = std::unique_ptr<jwt_t, JwtDeleter>;

// nullptr unless `token` is well formed and, with a key, carries the key's signature.
JwtPtr Decode(const std::string& token, const std::string* key) {
  jwt_t* raw = nullptr;
  const int failed =
      key == nullptr
          ? jwt_decode(&raw, token.c_str(), nullptr, 0)
          : jwt_decode(&raw, token.c_str(), reinterpret_cast<const unsigned char*>(key->data()),
                       static_cast<int>(key->size()));
  JwtPtr jwt(raw);
  return failed == 0 ? std::move(jwt) : nullptr;
}

// Seconds since 1970, whole or with a fraction. Zero stands for "absent" only: the year 1970 and
// what comes before it becomes the first nanosecond after. False for what is no time, because a
// limit that cannot be read must not count as none.
bool ReadSeconds(json::Value claims, std::string_view name, Timestamp& out) {
  const json::Value value = claims[name];
  if (value.IsMissingOrNull()) return true;
  const auto seconds = value.AsDouble();
  if (!seconds) return false;
  constexpr double kSecondsMax = 9e9;  // The year 2255.
  const double bounded = std::clamp(*seconds, 0.0, kSecondsMax);
  // Split, so that whole seconds stay exact.
  const double whole = std::floor(bounded);
  out.ns = static_cast<std::int64_t>(whole) * 1'000'000'000 +
           static_cast<std::int64_t>((bounded - whole) * 1e9);
  if (out.ns == 0) out.ns = 1;
  return true;
}

// Well formed, and its claims are an object; whoever may have signed it.
bool IsToken(const std::string& text) {
  const JwtPtr jwt = Decode(text, nullptr);
  if (!jwt) return false;
  const std::unique_ptr<char, FreeDeleter> grants(jwt_get_grants_json(jwt.get(), nullptr));
  const auto document = grants ? json::Document::Parse(grants.get()) : InputError("no claims");
  return document && document->root().IsObject();
}

}  // namespace

Result<Claims> DecodeToken(std::string_view token, const std::string& secret) {
  if (token.empty())
    return Fail(ErrorKind::kTokenMissing, "no token: set the Authorization header");
  const std::string text(token);
  if (text.size() > kTokenBytesMax || text.find('\0') != std::string::npos || !IsToken(text)) {
    return Fail(ErrorKind::kTokenMissing, "the token is not a valid JWT");
  }
  const JwtPtr jwt = Decode(text, &secret);
  if (!jwt) return Fail(ErrorKind::kTokenSignature, "Token signature is invalid");
  if (jwt_get_alg(jwt.get()) != JWT_ALG_HS256) {
    return Fail(ErrorKind::kTokenSignature, "the token's algorithm must be HS256");
  }
  const std::unique_ptr<char, FreeDeleter> grants(jwt_get_grants_json(jwt.get(), nullptr));
  auto document = grants ? json::Document::Parse(grants.get()) : InputError("no claims");
  if (!document) return Fail(ErrorKind::kTokenMissing, "the token's claims cannot be read");
  const json::Value root = document->root();
  Claims claims;
  claims.server = root["server"].AsBool().value_or(false);
  claims.user_id = root["user_id"].AsString().value_or("");
  if (!ReadSeconds(root, "iat", claims.issued_at) || !ReadSeconds(root, "nbf", claims.not_before) ||
      !ReadSeconds(root, "exp", claims.expires_at)) {
    return Fail(ErrorKind::kTokenMissing, "the token's iat, nbf and exp must be numbers");
  }
  if (!claims.server && claims.user_id.empty()) {
    return Fail(ErrorKind::kTokenMissing, "the token has neither server:true nor a user_id");
  }
  return claims;
}

Result<void> CheckTimes(const Claims& claims, Timestamp now) {
  if (claims.expires_at && claims.expires_at <= now) {
    return Fail(ErrorKind::kTokenExpired, "token is expired");
  }
  if (claims.not_before > now + kClockGrace) {
    return Fail(ErrorKind::kTokenNotYetValid, "token is not valid yet");
  }
  if (claims.issued_at > now + kClockGrace) {
    return Fail(ErrorKind::kTokenBeforeIssued, "token used before issue at (iat)");
  }
  return {};
}

Result<Claims> TokenCache::Verify(std::string_view api_key, std::string_view token,
                                  const std::string& secret, Timestamp now) {
  std::string name;
  name.reserve(api_key.size() + 1 + token.size());
  name.append(api_key).append(1, ' ').append(token);
  if (const auto known = entries_.find(name);
      known != entries_.end() && ConstantTimeEquals(known->second.secret, secret)) {
    if (auto valid = CheckTimes(known->second.claims, now); !valid) {
      return std::unexpected(valid.error());
    }
    return known->second.claims;
  }
  auto claims = DecodeToken(token, secret);
  if (!claims) return claims;
  // Forgetting everything now and then is simpler than an order of use, and as bounded.
  if (entries_.size() >= kCacheEntriesMax) entries_.clear();
  entries_.insert_or_assign(std::move(name), Entry{secret, *claims});
  if (auto valid = CheckTimes(*claims, now); !valid) return std::unexpected(valid.error());
  return claims;
}

}  // namespace hookline::api
