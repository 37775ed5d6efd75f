#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace hookline::webhook {

/// A parsed event: a valid JSON object whose text is kept exactly as it came, so that numbers of
/// any size and the order of keys survive. Any event type is accepted, and so is none.
///
/// Immutable; reading is thread-safe. Copies are cheap and share the text: views that an Event
/// hands out stay valid as long as one copy of it lives. A moved-from Event may only be assigned
/// to or destroyed.
class Event {
 public:
  /// The `type` member, such as "message.new"; empty if it is missing or not a string.
  std::string_view type() const;

  /// The whole JSON text, byte for byte.
  std::string_view json() const;

  /// The unescaped text of a top-level string, such as "cid"; nullopt if there is no such member
  /// or it is not a string. Of a repeated name the last one counts, here and in RawField.
  std::optional<std::string_view> StringField(std::string_view name) const;

  /// The exact JSON text of a top-level member of any kind (`"mara"`, `1.10`, `{"id":"x"}`,
  /// `null`), without the white space around it; nullopt if there is no such member. Hand it to the
  /// JSON library of your choice, or to ParseEvent if it is an object.
  std::optional<std::string_view> RawField(std::string_view name) const;

 private:
  friend class EventParser;
  struct Data;
  explicit Event(std::shared_ptr<const Data> data) : data_(std::move(data)) {}

  std::shared_ptr<const Data> data_;
};

}  // namespace hookline::webhook
