// Stream's tokens: who is let in (docs/contract/routes.md#tokens).
#include "api/token.h"

#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <optional>
#include <string>

namespace hookline::api {
namespace {

const std::string kSecret = "a-secret-of-an-app";
constexpr Timestamp kNow{1'767'225'600'000'000'000};  // 2026-01-01T00:00:00Z
constexpr std::int64_t kNowSeconds = 1'767'225'600;

std::string Base64Url(std::string_view bytes) {
  static constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  std::string out;
  unsigned buffer = 0;
  int bits = 0;
  for (const char c : bytes) {
    buffer = (buffer << 8) | static_cast<unsigned char>(c);
    bits += 8;
    while (bits >= 6) {
      bits -= 6;
      out += kDigits[(buffer >> bits) & 63];
    }
  }
  if (bits > 0) out += kDigits[(buffer << (6 - bits)) & 63];
  return out;
}

std::string Sign(std::string_view header, std::string_view claims, const std::string& secret,
                 const EVP_MD* hash = EVP_sha256()) {
  const std::string text = Base64Url(header) + "." + Base64Url(claims);
  unsigned char mac[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  HMAC(hash, secret.data(), static_cast<int>(secret.size()),
       reinterpret_cast<const unsigned char*>(text.data()), text.size(), mac, &size);
  return text + "." + Base64Url({reinterpret_cast<const char*>(mac), size});
}

constexpr std::string_view kHeader = R"({"alg":"HS256","typ":"JWT"})";

std::string Token(std::string_view claims, const std::string& secret = kSecret) {
  return Sign(kHeader, claims, secret);
}

// What becomes of a token: the kind of refusal, or nothing.
std::optional<ErrorKind> Refusal(const std::string& token, Timestamp now = kNow) {
  TokenCache cache;
  const auto first = cache.Verify("key", token, kSecret, now);
  // What is remembered must not be judged differently.
  const auto second = cache.Verify("key", token, kSecret, now);
  EXPECT_EQ(first.has_value(), second.has_value());
  if (first) return std::nullopt;
  EXPECT_EQ(first.error().kind(), second.error().kind());
  EXPECT_FALSE(first.error().message().empty());
  return first.error().kind();
}

std::string With(const std::string& claim, const std::string& value) {
  return Token(R"({"user_id":"ann",")" + claim + "\":" + value + "}");
}

TEST(TokenTest, ReadsServerAndUserTokens) {
  const auto server = DecodeToken(Token(R"({"server":true})"), kSecret);
  ASSERT_TRUE(server);
  EXPECT_TRUE(server->server);
  EXPECT_EQ(server->user_id, "");
  const auto user = DecodeToken(
      Token(
          R"({"user_id":"ann","iat":1767225600,"exp":1767229200,"nbf":1767225599.5,"role":"x","call_cids":[]})"),
      kSecret);
  ASSERT_TRUE(user);
  EXPECT_FALSE(user->server);
  EXPECT_EQ(user->user_id, "ann");
  EXPECT_EQ(user->issued_at, kNow);
  EXPECT_EQ(user->expires_at, kNow + std::chrono::hours(1));
  EXPECT_EQ(user->not_before, kNow - std::chrono::milliseconds(500));
}

// Java's client adds these to its server tokens.
TEST(TokenTest, ToleratesOtherClaims) {
  EXPECT_EQ(Refusal(Token(R"({"server":true,"iat":1767225595,"iss":"Stream Chat Java SDK",
      "sub":"Stream Chat Java SDK","scope":"admins"})")),
            std::nullopt);
}

std::string BearerOf(std::string_view claims) {
  const auto decoded = DecodeToken(Token(claims), kSecret);
  if (!decoded) return "nobody";
  EXPECT_EQ(decoded->server, decoded->user_id.empty()) << claims;
  return decoded->server ? "a server" : decoded->user_id;
}

TEST(TokenTest, AServerSaysSoOrSaysNothing) {
  for (const char* claims :
       {R"({"server":true})", R"({"server":"true"})", "{}", R"({"iat":1767225600})",
        R"({"iss":"x","hello":1})", R"({"exp":1767229200})"}) {
    EXPECT_EQ(BearerOf(claims), "a server") << claims;
  }
}

TEST(TokenTest, WhoeverNamesAUserIsThatUser) {
  for (const char* claims :
       {R"({"user_id":"ann"})", R"({"user_id":"ann","server":true})",
        R"({"server":"true","user_id":"ann"})", R"({"server":false,"user_id":"ann"})",
        R"({"user_id":"ann","server":null,"role":"admin"})"}) {
    EXPECT_EQ(BearerOf(claims), "ann") << claims;
  }
}

TEST(TokenTest, NobodyIsNobody) {
  for (const char* claims :
       {R"({"server":false})", R"({"server":1})", R"({"server":null})", R"({"server":"yes"})",
        R"({"server":""})", R"({"server":"True"})", R"({"server":[true]})", R"({"user_id":""})",
        R"({"user_id":1})", R"({"user_id":null})", R"({"user_id":["ann"]})",
        R"({"server":true,"user_id":""})", R"({"server":true,"user_id":7})", R"({"role":"admin"})",
        R"({"call_cids":[]})", R"({"channel_cids":["a:b"],"iat":1})"}) {
    EXPECT_EQ(Refusal(Token(claims)), ErrorKind::kTokenMissing) << claims;
  }
}

// RFC 7515 4.1.11: whoever does not understand an extension that is marked critical must refuse.
TEST(TokenTest, CriticalExtensionsAreRefused) {
  for (const char* header :
       {R"({"alg":"HS256","crit":["b64"],"b64":false})", R"({"alg":"HS256","crit":["exp"]})",
        R"({"alg":"HS256","crit":[]})", R"({"alg":"HS256","crit":null})"}) {
    EXPECT_EQ(Refusal(Sign(header, R"({"server":true})", kSecret)), ErrorKind::kTokenMissing)
        << header;
  }
}

TEST(TokenTest, DevelopmentTokensOnlyWhereSignaturesAreIgnored) {
  const std::string token =
      Base64Url(kHeader) + "." + Base64Url(R"({"user_id":"ann"})") + ".devtoken";
  EXPECT_EQ(Refusal(token), ErrorKind::kTokenSignature);
  TokenCache cache;
  const auto ignored = cache.Verify("key", token, kSecret, kNow, Signature::kIgnored);
  ASSERT_TRUE(ignored);
  EXPECT_EQ(ignored->user_id, "ann");
  // What was let in without a signature is not remembered as good.
  EXPECT_EQ(cache.Verify("key", token, kSecret, kNow).error().kind(), ErrorKind::kTokenSignature);
  EXPECT_TRUE(cache.Verify("key", Token(R"({"server":true})", "another-secret"), kSecret, kNow,
                           Signature::kIgnored));
}

TEST(TokenTest, IgnoringSignaturesIgnoresNothingElse) {
  TokenCache cache;
  const auto refusal = [&](const std::string& token) {
    const auto claims = cache.Verify("key", token, kSecret, kNow, Signature::kIgnored);
    return claims ? std::optional<ErrorKind>() : claims.error().kind();
  };
  EXPECT_EQ(refusal(With("exp", "1")), ErrorKind::kTokenExpired);
  EXPECT_EQ(refusal(""), ErrorKind::kTokenMissing);
  EXPECT_EQ(refusal("a.b.c"), ErrorKind::kTokenMissing);
  EXPECT_EQ(refusal(Token(R"({"user_id":""})")), ErrorKind::kTokenMissing);
  for (const char* header : {R"({"alg":"none"})", R"({"alg":"HS512"})", R"({"typ":"JWT"})"}) {
    EXPECT_TRUE(refusal(Base64Url(header) + "." + Base64Url(R"({"user_id":"ann"})") + ".devtoken"))
        << header;
  }
}

TEST(TokenTest, WhatIsNoTokenIsMissing) {
  const std::string good = Token(R"({"server":true})");
  for (const std::string& token :
       {std::string(), std::string("x"), std::string("a.b.c"), std::string(".."),
        std::string("...."), std::string("Bearer ") + good, std::string("\xff\xfe.\x01.\x02"),
        Base64Url(kHeader) + "." + Base64Url("[1]") + ".c2ln",
        Base64Url(kHeader) + "." + Base64Url("{") + ".c2ln",
        Base64Url("{}") + "." + Base64Url("{}") + ".c2ln", std::string("\0", 1),
        good.substr(0, good.find('.')), good + std::string("\0x", 2),
        std::string("\0", 1) + good}) {
    EXPECT_EQ(Refusal(token), ErrorKind::kTokenMissing) << token;
  }
}

TEST(TokenTest, AHugeTokenIsNotEvenLookedAt) {
  EXPECT_EQ(Refusal(std::string(5'000'000, 'a')), ErrorKind::kTokenMissing);
  EXPECT_EQ(Refusal(Token(R"({"user_id":"ann","pad":")" + std::string(4096, 'x') + "\"}")),
            ErrorKind::kTokenMissing);
  EXPECT_EQ(Refusal(Token(R"({"user_id":"ann","pad":")" + std::string(2000, 'x') + "\"}")),
            std::nullopt);
}

