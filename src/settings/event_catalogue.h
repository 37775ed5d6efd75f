#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "base/error.h"

/// The event types that Hookline and Stream know by name; every other type is a custom event.
namespace hookline::settings {

enum class EventSupport : std::uint8_t {
  kFires,  ///< Hookline emits it. A lint check compares this with the sources.
  kTaken,  ///< Not emitted yet; a hook may name it already.
  kNever,  ///< Of a part of Stream that Hookline does not have: a hook that names it is refused.
};

struct EventType {
  std::string_view name;
  std::string_view description;  ///< One sentence, for GET /hook/events and the dashboard.
  std::string_view product;      ///< "chat" or "moderation".
  EventSupport support = EventSupport::kTaken;
};

/// Sorted by name.
std::span<const EventType> EventCatalogue();

/// True if hooks know the type by name; every other one is a custom event.
bool IsBuiltInEvent(std::string_view type);

/// True for types that clients exchange among themselves (typing, watching, …): never sent to
/// hooks, and no custom events either.
bool IsClientOnlyEvent(std::string_view type);

/// Beginnings of the types that are not free for custom events, each with its dot.
std::span<const std::string_view> ReservedEventPrefixes();

/// Whether a hook may name `type` in `event_types`: a type that hooks know, or one that a custom
/// event may have. Fails with kNotImplemented for what only other products of Stream emit, with
/// kInput and the nearest known name for what nothing ever emits. `field` names the list.
Result<void> CheckEventType(std::string_view field, std::string_view type);

}  // namespace hookline::settings
