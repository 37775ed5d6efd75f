#pragma once

#include <optional>

#include "base/error.h"
#include "chat/channel_type.h"
#include "chat/context.h"

namespace hookline::chat {

/// Makes a new message with a parent_id a reply and returns its parent as it will be; nullopt for
/// a message of the channel itself. Writes nothing.
Result<std::optional<Message>> JoinThread(const ReadContext& context, const ChannelType& config,
                                          Message& message);

}  // namespace hookline::chat
