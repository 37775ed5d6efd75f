#include "chat/user_lifecycle.h"

#include <fmt/core.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "base/json_writer.h"
#include "chat/emit.h"
#include "chat/fields.h"
#include "chat/tasks.h"
#include "chat/users.h"

namespace hookline::chat {
namespace {

constexpr std::size_t kUsersMax = 100;

Result<User> RequireLive(Context& context, std::string_view id) {
  const UserPtr user = context.store.FindUser(context.app, id);
  if (!user || user->deleted_at) {
    return Fail(ErrorKind::kNotFound, fmt::format("the user {} does not exist", id));
  }
  return *user;
}

Result<std::vector<std::string>> ReadUserIds(json::Value body) {
  std::vector<std::string> ids;
  if (auto read = ReadStrings(body, "user_ids", "user_ids", kUsersMax, ids); !read) {
    return std::unexpected(read.error());
  }
  if (ids.empty()) return InputError("user_ids is a required field");
  std::ranges::sort(ids);
  ids.erase(std::ranges::unique(ids).begin(), ids.end());
  return ids;
}

// Who did it; empty if nobody is named.
Result<std::string> ReadCreator(Context& context, json::Value body) {
  std::string id;
  if (auto read = ReadString(body, "created_by_id", "created_by_id", id); !read) {
    return std::unexpected(read.error());
  }
  if (id.empty()) return id;
  if (auto known = RequireLive(context, id); !known) {
    return InputError(known.error().message());
  }
  return id;
}

UserPtr Save(Context& context, User user, std::string_view event, const WriteFields& fields) {
  user.updated_at = context.now;
  context.store.PutUser(user);
  EmitAppEvent(context, {.type = event, .user_id = user.id},
               [&](json::Writer& w, Encoder& encoder) {
                 w.Key("user");
                 encoder.User(w, user);
                 fields(w, encoder);
               });
  return std::make_shared<const User>(std::move(user));
}

WriteFields CreatedBy(const std::string& id) {
  return [id](json::Writer& w, Encoder& encoder) {
    if (id.empty()) return;
    w.Key("created_by");
    encoder.UserById(w, id);
    w.Field("created_by_id", id);
  };
}

using ChangeOne = Result<UserPtr> (*)(Context&, std::string_view id, json::Value body);

Result<Task> ChangeAll(Context& context, json::Value body, ChangeOne change) {
  auto ids = ReadUserIds(body);
  if (!ids) return std::unexpected(ids.error());
  json::Writer result;
  result.BeginObject().Key("users").BeginArray();
  for (const std::string& id : *ids) {
    auto user = change(context, id, body);
    if (!user) return std::unexpected(user.error());
    result.BeginObject().Field("id", id).EndObject();
  }
  result.EndArray().EndObject();
  return KeepCompletedTask(context, result.Take());
}

// Without a name: that of one user is not that of all.
Result<UserPtr> Reactivate(Context& context, std::string_view id, json::Value body,
                           const std::string& name) {
  auto user = RequireLive(context, id);
  if (!user) return std::unexpected(user.error());
  if (!user->deactivated_at) {
    return InputError(fmt::format("user with ID {} is not deactivated", id));
  }
  auto creator = ReadCreator(context, body);
  if (!creator) return std::unexpected(creator.error());
  user->deactivated_at = {};
  if (!name.empty()) user->name = name;
  return Save(context, std::move(*user), "user.reactivated", CreatedBy(*creator));
}

}  // namespace

Result<UserPtr> DeactivateUser(Context& context, std::string_view id, json::Value body) {
  auto user = RequireLive(context, id);
  if (!user) return std::unexpected(user.error());
  if (user->deactivated_at) {
    return InputError(fmt::format("user with ID {} was deactivated before", id));
  }
  auto creator = ReadCreator(context, body);
  if (!creator) return std::unexpected(creator.error());
  user->deactivated_at = context.now;
  return Save(context, std::move(*user), "user.deactivated", CreatedBy(*creator));
}

Result<UserPtr> ReactivateUser(Context& context, std::string_view id, json::Value body) {
  std::string name;
  if (auto read = ReadString(body, "name", "name", name); !read) {
    return std::unexpected(read.error());
  }
  if (auto fits = CheckBytes("name", name.size(), context.limits.custom_bytes); !fits) {
    return std::unexpected(fits.error());
  }
  return Reactivate(context, id, body, name);
}

Result<Task> DeactivateUsers(Context& context, json::Value body) {
  return ChangeAll(context, body, DeactivateUser);
}

Result<Task> ReactivateUsers(Context& context, json::Value body) {
  return ChangeAll(context, body, [](Context& each, std::string_view id, json::Value request) {
    return Reactivate(each, id, request, "");
  });
}

Result<UserPtr> DeleteUser(Context& context, std::string_view id) {
  auto user = RequireLive(context, id);
  if (!user) return std::unexpected(user.error());
  user->deleted_at = context.now;
  return Save(context, std::move(*user), "user.deleted", [](json::Writer& w, Encoder&) {
    w.Field("delete_user", "soft");
    w.Field("delete_messages", "");
    w.Field("delete_conversation", "");
    w.Field("hard_delete", false);
    w.Field("mark_messages_deleted", false);
    w.Field("delete_conversation_channels", false);
  });
}

Result<Task> DeleteUsers(Context& context, json::Value body) {
  auto ids = ReadUserIds(body);
  if (!ids) return std::unexpected(ids.error());
  std::string how;
  if (auto read = ReadString(body, "user", "user", how); !read) {
    return std::unexpected(read.error());
  }
  if (!how.empty() && how != "soft" && how != "pruning" && how != "hard") {
    return InputError("user must be one of [soft pruning hard]");
  }
  if (how == "pruning" || how == "hard") {
    return Fail(ErrorKind::kNotImplemented,
                fmt::format("user: {} is not supported by this server, soft is", how));
  }
  json::Writer result;
  result.BeginObject();
  for (const std::string& id : *ids) {
    if (auto deleted = DeleteUser(context, id); !deleted) {
      return InputError(deleted.error().message());
    }
    result.Key(id).BeginObject().Field("status", "ok").EndObject();
  }
  result.EndObject();
  return KeepCompletedTask(context, result.Take());
}

Result<void> RestoreUsers(Context& context, json::Value body) {
  auto ids = ReadUserIds(body);
  if (!ids) return std::unexpected(ids.error());
  for (const std::string& id : *ids) {
    const UserPtr found = context.store.FindUser(context.app, id);
    if (!found) return InputError(fmt::format("the user {} does not exist", id));
    if (!found->deleted_at) {
      return InputError(fmt::format("user \"{}\" is not deleted, it can't be restored", id));
    }
    User user = *found;
    user.deleted_at = {};
    user.updated_at = context.now;
    context.store.PutUser(user);
    EmitUserUpdated(context, user);
  }
  return {};
}

}  // namespace hookline::chat
