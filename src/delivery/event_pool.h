#pragma once

#include <cstddef>
#include <memory>

#include "delivery/model.h"

namespace hookline::delivery {

/// The events that are in memory for delivery: one copy of each, however many deliveries share it,
/// and their bytes. An event leaves when nobody holds it any more. Thread-safe; what it handed out
/// may outlive it.
class EventPool {
 public:
  /// `bytes_max` bounds nothing by itself: who loads events looks at `free_bytes` first.
  explicit EventPool(std::size_t bytes_max);

  /// Null if the event is not in memory.
  EventPayloadPtr Find(EventId event) const;
  /// The copy of the event that is in memory already, or else this one, which counts from now on.
  EventPayloadPtr Share(EventPayloadPtr event);

  std::size_t bytes() const;
  std::size_t bytes_max() const { return bytes_max_; }
  std::size_t free_bytes() const;

 private:
  struct Table;

  const std::size_t bytes_max_;
  const std::shared_ptr<Table> table_;
};

}  // namespace hookline::delivery
