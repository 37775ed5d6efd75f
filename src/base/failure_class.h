#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace hookline {

/// Why a call to somebody's server brought nothing, or was not made: one list for whoever makes
/// calls. The order is part of the store's format (attempts have the numbers): new ones go to the
/// end.
enum class FailureClass : std::uint8_t {
  kNone,      ///< None: there is an answer. Of a synchronous call: one that was accepted.
  kDns,       ///< The name does not resolve.
  kRefused,   ///< No connection.
  kReset,     ///< The connection broke before the answer was complete.
  kTimeout,   ///< The call's time was up.
  kTls,       ///< No TLS session: certificate, name, protocol.
  kHttp,      ///< The answer is not HTTP, or its body not what its header says.
  kTooLarge,  ///< The answer's header or body exceeds our limits, or our body those of the target.
  kBlocked,   ///< The URL is invalid, or the address policy refuses the target.
  /// Trouble of our own: no descriptor, memory or port was free, too many calls or lookups wait, or
  /// our proxy cannot be reached. Says nothing about the target.
  kLocal,
  kCancelled,  ///< Given up because the server stops.

  // Of synchronous calls only.
  kStatus,      ///< An answer that is no 2xx.
  kEmptyBody,   ///< A 2xx without a body.
  kBadBody,     ///< A 2xx with a body that was not accepted.
  kPaused,      ///< Not called: the hook is paused.
  kOverloaded,  ///< Not called: the server has no slot for another call.
  kThrottled,   ///< Not called: the user's or the app's own share of calls is used up.
};
inline constexpr std::size_t kFailureClasses = 17;

/// "dns", "refused", …; "answered" for kNone. Stable: users and metrics see them.
std::string_view ToString(FailureClass failure);

}  // namespace hookline
