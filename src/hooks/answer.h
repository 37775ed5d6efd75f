#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/failure_class.h"

/// What can come of a synchronous call to a customer's server.
namespace hookline::hooks {

/// Which of an app's synchronous hooks.
enum class HookKind : std::uint8_t { kBeforeMessageSend, kCommand };
/// "before_message_send", "command". Stable: users and metrics see them.
std::string_view ToString(HookKind kind);

/// True for failures to connect and time-outs: those that pause a hook when they repeat. Whoever
/// answers anything at all over HTTP is reachable.
bool IsUnreachable(FailureClass answer);

/// True if the hook was not asked, or not heard, for a reason of ours: that is not its failure, and
/// what waits for its answer must neither go on without it nor be taken for refused by it.
bool IsOwnTrouble(FailureClass answer);

/// Calls by class.
struct AnswerCounts {
  std::array<std::uint64_t, kFailureClasses> by_class{};

  std::uint64_t& operator[](FailureClass answer) {
    return by_class[static_cast<std::size_t>(answer)];
  }
  std::uint64_t operator[](FailureClass answer) const {
    return by_class[static_cast<std::size_t>(answer)];
  }
  friend bool operator==(const AnswerCounts&, const AnswerCounts&) = default;
};

}  // namespace hookline::hooks
