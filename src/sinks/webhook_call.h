#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/uuid.h"
#include "delivery/model.h"
#include "hookline/signature.h"
#include "net/http_call.h"
#include "net/http_loop.h"
#include "settings/app.h"

/// What a webhook call is on the wire (hooks.md §1.6).
namespace hookline::sinks {

/// Makes signed calls for many apps. Used on one thread.
class CallBuilder {
 public:
  CallBuilder();

  /// A POST of `body`, signed with the app's oldest key. Requires: the app has a key.
  net::HttpCall Build(const settings::App& app, std::string url,
                      std::shared_ptr<const std::string> body, const Uuid& webhook_id, int attempt);

 private:
  struct KnownKey {
    std::string secret;
    webhook::Signer signer;
    std::shared_ptr<const net::HeaderBlock> common_headers;
  };
  KnownKey& KeyOf(const settings::App& app);

  /// By API key; an app's signing key seldom changes, and the number of apps is bounded.
  std::unordered_map<std::string, KnownKey> keys_;
};

/// The outcome as delivery knows it.
delivery::AttemptOutcome ToAttemptOutcome(net::HttpOutcome outcome);

}  // namespace hookline::sinks
