#include "api/api.h"

#include <fmt/core.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <expected>
#include <optional>
#include <utility>

#include "api/admin.h"
#include "api/admin_guard.h"
#include "api/authenticate.h"
#include "api/await_store.h"
#include "api/channel_reads.h"
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

  net::Admission Admit(const net::HttpRequest& head, Door door);
  net::HttpResponse TransportError(ErrorKind kind, const std::string& message,
                                   const net::HttpRequest* head) const;

 private:
  /// What the head of a request of Stream's API has shown.
  struct Ticket {
    Call call;
    RateStatus rate;
  };
  /// What the head of a request to an admin route has shown.
  struct AdminTicket {
    const AdminRoute* route;
    std::vector<std::string> args;
  };

  net::Admission AdmitOperation(const net::HttpRequest& head);
  net::Admission RefuseOperation(const net::HttpRequest& head, const Ticket& ticket,
                                 const Error& error, std::int64_t retry_after = 0) const;
  Result<void> JudgeHead(const net::HttpRequest& head, Call& call);
  awaitable<net::HttpResponse> HandleOperation(net::HttpRequest request, Ticket ticket);
  void Finish(const net::HttpRequest& head, const RateStatus& rate,
              net::HttpResponse& response) const;

  net::Admission AdmitAdmin(const net::HttpRequest& head);
  awaitable<net::HttpResponse> HandleAdmin(net::HttpRequest request, AdminTicket ticket);
  /// The error, and how many seconds to wait if it is that of somebody who guesses.
  std::expected<void, std::pair<Error, std::int64_t>> CheckAdminToken(
      const net::HttpRequest& request);
  awaitable<net::HttpResponse> HandleReady();
  awaitable<net::HttpResponse> HandleMetrics(net::HttpRequest request);

  Result<void> Unpack(net::HttpRequest& request) const;
  Result<void> ReadBody(Exchange& exchange) const;
  awaitable<net::HttpResponse> Execute(Exchange& exchange);
  awaitable<net::HttpResponse> ExecuteAsync(Exchange& exchange);
  awaitable<net::HttpResponse> ExecuteCheckPush(Exchange& exchange);
  awaitable<net::HttpResponse> ExecuteMarkChannelsRead(Exchange& exchange);

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

bool IsAdminPath(std::string_view path) {
  return path == "/metrics" || path.starts_with("/admin/");
}

// Nothing of Stream's API, so that no web page needs to read it.
bool IsOwnPath(std::string_view path) {
  return IsAdminPath(path) || path == "/healthz" || path == "/readyz";
}

net::Admission AtOnce(net::HttpResponse response) {
  net::Admission admission;
  admission.answer = std::move(response);
  return admission;
}

Result<std::optional<json::Document>> ParseBody(const net::HttpRequest& request,
                                                std::string_view text) {
  if (text.empty()) return std::nullopt;
  auto document = json::Document::Parse(text);
  if (!document) return std::unexpected(document.error());
  if (auto claimed = ClaimMemory(request, document->memory_bytes()); !claimed) {
    return std::unexpected(claimed.error());
  }
  return std::move(*document);
}

}  // namespace

net::Admission Api::Impl::Admit(const net::HttpRequest& head, Door door) {
  const std::string_view path = head.path;
  if (path == "/healthz") return AtOnce(TextResponse(200, "ok\n"));
  if (path == "/readyz") {
    net::Admission admission;
    admission.handler = [this](const net::HttpRequest&) { return HandleReady(); };
    return admission;
  }
  if (door != Door::kPublic && path == "/metrics") {
    net::Admission admission;
    admission.handler = [this](net::HttpRequest request) {
      return HandleMetrics(std::move(request));
    };
    admission.shares = {"", MemoryShareOf(head, environment_.options())};
    return admission;
  }
  if (door != Door::kPublic && IsAdminPath(path)) return AdmitAdmin(head);
  if (door == Door::kAdmin) {
    return AtOnce(ErrorResponse(Error(ErrorKind::kNotFound, "there is no such route"), "", {}));
  }
  if (path.starts_with(kGiphyPath)) return AtOnce(GiphyImage(head));
  if (Cors::IsPreflight(head) && !IsAdminPath(path)) return AtOnce(cors_.Preflight(head));
  return AdmitOperation(head);
}

net::HttpResponse Api::Impl::TransportError(ErrorKind kind, const std::string& message,
                                            const net::HttpRequest* head) const {
  net::HttpResponse response = ErrorResponse(Error(kind, message), "", {});
  if (head != nullptr && !IsOwnPath(head->path)) cors_.Allow(*head, response);
  return response;
}

