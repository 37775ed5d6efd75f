#pragma once

#include <string_view>

#include "base/error.h"
#include "base/json.h"
#include "chat/context.h"

/// Users who go and come back (docs/contract/routes.md#users). What they wrote stays. Requires of
/// all: a server's caller.
namespace hookline::chat {

/// DeactivateUser: the user's tokens are good for nothing. `body` may name who did it
/// (`created_by_id`). Emits user.deactivated. kInput if it was done before, kNotFound without such
/// a user.
Result<UserPtr> DeactivateUser(Context& context, std::string_view id, json::Value body);

/// ReactivateUser: the opposite; `name` gives the user a new one. Emits user.reactivated.
Result<UserPtr> ReactivateUser(Context& context, std::string_view id, json::Value body);

/// The same for `user_ids`: all or none. The task that they return is completed.
Result<Task> DeactivateUsers(Context& context, json::Value body);
Result<Task> ReactivateUsers(Context& context, json::Value body);

/// DeleteUser: nobody finds or acts as the user any more, whose id stays taken. Emits user.deleted.
Result<UserPtr> DeleteUser(Context& context, std::string_view id);

/// DeleteUsers: `user_ids`, and `user`, of which only "soft" is served. All or none; the task that
/// it returns is completed.
Result<Task> DeleteUsers(Context& context, json::Value body);

/// RestoreUsers: `user_ids` of deleted users; all or none.
Result<void> RestoreUsers(Context& context, json::Value body);

}  // namespace hookline::chat
