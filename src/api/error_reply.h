#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.h"
#include "net/http_message.h"

/// The one place where an Error becomes Stream's error answer (docs/contract/routes.md#errors).
namespace hookline::api {

/// The HTTP status that goes with a kind of error.
int StatusOf(ErrorKind kind);

/// `{"code", "message", "StatusCode", "duration", "more_info", "details"}`. `operation` is the
/// name in front of the reason ("SendMessage"); empty: the message is the reason alone.
std::string ErrorBody(const Error& error, std::string_view operation,
                      std::chrono::nanoseconds elapsed);

/// With Retry-After of a second where trying again may help (429, 503).
net::HttpResponse ErrorResponse(const Error& error, std::string_view operation,
                                std::chrono::nanoseconds elapsed);

/// Says when to try again, in place of what was said before; at least a second.
void SetRetryAfter(net::HttpResponse& response, std::int64_t seconds);

/// "7.42ms", as Stream writes durations.
std::string FormatDuration(std::chrono::nanoseconds elapsed);

/// The same for a message that could not be moderated, of an app that fails closed: 503 with
/// code 4. Requires: the error is kUnavailable.
net::HttpResponse NotModeratedResponse(const Error& error, std::string_view operation,
                                       std::chrono::nanoseconds elapsed);

/// 415: the body has a Content-Encoding that is not taken.
net::HttpResponse UnsupportedCoding();

}  // namespace hookline::api
