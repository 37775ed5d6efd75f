#include "api/api.h"

#include <fmt/core.h>
#include <spdlog/spdlog.h>

#include <chrono>
#include <optional>
#include <utility>

#include "api/admin.h"
#include "api/authenticate.h"
#include "api/await_store.h"
#include "api/error_reply.h"
#include "api/push_check.h"
#include "api/router.h"
#include "base/crypto.h"

namespace hookline::api {
namespace {

using boost::asio::awaitable;
using std::chrono::steady_clock;

constexpr std::chrono::hours kIdempotencyLifetime{24};
constexpr std::size_t kIdempotencyKeyBytesMax = 255;

net::HttpResponse JsonResponse(int status, std::string body) {
  net::HttpResponse response;
  response.status = status;
  response.headers.emplace_back("Content-Type", "application/json");
  response.body = std::move(body);
  return response;
}

net::HttpResponse TextResponse(int status, std::string body) {
  net::HttpResponse response;
  response.status = status;
  response.headers.emplace_back("Content-Type", "text/plain; charset=utf-8");
  response.body = std::move(body);
  return response;
}

Error StoreError(store::Commit commit) {
  if (commit == store::Commit::kRejected) {
    return Error(ErrorKind::kUnavailable, "the server is busy, try again");
  }
  return Error(ErrorKind::kInternal, "the change could not be stored");
}

// Closes the object that an operation has written.
std::string Finish(json::Writer& w, std::chrono::nanoseconds elapsed) {
  w.Field("duration", FormatDuration(elapsed));
  w.EndObject();
  return w.Take();
}

}  // namespace

class Api::Impl {
 public:
  Impl(Dependencies dependencies, ApiOptions options)
      : deps_(std::move(dependencies)),
        environment_(deps_.clock, deps_.directory, std::move(options), router_.size(),
                     deps_.on_app_changed) {}

  awaitable<net::HttpResponse> Handle(net::HttpRequest request);

 private:
  // One request from its first byte to its answer.
  struct Exchange {
    net::HttpRequest request;
    steady_clock::time_point started;
    Call call;

    std::chrono::nanoseconds elapsed() const { return steady_clock::now() - started; }
    std::string_view operation() const { return call.operation->name; }
    net::HttpResponse Fail(const Error& error) const {
      return ErrorResponse(error, operation(), elapsed());
    }
  };

  awaitable<net::HttpResponse> HandleOperation(net::HttpRequest request);
  awaitable<net::HttpResponse> HandleAdmin(net::HttpRequest request);
  awaitable<net::HttpResponse> HandleReady();

  Result<void> Prepare(Exchange& exchange, const Router::Match& match);
  awaitable<net::HttpResponse> Execute(Exchange& exchange);
  awaitable<net::HttpResponse> ExecuteWrite(Exchange& exchange);
  awaitable<net::HttpResponse> ExecuteRead(Exchange& exchange);
  awaitable<net::HttpResponse> ExecuteCheckPush(Exchange& exchange);

  Result<void> RunWrite(const Exchange& exchange, store::Tx& tx, json::Writer& w);
  awaitable<void> RememberFailure(const Exchange& exchange, const std::string& key,
                                  const net::HttpResponse& response);

