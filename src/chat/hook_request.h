#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/json_writer.h"
#include "chat/context.h"
#include "chat/message_rewrite.h"
#include "chat/model.h"
#include "chat/write.h"

/// What a hook is asked (docs/contract/hooks.md#before-message-send, #commands). In v1, with flat
/// custom fields (docs/contract/rulings.md#22). `encoder` must have Format::kV1.
namespace hookline::chat {

/// The message as its sender wrote it: no html, no reactions. To a before-message-send hook a
/// message that is not stored yet (pk 0) has no times; `id_given` false, because the sender gave no
/// id, writes its id as "". To a command handler it has id, cid, times, command and args.
/// `mentions_by_id`: mentioned users have nothing but their ids.
void WriteRawMessage(json::Writer& w, Encoder& encoder, const Message& message, HookRole role,
                     bool id_given, bool mentions_by_id = false);

// Bodies stay below kHookCallBytesMax: if need be mentioned users come by id only, then the user
// and the channel without custom data. A message that is too large even so is a kInput error.

/// The body for a before-message-send hook: message, user, channel with config, request_info.
Result<std::string> WriteBeforeSendRequest(Encoder& encoder, const Message& message, bool id_given,
                                           const User& sender, const Channel& channel,
                                           const RequestInfo& request_info);

/// Values of a message action, in the order of the request.
using FormData = std::vector<std::pair<std::string, std::string>>;

/// The body for a command handler: message, user, and form_data unless that is empty.
Result<std::string> WriteCommandRequest(Encoder& encoder, const Message& message,
                                        const User& sender, const FormData& form_data);

}  // namespace hookline::chat
