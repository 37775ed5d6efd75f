#include "hookline/webhook_error.h"

namespace hookline::webhook {

const char* InvalidWebhookError::what() const noexcept {
  switch (code_) {
    case WebhookErrorCode::kSignatureMismatch:
      return "signature mismatch";
    case WebhookErrorCode::kInvalidBase64:
      return "invalid base64 encoding";
    case WebhookErrorCode::kGzipFailed:
      return "gzip decompression failed";
    case WebhookErrorCode::kInvalidJson:
      return "invalid JSON payload";
  }
  return "invalid webhook";
}

}  // namespace hookline::webhook
