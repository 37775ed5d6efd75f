#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "base/error.h"
#include "chat/commands.h"
#include "chat/context.h"
#include "chat/ephemerals.h"
#include "chat/messages.h"

/// The commands that this server carries out by itself: /giphy, /mute, /unmute, /ban, /unban,
/// /flag (docs/contract/hooks.md#commands).
namespace hookline::chat {

struct BuiltInOptions {
  std::string public_url;  ///< Where clients reach this server, without a slash at its end.
  std::chrono::nanoseconds ephemeral_lifetime = kEphemeralLifetimeDefault;
};

/// Carries out a built-in command that a drafted message gives, with its events, and returns what
/// its sender is answered: a message of type "ephemeral", or of type "error" if the command names
/// nobody. Only /giphy's is kept. Fails with kNotAllowed if a user's token may not do this.
/// Requires: drafted in this transaction; call.built_in.
Result<Message> RunBuiltInCommand(Context& context, Draft draft, const CommandCall& call,
                                  const BuiltInOptions& options);

/// True if an action on this ephemeral message is for RunGiphyAction and not for the app's handler.
bool IsGiphy(const Message& message);

/// An action on /giphy's message by its `image_action`: "send" makes it a regular message,
/// "shuffle" shows another picture, "cancel" removes it (nullopt).
Result<std::optional<Message>> RunGiphyAction(Context& context, EphemeralAction action,
                                              const BuiltInOptions& options);

/// The address of the picture for a text, under `public_url`: the same for the same seed.
std::string GiphyUrl(std::string_view public_url, std::string_view text, std::string_view seed);

}  // namespace hookline::chat
