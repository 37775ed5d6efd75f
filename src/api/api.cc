#include "api/api.h"

#include <fmt/core.h>
#include <spdlog/spdlog.h>

#include <chrono>
#include <expected>
#include <optional>
#include <utility>

#include "api/admin.h"
#include "api/admin_guard.h"
#include "api/authenticate.h"
#include "api/await_store.h"
#include "api/cors.h"
#include "api/error_reply.h"
#include "api/exchange.h"
#include "api/message_flow.h"
#include "api/public_url.h"
#include "api/push_check.h"
#include "api/router.h"
#include "api/transactions.h"
#include "api/unserved_fields.h"
#include "base/crypto.h"
#include "chat/fields.h"
#include "net/content_coding.h"

namespace hookline::api {
namespace {

using boost::asio::awaitable;
using std::chrono::steady_clock;

net::HttpResponse TextResponse(int status, std::string body) {
  net::HttpResponse response;
  response.status = status;
  response.headers.emplace_back("Content-Type", "text/plain; charset=utf-8");
  response.body = std::move(body);
  return response;
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
  awaitable<net::HttpResponse> HandleOperation(net::HttpRequest request);
  awaitable<net::HttpResponse> HandleAdmin(net::HttpRequest request);
  /// The error, and how many seconds to wait if it is that of somebody who guesses.
  std::expected<void, std::pair<Error, std::int64_t>> AdmitAdmin(const net::HttpRequest& request);
  awaitable<net::HttpResponse> HandleReady();

  Result<void> Prepare(Exchange& exchange, const Router::Match& match);
  awaitable<net::HttpResponse> Execute(Exchange& exchange);
  awaitable<net::HttpResponse> ExecuteAsync(Exchange& exchange);
  awaitable<net::HttpResponse> ExecuteCheckPush(Exchange& exchange);

  const Dependencies deps_;
  const Router router_;
  Environment environment_;
  Transactions transactions_{deps_.store, environment_};
  MessageFlow messages_{transactions_, environment_, deps_.sync_caller};
  const Cors cors_{environment_.options().cors_origins};
  AdminGuard admin_guard_;
};

namespace {

// In lower case: the Python clients look them up in a table that minds the case.
void AddRateHeaders(net::HttpResponse& response, const RateStatus& rate) {
  response.headers.emplace_back("x-ratelimit-limit", fmt::format("{}", rate.limit));
  response.headers.emplace_back("x-ratelimit-remaining", fmt::format("{}", rate.remaining));
  response.headers.emplace_back("x-ratelimit-reset", fmt::format("{}", rate.reset));
}

// What an unauthenticated or unknown request is told: there is no app to count for.
RateStatus NoApp(std::int64_t limit, Timestamp now) {
  return {limit, limit, (now.ns / 1'000'000'000 / 60 + 1) * 60, false};
}

}  // namespace

awaitable<net::HttpResponse> Api::Impl::Handle(net::HttpRequest request) {
  switch (net::DecodeBody(request, environment_.options().body_bytes_max)) {
    case net::Decoding::kDone:
      break;
    case net::Decoding::kUnsupported:
      co_return UnsupportedCoding();
    case net::Decoding::kTooLarge:
      co_return ErrorResponse(
          Error(ErrorKind::kTooLarge, fmt::format("the request body is larger than {} bytes",
                                                  environment_.options().body_bytes_max)),
          "", {});
    case net::Decoding::kBroken:
      co_return ErrorResponse(Error(ErrorKind::kInput, "the request body is not valid gzip"), "",
                              {});
    case net::Decoding::kFailed:
      co_return ErrorResponse(Error(ErrorKind::kInternal, "the request body was not decoded"), "",
                              {});
  }
  if (request.path.starts_with(kGiphyPath)) co_return GiphyImage(request);
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
  if (Cors::IsPreflight(request)) co_return cors_.Preflight(request);
  auto response = co_await HandleOperation(std::move(request));
  co_return response;
}

awaitable<net::HttpResponse> Api::Impl::HandleReady() {
  if (!deps_.store.healthy())
    co_return TextResponse(503, "the store takes no writes, or it is damaged\n");
  auto look = [](store::Reader& reader) { reader.FindTask(AppId{}, ""); };
  const store::Origin nobody;
  const store::Commit commit = co_await AwaitRead(deps_.store, nobody, std::move(look));
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
    response = exchange.Refuse(prepared.error());
  } else {
    rate = environment_.limiter().Take(exchange.call.app->id, match.index, now);
    if (rate.exceeded) {
      response = exchange.Refuse(Error(ErrorKind::kRateLimited, "too many requests"));
      SetRetryAfter(response, rate.reset - now.ns / 1'000'000'000);
    } else {
      response = co_await Execute(exchange);
    }
  }
  AddRateHeaders(response, rate);
  cors_.Allow(exchange.request, response);
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
  if (text.empty()) return RefuseUnserved(call);
  auto document = json::Document::Parse(text);
  if (!document) return std::unexpected(document.error());
  const bool may_be_scalar = call.operation->async == AsyncWork::kCheckPush;
  if (!chat::IsMap(document->root()) && !document->root().IsNull() && !may_be_scalar) {
    return InputError("the request must be a JSON object");
  }
  call.document = std::move(*document);
  return RefuseUnserved(call);
}

awaitable<net::HttpResponse> Api::Impl::Execute(Exchange& exchange) {
  const Operation& operation = *exchange.call.operation;
  net::HttpResponse response;
  if (operation.write != nullptr) {
    Transactions::WriteWork work = operation.write;
    response = co_await transactions_.Write(exchange, std::move(work));
  } else if (operation.read != nullptr) {
    Transactions::ReadWork work = operation.read;
    response = co_await transactions_.Read(exchange, std::move(work));
  } else {
    response = co_await ExecuteAsync(exchange);
  }
  co_return response;
}

awaitable<net::HttpResponse> Api::Impl::ExecuteAsync(Exchange& exchange) {
  net::HttpResponse response;
  switch (exchange.call.operation->async) {
    case AsyncWork::kNone:
      break;
    case AsyncWork::kCheckPush:
      response = co_await ExecuteCheckPush(exchange);
      break;
    case AsyncWork::kSendMessage:
      response = co_await messages_.Send(exchange);
      break;
    case AsyncWork::kUpdateMessage:
      response = co_await messages_.Update(exchange);
      break;
    case AsyncWork::kUpdateMessagePartial:
      response = co_await messages_.UpdatePartial(exchange);
      break;
    case AsyncWork::kRunMessageAction:
      response = co_await messages_.RunAction(exchange);
      break;
    case AsyncWork::kUpdateChannel:
      response = co_await messages_.ChangeChannel(exchange, kUpdateChannel);
      break;
    case AsyncWork::kTruncateChannel:
      response = co_await messages_.ChangeChannel(exchange, kTruncateChannel);
      break;
  }
  co_return response;
}

awaitable<net::HttpResponse> Api::Impl::ExecuteCheckPush(Exchange& exchange) {
  const Call& call = exchange.call;
  auto url = WebhookToTest(call, environment_.options());
  if (!url) co_return exchange.Refuse(url.error());
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
    co_return exchange.Refuse(checked.error());
  }
  co_return JsonResponse(call.operation->success_status(), FinishBody(w, exchange.elapsed()));
}

std::expected<void, std::pair<Error, std::int64_t>> Api::Impl::AdmitAdmin(
    const net::HttpRequest& request) {
  const std::string address = ClientAddress(request, environment_.options());
  const Timestamp now = deps_.clock.WallNow();
  if (const std::int64_t wait = admin_guard_.WaitFor(address, now); wait > 0) {
    return std::unexpected(
        std::pair(Error(ErrorKind::kRateLimited, "too many wrong admin tokens"), wait));
  }
  const std::string& token = environment_.options().admin_token;
  const std::string given(request.Header("Authorization").value_or(""));
  if (!token.empty() && ConstantTimeEquals(given, "Bearer " + token)) return {};
  if (admin_guard_.Failed(address, now)) {
    spdlog::warn(
        "{} wrong admin tokens from {} within a minute: not listened to for the rest of it",
        AdminGuard::kFailuresMax, address);
  }
  return std::unexpected(
      std::pair(Error(ErrorKind::kTokenMissing, "the admin token is missing or wrong"), 0));
}

awaitable<net::HttpResponse> Api::Impl::HandleAdmin(net::HttpRequest request) {
  const auto started = steady_clock::now();
  const auto fail = [&](const Error& error) {
    return ErrorResponse(error, "", steady_clock::now() - started);
  };
  if (auto admitted = AdmitAdmin(request); !admitted) {
    net::HttpResponse refusal = fail(admitted.error().first);
    if (admitted.error().second > 0) {
      SetRetryAfter(refusal, admitted.error().second);
    }
    co_return refusal;
  }
  std::vector<std::string> args;
  const AdminRoute* route = FindAdminRoute(request.method, request.path, args);
  if (route == nullptr) co_return fail(Error(ErrorKind::kNotFound, "there is no such route"));
  if (auto known = CheckAdminParams(*route, request); !known) co_return fail(known.error());
  std::optional<json::Document> document;
  if (!request.body.empty()) {
    auto parsed = json::Document::Parse(request.body);
    if (!parsed) co_return fail(parsed.error());
    document = std::move(*parsed);
  }
  const AdminCall call{request, document ? document->root() : json::Value(), std::move(args),
                       environment_, deps_.sync_caller};
  json::Writer w;
  Result<void> result;
  store::Commit commit;
  const store::Origin origin{AppId{}, BytesHeld(request)};
  if (route->write != nullptr) {
    auto run = [&](store::Tx& tx) {
      // It may be run again.
      w = json::Writer();
      w.BeginObject();
      result = route->write(call, tx, w);
      return result.has_value();
    };
    commit = co_await AwaitWrite(deps_.store, origin, std::move(run));
  } else {
    auto run = [&](store::Reader& reader) {
      w.BeginObject();
      result = route->read(call, reader, w);
    };
    commit = co_await AwaitRead(deps_.store, origin, std::move(run));
  }
  if (!store::Answered(commit)) co_return fail(StoreError(commit));
  if (!result) co_return fail(result.error());
  co_return JsonResponse(request.method == "POST" ? 201 : 200,
                         FinishBody(w, steady_clock::now() - started));
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
