#pragma once

#include <compare>
#include <cstdint>
#include <functional>

namespace hookline {

/// A row number in the store that cannot be mixed up with another table's. Zero means "none".
template <class Tag>
struct RowId {
  std::int64_t value = 0;

  explicit operator bool() const { return value != 0; }
  friend auto operator<=>(const RowId&, const RowId&) = default;
};

using AppId = RowId<struct AppTag>;
using HookId = RowId<struct HookTag>;  ///< The store's number of a hook; users see its UUID.
using EventId = RowId<struct EventTag>;
using DeliveryId = RowId<struct DeliveryTag>;  ///< Users see the delivery's UUID (X-Webhook-Id).
using ChannelId = RowId<struct ChannelTag>;    ///< The store's number of a channel, not its "id".
using MessageId = RowId<struct MessageTag>;

}  // namespace hookline

template <class Tag>
struct std::hash<hookline::RowId<Tag>> {
  std::size_t operator()(const hookline::RowId<Tag>& id) const noexcept {
    return std::hash<std::int64_t>()(id.value);
  }
};