Result<void> Api::Impl::Unpack(net::HttpRequest& request) const {
  const std::size_t bytes_max = environment_.options().body_bytes_max;
  const std::size_t before = request.body.capacity();
  switch (net::DecodeBody(request, bytes_max)) {
    case net::Decoding::kDone:
      break;
    case net::Decoding::kTooLarge:
      return Fail(ErrorKind::kTooLarge,
                  fmt::format("the request body is larger than {} bytes", bytes_max));
    case net::Decoding::kBroken:
      return InputError("the request body is not valid gzip");
    case net::Decoding::kUnsupported:  // Refused by the head.
    case net::Decoding::kFailed:
      return Fail(ErrorKind::kInternal, "the request body was not decoded");
  }
  const std::size_t after = request.body.capacity();
  return after > before ? ClaimMemory(request, after - before) : Result<void>();
}

awaitable<net::HttpResponse> Api::Impl::HandleMetrics(net::HttpRequest request) {
  net::HttpResponse response = TextResponse(200, deps_.metrics());
  if (auto claimed = ClaimAnswer(request, response.body.size()); !claimed) {
    co_return ErrorResponse(claimed.error(), "", {});
  }
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

void Api::Impl::Finish(const net::HttpRequest& head, const RateStatus& rate,
                       net::HttpResponse& response) const {
  AddRateHeaders(response, rate);
  cors_.Allow(head, response);
}

net::Admission Api::Impl::RefuseOperation(const net::HttpRequest& head, const Ticket& ticket,
                                          const Error& error, std::int64_t retry_after) const {
  const Operation* const operation = ticket.call.operation;
  net::HttpResponse response = ErrorResponse(error, operation ? operation->name : "", {});
  if (retry_after != 0) SetRetryAfter(response, retry_after);
  Finish(head, ticket.rate, response);
  return AtOnce(std::move(response));
}

net::Admission Api::Impl::AdmitOperation(const net::HttpRequest& head) {
  const Timestamp now = deps_.clock.WallNow();
  Ticket ticket;
  ticket.rate = NoApp(environment_.options().rate_limit_per_minute, now);
  Router::Match match = router_.Find(head.method, head.path);
  if (match.operation == nullptr) {
    return RefuseOperation(head, ticket, Error(ErrorKind::kNotFound, "there is no such route"));
  }
  Call& call = ticket.call;
  call.operation = match.operation;
  call.args = std::move(match.args);
  call.format = match.format;
  if (auto judged = JudgeHead(head, call); !judged) {
    return RefuseOperation(head, ticket, judged.error());
  }
  ticket.rate = environment_.limiter().Take(call.app->id, match.index, now);
  if (ticket.rate.exceeded) {
    const std::int64_t seconds = now.ns / 1'000'000'000;
    return RefuseOperation(head, ticket, Error(ErrorKind::kRateLimited, "too many requests"),
                           std::max<std::int64_t>(ticket.rate.reset - seconds, 1));
  }
  if (!net::KnowsCoding(head)) {
    net::HttpResponse response = UnsupportedCoding();
    Finish(head, ticket.rate, response);
    return AtOnce(std::move(response));
  }
  net::Admission admission;
  admission.takes_body = true;
  admission.shares = {fmt::format("{}", call.app->id.value),
                      MemoryShareOf(head, environment_.options())};
  admission.handler = [this, ticket = std::move(ticket)](net::HttpRequest request) mutable {
    return HandleOperation(std::move(request), std::move(ticket));
  };
  return admission;
}

Result<void> Api::Impl::JudgeHead(const net::HttpRequest& head, Call& call) {
  call.http = &head;
  if (auto known = Authenticate(environment_, call); !known) return known;
  call.request_info = RequestInfoOf(head, call.caller, environment_.options());
  call.http = nullptr;  // The head moves on.
  if (!call.operation->implemented()) {
    return Fail(ErrorKind::kNotImplemented,
                fmt::format("{} is not implemented by this server", call.operation->name));
  }
  if (call.operation->access == Access::kServerOnly && !call.caller.server) {
    return Fail(ErrorKind::kNotAllowed,
                fmt::format("{} needs a server token", call.operation->name));
  }
  return {};
}

awaitable<net::HttpResponse> Api::Impl::HandleOperation(net::HttpRequest request, Ticket ticket) {
  Exchange exchange;
  exchange.request = std::move(request);
  exchange.started = steady_clock::now();
  exchange.call = std::move(ticket.call);
  exchange.call.http = &exchange.request;
  net::HttpResponse response;
  if (auto read = ReadBody(exchange); !read) {
    response = exchange.Refuse(read.error());
  } else {
    response = co_await Execute(exchange);
  }
  Finish(exchange.request, ticket.rate, response);
  co_return response;
}

Result<void> Api::Impl::ReadBody(Exchange& exchange) const {
  Call& call = exchange.call;
  if (auto unpacked = Unpack(exchange.request); !unpacked) return unpacked;
  // GET requests carry their JSON in a parameter.
  const net::HttpRequest& request = exchange.request;
  const std::string_view text =
      request.method == "GET" ? call.Param("payload") : std::string_view(request.body);
  auto document = ParseBody(request, text);
  if (!document) return std::unexpected(document.error());
  call.document = std::move(*document);
  const json::Value root = call.body();
  const bool may_be_scalar = call.operation->async == AsyncWork::kCheckPush;
  if (!chat::IsMap(root) && !root.IsMissingOrNull() && !may_be_scalar) {
    return InputError("the request must be a JSON object");
  }
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
    case AsyncWork::kMarkChannelsRead:
      response = co_await ExecuteMarkChannelsRead(exchange);
      break;
  }
  co_return response;
}