  const Dependencies deps_;
  const Router router_;
  Environment environment_;
};

namespace {

std::string Fingerprint(const net::HttpRequest& request) {
  return Sha256Hex(fmt::format("{} {}\n{}", request.method, request.path, request.body));
}

void AddRateHeaders(net::HttpResponse& response, const RateStatus& rate) {
  response.headers.emplace_back("X-Ratelimit-Limit", fmt::format("{}", rate.limit));
  response.headers.emplace_back("X-Ratelimit-Remaining", fmt::format("{}", rate.remaining));
  response.headers.emplace_back("X-Ratelimit-Reset", fmt::format("{}", rate.reset));
}

// What an unauthenticated or unknown request is told: there is no app to count for.
RateStatus NoApp(std::int64_t limit, Timestamp now) {
  return {limit, limit, (now.ns / 1'000'000'000 / 60 + 1) * 60, false};
}

}  // namespace

awaitable<net::HttpResponse> Api::Impl::Handle(net::HttpRequest request) {
  if (request.path == "/healthz") co_return TextResponse(200, "ok\n");
  if (request.path == "/readyz") {
    auto ready = co_await HandleReady();
    co_return ready;
  }
  if (request.path == "/metrics") co_return TextResponse(200, deps_.metrics());
  if (request.path.starts_with("/admin/")) {
    auto response = co_await HandleAdmin(std::move(request));
    co_return response;
  }
  auto response = co_await HandleOperation(std::move(request));
  co_return response;
}

awaitable<net::HttpResponse> Api::Impl::HandleReady() {
  if (!deps_.store.healthy()) co_return TextResponse(503, "the store takes no writes\n");
  auto look = [](store::Reader& reader) { reader.FindTask(AppId{}, ""); };
  const store::Commit commit = co_await AwaitRead(deps_.store, std::move(look));
  if (commit != store::Commit::kCommitted)
    co_return TextResponse(503, "the store cannot be read\n");
  co_return TextResponse(200, "ready\n");
}

awaitable<net::HttpResponse> Api::Impl::HandleOperation(net::HttpRequest request) {
  Exchange exchange;
  exchange.request = std::move(request);
  exchange.started = steady_clock::now();
  exchange.call.http = &exchange.request;
  const Timestamp now = deps_.clock.WallNow();
  RateStatus rate = NoApp(environment_.options().rate_limit_per_minute, now);

  const Router::Match match = router_.Find(exchange.request.method, exchange.request.path);
  net::HttpResponse response;
  if (match.operation == nullptr) {
    response = ErrorResponse(Error(ErrorKind::kNotFound, "there is no such route"), "",
                             exchange.elapsed());
  } else if (auto prepared = Prepare(exchange, match); !prepared) {
    response = exchange.Fail(prepared.error());
  } else {
    rate = environment_.limiter().Take(exchange.call.app->id, match.index, now);
    if (rate.exceeded) {
      response = exchange.Fail(Error(ErrorKind::kRateLimited, "too many requests"));
      const std::int64_t wait = rate.reset - now.ns / 1'000'000'000;
      response.headers.emplace_back("Retry-After", fmt::format("{}", wait < 1 ? 1 : wait));
    } else {
      response = co_await Execute(exchange);
    }
  }
  AddRateHeaders(response, rate);
  co_return response;
}

Result<void> Api::Impl::Prepare(Exchange& exchange, const Router::Match& match) {
  Call& call = exchange.call;
  const net::HttpRequest& request = exchange.request;
  call.operation = match.operation;
  call.args = match.args;
  call.format = match.format;
  if (auto known = Authenticate(environment_, call); !known) return known;
  call.request_info = RequestInfoOf(request, call.caller, environment_.options());
  if (!call.operation->implemented()) {
    return Fail(ErrorKind::kNotImplemented,
                fmt::format("{} is not implemented by this server", call.operation->name));
  }
  if (call.operation->access == Access::kServerOnly && !call.caller.server) {
    return Fail(ErrorKind::kNotAllowed,
                fmt::format("{} needs a server token", call.operation->name));
  }
  // GET requests carry their JSON in a parameter.
  const std::string_view text =
      request.method == "GET" ? call.Param("payload") : std::string_view(request.body);
  if (text.empty()) return {};
  auto document = json::Document::Parse(text);
  if (!document) return std::unexpected(document.error());
  const bool may_be_scalar = call.operation->async == AsyncWork::kCheckPush;
  if (!document->root().IsObject() && !document->root().IsNull() && !may_be_scalar) {
    return InputError("the request must be a JSON object");
  }
  call.document = std::move(*document);
  return {};
}

awaitable<net::HttpResponse> Api::Impl::Execute(Exchange& exchange) {
  net::HttpResponse response;
  if (exchange.call.operation->write != nullptr) {
    response = co_await ExecuteWrite(exchange);
  } else if (exchange.call.operation->read != nullptr) {
    response = co_await ExecuteRead(exchange);
  } else {
    response = co_await ExecuteCheckPush(exchange);
  }
  co_return response;
}

Result<void> Api::Impl::RunWrite(const Exchange& exchange, store::Tx& tx, json::Writer& w) {
  const Call& call = exchange.call;
  // Routing goes by the committed settings; who changes them meanwhile has not been answered yet.
  const settings::AppPtr app = deps_.directory.Find(call.app->id);
  if (!app) return Fail(ErrorKind::kUnknownApiKey, "the app does not exist any more");
  if (auto checked = CheckCaller(tx, *app, call); !checked) return checked;
  const Timestamp now = deps_.clock.WallNow();
  EventRelay events(tx, *app, now, deps_.clock.ScheduleNow());
  chat::Context chat{tx, app->id, call.caller, events, call.request_info, now};
  WriteScope scope{call, tx, chat, environment_};
  return call.operation->write(scope, w);
}

awaitable<net::HttpResponse> Api::Impl::ExecuteWrite(Exchange& exchange) {
  const Call& call = exchange.call;
  std::string key(exchange.request.method == "POST"
                      ? exchange.request.Header("Idempotency-Key").value_or("")
                      : std::string_view());
  if (key.size() > kIdempotencyKeyBytesMax) {
    co_return exchange.Fail(Error(ErrorKind::kInput, "the Idempotency-Key is too long"));
  }
  const std::string fingerprint = key.empty() ? std::string() : Fingerprint(exchange.request);
  const int status = call.operation->success_status();
  json::Writer w;
  Result<void> result;
  std::optional<store::IdempotentReply> known;
  std::string body;
  auto run = [&](store::Tx& tx) {
    const Timestamp now = deps_.clock.WallNow();
    if (!key.empty()) {
      known = tx.FindIdempotentReply(call.app->id, key);
      if (known && known->created_at + kIdempotencyLifetime > now) return false;
      known.reset();
    }
    w.BeginObject();
    result = RunWrite(exchange, tx, w);
    if (!result) return false;
    if (!key.empty()) {
      body = Finish(w, exchange.elapsed());
      tx.PutIdempotentReply(call.app->id, key, {fingerprint, status, body, now});
    }
    return true;
  };
  const store::Commit commit = co_await AwaitWrite(deps_.store, std::move(run));
  if (commit == store::Commit::kFailed || commit == store::Commit::kRejected) {
    co_return exchange.Fail(StoreError(commit));
  }
  if (known) {
    if (known->fingerprint != fingerprint) {
      co_return exchange.Fail(
          Error(ErrorKind::kInput, "the Idempotency-Key was used for another request"));
    }
    co_return JsonResponse(known->status, std::move(known->body));
  }
  if (!result) {
    net::HttpResponse response = exchange.Fail(result.error());
    if (!key.empty()) co_await RememberFailure(exchange, key, response);
    co_return response;
  }
  if (key.empty()) body = Finish(w, exchange.elapsed());
  co_return JsonResponse(status, std::move(body));
}

// A refusal is the first answer too. It is written on its own, because the request's own work was
// rolled back; what went wrong on our side is not kept, so that a repeat gets through.
awaitable<void> Api::Impl::RememberFailure(const Exchange& exchange, const std::string& key,
                                           const net::HttpResponse& response) {
  if (response.status >= 500 || response.status == 401 || response.status == 429) co_return;
  const AppId app = exchange.call.app->id;
  auto run = [&](store::Tx& tx) {
    const Timestamp now = deps_.clock.WallNow();
    const auto known = tx.FindIdempotentReply(app, key);
    if (known && known->created_at + kIdempotencyLifetime > now) return false;
    tx.PutIdempotentReply(app, key,
                          {Fingerprint(exchange.request), response.status, response.body, now});
    return true;
  };
  const store::Commit commit = co_await AwaitWrite(deps_.store, std::move(run));
  if (commit == store::Commit::kFailed) spdlog::warn("an idempotent answer could not be kept");
}

awaitable<net::HttpResponse> Api::Impl::ExecuteRead(Exchange& exchange) {
  const Call& call = exchange.call;
  json::Writer w;
  w.BeginObject();
  Result<void> result;
  auto run = [&](store::Reader& reader) {
    result = CheckCaller(reader, *call.app, call);
    if (!result) return;
    ReadScope scope{
        call, reader, {reader, call.app->id, call.caller, deps_.clock.WallNow()}, environment_};
    result = call.operation->read(scope, w);
  };
  const store::Commit commit = co_await AwaitRead(deps_.store, std::move(run));
  if (commit != store::Commit::kCommitted) co_return exchange.Fail(StoreError(commit));
  if (!result) co_return exchange.Fail(result.error());
  co_return JsonResponse(call.operation->success_status(), Finish(w, exchange.elapsed()));
}

awaitable<net::HttpResponse> Api::Impl::ExecuteCheckPush(Exchange& exchange) {
  const Call& call = exchange.call;
  auto url = WebhookToTest(call, environment_.options());
  if (!url) co_return exchange.Fail(url.error());
  json::Writer w;
  w.BeginObject();
  if (*url) {
    auto start = [&](std::move_only_function<void(delivery::AttemptOutcome)> done) {
      deps_.test_webhook(call.app, **url, WebhookTestBody(call, deps_.clock.WallNow()),
                         std::move(done));
    };
    const delivery::AttemptOutcome outcome =
        co_await AwaitCallback<delivery::AttemptOutcome>(std::move(start));
    WriteWebhookTest(w, outcome);
  } else if (auto checked = CheckDevicePush(call, w); !checked) {
    co_return exchange.Fail(checked.error());
  }
  co_return JsonResponse(call.operation->success_status(), Finish(w, exchange.elapsed()));
}

awaitable<net::HttpResponse> Api::Impl::HandleAdmin(net::HttpRequest request) {
  const auto started = steady_clock::now();
  const auto fail = [&](const Error& error) {
    return ErrorResponse(error, "", steady_clock::now() - started);
  };
  const std::string& token = environment_.options().admin_token;
  const std::string given(request.Header("Authorization").value_or(""));
  if (token.empty() || !ConstantTimeEquals(given, "Bearer " + token)) {
    co_return fail(Error(ErrorKind::kTokenMissing, "the admin token is missing or wrong"));
  }
  std::vector<std::string> args;
  const AdminRoute* route = FindAdminRoute(request.method, request.path, args);
  if (route == nullptr) co_return fail(Error(ErrorKind::kNotFound, "there is no such route"));
  std::optional<json::Document> document;
  if (!request.body.empty()) {
    auto parsed = json::Document::Parse(request.body);
    if (!parsed) co_return fail(parsed.error());
    document = std::move(*parsed);
  }
  const AdminCall call{request, document ? document->root() : json::Value(), std::move(args),
                       environment_};
  json::Writer w;
  w.BeginObject();
  Result<void> result;
  store::Commit commit;
  if (route->write != nullptr) {
    auto run = [&](store::Tx& tx) {
      result = route->write(call, tx, w);
      return result.has_value();
    };
    commit = co_await AwaitWrite(deps_.store, std::move(run));
  } else {
    auto run = [&](store::Reader& reader) { result = route->read(call, reader, w); };
    commit = co_await AwaitRead(deps_.store, std::move(run));
  }
  if (commit == store::Commit::kFailed || commit == store::Commit::kRejected) {
    co_return fail(StoreError(commit));
  }
  if (!result) co_return fail(result.error());
  co_return JsonResponse(request.method == "POST" ? 201 : 200,
                         Finish(w, steady_clock::now() - started));
}

Api::Api(Dependencies dependencies, ApiOptions options)
    : impl_(std::make_unique<Impl>(std::move(dependencies), std::move(options))) {}
Api::~Api() = default;

awaitable<net::HttpResponse> Api::Handle(net::HttpRequest request) {
  auto response = co_await impl_->Handle(std::move(request));
  co_return response;
}

net::HttpResponse Api::TransportError(ErrorKind kind, const std::string& message) {
  return ErrorResponse(Error(kind, message), "", {});
}

}  // namespace hookline::api
