#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>

#include "base/ids.h"
#include "delivery/sink.h"
#include "net/http_loop.h"
#include "webhook/call/call.h"

namespace hookline::sinks {

/// What an HttpOutcome means to delivery.
delivery::AttemptOutcome ToAttemptOutcome(net::HttpOutcome outcome);

/// Sends deliveries as signed POSTs: push hooks (hooks.md 1.6). Lives on one HttpLoop and is used
/// on its thread only; the loop outlives it, and it outlives the calls.
class HttpSink final : public delivery::Sink {
 public:
  explicit HttpSink(net::HttpLoop& loop) : loop_(loop) {}
  HttpSink(const HttpSink&) = delete;
  HttpSink& operator=(const HttpSink&) = delete;

  void Start(delivery::Attempt attempt,
             std::move_only_function<void(delivery::AttemptOutcome)> done) override;

 private:
  /// What the calls of one app have in common, as long as its oldest key stays.
  struct Caller {
    explicit Caller(const settings::ApiKey& from)
        : key(from.key),
          secret(from.secret),
          call_key(from.key, from.secret),
          headers(std::make_shared<net::HeaderBlock>(call_key.CommonHeaders())) {}

    std::string key;
    std::string secret;
    webhook::CallKey call_key;
    std::shared_ptr<const net::HeaderBlock> headers;
  };
  /// The last signature made: one event to many hooks of an app is signed once.
  struct Signed {
    std::shared_ptr<const std::string> body;
    const Caller* caller = nullptr;
    std::string signature;
  };

  const Caller& CallerOf(const settings::App& app);
  const std::string& Sign(const Caller& caller, const std::shared_ptr<const std::string>& body);

  net::HttpLoop& loop_;
  std::unordered_map<AppId, std::unique_ptr<const Caller>> callers_;
  Signed last_;
};

}  // namespace hookline::sinks
