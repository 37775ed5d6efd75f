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

/// Sends deliveries, signed (docs/contract/hooks.md#delivery). Lives on one HttpLoop and is used
/// on its thread only; the loop outlives it, and it outlives the calls.
class HttpSink final : public delivery::Sink {
 public:
  explicit HttpSink(net::HttpLoop& loop) : loop_(loop) {}
  HttpSink(const HttpSink&) = delete;
  HttpSink& operator=(const HttpSink&) = delete;

  void Start(delivery::Attempt attempt,
             std::move_only_function<void(delivery::AttemptOutcome)> done) override;

 private:
  /// What the calls of one app have in common, as long as its settings stay.
  struct Caller {
    explicit Caller(settings::AppPtr from);

    settings::AppPtr app;
    webhook::CallKey call_key;
    std::shared_ptr<const net::HeaderBlock> headers;
    bool compress;
  };
  /// The last body made ready: one event to many hooks of an app is signed and compressed once.
  struct Prepared {
    std::shared_ptr<const std::string> plain;
    const Caller* caller = nullptr;
    std::string signature;
    std::shared_ptr<const std::string> sent;  ///< `plain`, or its gzip stream.
  };

  const Caller& CallerOf(const settings::AppPtr& app);
  const Prepared& Prepare(const Caller& caller, const std::shared_ptr<const std::string>& body);

  net::HttpLoop& loop_;
  std::unordered_map<AppId, std::unique_ptr<const Caller>> callers_;
  Prepared last_;
};

}  // namespace hookline::sinks
