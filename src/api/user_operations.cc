#include <algorithm>

#include "api/operation.h"
#include "api/paging.h"
#include "chat/fields.h"
#include "chat/filter.h"
#include "chat/user_lifecycle.h"
#include "chat/users.h"
#include "chat/write.h"

namespace hookline::api {
namespace {

constexpr int kUsersLimitMax = 100;
constexpr int kUsersOffsetMax = 1000;

void WriteUsersById(store::Reader& store, const Call& call, Timestamp now, json::Writer& w,
                    const std::vector<chat::UserPtr>& users) {
  chat::Encoder encoder(store, call.app->id, call.format, now);
  w.Key("users").BeginObject();
  for (const chat::UserPtr& user : users) {
    w.Key(user->id);
    encoder.FullUser(w, *user);
  }
  w.EndObject();
}

Result<void> UpdateUsers(WriteScope& scope, json::Writer& w) {
  auto users = chat::UpsertUsers(scope.chat, scope.call.body()["users"]);
  if (!users) return std::unexpected(users.error());
  WriteUsersById(scope.tx, scope.call, scope.chat.now, w, *users);
  for (const chat::UserPtr& user : *users) scope.reply.made.push_back(user->id);
  w.Field("membership_deletion_task_id", "");
  return {};
}

// `made`: the users' ids.
Result<void> RebuildUsers(ReadScope& scope, const std::vector<std::string>& made, json::Writer& w) {
  std::vector<chat::UserPtr> users;
  for (const std::string& id : made) {
    chat::UserPtr user = scope.store.FindUser(scope.call.app->id, id);
    if (user != nullptr) users.push_back(std::move(user));
  }
  WriteUsersById(scope.store, scope.call, scope.chat.now, w, users);
  w.Field("membership_deletion_task_id", "");
  return {};
}

Result<void> UpdateUsersPartial(WriteScope& scope, json::Writer& w) {
  auto users = chat::UpdateUsersPartial(scope.chat, scope.call.body()["users"]);
  if (!users) return std::unexpected(users.error());
  WriteUsersById(scope.tx, scope.call, scope.chat.now, w, *users);
  w.Field("membership_deletion_task_id", "");
  return {};
}

Result<void> QueryUsers(ReadScope& scope, json::Writer& w) {
  const json::Value body = scope.call.body();
  chat::UserQuery query;
  auto filter = chat::ParseFilter(body["filter_conditions"]);
  if (!filter) return std::unexpected(filter.error());
  query.filter = std::move(*filter);
  auto sort = chat::ParseSort(body["sort"], 5);
  if (!sort) return std::unexpected(sort.error());
  query.sort = std::move(*sort);
  if (auto read = ReadBounds(body, "id", query.filter, query.sort); !read) return read;
  auto limit = ReadLimit(body, "limit", 30, kUsersLimitMax);
  if (!limit) return std::unexpected(limit.error());
  query.limit = *limit;
  auto offset = ReadLimit(body, "offset", 0, kUsersOffsetMax);
  if (!offset) return std::unexpected(offset.error());
  query.offset = *offset;
  if (auto read = chat::ReadBool(body, "include_deactivated_users", "include_deactivated_users",
                                 query.include_deactivated);
      !read) {
    return read;
  }
  auto users = scope.store.QueryUsers(scope.call.app->id, query);
  if (!users) return std::unexpected(users.error());
  chat::Encoder encoder(scope.store, scope.call.app->id, scope.call.format, scope.chat.now);
  w.Key("users").BeginArray();
  for (const chat::UserPtr& user : *users) encoder.FullUser(w, *user);
  w.EndArray();
  return {};
}

Result<void> SendUserCustomEvent(WriteScope& scope, json::Writer&) {
  const json::Value event = scope.call.body()["event"];
  if (!event.IsObject()) return InputError("event is a required field");
  return chat::SendUserEvent(scope.chat, scope.call.args[0], event);
}

Result<void> WriteUser(WriteScope& scope, json::Writer& w, const Result<chat::UserPtr>& user) {
  if (!user) return std::unexpected(user.error());
  chat::Encoder encoder(scope.tx, scope.call.app->id, scope.call.format, scope.chat.now);
  w.Key("user");
  encoder.User(w, **user);
  return {};
}

Result<void> WriteTask(json::Writer& w, const Result<chat::Task>& task) {
  if (!task) return std::unexpected(task.error());
  w.Field("task_id", task->id);
  return {};
}

Result<void> DeactivateUser(WriteScope& scope, json::Writer& w) {
  return WriteUser(scope, w,
                   chat::DeactivateUser(scope.chat, scope.call.args[0], scope.call.body()));
}

Result<void> ReactivateUser(WriteScope& scope, json::Writer& w) {
  return WriteUser(scope, w,
                   chat::ReactivateUser(scope.chat, scope.call.args[0], scope.call.body()));
}

Result<void> DeleteUser(WriteScope& scope, json::Writer& w) {
  return WriteUser(scope, w, chat::DeleteUser(scope.chat, scope.call.args[0]));
}

Result<void> DeactivateUsers(WriteScope& scope, json::Writer& w) {
  return WriteTask(w, chat::DeactivateUsers(scope.chat, scope.call.body()));
}

Result<void> ReactivateUsers(WriteScope& scope, json::Writer& w) {
  return WriteTask(w, chat::ReactivateUsers(scope.chat, scope.call.body()));
}

Result<void> DeleteUsers(WriteScope& scope, json::Writer& w) {
  return WriteTask(w, chat::DeleteUsers(scope.chat, scope.call.body()));
}

Result<void> RestoreUsers(WriteScope& scope, json::Writer&) {
  return chat::RestoreUsers(scope.chat, scope.call.body());
}

constexpr Operation kOperations[] = {
    Rebuilt(Open("POST", "/users", "UpdateUsers", nullptr, UpdateUsers), RebuildUsers),
    Open("PATCH", "/users", "UpdateUsersPartial", nullptr, UpdateUsersPartial),
    {.method = "GET", .path = "/users", .name = "QueryUsers", .read = QueryUsers},
    {.method = "POST",
     .path = "/users/{id}/event",
     .name = "SendUserCustomEvent",
     .write = SendUserCustomEvent},
    {.method = "POST",
     .path = "/users/deactivate",
     .name = "DeactivateUsers",
     .write = DeactivateUsers},
    {.method = "POST",
     .path = "/users/reactivate",
     .name = "ReactivateUsers",
     .write = ReactivateUsers},
    {.method = "POST", .path = "/users/delete", .name = "DeleteUsers", .write = DeleteUsers},
    {.method = "POST", .path = "/users/restore", .name = "RestoreUsers", .write = RestoreUsers},
    {.method = "POST",
     .path = "/users/{user_id}/deactivate",
     .name = "DeactivateUser",
     .write = DeactivateUser},
    {.method = "POST",
     .path = "/users/{user_id}/reactivate",
     .name = "ReactivateUser",
     .write = ReactivateUser},
    {.method = "DELETE",
     .path = "/users/{id}",
     .name = "DeleteUser",
     .write = DeleteUser,
     .version = Version::kV1Only},
};

}  // namespace

std::span<const Operation> UserOperations() { return kOperations; }

}  // namespace hookline::api
