#include "api/transactions.h"

#include <utility>

#include "api/authenticate.h"
#include "api/await_store.h"

namespace hookline::api {
namespace {

using boost::asio::awaitable;

store::Origin OriginOf(const Exchange& exchange) {
  return {exchange.call.app->id, BytesHeld(exchange.request)};
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
    case store::Commit::kTimedOut:
      return Error(
          ErrorKind::kRequestTimeout,
          "the query took too long and was given up: ask for less, or with fewer conditions");
    case store::Commit::kFailed:
      return Error(ErrorKind::kUnavailable, "the store is out of order, try again");
    default:
      return Error(ErrorKind::kInternal, "the request could not be carried out");
  }
}

// What is built anew shows the state in which the repeat finds the store.
Result<void> Transactions::WriteKept(const Exchange& exchange, store::Reader& reader,
                                     store::IdempotentReply kept, Answer& answer) {
  const Call& call = exchange.call;
  answer.replayed = true;
  answer.status = kept.status;
  if (!kept.body.empty()) {
    answer.body = std::move(kept.body);
    return {};
  }
  if (call.operation->rebuild == nullptr) {
    return Fail(ErrorKind::kInternal, "the first answer to this request can't be built anew");
  }
  ReadScope scope{call,
                  reader,
                  {reader, call.app->id, call.caller, environment_.clock().WallNow(),
                   environment_.options().limits},
                  environment_};
  answer.w.BeginObject();
  return call.operation->rebuild(scope, kept.made, answer.w);
}

Result<void> Transactions::RunWrite(const Exchange& exchange,
                                    const std::optional<IdempotentRequest>& request,
                                    const WriteWork& work, store::Tx& tx, Answer& answer) {
  const Call& call = exchange.call;
  // Routing goes by the committed settings; who changes them meanwhile has not been answered yet.
  const settings::AppPtr app = environment_.directory().Find(call.app->id);
  if (!app) return Fail(ErrorKind::kUnknownApiKey, "the app does not exist any more");
  if (auto checked = CheckCaller(tx, *app, call); !checked) return checked;
  if (request) {
    auto kept = request->Find(tx);
    if (!kept) return std::unexpected(kept.error());
    if (*kept) return WriteKept(exchange, tx, std::move(**kept), answer);
  }
  const Timestamp now = environment_.clock().WallNow();
  EventRelay events(tx, *app, now, environment_.clock().ScheduleNow());
  chat::Context chat{
      tx, app->id, call.caller, events, call.request_info, now, environment_.options().limits};
  ReplyNotes notes;
  WriteScope scope{call, tx, chat, environment_, notes};
  answer.w.BeginObject();
  if (auto done = work(scope, answer.w); !done) return done;
  if (events.refusal()) return std::unexpected(*events.refusal());
  answer.query = !notes.keep;
  if (request) {
    answer.body = FinishBody(answer.w, exchange.elapsed());
    request->Keep(tx, notes, answer.status, answer.body, now);
  }
  return {};
}

net::HttpResponse Transactions::Respond(const Exchange& exchange, const Result<void>& result,
                                        Answer& answer) {
  if (!result) return exchange.Refuse(result.error());
  if (answer.body.empty()) answer.body = FinishBody(answer.w, exchange.elapsed());
  if (answer.query || answer.replayed) {
    auto claimed = ClaimAnswer(exchange.request, answer.body.size());
    if (!claimed) return exchange.Refuse(claimed.error());
  }
  return JsonResponse(answer.status, std::move(answer.body));
}

awaitable<net::HttpResponse> Transactions::Write(const Exchange& exchange, WriteWork work) {
  auto request = IdempotentRequest::Of(exchange);
  if (!request) co_return exchange.Refuse(request.error());
  Answer answer;
  Result<void> result;
  auto run = [&](store::Tx& tx) {
    // It may be run again, and starts afresh then.
    answer = Answer();
    answer.status = exchange.call.operation->success_status();
    result = RunWrite(exchange, *request, work, tx, answer);
    return result.has_value() && !answer.replayed;
  };
  const store::Commit commit = co_await AwaitWrite(store_, OriginOf(exchange), std::move(run));
  if (!store::Answered(commit)) co_return exchange.Refuse(StoreError(commit));
  co_return Respond(exchange, result, answer);
}

awaitable<std::optional<net::HttpResponse>> Transactions::Replay(const Exchange& exchange) {
  auto request = IdempotentRequest::Of(exchange);
  if (!request) co_return exchange.Refuse(request.error());
  if (!*request) co_return std::nullopt;
  const Call& call = exchange.call;
  Answer answer;
  Result<void> result;
  auto look = [&](store::Reader& reader) {
    result = CheckCaller(reader, *call.app, call);
    if (!result) return;
    auto kept = (*request)->Find(reader);
    if (!kept) {
      result = std::unexpected(kept.error());
    } else if (*kept) {
      result = WriteKept(exchange, reader, std::move(**kept), answer);
    }
  };
  const store::Commit commit = co_await AwaitRead(store_, OriginOf(exchange), std::move(look));
  if (commit != store::Commit::kCommitted) co_return exchange.Refuse(StoreError(commit));
  if (result && !answer.replayed) co_return std::nullopt;
  co_return Respond(exchange, result, answer);
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
  const store::Commit commit = co_await AwaitRead(store_, OriginOf(exchange), std::move(run));
  if (commit != store::Commit::kCommitted) result = std::unexpected(StoreError(commit));
  co_return result;
}

awaitable<net::HttpResponse> Transactions::Read(const Exchange& exchange, ReadWork work) {
  json::Writer w = AnswerWriter(exchange.request);
  w.BeginObject();
  std::string etag;
  LookWork look = [&](ReadScope& scope) {
    auto result = work(scope, w);
    etag = std::move(scope.etag);
    return result;
  };
  const Result<void> result = co_await Look(exchange, std::move(look));
  if (!result) co_return exchange.Refuse(result.error());
  std::string body = FinishBody(w, exchange.elapsed());
  auto claimed = ClaimAnswer(exchange.request, body.size());
  if (!claimed) co_return exchange.Refuse(claimed.error());
  auto response = JsonResponse(exchange.call.operation->success_status(), std::move(body));
  if (!etag.empty()) response.headers.emplace_back("etag", std::move(etag));
  co_return response;
}

}  // namespace hookline::api
