#pragma once

#include <string>
#include <vector>

#include "net/http_message.h"

namespace hookline::api {

/// Lets web pages of other origins use the API. Tokens travel in a header, not in cookies, so that
/// a page has nothing but what its user gave it; every origin may do by default. Immutable;
/// thread-safe.
class Cors {
 public:
  /// Origins as browsers write them ("https://chat.example.com"); "*" is every one. Empty: none.
  explicit Cors(std::vector<std::string> origins) : origins_(std::move(origins)) {}

  /// True for a browser's question whether it may send a request.
  static bool IsPreflight(const net::HttpRequest& request);
  /// The answer to it. An origin that may not use the API learns so by the headers' absence.
  net::HttpResponse Preflight(const net::HttpRequest& request) const;

  /// Adds to an answer what a page needs to read it.
  void Allow(const net::HttpRequest& request, net::HttpResponse& response) const;

 private:
  /// Adds who may read the answer; false if the request's origin may not.
  bool AddOrigin(const net::HttpRequest& request, net::HttpResponse& response) const;

  const std::vector<std::string> origins_;
};

}  // namespace hookline::api
