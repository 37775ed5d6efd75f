#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "chat/context.h"
#include "chat/write.h"

/// The frame that events share (docs/contract/payloads.md#base); each kind's fields go inside.
namespace hookline::chat {

using WriteFields = std::function<void(json::Writer&, Encoder&)>;

struct EventFrame {
  std::string_view type;
  std::string_view user_id;  ///< Who it is about; fills `{user_id}` of URL templates.
  bool custom = false;
  bool members = true;  ///< With the members array.
};

/// An event of a channel: with cid, channel_type, channel_id, counts, members and request_info.
void EmitChannelEvent(Context& context, const Channel& channel, const EventFrame& frame,
                      const WriteFields& fields);

/// channel.created and the like: with the channel, the user unless `user_id` is empty, and the
/// message unless it is nullptr.
void EmitChannelChange(Context& context, const Channel& channel, std::string_view type,
                       const std::string& user_id, const Message* message);

/// An event outside of channels.
void EmitAppEvent(Context& context, const EventFrame& frame, const WriteFields& fields);

}  // namespace hookline::chat
