#pragma once

#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/json.h"
#include "chat/context.h"

namespace hookline::chat {

/// A user as described by `object` (may be missing), not yet stored.
Result<User> NewUser(const ReadContext& context, std::string_view id, json::Value object);

/// Tells of a user who was made or changed: user.updated.
void EmitUserUpdated(Context& context, const User& user);

/// UpdateUsers: `{"<id>": {…}}`. Creates or replaces; role, language and teams stay if not given.
/// Emits user.updated for each. Returned in the order given.
Result<std::vector<UserPtr>> UpsertUsers(Context& context, json::Value users);

/// UpdateUsersPartial: `[{"id", "set", "unset"}]`. Emits user.updated for each.
Result<std::vector<UserPtr>> UpdateUsersPartial(Context& context, json::Value users);

/// SendUserCustomEvent: `{"type", …}` sent to a user.
Result<void> SendUserEvent(Context& context, std::string_view user_id, json::Value event);

}  // namespace hookline::chat
