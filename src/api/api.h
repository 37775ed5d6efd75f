#pragma once

#include <boost/asio/awaitable.hpp>
#include <functional>
#include <memory>
#include <string>

#include "api/environment.h"
#include "hooks/sync_caller.h"
#include "net/http_message.h"
#include "store/store.h"

namespace hookline::api {

/// Answers HTTP requests: Stream's API, the admin routes, health and metrics. Thread-safe. What
/// the constructor is given must outlive it.
class Api {
 public:
  struct Dependencies {
    store::Store& store;
    settings::Directory& directory;
    const Clock& clock;
    hooks::SyncCaller& sync_caller;
    TestWebhook test_webhook;
    /// Told of every change of an app, after its commit, on the writer's thread.
    std::function<void(settings::AppPtr)> on_app_changed;
    /// The metrics page, in Prometheus' text format.
    std::function<std::string()> metrics;
  };

  Api(Dependencies dependencies, ApiOptions options);
  ~Api();
  Api(const Api&) = delete;
  Api& operator=(const Api&) = delete;

  boost::asio::awaitable<net::HttpResponse> Handle(net::HttpRequest request);

  /// The answer to a request that is broken as HTTP, in the same shape as every other error.
  static net::HttpResponse TransportError(ErrorKind kind, const std::string& message);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace hookline::api
