#pragma once

/// Receiving webhooks from Hookline (or Stream Chat) in C++17.
///
///   auto event = hookline::webhook::VerifyAndParseWebhook(body, x_signature_header, api_secret);
///   if (event.type() == "message.new") ...
///
/// All functions are thread-safe, keep no state between calls and take views that they use only
/// during the call. Functions that say "throws" throw InvalidWebhookError with the named code; the
/// Try... variants return it instead, for code that does not want exceptions for bad input.
///
/// A body is taken as compressed if it starts with the gzip magic bytes 1f 8b, whatever the
/// headers say, because web frameworks differ in who inflates a request. `max_inflated_bytes`
/// bounds what an inflated body may occupy. It is applied before a signature can be checked (that
/// is over the plain bytes), so keep it at what your process can spare per request.

#include <cstddef>
#include <string>
#include <string_view>
#include <variant>

#include "hookline/event.h"
#include "hookline/signature.h"
#include "hookline/webhook_error.h"

namespace hookline::webhook {

/// 16 MiB: far above the largest event, and little enough for one request.
inline constexpr std::size_t kDefaultMaxInflatedBytes = std::size_t{16} << 20;

/// An event, or why it was refused.
using EventOrError = std::variant<Event, InvalidWebhookError>;

// ---- Complete calls -----------------------------------------------------------------------------

/// Inflates the body of an HTTP call if it is compressed, checks the value of its X-Signature
/// header, and parses it. Throws kGzipFailed, then kSignatureMismatch, then kInvalidJson: nothing
/// in an unsigned body is looked at. An empty `secret` matches no signature.
Event VerifyAndParseWebhook(std::string_view raw_body, std::string_view signature,
                            std::string_view secret,
                            std::size_t max_inflated_bytes = kDefaultMaxInflatedBytes);
/// The same with a Signer that lives longer than one call: cheaper in a busy receiver.
Event VerifyAndParseWebhook(std::string_view raw_body, std::string_view signature,
                            const Signer& signer,
                            std::size_t max_inflated_bytes = kDefaultMaxInflatedBytes);
EventOrError TryVerifyAndParseWebhook(std::string_view raw_body, std::string_view signature,
                                      const Signer& signer,
                                      std::size_t max_inflated_bytes = kDefaultMaxInflatedBytes);

/// Decodes and parses the body of an SQS message. Queue messages carry no signature: access to the
/// queue is what proves their origin. Throws kInvalidBase64, kGzipFailed or kInvalidJson.
Event ParseSqs(std::string_view body, std::size_t max_inflated_bytes = kDefaultMaxInflatedBytes);
EventOrError TryParseSqs(std::string_view body,
                         std::size_t max_inflated_bytes = kDefaultMaxInflatedBytes);

/// The same for what an SNS subscriber receives: the notification envelope, or the message itself
/// where raw delivery is on. Throws as ParseSqs. Amazon's signature of the envelope is not checked.
Event ParseSns(std::string_view body, std::size_t max_inflated_bytes = kDefaultMaxInflatedBytes);
EventOrError TryParseSns(std::string_view body,
                         std::size_t max_inflated_bytes = kDefaultMaxInflatedBytes);

// ---- The steps ----------------------------------------------------------------------------------

/// The plain bytes of `body`: inflated if it starts with 1f 8b, else as they are. Throws
/// kGzipFailed if the stream is damaged, cut short, followed by something else, or would inflate
/// to more than `max_inflated_bytes`; memory use stays within about twice that limit.
std::string GunzipPayload(std::string_view body,
                          std::size_t max_inflated_bytes = kDefaultMaxInflatedBytes);

/// The event text in an SQS message: a body that begins as a JSON object (or as gzip) stands for
/// itself, any other must be standard, padded base64; then GunzipPayload. White space around the
/// body is ignored. Throws kInvalidBase64 or kGzipFailed.
std::string DecodeSqsPayload(std::string_view body,
                             std::size_t max_inflated_bytes = kDefaultMaxInflatedBytes);

/// DecodeSqsPayload of the string member `Message` if `body` is a JSON object that has one, else
/// of `body` itself.
std::string DecodeSnsPayload(std::string_view body,
                             std::size_t max_inflated_bytes = kDefaultMaxInflatedBytes);

/// Checks that `json` is one valid JSON object in UTF-8 (which an escape of half a surrogate pair
/// is not), nested at most 256 levels, and gives access to its members. Numbers need not fit any
/// machine type. Throws kInvalidJson.
Event ParseEvent(std::string_view json);

}  // namespace hookline::webhook
