#include "hookline/webhook.h"

#include "webhook/base64.h"
#include "webhook/event_parser.h"
#include "webhook/gzip.h"
#include "webhook/outcome.h"

namespace hookline::webhook {
namespace {

Outcome<std::string> Inflate(std::string_view body, std::size_t max_inflated_bytes) {
  if (IsGzip(body)) return Gunzip(body, max_inflated_bytes);
  return std::string(body);
}

std::string_view Trim(std::string_view text) {
  constexpr std::string_view kWhiteSpace = " \t\r\n";
  const std::size_t first = text.find_first_not_of(kWhiteSpace);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kWhiteSpace) - first + 1);
}

bool LooksLikeObject(std::string_view trimmed) { return trimmed.substr(0, 1) == "{"; }

Outcome<std::string> DecodeSqs(std::string_view body, std::size_t max_inflated_bytes) {
  // Neither of the two can begin a base64 text. Gzip is not trimmed: any byte may end it.
  const std::string_view trimmed = Trim(body);
  if (IsGzip(body)) return Gunzip(body, max_inflated_bytes);
  if (LooksLikeObject(trimmed)) return std::string(trimmed);
  const auto decoded = DecodeBase64(trimmed);
  if (!decoded) return InvalidWebhookError(WebhookErrorCode::kInvalidBase64);
  return Inflate(*decoded, max_inflated_bytes);
}

Outcome<std::string> DecodeSns(std::string_view body, std::size_t max_inflated_bytes) {
  if (LooksLikeObject(Trim(body))) {
    const Outcome<Event> envelope = EventParser::Parse(std::string(body));
    // What is no valid object is no envelope; it may still be reported as a message.
    if (const Event* const object = std::get_if<Event>(&envelope)) {
      if (const auto message = object->StringField("Message")) {
        return DecodeSqs(*message, max_inflated_bytes);
      }
    }
  }
  return DecodeSqs(body, max_inflated_bytes);
}

EventOrError ParseDecoded(Outcome<std::string> decoded) {
  if (const auto* const error = std::get_if<InvalidWebhookError>(&decoded)) return *error;
  return EventParser::Parse(std::get<std::string>(std::move(decoded)));
}

}  // namespace

EventOrError TryVerifyAndParseWebhook(std::string_view raw_body, std::string_view signature,
                                      const Signer& signer, std::size_t max_inflated_bytes) {
  Outcome<std::string> plain = Inflate(raw_body, max_inflated_bytes);
  if (const auto* const json = std::get_if<std::string>(&plain)) {
    if (!signer.Verify(*json, signature)) {
      return InvalidWebhookError(WebhookErrorCode::kSignatureMismatch);
    }
  }
  return ParseDecoded(std::move(plain));
}

Event VerifyAndParseWebhook(std::string_view raw_body, std::string_view signature,
                            const Signer& signer, std::size_t max_inflated_bytes) {
  return ValueOrThrow(TryVerifyAndParseWebhook(raw_body, signature, signer, max_inflated_bytes));
}

Event VerifyAndParseWebhook(std::string_view raw_body, std::string_view signature,
                            std::string_view secret, std::size_t max_inflated_bytes) {
  if (secret.empty()) {
    GunzipPayload(raw_body, max_inflated_bytes);  // Its failure comes first here as well.
    throw InvalidWebhookError(WebhookErrorCode::kSignatureMismatch, "the secret is empty");
  }
  return VerifyAndParseWebhook(raw_body, signature, Signer(secret), max_inflated_bytes);
}

EventOrError TryParseSqs(std::string_view body, std::size_t max_inflated_bytes) {
  return ParseDecoded(DecodeSqs(body, max_inflated_bytes));
}

Event ParseSqs(std::string_view body, std::size_t max_inflated_bytes) {
  return ValueOrThrow(TryParseSqs(body, max_inflated_bytes));
}

EventOrError TryParseSns(std::string_view body, std::size_t max_inflated_bytes) {
  return ParseDecoded(DecodeSns(body, max_inflated_bytes));
}

Event ParseSns(std::string_view body, std::size_t max_inflated_bytes) {
  return ValueOrThrow(TryParseSns(body, max_inflated_bytes));
}

std::string GunzipPayload(std::string_view body, std::size_t max_inflated_bytes) {
  return ValueOrThrow(Inflate(body, max_inflated_bytes));
}

std::string DecodeSqsPayload(std::string_view body, std::size_t max_inflated_bytes) {
  return ValueOrThrow(DecodeSqs(body, max_inflated_bytes));
}

std::string DecodeSnsPayload(std::string_view body, std::size_t max_inflated_bytes) {
  return ValueOrThrow(DecodeSns(body, max_inflated_bytes));
}

Event ParseEvent(std::string_view json) {
  return ValueOrThrow(EventParser::Parse(std::string(json)));
}

}  // namespace hookline::webhook
