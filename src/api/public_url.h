#pragma once

#include <string>

#include "api/environment.h"
#include "net/http_message.h"

namespace hookline::api {

/// Where the caller reaches this server, without a slash at its end: the configured address or,
/// without one, what the request itself says. Empty if that is nothing sensible: links are then
/// relative.
std::string PublicUrl(const net::HttpRequest& request, const ApiOptions& options);

/// GET /giphy/{seed}.svg?text=…: the picture of a /giphy message. For everybody: it shows nothing
/// but what its address says.
net::HttpResponse GiphyImage(const net::HttpRequest& request);
inline constexpr std::string_view kGiphyPath = "/giphy/";

}  // namespace hookline::api
