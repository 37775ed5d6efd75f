#pragma once

#include <string>

#include "chat/context.h"

namespace hookline::chat {

/// Stores and returns the task of work that clients expect to go on in the background and that is
/// done already. `result_json` is the text of an object.
Task KeepCompletedTask(Context& context, std::string result_json);

}  // namespace hookline::chat
