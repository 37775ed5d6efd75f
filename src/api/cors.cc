#include "api/cors.h"

#include <algorithm>

namespace hookline::api {
namespace {

constexpr std::size_t kRequestedHeadersMax = 2048;

// What a header's name may be made of, and the commas and blanks of a list.
bool IsHeaderList(std::string_view text) {
  return text.size() <= kRequestedHeadersMax && std::ranges::all_of(text, [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '-' || c == '_' || c == ',' || c == ' ';
         });
}

}  // namespace

bool Cors::IsPreflight(const net::HttpRequest& request) {
  return request.method == "OPTIONS" && request.Header("Origin") &&
         request.Header("Access-Control-Request-Method");
}

bool Cors::AddOrigin(const net::HttpRequest& request, net::HttpResponse& response) const {
  if (std::ranges::find(origins_, "*") != origins_.end()) {
    response.headers.emplace_back("access-control-allow-origin", "*");
    return true;
  }
  // The answer depends on who asks, also if it is a refusal: caches must know.
  response.headers.emplace_back("vary", "origin");
  const auto origin = request.Header("Origin");
  if (!origin || std::ranges::find(origins_, *origin) == origins_.end()) return false;
  response.headers.emplace_back("access-control-allow-origin", *origin);
  return true;
}

net::HttpResponse Cors::Preflight(const net::HttpRequest& request) const {
  net::HttpResponse response;
  response.status = 204;
  if (!AddOrigin(request, response)) return response;
  response.headers.emplace_back("access-control-allow-methods", "GET, POST, PUT, PATCH, DELETE");
  // "*" would not cover Authorization.
  const auto wanted = request.Header("Access-Control-Request-Headers").value_or("");
  response.headers.emplace_back(
      "access-control-allow-headers",
      !wanted.empty() && IsHeaderList(wanted)
          ? wanted
          : std::string_view("authorization, content-type, if-match, idempotency-key, "
                             "stream-auth-type, x-client-request-id, x-stream-client"));
  response.headers.emplace_back("access-control-max-age", "86400");
  return response;
}

void Cors::Allow(const net::HttpRequest& request, net::HttpResponse& response) const {
  if (!AddOrigin(request, response)) return;
  response.headers.emplace_back(
      "access-control-expose-headers",
      "etag, retry-after, x-ratelimit-limit, x-ratelimit-remaining, x-ratelimit-reset");
}

}  // namespace hookline::api
