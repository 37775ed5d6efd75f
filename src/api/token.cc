#include "api/token.h"

#include <fmt/core.h>
#include <jwt.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <memory>
#include <optional>
#include <utility>

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

std::optional<json::Document> ReadObject(char* (*read)(jwt_t*, const char*), jwt_t* jwt) {
  const std::unique_ptr<char, FreeDeleter> text(read(jwt, nullptr));
  if (!text) return std::nullopt;
  auto document = json::Document::Parse(text.get());
  if (!document || !document->root().IsObject()) return std::nullopt;
  return std::move(*document);
}

// Well formed, whoever may have signed it: header and claims are objects. nullptr if not.
JwtPtr DecodeUnverified(const std::string& text) {
  JwtPtr jwt = Decode(text, nullptr);
  if (!jwt || !ReadObject(jwt_get_grants_json, jwt.get())) return nullptr;
  return jwt;
}

std::unexpected<Error> Unusable(std::string reason) {
  return Fail(ErrorKind::kTokenMissing, std::move(reason));
}

// Whose the token is.
Result<void> ReadBearer(json::Value claims, Claims& out) {
  if (const json::Value user = claims["user_id"]) {
    out.user_id = user.AsString().value_or("");
    if (out.user_id.empty()) return Unusable("the token's user_id must be a string, not empty");
    return {};
  }
  if (const json::Value server = claims["server"]) {
    // The PHP client writes the word as a string.
    out.server = server.AsBool().value_or(false) || server.AsString() == "true";
    if (!out.server) return Unusable("the token's server must be true");
    return {};
  }
  // What else tokens for a user are made of: a user's token that has lost its user_id must not
  // become a server's.
  for (const std::string_view name : {"role", "call_cids", "channel_cids"}) {
    if (claims[name]) return Unusable(fmt::format("the token has {} but no user_id", name));
  }
  out.server = true;
  return {};
}

Result<Claims> ReadClaims(json::Value root) {
  Claims claims;
  if (auto read = ReadBearer(root, claims); !read) return std::unexpected(read.error());
  if (!ReadSeconds(root, "iat", claims.issued_at) || !ReadSeconds(root, "nbf", claims.not_before) ||
      !ReadSeconds(root, "exp", claims.expires_at)) {
    return Unusable("the token's iat, nbf and exp must be numbers");
  }
  return claims;
}

}  // namespace

Result<Claims> DecodeToken(std::string_view token, const std::string& secret, Signature signature) {
  if (token.empty()) return Unusable("no token: set the Authorization header");
  const std::string text(token);
  JwtPtr jwt;
  if (text.size() <= kTokenBytesMax && text.find('\0') == std::string::npos) {
    jwt = DecodeUnverified(text);
  }
  if (!jwt) return Unusable("the token is not a valid JWT");
  if (signature == Signature::kChecked) {
    // The library takes an empty key for "do not check".
    jwt = secret.empty() ? nullptr : Decode(text, &secret);
    if (!jwt) return Fail(ErrorKind::kTokenSignature, "Token signature is invalid");
  }
  const auto header = ReadObject(jwt_get_headers_json, jwt.get());
  const auto claims = ReadObject(jwt_get_grants_json, jwt.get());
  if (!header || !claims) return Unusable("the token's header or claims cannot be read");
  // Not jwt_get_alg: without a key the library takes every token for unsigned.
  if (header->root()["alg"].AsString() != "HS256") {
    return Fail(ErrorKind::kTokenSignature, "the token's algorithm must be HS256");
  }
  // What is listed there must be understood by whoever accepts the token, and we know no extension.
  if (header->root()["crit"]) return Unusable("the token needs extensions (crit) that are unknown");
  return ReadClaims(claims->root());
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
                                  const std::string& secret, Timestamp now, Signature signature) {
  if (signature == Signature::kIgnored) {
    auto claims = DecodeToken(token, secret, signature);
    if (!claims) return claims;
    if (auto valid = CheckTimes(*claims, now); !valid) return std::unexpected(valid.error());
    return claims;
  }
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