TEST(TokenTest, TheSignatureMustBeTheSecrets) {
  EXPECT_EQ(Refusal(Token(R"({"server":true})", "another-secret")), ErrorKind::kTokenSignature);
  EXPECT_EQ(Refusal(Token(R"({"server":true})", kSecret + " ")), ErrorKind::kTokenSignature);
  std::string token = Token(R"({"user_id":"ann"})");
  const std::string other = Token(R"({"user_id":"bob"})");
  const auto claims = [](const std::string& t) {
    const std::size_t first = t.find('.') + 1;
    return t.substr(first, t.rfind('.') - first);
  };
  token.replace(token.find('.') + 1, claims(token).size(), claims(other));
  EXPECT_EQ(Refusal(token), ErrorKind::kTokenSignature);
  const std::string good = Token(R"({"server":true})");
  for (std::size_t i = good.rfind('.') + 1; i < good.size(); i += 7) {
    std::string bad = good;
    bad[i] = bad[i] == 'A' ? 'B' : 'A';
    EXPECT_EQ(Refusal(bad), ErrorKind::kTokenSignature) << i;
  }
}

// The algorithm is ours to choose, not the token's.
TEST(TokenTest, OtherAlgorithmsAreRefused) {
  const auto refused = [](const std::string& token) {
    const auto kind = Refusal(token);
    EXPECT_TRUE(kind == ErrorKind::kTokenSignature || kind == ErrorKind::kTokenMissing);
    return kind.has_value();
  };
  const std::string_view claims = R"({"server":true})";
  EXPECT_TRUE(refused(Sign(R"({"alg":"HS512","typ":"JWT"})", claims, kSecret, EVP_sha512())));
  EXPECT_TRUE(refused(Sign(R"({"alg":"HS384","typ":"JWT"})", claims, kSecret, EVP_sha384())));
  for (const char* header :
       {R"({"alg":"none"})", R"({"alg":"None","typ":"JWT"})", R"({"alg":"NONE"})",
        R"({"alg":"RS256"})", R"({"alg":"ES256"})", R"({"alg":""})", R"({"alg":null})",
        R"({"alg":["HS256"]})", R"({"typ":"JWT"})"}) {
    EXPECT_TRUE(refused(Sign(header, claims, kSecret))) << header;
    EXPECT_TRUE(refused(Base64Url(header) + "." + Base64Url(claims) + ".")) << header;
    EXPECT_TRUE(refused(Base64Url(header) + "." + Base64Url(claims))) << header;
  }
}

