#pragma once

#include <fmt/core.h>

#include <chrono>
#include <cstddef>
#include <string_view>

#include "api/error_reply.h"
#include "api/operation.h"
#include "net/http_message.h"

namespace hookline::api {

/// About what a request takes of the memory while it waits: as text and, once parsed, as a tree.
inline std::size_t BytesHeld(const net::HttpRequest& request) {
  constexpr std::size_t kOverhead = 1024;
  return kOverhead + request.target.size() + 2 * request.body.size();
}

/// Claims memory for so many bytes more of what becomes of a request; kUnavailable if there is no
/// room. What tells of a change that was made needs no claim: it is sent in any case.
inline Result<void> ClaimMemory(const net::HttpRequest& request, std::size_t bytes) {
  if (request.memory == nullptr || request.memory->Add(bytes)) return {};
  return Fail(ErrorKind::kUnavailable, "the server has no room for this request now, try again");
}

/// The same for an answer of so many bytes; kInput if none of that size ever finds room.
inline Result<void> ClaimAnswer(const net::HttpRequest& request, std::size_t bytes) {
  if (request.memory == nullptr || bytes < request.memory->bytes_max()) {
    return ClaimMemory(request, bytes);
  }
  return InputError(fmt::format("the answer is larger than {} bytes: ask for less at a time",
                                request.memory->bytes_max()));
}

/// What an answer is written with that need not be sent: no further than it could find room.
inline json::Writer AnswerWriter(const net::HttpRequest& request) {
  json::Writer w;
  if (request.memory != nullptr) w.Limit(request.memory->bytes_max());
  return w;
}

/// One request of Stream's API, from its first byte to its answer. Lives in the coroutine that
/// handles it; not copied.
struct Exchange {
  net::HttpRequest request;
  std::chrono::steady_clock::time_point started;
  Call call;

  std::chrono::nanoseconds elapsed() const { return std::chrono::steady_clock::now() - started; }
  std::string_view operation() const { return call.operation->name; }
  net::HttpResponse Refuse(const Error& error) const {
    return ErrorResponse(error, operation(), elapsed());
  }
};

}  // namespace hookline::api
