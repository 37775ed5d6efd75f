#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "api/operation.h"
#include "api/path.h"

namespace hookline::api {

/// Finds the operation of a request. Built once; immutable; thread-safe.
class Router {
 public:
  Router();

  struct Match {
    const Operation* operation = nullptr;  ///< nullptr: Stream has no such route either.
    std::size_t index = 0;                 ///< Of the operation, for the rate limiter.
    std::vector<std::string> args;
    chat::Format format = chat::Format::kV1;
  };

  /// `path` is percent-encoded, as HttpRequest has it. Routes of the newer clients (`/api/v2`,
  /// `/api/v2/chat`) are the same operations with the other format.
  Match Find(std::string_view method, std::string_view path) const;

  std::size_t size() const { return routes_.size(); }
  const Operation& At(std::size_t index) const { return *routes_[index].operation; }
  std::optional<std::size_t> IndexOf(std::string_view operation_name) const;

 private:
  struct Route {
    const Operation* operation;
    PathSegments segments;
    std::size_t literals;
  };

  std::vector<Route> routes_;
  /// Indices by method and number of segments, most literal segments first.
  std::unordered_map<std::string, std::vector<std::size_t>> buckets_;
};

}  // namespace hookline::api
