#include "api/error_reply.h"

#include <fmt/core.h>

#include <algorithm>

#include "base/json_writer.h"

namespace hookline::api {
namespace {

constexpr std::string_view kMoreInfo = "https://getstream.io/chat/docs/api_errors_response";

struct Mapping {
  int status;
  int code;  ///< Stream's.
};

Mapping Map(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::kInput:
      return {400, 4};
    case ErrorKind::kDuplicateUsername:
      return {400, 6};
    case ErrorKind::kEventNotSupported:
      return {400, 18};
    case ErrorKind::kFeatureNotSupported:
      return {400, 19};
    case ErrorKind::kMessageTooLong:
      return {400, 20};
    case ErrorKind::kNestingLevel:
      return {400, 21};
    case ErrorKind::kCommandEndpointMissing:
      return {400, 44};
    case ErrorKind::kCommandFailed:
      return {400, 45};
    case ErrorKind::kUnknownApiKey:
      return {401, 2};
    case ErrorKind::kTokenMissing:
      return {401, 5};
    case ErrorKind::kTokenExpired:
      return {401, 40};
    case ErrorKind::kTokenNotYetValid:
      return {401, 41};
    case ErrorKind::kTokenBeforeIssued:
      return {401, 42};
    case ErrorKind::kTokenSignature:
      return {401, 43};
    case ErrorKind::kNotAllowed:
      return {403, 17};
    case ErrorKind::kCooldown:
      return {403, 60};
    case ErrorKind::kNotFound:
      return {404, 16};
    case ErrorKind::kRequestTimeout:
      return {408, 23};
    case ErrorKind::kPreconditionFailed:
      return {412, 4};
    case ErrorKind::kTooLarge:
      return {413, 22};
    case ErrorKind::kRateLimited:
      return {429, 9};
    case ErrorKind::kHeadersTooLarge:
      return {431, 24};
    case ErrorKind::kNotImplemented:
      return {501, 4};
    case ErrorKind::kUnavailable:
      return {503, -1};
    case ErrorKind::kInternal:
      return {500, -1};
  }
  return {500, -1};
}

}  // namespace

int StatusOf(ErrorKind kind) { return Map(kind).status; }

std::string FormatDuration(std::chrono::nanoseconds elapsed) {
  return fmt::format("{:.2f}ms", static_cast<double>(elapsed.count()) / 1e6);
}

namespace {

std::string Body(const Error& error, Mapping mapping, std::string_view operation,
                 std::chrono::nanoseconds elapsed) {
  // The reason stands in quotes, its own quotes escaped: `GetCommand failed with error: "…"`.
  const std::string message = operation.empty() ? error.message()
                                                : fmt::format("{} failed with error: {}", operation,
                                                              json::Quoted(error.message()));
  json::Writer w;
  w.BeginObject();
  w.Field("code", mapping.code);
  w.Field("message", message);
  w.Field("StatusCode", mapping.status);
  w.Field("duration", FormatDuration(elapsed));
  w.Field("more_info", kMoreInfo);
  w.Key("details").BeginArray().EndArray();
  w.EndObject();
  return w.Take();
}

}  // namespace

std::string ErrorBody(const Error& error, std::string_view operation,
                      std::chrono::nanoseconds elapsed) {
  return Body(error, Map(error.kind()), operation, elapsed);
}

void SetRetryAfter(net::HttpResponse& response, std::int64_t seconds) {
  std::erase_if(response.headers, [](const auto& field) { return field.first == "Retry-After"; });
  response.headers.emplace_back("Retry-After",
                                fmt::format("{}", std::max<std::int64_t>(seconds, 1)));
}

net::HttpResponse NotModeratedResponse(const Error& error, std::string_view operation,
                                       std::chrono::nanoseconds elapsed) {
  net::HttpResponse response = ErrorResponse(error, operation, elapsed);
  response.body = Body(error, {response.status, 4}, operation, elapsed);
  return response;
}

net::HttpResponse UnsupportedCoding() {
  constexpr int kStatus = 415;
  net::HttpResponse response;
  response.status = kStatus;
  response.headers.emplace_back("Content-Type", "application/json");
  response.headers.emplace_back("Accept-Encoding", "gzip");
  response.body =
      Body(Error(ErrorKind::kInput, "the Content-Encoding of a request must be gzip or identity"),
           {kStatus, 4}, "", {});
  return response;
}

net::HttpResponse ErrorResponse(const Error& error, std::string_view operation,
                                std::chrono::nanoseconds elapsed) {
  net::HttpResponse response;
  response.status = StatusOf(error.kind());
  response.headers.emplace_back("Content-Type", "application/json");
  if (response.status == 503 || response.status == 429) SetRetryAfter(response, 1);
  response.body = ErrorBody(error, operation, elapsed);
  return response;
}

}  // namespace hookline::api
