#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "api/rate_limiter.h"
#include "base/clock.h"
#include "chat/context.h"
#include "delivery/router.h"
#include "settings/directory.h"
#include "store/store.h"

namespace hookline::api {

/// How the API behaves; set by the composition root, constant afterwards.
struct ApiOptions {
  bool allow_http_targets = false;  ///< docs/contract/rulings.md#28.
  std::string admin_token;          ///< Empty: the admin routes are off.
  std::int64_t rate_limit_per_minute = 1'000'000'000;
  std::vector<std::string> cors_origins{"*"};  ///< See Cors.
  std::vector<std::string> trusted_proxies;    ///< Peers whose X-Forwarded-For is believed.
  /// Where clients reach this server, without a slash at its end; empty: where they say they do.
  std::string public_url;
  bool tls = false;  ///< The API's listener speaks TLS itself.
  /// How long an ephemeral message is kept after it was made or changed last.
  std::chrono::seconds ephemeral_lifetime{3600};
  std::chrono::milliseconds command_timeout{1000};  ///< For a command's handler to answer.
  chat::Limits limits;
  std::size_t body_bytes_max = 2U << 20;  ///< Of a request body, after decoding.
};

/// Makes one signed call to a webhook URL and tells what came of it; thread-safe. `done` is called
/// exactly once, on any thread.
using TestWebhook =
    std::function<void(settings::AppPtr app, std::string url, std::string body,
                       std::move_only_function<void(delivery::AttemptOutcome)> done)>;

/// What the operations share. Thread-safe.
class Environment {
 public:
  Environment(const Clock& clock, settings::Directory& directory, ApiOptions options,
              std::size_t operations, std::function<void(settings::AppPtr)> on_app_changed)
      : clock_(clock),
        directory_(directory),
        options_(std::move(options)),
        limiter_(options_.rate_limit_per_minute, operations),
        on_app_changed_(std::move(on_app_changed)) {}

  const Clock& clock() const { return clock_; }
  settings::Directory& directory() { return directory_; }
  const ApiOptions& options() const { return options_; }
  RateLimiter& limiter() { return limiter_; }

  /// Once the transaction is committed, makes the app as it is now known to everybody.
  void PublishOnCommit(store::Tx& tx, settings::AppPtr app) {
    tx.OnCommit([this, app = std::move(app)] {
      directory_.Publish(app);
      on_app_changed_(app);
    });
  }

 private:
  const Clock& clock_;
  settings::Directory& directory_;
  const ApiOptions options_;
  RateLimiter limiter_;
  const std::function<void(settings::AppPtr)> on_app_changed_;
};

/// Hands the domain's events to delivery: one per write job.
class EventRelay final : public chat::EventSink {
 public:
  EventRelay(delivery::Tx& tx, const settings::App& app, Timestamp wall_now, Timestamp due)
      : tx_(tx), app_(app), wall_now_(wall_now), due_(due) {}

  void Emit(const chat::Event& event) override {
    delivery::RoutedEvent routed;
    routed.type = event.type;
    routed.custom = event.custom;
    routed.channel_type = event.channel_type;
    routed.channel_id = event.channel_id;
    routed.cid = event.cid;
    routed.user_id = event.user_id;
    routed.created_at = wall_now_;
    routed.encode = [&event](bool v2) {
      return event.encode(v2 ? chat::Format::kV2 : chat::Format::kV1);
    };
    delivery::Route(tx_, app_, routed, due_);
  }

  void Refuse(const Error& error) override {
    if (!refusal_) refusal_ = error;
  }

  /// Why the request that caused the events must fail; none: it need not.
  const std::optional<Error>& refusal() const { return refusal_; }

 private:
  delivery::Tx& tx_;
  const settings::App& app_;
  const Timestamp wall_now_;
  const Timestamp due_;
  std::optional<Error> refusal_;
};

}  // namespace hookline::api
