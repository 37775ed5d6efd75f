#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/json.h"
#include "chat/access.h"
#include "chat/channel_type.h"
#include "chat/context.h"

namespace hookline::chat {

/// A message as it would be stored, before anything is written. Making one and committing it are
/// two steps, because a customer's server may be asked in between.
struct Draft {
  Message message;
  Message before;  ///< Of an update: the message as it is stored.
  Actor actor;     ///< Who sends or changes it.
  ChannelPtr channel;
  ChannelType config;             ///< Of the channel.
  std::optional<Message> parent;  ///< Of a reply: as it will be.
  bool keep_hidden = false;       ///< Who has hidden the channel does not see it again for this.
};

/// SendMessage: `message` is the request's message object. Its id is empty if none was given.
Result<Draft> DraftMessage(const ReadContext& context, std::string_view type,
                           std::string_view channel_id, json::Value message);

/// What SendMessage's request says beside the message. kNotImplemented in a channel whose messages
/// are to be pending, unless the request says that this one is not.
Result<void> ReadSendOptions(json::Value body, Draft& draft);

/// Stores a drafted message, moves the sender's read position, and emits message.new. Requires:
/// drafted in this transaction.
Message CommitMessage(Context& context, Draft draft);

/// UpdateMessage: replaces what a client may set; custom fields that are not sent are removed.
Result<Draft> DraftUpdate(const ReadContext& context, std::string_view id, json::Value message);

/// UpdateMessagePartial: `set` and `unset`.
Result<Draft> DraftPartialUpdate(const ReadContext& context, std::string_view id, json::Value body);

/// Stores a drafted update and emits message.updated. Requires: drafted in this transaction.
Message CommitUpdate(Context& context, Draft draft);

/// The three in one step each, where nobody has to be asked.
Result<Message> SendMessage(Context& context, std::string_view type, std::string_view channel_id,
                            json::Value message);
Result<Message> UpdateMessage(Context& context, std::string_view id, json::Value message);
Result<Message> UpdateMessagePartial(Context& context, std::string_view id, json::Value body);

/// The system message that a channel's update or truncation carries. Requires: `message` is what
/// the request has under that name.
Result<Draft> DraftSystemMessage(const ReadContext& context, ChannelPtr channel, Actor actor,
                                 json::Value message);

/// Has a say in a draft, and may change it; false: there is to be no message.
using JudgeDraft = std::function<Result<bool>(Draft&)>;

/// Sends the message that `body`, a change of the channel, carries: as `actor`, who exists (empty:
/// whom the message names). nullopt if it carries none, or `judge` (may be empty) wants none.
Result<std::optional<Message>> SendMessageOfChange(Context& context, Channel& channel,
                                                   const std::string& actor, json::Value body,
                                                   const JudgeDraft& judge);

struct DeleteOptions {
  bool hard = false;       ///< For good, with its replies. Server tokens only.
  bool for_me = false;     ///< Only for the caller, or for `deleted_by`; all others keep it.
  std::string deleted_by;  ///< Whom a server token names; may be empty, but for `for_me`.
};
struct MessageDeleted {
  Message message;    ///< As it is now.
  std::string actor;  ///< Who deleted it.
};
/// DeleteMessage. Emits message.deleted.
Result<MessageDeleted> DeleteMessage(Context& context, std::string_view id,
                                     const DeleteOptions& options);

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