TEST(TokenTest, AnEmptySecretOpensNothing) {
  EXPECT_FALSE(DecodeToken(Token(R"({"server":true})", ""), "").has_value());
}

TEST(TokenTest, ExpiresOnTime) {
  EXPECT_EQ(Refusal(With("exp", std::to_string(kNowSeconds + 1))), std::nullopt);
  EXPECT_EQ(Refusal(With("exp", std::to_string(kNowSeconds))), ErrorKind::kTokenExpired);
  EXPECT_EQ(Refusal(With("exp", std::to_string(kNowSeconds - 1))), ErrorKind::kTokenExpired);
  EXPECT_EQ(Refusal(With("exp", "1767225600.5")), std::nullopt);
  EXPECT_EQ(Refusal(With("exp", "1767225599.5")), ErrorKind::kTokenExpired);
  EXPECT_EQ(Refusal(With("exp", "1")), ErrorKind::kTokenExpired);
  EXPECT_EQ(Refusal(With("exp", "0")), ErrorKind::kTokenExpired);
  EXPECT_EQ(Refusal(With("exp", "-1")), ErrorKind::kTokenExpired);
  EXPECT_EQ(Refusal(With("exp", "-1e300")), ErrorKind::kTokenExpired);
  EXPECT_EQ(Refusal(With("exp", "1e300")), std::nullopt);
  EXPECT_EQ(Refusal(With("exp", "99999999999")), std::nullopt);
  EXPECT_EQ(Refusal(With("exp", "null")), std::nullopt);
}

