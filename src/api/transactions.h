#pragma once

#include <boost/asio/awaitable.hpp>
#include <functional>
#include <optional>
#include <string>

#include "api/environment.h"
#include "api/exchange.h"
#include "api/idempotency.h"
#include "api/operation.h"
#include "store/store.h"

namespace hookline::api {

/// Runs the work of operations in the store and makes answers of it. Thread-safe. What the
/// functions refer to lives in the waiting coroutine.
class Transactions {
 public:
  using WriteWork = std::function<Result<void>(WriteScope&, json::Writer&)>;
  using ReadWork = std::function<Result<void>(ReadScope&, json::Writer&)>;
  using LookWork = std::function<Result<void>(ReadScope&)>;

  Transactions(store::Store& store, Environment& environment)
      : store_(store), environment_(environment) {}

  /// Runs `work` as one transaction with the events it emits, and answers once it is durable. A
  /// repeated Idempotency-Key is answered without running it. `work` may be called more than
  /// once; only its last call counts.
  boost::asio::awaitable<net::HttpResponse> Write(const Exchange& exchange, WriteWork work);

  /// Runs `work` on a snapshot.
  boost::asio::awaitable<net::HttpResponse> Read(const Exchange& exchange, ReadWork work);

  /// Runs `work` on a snapshot, as one step of a longer flow.
  boost::asio::awaitable<Result<void>> Look(const Exchange& exchange, LookWork work);

  /// The answer that an earlier request with the same Idempotency-Key got, if there is one. The
  /// caller is checked first.
  boost::asio::awaitable<std::optional<net::HttpResponse>> Replay(const Exchange& exchange);

 private:
  /// An answer in the making.
  struct Answer {
    json::Writer w;
    int status = 0;
    std::string body;       ///< Empty until it is finished.
    bool replayed = false;  ///< It is an earlier request's.
    bool query = false;     ///< It tells of nothing that was changed.
  };

  Result<void> RunWrite(const Exchange& exchange, const std::optional<IdempotentRequest>& request,
                        const WriteWork& work, store::Tx& tx, Answer& answer);
  Result<void> WriteKept(const Exchange& exchange, store::Reader& reader,
                         store::IdempotentReply kept, Answer& answer);
  static net::HttpResponse Respond(const Exchange& exchange, const Result<void>& result,
                                   Answer& answer);

  store::Store& store_;
  Environment& environment_;
};

/// `{…}` with a JSON body.
net::HttpResponse JsonResponse(int status, std::string body);

/// Closes the object that an operation has written, with its duration.
std::string FinishBody(json::Writer& w, std::chrono::nanoseconds elapsed);

/// What a client is told when the store did not keep a change.
Error StoreError(store::Commit commit);

}  // namespace hookline::api
