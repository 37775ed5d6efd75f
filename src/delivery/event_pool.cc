#include "delivery/event_pool.h"

#include <atomic>
#include <boost/unordered/unordered_flat_map.hpp>
#include <cstdint>
#include <mutex>
#include <utility>

namespace hookline::delivery {

struct EventPool::Table {
  struct Entry {
    std::weak_ptr<const EventPayload> event;
    const EventPayload* address = nullptr;
  };

  // The last holder of an event lets it go through this.
  struct Release {
    std::shared_ptr<Table> table;
    EventPayloadPtr event;
    void operator()(const EventPayload* address) {
      table->Forget(event->id, address);
      event.reset();
    }
  };

  void Forget(EventId id, const EventPayload* address) {
    bytes.fetch_sub(Bytes(*address), std::memory_order_relaxed);
    const std::lock_guard lock(mutex);
    const auto found = events.find(id.value);
    // Another copy may have come in between this one's end and now.
    if (found != events.end() && found->second.address == address) events.erase(found);
  }

  mutable std::mutex mutex;
  boost::unordered_flat_map<std::int64_t, Entry> events;  // Guarded by mutex.
  std::atomic<std::size_t> bytes{0};
};

EventPool::EventPool(std::size_t bytes_max)
    : bytes_max_(bytes_max), table_(std::make_shared<Table>()) {}

EventPayloadPtr EventPool::Find(EventId event) const {
  const std::lock_guard lock(table_->mutex);
  const auto found = table_->events.find(event.value);
  return found == table_->events.end() ? nullptr : found->second.event.lock();
}

EventPayloadPtr EventPool::Share(EventPayloadPtr event) {
  const EventPayload* const address = event.get();
  const EventId id = event->id;
  EventPayloadPtr counted;  // Let go only after the lock: its release takes it too.
  const std::lock_guard lock(table_->mutex);
  Table::Entry& entry = table_->events[id.value];
  if (EventPayloadPtr known = entry.event.lock()) return known;
  table_->bytes.fetch_add(Bytes(*address), std::memory_order_relaxed);
  counted = EventPayloadPtr(address, Table::Release{table_, std::move(event)});
  entry = {counted, address};
  return counted;
}

std::size_t EventPool::bytes() const { return table_->bytes.load(std::memory_order_relaxed); }

std::size_t EventPool::free_bytes() const {
  const std::size_t used = bytes();
  return used >= bytes_max_ ? 0 : bytes_max_ - used;
}

}  // namespace hookline::delivery
