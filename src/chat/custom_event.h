#pragma once

#include <string>

#include "base/error.h"
#include "base/json.h"
#include "chat/limits.h"
#include "chat/model.h"

namespace hookline::chat {

/// What an event that a caller names itself carries beside what the server writes: the text of one
/// object. `channel` is nullptr for a user's event. Pure.
///
/// In payloads of v1 custom fields stand beside the server's own, so one that is called like a
/// field of any event's payload could pass for it, or keep a typed receiver from reading the event:
/// it is a kInput error, unless its value is a zero value, or the channel's own name. `created_at`
/// and `received_at` are overwritten. Inside of `custom` every name is free.
///
/// Fails too on more than kMaxCustomFields and on more bytes than an event may have.
Result<std::string> CustomEventFields(const Limits& limits, json::Value event,
                                      const Channel* channel);

}  // namespace hookline::chat
