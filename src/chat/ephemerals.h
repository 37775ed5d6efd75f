#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/json.h"
#include "chat/context.h"
#include "chat/messages.h"

/// Ephemeral messages: what a command answers to its sender alone, kept for a while so that the
/// sender's actions find it (docs/contract/rulings.md#24). No list, count, search or event has
/// them.
namespace hookline::chat {

inline constexpr std::chrono::hours kEphemeralLifetimeDefault{1};

/// Keeps what was drafted as an ephemeral message, and returns it. Requires: drafted in this
/// transaction. Emits nothing.
Message SaveEphemeral(Context& context, Draft draft, std::chrono::nanoseconds lifetime);

/// Keeps a changed ephemeral message in place of the one with its id; its life begins anew.
Message ReplaceEphemeral(Context& context, Message message, std::chrono::nanoseconds lifetime);

void DeleteEphemeral(Context& context, const Message& message);

/// Makes an ephemeral message, with what was changed in it, a regular one of its channel: stores
/// it as sent now and emits message.new. Fails, and leaves it as it is, if the channel does not
/// take it any more.
Result<Message> CommitEphemeral(Context& context, Message message);

/// What RunMessageAction asks for.
struct EphemeralAction {
  Message message;  ///< As it is stored. Its user is who acts.
  ChannelPtr channel;
  ChannelType config;
  std::vector<std::pair<std::string, std::string>> form_data;  ///< In the request's order.

  std::optional<std::string_view> Find(std::string_view name) const;
};

/// Reads the request and finds the message that it is about; its channel must be one that the
/// caller may read. Only the owner may act; a server token that names no user acts as the owner
/// (docs/contract/rulings.md#24). Fails with kNotFound for whatever the caller may not see.
Result<EphemeralAction> RequireEphemeral(const ReadContext& context, std::string_view id,
                                         json::Value body);

/// GetMessage: a message as RequireMessage finds it or, for its owner and for server tokens, an
/// ephemeral one.
Result<Message> RequireMessageOrEphemeral(const ReadContext& context, std::string_view id);

}  // namespace hookline::chat
