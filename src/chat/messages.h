#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/json.h"
#include "chat/context.h"

namespace hookline::chat {

/// SendMessage: `message` is the request's message object. Stores it, moves the sender's read
/// position, and emits message.new.
Result<Message> SendMessage(Context& context, std::string_view type, std::string_view channel_id,
                            json::Value message);

/// The system message that a channel's update or truncation carries, sent by `actor`.
Result<Message> SendSystemMessage(Context& context, Channel& channel, const std::string& actor,
                                  json::Value message);

/// UpdateMessage: replaces what a client may set; custom fields that are not sent are removed.
/// Emits message.updated.
Result<Message> UpdateMessage(Context& context, std::string_view id, json::Value message);

/// UpdateMessagePartial: `set` and `unset`. Emits message.updated.
Result<Message> UpdateMessagePartial(Context& context, std::string_view id, json::Value body);

/// DeleteMessage. `deleted_by` may be empty. Emits message.deleted. Returns it as deleted.
Result<Message> DeleteMessage(Context& context, std::string_view id, bool hard,
                              std::string_view deleted_by);

/// SendReaction: `body` is the request (`reaction`, `enforce_unique`). Emits reaction.new or
/// reaction.updated, and reaction.deleted for what it replaces.
struct ReactionSent {
  Message message;
  Reaction reaction;
};
Result<ReactionSent> SendReaction(Context& context, std::string_view message_id, json::Value body);

/// DeleteReaction. Emits reaction.deleted.
Result<ReactionSent> DeleteReaction(Context& context, std::string_view message_id,
                                    std::string_view type, std::string_view user_id);

/// `<p>text</p>\n`, with the text escaped; empty for an empty text.
std::string RenderHtml(std::string_view text);

}  // namespace hookline::chat
