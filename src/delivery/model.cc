#include "delivery/model.h"

namespace hookline::delivery {

std::size_t Bytes(const EventPayload& event) {
  // With what the allocator and the table that holds it add.
  constexpr std::size_t kOverhead = 256;
  std::size_t bytes = sizeof(EventPayload) + kOverhead + event.type.size() + event.product.size() +
                      event.channel_type.size() + event.channel_id.size() + event.cid.size() +
                      event.user_id.size();
  if (event.body_v1) bytes += event.body_v1->size();
  if (event.body_v2) bytes += event.body_v2->size();
  return bytes;
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
