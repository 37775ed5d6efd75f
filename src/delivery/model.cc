#include "delivery/model.h"

namespace hookline::delivery {

std::string_view ToString(FailureClass failure) {
  switch (failure) {
    case FailureClass::kNone:
      return "";
    case FailureClass::kDns:
      return "dns";
    case FailureClass::kRefused:
      return "refused";
    case FailureClass::kReset:
      return "reset";
    case FailureClass::kTimeout:
      return "timeout";
    case FailureClass::kTls:
      return "tls";
    case FailureClass::kHttp:
      return "http";
    case FailureClass::kTooLarge:
      return "too_large";
    case FailureClass::kBlocked:
      return "blocked";
    case FailureClass::kLocal:
      return "local";
  }
  return "unknown";
}

std::string_view ToString(DeliveryState state) {
  switch (state) {
    case DeliveryState::kPending:
      return "pending";
    case DeliveryState::kDelivered:
      return "delivered";
    case DeliveryState::kDead:
      return "dead";
    case DeliveryState::kCancelled:
      return "cancelled";
  }
  return "unknown";
}

}  // namespace hookline::delivery