TEST(TokenTest, IsNotValidBeforeItsTime) {
  EXPECT_EQ(Refusal(With("nbf", std::to_string(kNowSeconds))), std::nullopt);
  EXPECT_EQ(Refusal(With("nbf", std::to_string(kNowSeconds + 5))), std::nullopt);
  EXPECT_EQ(Refusal(With("nbf", std::to_string(kNowSeconds + 6))), ErrorKind::kTokenNotYetValid);
  EXPECT_EQ(Refusal(With("nbf", "1e300")), ErrorKind::kTokenNotYetValid);
  EXPECT_EQ(Refusal(With("nbf", "0")), std::nullopt);
  EXPECT_EQ(Refusal(With("iat", std::to_string(kNowSeconds + 5))), std::nullopt);
  EXPECT_EQ(Refusal(With("iat", std::to_string(kNowSeconds + 6))), ErrorKind::kTokenBeforeIssued);
  EXPECT_EQ(Refusal(With("iat", "1767225606.5")), ErrorKind::kTokenBeforeIssued);
  EXPECT_EQ(Refusal(With("iat", "1e300")), ErrorKind::kTokenBeforeIssued);
  EXPECT_EQ(Refusal(With("iat", "-5")), std::nullopt);
}

// A time that cannot be read must not count as "no limit".
TEST(TokenTest, TimesMustBeNumbers) {
  for (const char* claim : {"exp", "nbf", "iat"}) {
    for (const char* value : {"\"1767225600\"", "true", "[]", "{}", "\"\""}) {
      EXPECT_EQ(Refusal(With(claim, value)), ErrorKind::kTokenMissing) << claim << " " << value;
    }
  }
}

TEST(TokenTest, TheCacheStillLooksAtTimeAndSecret) {
  TokenCache cache;
  const std::string token = With("exp", std::to_string(kNowSeconds + 60));
  EXPECT_TRUE(cache.Verify("key", token, kSecret, kNow));
  EXPECT_EQ(cache.Verify("key", token, kSecret, kNow + std::chrono::minutes(2)).error().kind(),
            ErrorKind::kTokenExpired);
  // The key got a new secret.
  EXPECT_EQ(cache.Verify("key", token, "new-secret", kNow).error().kind(),
            ErrorKind::kTokenSignature);
  EXPECT_EQ(cache.Verify("other", token, "other-secret", kNow).error().kind(),
            ErrorKind::kTokenSignature);
  EXPECT_TRUE(cache.Verify("key", token, kSecret, kNow));
}

TEST(TokenTest, TheCacheForgets) {
  TokenCache cache;
  for (int i = 0; i < 5000; ++i) {
    ASSERT_TRUE(
        cache.Verify("key", Token(R"({"user_id":"u)" + std::to_string(i) + "\"}"), kSecret, kNow));
  }
}

}  // namespace
}  // namespace hookline::api