// Step by step, so that others get their turn in between.
awaitable<net::HttpResponse> Api::Impl::ExecuteMarkChannelsRead(Exchange& exchange) {
  ReadSteps steps;
  for (;;) {
    // A replay is an answer without a step.
    steps.more = false;
    Transactions::WriteWork work = [&](WriteScope& scope, json::Writer& w) {
      return MarkChannelsRead(scope, w, steps);
    };
    auto response = co_await transactions_.Write(exchange, std::move(work));
    if (response.status != exchange.call.operation->success_status() || !steps.more) {
      co_return response;
    }
    steps.done += steps.step;
  }
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

std::expected<void, std::pair<Error, std::int64_t>> Api::Impl::CheckAdminToken(
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

net::Admission Api::Impl::AdmitAdmin(const net::HttpRequest& head) {
  const auto refuse = [](const Error& error) { return AtOnce(ErrorResponse(error, "", {})); };
  if (auto admitted = CheckAdminToken(head); !admitted) {
    const auto& [error, wait] = admitted.error();
    net::HttpResponse refusal = ErrorResponse(error, "", {});
    if (wait > 0) SetRetryAfter(refusal, wait);
    return AtOnce(std::move(refusal));
  }
  AdminTicket ticket{nullptr, {}};
  ticket.route = FindAdminRoute(head.method, head.path, ticket.args);
  if (ticket.route == nullptr) return refuse(Error(ErrorKind::kNotFound, "there is no such route"));
  if (auto known = CheckAdminParams(*ticket.route, head); !known) return refuse(known.error());
  if (!net::KnowsCoding(head)) return AtOnce(UnsupportedCoding());
  net::Admission admission;
  admission.takes_body = true;
  admission.shares.emplace();
  admission.handler = [this, ticket = std::move(ticket)](net::HttpRequest request) mutable {
    return HandleAdmin(std::move(request), std::move(ticket));
  };
  return admission;
}

awaitable<net::HttpResponse> Api::Impl::HandleAdmin(net::HttpRequest request, AdminTicket ticket) {
  const auto started = steady_clock::now();
  const auto fail = [&](const Error& error) {
    return ErrorResponse(error, "", steady_clock::now() - started);
  };
  if (auto unpacked = Unpack(request); !unpacked) co_return fail(unpacked.error());
  auto document = ParseBody(request, request.body);
  if (!document) co_return fail(document.error());
  const AdminRoute* const route = ticket.route;
  const json::Value body = *document ? (*document)->root() : json::Value();
  const AdminCall call{request, body, std::move(ticket.args), environment_, deps_.sync_caller};
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
      w = AnswerWriter(request);
      w.BeginObject();
      result = route->read(call, reader, w);
    };
    commit = co_await AwaitRead(deps_.store, origin, std::move(run));
  }
  if (!store::Answered(commit)) co_return fail(StoreError(commit));
  if (!result) co_return fail(result.error());
  std::string text = FinishBody(w, steady_clock::now() - started);
  if (route->read != nullptr) {
    auto claimed = ClaimAnswer(request, text.size());
    if (!claimed) co_return fail(claimed.error());
  }
  co_return JsonResponse(request.method == "POST" ? 201 : 200, std::move(text));
}

Api::Api(Dependencies dependencies, ApiOptions options)
    : impl_(std::make_unique<Impl>(std::move(dependencies), std::move(options))) {}
Api::~Api() = default;

net::Admission Api::Admit(const net::HttpRequest& head, Door door) {
  return impl_->Admit(head, door);
}

net::HttpResponse Api::TransportError(ErrorKind kind, const std::string& message,
                                      const net::HttpRequest* head) const {
  return impl_->TransportError(kind, message, head);
}

}  // namespace hookline::api
