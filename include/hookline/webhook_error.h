#pragma once

#include <exception>

namespace hookline::webhook {

/// Why a webhook call or queue message was refused.
enum class WebhookErrorCode {
  kSignatureMismatch,  ///< "signature mismatch"
  kInvalidBase64,      ///< "invalid base64 encoding"
  kGzipFailed,         ///< "gzip decompression failed"
  kInvalidJson,        ///< "invalid JSON payload"
};

/// The one error of this library about what was received. Everything else that can be thrown is
/// std::bad_alloc, std::invalid_argument (an empty secret given to a Signer) or std::runtime_error
/// (OpenSSL has no working SHA-256).
class InvalidWebhookError : public std::exception {
 public:
  /// `detail` must be a text with static storage duration; it says more for a person.
  explicit InvalidWebhookError(WebhookErrorCode code, const char* detail = "") noexcept
      : code_(code), detail_(detail) {}

  WebhookErrorCode code() const noexcept { return code_; }

  /// Exactly the text listed at the code: the same texts as Stream's own helpers, safe to log and
  /// to compare.
  const char* what() const noexcept override;

  /// What exactly was wrong, for a log; may be empty and may change between versions.
  const char* detail() const noexcept { return detail_; }

 private:
  WebhookErrorCode code_;
  const char* detail_;
};

}  // namespace hookline::webhook
