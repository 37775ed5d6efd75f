#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "api/exchange.h"
#include "base/error.h"
#include "store/store.h"

/// The Idempotency-Key of a POST: a repeat gets the answer of the first request, and has no effect
/// of its own, for 24 hours.
///
/// A key belongs to its caller; who repeats it with another method, path, query or body is refused.
/// Only successes are kept. An error that follows from the request alone comes out the same when
/// the repeat is judged anew, and any other may turn out better. A large answer is not kept but
/// built anew, from the names of what was made. Pure, and thread-safe.
namespace hookline::api {

class IdempotentRequest {
 public:
  /// None if the request carries no key.
  static Result<std::optional<IdempotentRequest>> Of(const Exchange& exchange);

  /// What was kept of the first answer. Fails with kInput if that was to another request.
  Result<std::optional<store::IdempotentReply>> Find(store::Reader& reader) const;

  /// Keeps the answer of this request, in the transaction that carries it out, unless `notes` says
  /// that there is nothing to keep.
  void Keep(store::Tx& tx, const ReplyNotes& notes, int status, const std::string& body,
            Timestamp now) const;

 private:
  store::IdempotencyKey key_;
  std::string fingerprint_;
  std::size_t request_bytes_ = 0;
};

}  // namespace hookline::api
