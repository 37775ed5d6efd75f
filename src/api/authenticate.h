#pragma once

#include <string>

#include "api/environment.h"
#include "api/operation.h"

namespace hookline::api {

/// Fills app, caller, token_issued_at from key and token (docs/contract/routes.md#tokens).
Result<void> Authenticate(Environment& environment, Call& call);

/// What a valid token still has to stand against, with the store at hand: revocation, and users
/// who were deactivated or deleted.
Result<void> CheckCaller(chat::Reader& store, const settings::App& app, const Call& call);

/// The address that a request came from; behind a proxy that we trust, the one that it names.
std::string ClientAddress(const net::HttpRequest& http, const ApiOptions& options);

/// The share of the server's memory that a request is counted in by where it comes from (see
/// net::MemoryBudget); empty if the address says little of who it is: loopback, or a proxy.
std::string MemoryShareOf(const net::HttpRequest& http, const ApiOptions& options);

/// `request_info` of the request (docs/contract/payloads.md#base).
chat::RequestInfo RequestInfoOf(const net::HttpRequest& http, const chat::Caller& caller,
                                const ApiOptions& options);

}  // namespace hookline::api
