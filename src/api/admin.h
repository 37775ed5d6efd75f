#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "api/environment.h"
#include "base/error.h"
#include "base/json.h"
#include "base/json_writer.h"
#include "hooks/sync_caller.h"
#include "net/http_message.h"
#include "store/store.h"

/// The operator's routes under /admin/v1 (docs/contract/rulings.md#27).
namespace hookline::api {

struct AdminCall {
  const net::HttpRequest& http;
  json::Value body;
  std::vector<std::string> args;
  Environment& environment;
  const hooks::SyncCaller& sync_caller;

  std::string_view Param(std::string_view name) const {
    return http.QueryParam(name).value_or(std::string_view());
  }
};

using AdminReadFn = Result<void> (*)(const AdminCall&, store::Reader&, json::Writer&);
using AdminWriteFn = Result<void> (*)(const AdminCall&, store::Tx&, json::Writer&);

struct AdminRoute {
  std::string_view method;
  std::string_view path;  ///< "/admin/v1/apps/{id}/keys"
  AdminReadFn read = nullptr;
  AdminWriteFn write = nullptr;
  std::string_view params = {};  ///< The query parameters it takes, with blanks between.
};

std::span<const AdminRoute> AdminRoutes();

/// Fails with kInput if the request has a query parameter that the route does not take: a filter
/// that is not applied would be worse than none.
Result<void> CheckAdminParams(const AdminRoute& route, const net::HttpRequest& request);

/// The route and the path's parameters; nullptr if there is none.
const AdminRoute* FindAdminRoute(std::string_view method, std::string_view path,
                                 std::vector<std::string>& args);

}  // namespace hookline::api
