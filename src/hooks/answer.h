#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

/// What can come of a synchronous call to a customer's server.
namespace hookline::hooks {

/// Which of an app's synchronous hooks.
enum class HookKind : std::uint8_t { kBeforeMessageSend, kCommand };
/// "before_message_send", "command". Stable: users and metrics see them.
std::string_view ToString(HookKind kind);

/// One class per call. Everything but kAnswered means that the hook has no say in this call.
enum class AnswerClass : std::uint8_t {
  kAnswered,    ///< A 2xx with a body that was accepted.
  kStatus,      ///< An answer with another status.
  kEmptyBody,   ///< A 2xx without a body.
  kBadBody,     ///< A 2xx with a body that SyncCall::accepts refused.
  kDns,         ///< The name does not resolve.
  kRefused,     ///< No connection.
  kReset,       ///< The connection broke before the answer was complete.
  kTimeout,     ///< No complete answer within the limit.
  kTls,         ///< No TLS session.
  kHttp,        ///< The answer is not HTTP.
  kTooLarge,    ///< The answer exceeds kMaxAnswerBytes, or its header is endless.
  kBlocked,     ///< The address policy refuses the target.
  kPaused,      ///< Not called: the hook is paused.
  kOverloaded,  ///< Not called: the server has no slot for another call.
  kCancelled,   ///< Given up because the server stops.
  kThrottled,   ///< Not called: the user's or the app's own share of calls is used up.
  kLocal,       ///< Trouble of our own (descriptors, ports, proxy, …): says nothing of the hook.
};
inline constexpr std::size_t kAnswerClasses = 17;

/// "answered", "status", …. Stable: users and metrics see them.
std::string_view ToString(AnswerClass answer);

/// True for failures to connect and time-outs: those that pause a hook when they repeat. Whoever
/// answers anything at all over HTTP is reachable.
bool IsUnreachable(AnswerClass answer);

/// True if the hook was not asked, or not heard, for a reason of ours: that is not its failure, and
/// what waits for its answer must neither go on without it nor be taken for refused by it.
bool IsOwnTrouble(AnswerClass answer);

/// Calls by class.
struct AnswerCounts {
  std::array<std::uint64_t, kAnswerClasses> by_class{};

  std::uint64_t& operator[](AnswerClass answer) {
    return by_class[static_cast<std::size_t>(answer)];
  }
  std::uint64_t operator[](AnswerClass answer) const {
    return by_class[static_cast<std::size_t>(answer)];
  }
  friend bool operator==(const AnswerCounts&, const AnswerCounts&) = default;
};

}  // namespace hookline::hooks
