#pragma once

#include "base/error.h"
#include "base/json.h"
#include "base/json_writer.h"
#include "chat/context.h"
#include "chat/write.h"

namespace hookline::chat {

/// Which parts of a channel's state a request asks for.
struct StateOptions {
  bool state = true;      ///< Messages, members and reads; otherwise these lists are empty.
  bool watchers = false;  ///< The request asked for watchers.
  MessagePage messages;
  int members_limit = 100;
  int members_offset = 0;
  std::string viewer;  ///< Whose membership and own_reactions; may be empty.
};

/// Reads `state`, `watch`, `messages {limit, id_lt …}`, `members {limit, offset}`, `watchers`.
Result<StateOptions> ReadStateOptions(json::Value body);
/// Reads limit, id_lt, created_at_before …; limit at most `limit_max`.
Result<MessagePage> ReadMessagePage(json::Value object, int limit_default, int limit_max);

/// The members of ChannelStateResponseFields, into the object that is open. All lists that clients
/// iterate are there, empty if nothing was asked for (docs/contract/rulings.md#31).
/// Fails with kInput, and nothing written, if the page of messages starts at one that is not there
/// for the viewer.
Result<void> WriteChannelState(json::Writer& w, Encoder& encoder, Reader& store,
                               const Channel& channel, const StateOptions& options);

}  // namespace hookline::chat
