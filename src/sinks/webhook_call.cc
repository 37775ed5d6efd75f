#include "sinks/webhook_call.h"

#include <fmt/core.h>

#include <utility>

namespace hookline::sinks {
namespace {

// The answer's body is not looked at; a little is read so that the connection can be kept.
constexpr std::size_t kAnswerBytesKept = 0;
constexpr std::size_t kKeysMax = 10'000;

delivery::FailureClass ToFailureClass(net::Failure failure) {
  switch (failure) {
    case net::Failure::kNone:
    case net::Failure::kCancelled:
      return delivery::FailureClass::kNone;
    case net::Failure::kDns:
      return delivery::FailureClass::kDns;
    case net::Failure::kRefused:
      return delivery::FailureClass::kRefused;
    case net::Failure::kReset:
      return delivery::FailureClass::kReset;
    case net::Failure::kTimeout:
      return delivery::FailureClass::kTimeout;
    case net::Failure::kTls:
      return delivery::FailureClass::kTls;
    case net::Failure::kHttp:
      return delivery::FailureClass::kHttp;
    case net::Failure::kTooLarge:
      return delivery::FailureClass::kTooLarge;
    case net::Failure::kBlocked:
      return delivery::FailureClass::kBlocked;
  }
  return delivery::FailureClass::kNone;
}

}  // namespace

CallBuilder::CallBuilder() = default;

CallBuilder::KnownKey& CallBuilder::KeyOf(const settings::App& app) {
  const settings::ApiKey& key = app.signing_key();
  if (const auto known = keys_.find(key.key);
      known != keys_.end() && known->second.secret == key.secret) {
    return known->second;
  }
  if (keys_.size() >= kKeysMax) keys_.clear();
  auto headers = std::make_shared<const net::HeaderBlock>(std::vector<std::string>{
      "Content-Type: application/json",
      "User-Agent: Hookline/" HOOKLINE_VERSION,
      fmt::format("{}: {}", webhook::kApiKeyHeader, key.key),
  });
  return keys_
      .insert_or_assign(key.key,
                        KnownKey{key.secret, webhook::Signer(key.secret), std::move(headers)})
      .first->second;
}

net::HttpCall CallBuilder::Build(const settings::App& app, std::string url,
                                 std::shared_ptr<const std::string> body, const Uuid& webhook_id,
                                 int attempt) {
  const KnownKey& key = KeyOf(app);
  net::HttpCall call;
  call.url = std::move(url);
  call.common_headers = key.common_headers;
  call.headers.reserve(3);
  call.headers.push_back(fmt::format("{}: {}", webhook::kWebhookIdHeader, ToString(webhook_id)));
  call.headers.push_back(fmt::format("{}: {}", webhook::kWebhookAttemptHeader, attempt));
  call.headers.push_back(fmt::format("{}: {}", webhook::kSignatureHeader, key.signer.Sign(*body)));
  call.body = std::move(body);
  call.response_bytes_max = kAnswerBytesKept;
  return call;
}

delivery::AttemptOutcome ToAttemptOutcome(net::HttpOutcome outcome) {
  delivery::AttemptOutcome result;
  result.cancelled = outcome.failure == net::Failure::kCancelled;
  result.failure = ToFailureClass(outcome.failure);
  result.status = outcome.failure == net::Failure::kNone ? outcome.status : 0;
  result.retry_after = std::move(outcome.retry_after);
  result.elapsed = outcome.elapsed;
  result.detail = std::move(outcome.detail);
  return result;
}

}  // namespace hookline::sinks
