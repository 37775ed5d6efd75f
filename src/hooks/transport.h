#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/ids.h"
#include "hooks/answer.h"

namespace hookline::hooks {

/// One POST to be made.
struct TransportRequest {
  AppId app;  ///< For spreading calls and sharing lookups; not sent.
  std::string url;
  std::vector<std::string> headers;  ///< Lines: "Name: value".
  std::shared_ptr<const std::string> body;
  std::chrono::milliseconds timeout{0};  ///< Of the whole call, from Send on.
  std::size_t response_bytes_max = 0;    ///< A longer body is kTooLarge.
};

/// What came of it.
struct TransportOutcome {
  /// kNone if there is a complete answer, whatever its status; otherwise one of those up to
  /// kCancelled.
  FailureClass failure = FailureClass::kNone;
  int status = 0;
  std::string body;
  std::string detail;  ///< For a person; holds no credentials.
};

/// How synchronous calls leave: the port that hooks needs. Thread-safe.
class Transport {
 public:
  virtual ~Transport() = default;

  /// Starts one attempt and returns without waiting. `done` is called exactly once, on any thread,
  /// perhaps before Send returns, and about when the timeout is over at the latest. Nothing is
  /// sent twice, and no redirect is followed.
  virtual void Send(TransportRequest request,
                    std::move_only_function<void(TransportOutcome)> done) = 0;

  /// Runs `fn` after about `delay`, exactly once, on any thread; at once, or earlier than asked
  /// for, if calls cannot leave any more.
  virtual void After(std::chrono::milliseconds delay, std::move_only_function<void()> fn) = 0;
};

}  // namespace hookline::hooks
