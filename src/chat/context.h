#pragma once

#include <string>

#include "base/ids.h"
#include "base/time.h"
#include "chat/event.h"
#include "chat/limits.h"
#include "chat/store.h"

namespace hookline::chat {

/// On whose behalf a request runs.
struct Caller {
  bool server = false;  ///< A server token: may act for anybody.
  std::string user_id;  ///< Of a user token; empty for a server token.
  /// The app checks no permissions: a user may do in and to channels what a server may, though in
  /// no name but its own (docs/contract/rulings.md#33).
  bool unrestricted = false;

  /// What a user must be permitted, this caller may.
  bool may_all() const { return server || unrestricted; }
};

/// `request_info` of events and hook calls: the values as the client sent them (Stream docs:
/// "Request info").
struct RequestInfo {
  bool server = false;
  std::string ip;
  std::string user_agent;
  std::string sdk;  ///< X-Stream-Client.
  std::string ext;  ///< x-stream-ext; left out if empty.
};

/// What a query runs with. References outlive the call. The time comes from outside, so that the
/// domain has no clock of its own.
struct ReadContext {
  Reader& store;
  AppId app;
  const Caller& caller;
  Timestamp now;
  Limits limits = {};
};

/// What a command runs with: the same, plus the means to change state and to tell of it.
struct Context {
  Tx& store;
  AppId app;
  const Caller& caller;
  EventSink& events;
  const RequestInfo& request_info;
  Timestamp now;
  Limits limits = {};

  ReadContext read() const { return {store, app, caller, now, limits}; }
};

}  // namespace hookline::chat
