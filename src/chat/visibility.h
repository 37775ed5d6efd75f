#pragma once

#include <string_view>

#include "base/error.h"
#include "chat/context.h"

/// Which messages of a channel somebody may read who may read in the channel. The one place that
/// every way of reading asks.
namespace hookline::chat {

/// Nothing older is shown to `viewer`: what was truncated, and what came before a member whose
/// history is hidden. An empty viewer is a server, for which only the former counts.
Timestamp VisibleFrom(Reader& store, const Channel& channel, std::string_view viewer);

/// The same question about one message, which may also be meant for some users only. Requires: it
/// is in `channel`.
bool MayRead(Reader& store, const Channel& channel, const Message& message,
             std::string_view viewer);

/// Whether the user has read receipts off (`privacy_settings`): nobody else is told what they read.
bool HidesReads(const User& user);

/// Limits `page` to what `viewer` may read. kInput if it starts at a message that is not there for
/// the viewer: an empty answer would pass for the end of the list.
Result<void> LimitPage(Reader& store, const Channel& channel, std::string_view viewer,
                       MessagePage& page);

}  // namespace hookline::chat
