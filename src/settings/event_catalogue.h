#pragma once

#include <span>
#include <string_view>

/// The event types that Hookline and Stream know by name; every other type is a custom event.
namespace hookline::settings {

struct EventType {
  std::string_view name;
  std::string_view description;  ///< One sentence, for GET /hook/events and the dashboard.
  std::string_view product;      ///< "chat" or "moderation".
};

/// Sorted by name.
std::span<const EventType> EventCatalogue();

/// True if hooks know the type by name. Custom events follow decisions.md 4 instead.
bool IsBuiltInEvent(std::string_view type);

/// True for types that clients exchange among themselves (typing, watching, …): never sent to
/// hooks, and no custom events either.
bool IsClientOnlyEvent(std::string_view type);

}  // namespace hookline::settings
