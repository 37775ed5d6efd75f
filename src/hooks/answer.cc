#include "hooks/answer.h"

namespace hookline::hooks {

std::string_view ToString(HookKind kind) {
  return kind == HookKind::kCommand ? "command" : "before_message_send";
}

std::string_view ToString(AnswerClass answer) {
  switch (answer) {
    case AnswerClass::kAnswered:
      return "answered";
    case AnswerClass::kStatus:
      return "status";
    case AnswerClass::kEmptyBody:
      return "empty_body";
    case AnswerClass::kBadBody:
      return "bad_body";
    case AnswerClass::kDns:
      return "dns";
    case AnswerClass::kRefused:
      return "refused";
    case AnswerClass::kReset:
      return "reset";
    case AnswerClass::kTimeout:
      return "timeout";
    case AnswerClass::kTls:
      return "tls";
    case AnswerClass::kHttp:
      return "http";
    case AnswerClass::kTooLarge:
      return "too_large";
    case AnswerClass::kBlocked:
      return "blocked";
    case AnswerClass::kPaused:
      return "paused";
    case AnswerClass::kOverloaded:
      return "overloaded";
    case AnswerClass::kCancelled:
      return "cancelled";
    case AnswerClass::kThrottled:
      return "throttled";
    case AnswerClass::kLocal:
      return "local";
  }
  return "unknown";
}

bool IsUnreachable(AnswerClass answer) {
  switch (answer) {
    case AnswerClass::kDns:
    case AnswerClass::kRefused:
    case AnswerClass::kReset:
    case AnswerClass::kTimeout:
    case AnswerClass::kTls:
    case AnswerClass::kBlocked:
      return true;
    default:
      return false;
  }
}

bool IsOwnTrouble(AnswerClass answer) {
  return answer == AnswerClass::kOverloaded || answer == AnswerClass::kThrottled ||
         answer == AnswerClass::kLocal || answer == AnswerClass::kCancelled;
}

}  // namespace hookline::hooks
