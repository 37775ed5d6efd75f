#include "hooks/answer.h"

namespace hookline::hooks {

std::string_view ToString(HookKind kind) {
  return kind == HookKind::kCommand ? "command" : "before_message_send";
}

bool IsUnreachable(FailureClass answer) {
  switch (answer) {
    case FailureClass::kDns:
    case FailureClass::kRefused:
    case FailureClass::kReset:
    case FailureClass::kTimeout:
    case FailureClass::kTls:
    case FailureClass::kBlocked:
      return true;
    default:
      return false;
  }
}

bool IsOwnTrouble(FailureClass answer) {
  return answer == FailureClass::kOverloaded || answer == FailureClass::kThrottled ||
         answer == FailureClass::kLocal || answer == FailureClass::kCancelled;
}

}  // namespace hookline::hooks
