#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "api/environment.h"
#include "hooks/sync_caller.h"
#include "net/http_server.h"
#include "store/store.h"

namespace hookline::api {

/// Which of the routes a listener has.
enum class Door : std::uint8_t {
  kAll,
  kPublic,  ///< All but metrics and admin routes.
  kAdmin,   ///< Metrics, admin routes and health.
};

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

  /// Routes and authenticates a request by its head. What it returns may be used as long as this
  /// object lives.
  net::Admission Admit(const net::HttpRequest& head, Door door);

  /// The answer to a request that is broken as HTTP or came at a bad time, in the same shape as
  /// every other error. `head` as for net::ErrorReply.
  net::HttpResponse TransportError(ErrorKind kind, const std::string& message,
                                   const net::HttpRequest* head) const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace hookline::api
