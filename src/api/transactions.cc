#include "api/transactions.h"

#include <fmt/core.h>
#include <spdlog/spdlog.h>

#include <utility>

#include "api/authenticate.h"
#include "api/await_store.h"
#include "base/crypto.h"

namespace hookline::api {
namespace {

using boost::asio::awaitable;

constexpr std::chrono::hours kIdempotencyLifetime{24};
constexpr std::size_t kIdempotencyKeyBytesMax = 255;

// Empty if the request carries none.
std::string IdempotencyKey(const net::HttpRequest& request) {
  if (request.method != "POST") return {};
  return std::string(request.Header("Idempotency-Key").value_or(""));
}

std::string Fingerprint(const net::HttpRequest& request) {
  return Sha256Hex(fmt::format("{} {}\n{}", request.method, request.path, request.body));
}

std::optional<store::IdempotentReply> FindReply(store::Reader& reader, AppId app,
                                                std::string_view key, Timestamp now) {
  auto known = reader.FindIdempotentReply(app, key);
  if (known && known->created_at + kIdempotencyLifetime <= now) known.reset();
  return known;
}

net::HttpResponse ReplayResponse(const Exchange& exchange, store::IdempotentReply reply) {
  if (reply.fingerprint != Fingerprint(exchange.request)) {
    return exchange.Refuse(
        Error(ErrorKind::kInput, "the Idempotency-Key was used for another request"));
  }
  return JsonResponse(reply.status, std::move(reply.body));
}

}  // namespace

net::HttpResponse JsonResponse(int status, std::string body) {
  net::HttpResponse response;
  response.status = status;
  response.headers.emplace_back("Content-Type", "application/json");
  response.body = std::move(body);
  return response;
}

std::string FinishBody(json::Writer& w, std::chrono::nanoseconds elapsed) {
  w.Field("duration", FormatDuration(elapsed));
  w.EndObject();
  return w.Take();
}

Error StoreError(store::Commit commit) {
  switch (commit) {
    case store::Commit::kRejected:
      return Error(ErrorKind::kUnavailable, "the server is busy, try again");
    case store::Commit::kFailed:
      return Error(ErrorKind::kUnavailable, "the store is out of order, try again");
    default:
      return Error(ErrorKind::kInternal, "the request could not be carried out");
  }
}

Result<void> Transactions::RunWrite(const Exchange& exchange, const WriteWork& work, store::Tx& tx,
                                    json::Writer& w) {
  const Call& call = exchange.call;
  // Routing goes by the committed settings; who changes them meanwhile has not been answered yet.
  const settings::AppPtr app = environment_.directory().Find(call.app->id);
  if (!app) return Fail(ErrorKind::kUnknownApiKey, "the app does not exist any more");
  if (auto checked = CheckCaller(tx, *app, call); !checked) return checked;
  const Timestamp now = environment_.clock().WallNow();
  EventRelay events(tx, *app, now, environment_.clock().ScheduleNow());
  chat::Context chat{
      tx, app->id, call.caller, events, call.request_info, now, environment_.options().limits};
  WriteScope scope{call, tx, chat, environment_};
  auto worked = work(scope, w);
  if (worked && events.refusal()) return std::unexpected(*events.refusal());
  return worked;
}

awaitable<net::HttpResponse> Transactions::Write(const Exchange& exchange, WriteWork work) {
  const AppId app = exchange.call.app->id;
  const std::string key = IdempotencyKey(exchange.request);
  if (key.size() > kIdempotencyKeyBytesMax) {
    co_return exchange.Refuse(Error(ErrorKind::kInput, "the Idempotency-Key is too long"));
  }
  const std::string fingerprint = key.empty() ? std::string() : Fingerprint(exchange.request);
  const int status = exchange.call.operation->success_status();
  json::Writer w;
  Result<void> result;
  std::optional<store::IdempotentReply> known;
  std::string body;
  auto run = [&](store::Tx& tx) {
    // It may be run again.
    w = json::Writer();
    const Timestamp now = environment_.clock().WallNow();
    if (!key.empty()) {
      known = FindReply(tx, app, key, now);
      if (known) return false;
    }
    w.BeginObject();
    result = RunWrite(exchange, work, tx, w);
    if (!result) return false;
    if (!key.empty()) {
      body = FinishBody(w, exchange.elapsed());
      tx.PutIdempotentReply(app, key, {fingerprint, status, body, now});
    }
    return true;
  };
  const store::Commit commit = co_await AwaitWrite(store_, std::move(run));
  if (!store::Answered(commit)) co_return exchange.Refuse(StoreError(commit));
  if (known) co_return ReplayResponse(exchange, std::move(*known));
  if (!result) {
    net::HttpResponse response = exchange.Refuse(result.error());
    if (!key.empty()) co_await RememberFailure(exchange, response);
    co_return response;
  }
  if (key.empty()) body = FinishBody(w, exchange.elapsed());
  co_return JsonResponse(status, std::move(body));
}

// A refusal is the first answer too. It is written on its own, because the request's own work was
// rolled back; what went wrong on our side is not kept, so that a repeat gets through.
awaitable<void> Transactions::RememberFailure(const Exchange& exchange,
                                              const net::HttpResponse& response) {
  if (response.status >= 500 || response.status == 401 || response.status == 429) co_return;
  const AppId app = exchange.call.app->id;
  const std::string key = IdempotencyKey(exchange.request);
  auto run = [&](store::Tx& tx) {
    const Timestamp now = environment_.clock().WallNow();
    if (FindReply(tx, app, key, now)) return false;
    tx.PutIdempotentReply(app, key,
                          {Fingerprint(exchange.request), response.status, response.body, now});
    return true;
  };
  const store::Commit commit = co_await AwaitWrite(store_, std::move(run));
  if (!store::Answered(commit)) spdlog::warn("an idempotent answer could not be kept");
}

awaitable<std::optional<net::HttpResponse>> Transactions::Replay(const Exchange& exchange) {
  const std::string key = IdempotencyKey(exchange.request);
  if (key.empty()) co_return std::nullopt;
  std::optional<store::IdempotentReply> known;
  auto look = [&](store::Reader& reader) {
    known = FindReply(reader, exchange.call.app->id, key, environment_.clock().WallNow());
  };
  const store::Commit commit = co_await AwaitRead(store_, std::move(look));
  if (commit != store::Commit::kCommitted) co_return exchange.Refuse(StoreError(commit));
  if (!known) co_return std::nullopt;
  co_return ReplayResponse(exchange, std::move(*known));
}

awaitable<Result<void>> Transactions::Look(const Exchange& exchange, LookWork work) {
  const Call& call = exchange.call;
  Result<void> result;
  auto run = [&](store::Reader& reader) {
    result = CheckCaller(reader, *call.app, call);
    if (!result) return;
    ReadScope scope{call,
                    reader,
                    {reader, call.app->id, call.caller, environment_.clock().WallNow(),
                     environment_.options().limits},
                    environment_};
    result = work(scope);
  };
  const store::Commit commit = co_await AwaitRead(store_, std::move(run));
  if (commit != store::Commit::kCommitted) result = std::unexpected(StoreError(commit));
  co_return result;
}

awaitable<net::HttpResponse> Transactions::Read(const Exchange& exchange, ReadWork work) {
  json::Writer w;
  w.BeginObject();
  LookWork look = [&](ReadScope& scope) { return work(scope, w); };
  const Result<void> result = co_await Look(exchange, std::move(look));
  if (!result) co_return exchange.Refuse(result.error());
  co_return JsonResponse(exchange.call.operation->success_status(),
                         FinishBody(w, exchange.elapsed()));
}

}  // namespace hookline::api
