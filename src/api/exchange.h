#pragma once

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
