#pragma once

#include <chrono>
#include <string_view>

#include "api/error_reply.h"
#include "api/operation.h"
#include "net/http_message.h"

namespace hookline::api {

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
