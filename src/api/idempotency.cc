#include "api/idempotency.h"

#include <fmt/core.h>

#include <utility>

#include "base/crypto.h"

namespace hookline::api {
namespace {

constexpr std::size_t kKeyBytesMax = 255;
constexpr std::size_t kBodyBytesMax = 64 * 1024;
// For each app. From the first on, only names are kept where an answer can be built of them; at
// the second, the oldest answers are forgotten.
constexpr std::int64_t kNamesOnlyFrom = 32 * 1024 * 1024;
constexpr std::int64_t kBytesMax = 64 * 1024 * 1024;

// Who is called and by which connection does not make another request.
bool Matters(std::string_view parameter) {
  return parameter != "api_key" && parameter != "connection_id";
}

std::string Fingerprint(const net::HttpRequest& request) {
  std::string text = fmt::format("{} {}\n", request.method, request.path);
  for (const auto& [name, value] : request.query) {
    if (!Matters(name)) continue;
    text += name;
    text += '=';
    text += value;
    text += '\n';
  }
  text += '\n';
  text += request.body;
  return Sha256Hex(text);
}

}  // namespace

Result<std::optional<IdempotentRequest>> IdempotentRequest::Of(const Exchange& exchange) {
  const net::HttpRequest& http = exchange.request;
  const auto key = http.Header("Idempotency-Key");
  if (http.method != "POST" || !key || key->empty()) return std::nullopt;
  if (key->size() > kKeyBytesMax) return InputError("the Idempotency-Key is too long");
  const Call& call = exchange.call;
  IdempotentRequest request;
  request.key_ = {call.app->id, call.caller.server ? "" : call.caller.user_id, std::string(*key)};
  request.fingerprint_ = Fingerprint(http);
  request.request_bytes_ = http.body.size();
  return request;
}

Result<std::optional<store::IdempotentReply>> IdempotentRequest::Find(store::Reader& reader) const {
  auto known = reader.FindIdempotentReply(key_);
  if (known && known->fingerprint != fingerprint_) {
    return InputError("the Idempotency-Key was used for another request");
  }
  return known;
}

void IdempotentRequest::Keep(store::Tx& tx, const ReplyNotes& notes, int status,
                             const std::string& body, Timestamp now) const {
  if (!notes.keep) return;
  store::IdempotentReply reply{fingerprint_, status, {}, notes.made, now};
  if (notes.made.empty()) {
    // Such an answer says little more than the request did; otherwise it is not worth its room.
    if (body.size() > kBodyBytesMax + request_bytes_) return;
    reply.body = body;
  } else if (body.size() <= kBodyBytesMax && tx.IdempotentBytes(key_.app) < kNamesOnlyFrom) {
    reply.body = body;
  }
  tx.PutIdempotentReply(key_, reply, kBytesMax);
}

}  // namespace hookline::api
