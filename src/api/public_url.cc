#include "api/public_url.h"

#include <fmt/core.h>

#include <algorithm>

#include "api/error_reply.h"
#include "chat/giphy.h"

namespace hookline::api {
namespace {

constexpr std::size_t kHostBytesMax = 255;
constexpr std::size_t kSeedBytesMax = 32;

// A name or address with or without a port: nothing that would lead out of the place of a host.
bool IsHost(std::string_view text) {
  return !text.empty() && text.size() <= kHostBytesMax && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '-' || c == '_' || c == ':' || c == '[' || c == ']';
  });
}

bool IsSeed(std::string_view text) {
  return !text.empty() && text.size() <= kSeedBytesMax && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
  });
}

}  // namespace

std::string PublicUrl(const net::HttpRequest& request, const ApiOptions& options) {
  if (!options.public_url.empty()) return options.public_url;
  const std::string_view host = request.Header("Host").value_or("");
  if (!IsHost(host)) return {};
  const bool by_proxy = std::ranges::find(options.trusted_proxies, request.peer_address) !=
                            options.trusted_proxies.end() &&
                        request.Header("X-Forwarded-Proto") == "https";
  return fmt::format("{}://{}", options.tls || by_proxy ? "https" : "http", host);
}

net::HttpResponse GiphyImage(const net::HttpRequest& request) {
  std::string_view seed = std::string_view(request.path).substr(kGiphyPath.size());
  constexpr std::string_view kSuffix = ".svg";
  const bool known = (request.method == "GET" || request.method == "HEAD") &&
                     seed.ends_with(kSuffix) &&
                     IsSeed(seed.substr(0, seed.size() - kSuffix.size()));
  if (!known) return ErrorResponse(Error(ErrorKind::kNotFound, "there is no such route"), "", {});
  seed.remove_suffix(kSuffix.size());
  const std::string_view text = request.QueryParam("text").value_or("");
  net::HttpResponse response;
  response.headers.emplace_back("Content-Type", "image/svg+xml");
  // Whoever opens the picture by itself gets a document of our origin: it may do nothing.
  response.headers.emplace_back("Content-Security-Policy", "default-src 'none'; sandbox");
  response.headers.emplace_back("X-Content-Type-Options", "nosniff");
  response.headers.emplace_back("Cache-Control", "public, max-age=86400");
  response.headers.emplace_back("Access-Control-Allow-Origin", "*");
  response.body = chat::GiphySvg(text, seed);
  return response;
}

}  // namespace hookline::api
