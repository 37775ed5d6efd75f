// Tokens: nobody is let in whom the secret does not vouch for. The first line of an input says what
// the rest is: "raw" a token as it came; anything else is the header of a token that is signed
// here, whose claims are the rest.
#include "api/token.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <string>

#include "base/json.h"
#include "fuzz/input.h"

namespace hookline::api {
namespace {

constexpr Timestamp kNow{1'767'225'600'000'000'000};  // 2026-01-01T00:00:00Z
const std::string& Secret() {
  static const std::string secret = "a-secret-of-an-app";
  return secret;
}

std::string Base64Url(std::string_view bytes) {
  std::string out(4 * ((bytes.size() + 2) / 3) + 1, '\0');
  const int size = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                                   reinterpret_cast<const unsigned char*>(bytes.data()),
                                   static_cast<int>(bytes.size()));
  out.resize(static_cast<std::size_t>(size));
  while (out.ends_with('=')) out.pop_back();
  for (char& c : out) c = c == '+' ? '-' : c == '/' ? '_' : c;
  return out;
}

std::string Signature256(std::string_view signed_text, const std::string& secret) {
  unsigned char mac[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()),
       reinterpret_cast<const unsigned char*>(signed_text.data()), signed_text.size(), mac, &size);
  return Base64Url({reinterpret_cast<const char*>(mac), size});
}

std::string Sign(std::string_view header, std::string_view claims, const std::string& secret) {
  const std::string text = Base64Url(header) + "." + Base64Url(claims);
  return text + "." + Signature256(text, secret);
}

bool IsSame(const Claims& a, const Claims& b) {
  return a.server == b.server && a.user_id == b.user_id && a.issued_at == b.issued_at &&
         a.not_before == b.not_before && a.expires_at == b.expires_at;
}

// Spellings of base64 differ in padding and alphabet, not in what they say.
std::string Plain(std::string_view base64) {
  std::string out;
  for (const char c : base64) {
    if (c != '=') out += c == '+' ? '-' : c == '/' ? '_' : c;
  }
  return out;
}

void CheckSigned(std::string_view token) {
  const std::size_t first = token.find('.');
  const std::size_t second = token.find('.', first + 1);
  HOOKLINE_CHECK(second != std::string_view::npos);
  HOOKLINE_CHECK(Plain(token.substr(second + 1)) ==
                 Signature256(token.substr(0, second), Secret()));
}

void CheckTimesOf(const Claims& claims) {
  const auto at = [&](std::int64_t seconds) {
    return CheckTimes(claims, Timestamp{kNow.ns + seconds * 1'000'000'000}).has_value();
  };
  const bool expired = claims.expires_at && claims.expires_at <= kNow;
  HOOKLINE_CHECK(!expired || !at(0));
  // Once expired it stays so; and what is valid now and never expires, stays valid.
  HOOKLINE_CHECK(!expired || !at(3600));
  if (at(0) && !claims.expires_at) HOOKLINE_CHECK(at(3600));
  const Timestamp soon = kNow + std::chrono::minutes(1);
  if (claims.not_before > soon || claims.issued_at > soon) HOOKLINE_CHECK(!at(0));
}

// One token, whoever made it.
Result<Claims> Check(std::string_view token) {
  auto claims = DecodeToken(token, Secret());
  const auto unchecked = DecodeToken(token, Secret(), Signature::kIgnored);
  TokenCache cache;
  const auto first = cache.Verify("key", token, Secret(), kNow);
  const auto second = cache.Verify("key", token, Secret(), kNow);
  HOOKLINE_CHECK(first.has_value() == second.has_value());
  HOOKLINE_CHECK(!DecodeToken(token, ""));
  // What was remembered for one secret is worth nothing for another.
  HOOKLINE_CHECK(!cache.Verify("key", token, Secret() + "x", kNow));
  if (!claims) {
    HOOKLINE_CHECK(claims.error().kind() == ErrorKind::kTokenMissing ||
                   claims.error().kind() == ErrorKind::kTokenSignature);
    HOOKLINE_CHECK(!first);
    return claims;
  }
  CheckSigned(token);
  CheckTimesOf(*claims);
  HOOKLINE_CHECK(claims->server == claims->user_id.empty());
  HOOKLINE_CHECK(unchecked.has_value() && IsSame(*claims, *unchecked));
  HOOKLINE_CHECK(first.has_value() == CheckTimes(*claims, kNow).has_value());
  HOOKLINE_CHECK(!first || IsSame(*claims, *first));
  HOOKLINE_CHECK(!second || IsSame(*claims, *second));
  return claims;
}

// A token that the secret has signed is taken exactly if its header and claims are what they must
// be.
void CheckOwn(std::string_view header, std::string_view claims) {
  const std::string token = Sign(header, claims, Secret());
  const auto decoded = Check(token);
  HOOKLINE_CHECK(!DecodeToken(Sign(header, claims, "another-secret"), Secret()));
  HOOKLINE_CHECK(!DecodeToken(token.substr(0, token.rfind('.')), Secret()));
  HOOKLINE_CHECK(!DecodeToken(token.substr(0, token.rfind('.') + 1), Secret()));
  if (!decoded) return;
  const auto header_json = json::Document::Parse(header);
  const auto claims_json = json::Document::Parse(claims);
  if (!header_json || !claims_json) return;  // The library's parser is more lenient than ours.
  HOOKLINE_CHECK(header_json->root()["alg"].AsString() == "HS256");
  HOOKLINE_CHECK(!header_json->root()["crit"]);
  const json::Value root = claims_json->root();
  if (const json::Value user = root["user_id"]) {
    HOOKLINE_CHECK(!decoded->server && user.AsString() == decoded->user_id);
  } else {
    HOOKLINE_CHECK(decoded->server);
    HOOKLINE_CHECK(!root["role"] && !root["channel_cids"] && !root["call_cids"]);
  }
  HOOKLINE_CHECK(root["exp"].IsMissingOrNull() == !decoded->expires_at);
  HOOKLINE_CHECK(root["nbf"].IsMissingOrNull() == !decoded->not_before);
  HOOKLINE_CHECK(root["iat"].IsMissingOrNull() == !decoded->issued_at);
}

}  // namespace
}  // namespace hookline::api

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  hookline::fuzz::Input input(data, size);
  const std::string_view first = input.Line();
  if (first == "raw") {
    const auto claims = hookline::api::Check(input.Rest());
    HOOKLINE_CHECK(!claims || !input.Rest().empty());
  } else {
    hookline::api::CheckOwn(first, input.Rest());
  }
  return 0;
}
