#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/json.h"
#include "chat/channel_type.h"
#include "chat/context.h"
#include "chat/fields.h"

/// What clients may set on a message, shared by sending and updating. Internal to the chat room.
namespace hookline::chat {

/// Most attachments of a message.
inline constexpr std::size_t kAttachmentsMax = 30;

/// Every name that a message object may have besides custom fields.
bool IsMessageField(std::string_view name);
/// Names that only the server sets; sending one is an error that names it.
bool IsReservedMessageField(std::string_view name);

/// Reads the settable fields of `object` into `message`, checking types, limits and references.
/// Fields that are absent keep the value that `message` has.
Result<void> ReadMessageFields(const ReadContext& context, const ChannelType& config,
                               json::Value object, Message& message);

/// The custom fields of a message object.
Result<std::string> MessageCustomFields(const Limits& limits, json::Value object);

/// Whether the whole of it is within Limits::message_bytes; `before` is what is being updated,
/// nullptr if it is new.
Result<void> CheckMessageBytes(const Limits& limits, const Message& message,
                               const Message* before = nullptr);

/// Of UTF-8.
std::int64_t CountCharacters(std::string_view text);

/// Pins or unpins on behalf of `actor`.
Result<void> ReadPin(const ReadContext& context, json::Value object, std::string_view actor,
                     Message& message);
void Unpin(Message& message);

}  // namespace hookline::chat
