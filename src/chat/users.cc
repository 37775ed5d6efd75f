#include "chat/users.h"

#include <fmt/core.h>

#include <utility>

#include "chat/access.h"
#include "chat/custom_event.h"
#include "chat/emit.h"
#include "chat/fields.h"

namespace hookline::chat {
namespace {

constexpr std::size_t kUsersMax = 100;
constexpr std::size_t kTeamsMax = 250;
constexpr std::size_t kEventTypeBytesMax = 255;
constexpr std::size_t kBuiltInBytesMax = 8 * 1024;

// Everything that a user object has besides custom fields; what clients may set is read by name.
constexpr auto kUserFields = Names({"id",
                                    "role",
                                    "name",
                                    "image",
                                    "language",
                                    "teams",
                                    "teams_role",
                                    "invisible",
                                    "privacy_settings",
                                    "created_at",
                                    "updated_at",
                                    "deleted_at",
                                    "deactivated_at",
                                    "last_active",
                                    "banned",
                                    "shadow_banned",
                                    "ban_expires",
                                    "online",
                                    "devices",
                                    "mutes",
                                    "channel_mutes",
                                    "unread_count",
                                    "total_unread_count",
                                    "unread_channels",
                                    "unread_threads",
                                    "channel_unread_count",
                                    "channel_last_read_at",
                                    "blocked_user_ids",
                                    "avg_response_time",
                                    "push_notifications",
                                    "push_preferences",
                                    "bypass_moderation",
                                    "latest_hidden_channels",
                                    "total_unread_count_by_team",
                                    "revoke_tokens_issued_before"});

// Set by nobody here: whoever sends one with a value expects something to happen.
constexpr auto kNeverSet =
    Names({"ban_expires", "blocked_user_ids", "bypass_moderation", "channel_mutes", "deleted_at",
           "devices", "latest_hidden_channels", "push_notifications", "push_preferences",
           "total_unread_count_by_team"});

// Clients send whole users back: these may be named as they are, and are changed by other requests.
Result<void> CheckUnchanged(json::Value object, const User& before) {
  for (const auto& [name, is] :
       {std::pair{"banned", before.banned}, std::pair{"shadow_banned", before.shadow_banned}}) {
    bool flag = false;
    if (auto read = ReadBool(object, name, fmt::format("user.{}", name), flag); !read) return read;
    if (flag && !is) return RefuseReserved("user", name, object[name]);
  }
  Timestamp deactivated_at;
  if (auto read = ReadTime(object["deactivated_at"], "user.deactivated_at", deactivated_at);
      !read) {
    return read;
  }
  if (deactivated_at && deactivated_at != before.deactivated_at) {
    return RefuseReserved("user", "deactivated_at", object["deactivated_at"]);
  }
  return RefuseReservedIn("user", object, kNeverSet);
}

Result<void> ReadOptionalString(json::Value object, std::string_view name,
                                std::optional<std::string>& out) {
  const json::Value value = object[name];
  if (value.IsMissingOrNull()) return {};
  const auto text = value.AsString();
  if (!text) return InputError(fmt::format("user.{} must be a string", name));
  out = *text;
  return {};
}

// The built-in fields that a request may set, but for the objects among them.
Result<void> ReadUserFields(json::Value object, User& user) {
  const std::string role = user.role;
  for (const auto& result : {ReadString(object, "role", "user.role", user.role),
                             ReadOptionalString(object, "name", user.name),
                             ReadOptionalString(object, "image", user.image),
                             ReadString(object, "language", "user.language", user.language),
                             ReadStrings(object, "teams", "user.teams", kTeamsMax, user.teams),
                             ReadBool(object, "invisible", "user.invisible", user.invisible)}) {
    if (!result) return result;
  }
  // Nobody has an empty role: what a typed client sends that names none.
  if (user.role.empty()) user.role = role;
  if (user.role != role) {
    if (auto valid = CheckRole("user.role", user.role); !valid) return valid;
  }
  const json::Value revoked = object["revoke_tokens_issued_before"];
  if (IsZeroValue(revoked)) return {};
  return ReadTime(revoked, "user.revoke_tokens_issued_before", user.revoke_tokens_issued_before);
}

Result<void> ReadUserObjects(json::Value object, User& user) {
  for (const auto& [name, field] : {std::pair{"teams_role", &user.teams_role_json},
                                    std::pair{"privacy_settings", &user.privacy_settings_json}}) {
    const json::Value value = object[name];
    if (value.IsMissingOrNull()) continue;
    if (!IsMap(value)) return InputError(fmt::format("user.{} must be an object", name));
    *field = MapText(value);
  }
  return {};
}

// `{"read_receipts": {"enabled": true}, …}`.
Result<void> CheckPrivacy(const User& user, const User* before) {
  static constexpr auto kSettings =
      Names({"typing_indicators", "read_receipts", "delivery_receipts"});
  if (user.privacy_settings_json.empty()) return {};
  if (before != nullptr && before->privacy_settings_json == user.privacy_settings_json) return {};
  const auto document = json::Document::Parse(user.privacy_settings_json, json::Source::kStored);
  if (!document) return std::unexpected(document.error());
  for (const json::Value setting : document->root()) {
    const std::string path = fmt::format("user.privacy_settings.{}", setting.key());
    if (!kSettings.contains(setting.key())) {
      return InputError(fmt::format("{} is not a known setting", path));
    }
    if (setting.IsNull()) continue;
    if (!IsMap(setting)) return InputError(fmt::format("{} must be an object", path));
    for (const json::Value member : setting) {
      if (member.key() != "enabled" || !(member.IsBool() || member.IsNull())) {
        return InputError(fmt::format("{} may have only enabled, a boolean", path));
      }
    }
  }
  return {};
}

// Whether what `user` has besides custom data is small enough for every event that carries it;
// `before` may be null.
Result<void> CheckUserBytes(const User& user, const User* before) {
  const auto bytes = [](const User& of) {
    std::size_t sum = QuotedBytes(of.role) + QuotedBytes(of.name.value_or("")) +
                      QuotedBytes(of.image.value_or("")) + QuotedBytes(of.language) +
                      of.teams_role_json.size() + of.privacy_settings_json.size();
    for (const std::string& team : of.teams) sum += QuotedBytes(team);
    return sum;
  };
  if (auto fits = CheckBytes(fmt::format("the user {} without custom data", user.id), bytes(user),
                             before == nullptr ? 0 : bytes(*before), kBuiltInBytesMax);
      !fits) {
    return fits;
  }
  return CheckPrivacy(user, before);
}

// Clients send whole users back: what stays as it is may be named.
Result<void> CheckRights(const Caller& caller, const User& before, const User& after) {
  if (caller.server) return {};
  const auto refuse = [](std::string_view name) {
    return Fail(ErrorKind::kNotAllowed,
                fmt::format("a user token cannot change the user's {}", name));
  };
  if (after.role != before.role) return refuse("role");
  if (after.teams != before.teams) return refuse("teams");
  if (after.teams_role_json != before.teams_role_json) return refuse("teams_role");
  if (after.revoke_tokens_issued_before != before.revoke_tokens_issued_before) {
    return refuse("revoke_tokens_issued_before");
  }
  return {};
}

UserPtr Save(Context& context, User user) {
  context.store.PutUser(user);
  EmitUserUpdated(context, user);
  return std::make_shared<const User>(std::move(user));
}

Result<void> CheckMayUpdate(const Caller& caller, std::string_view id) {
  if (caller.server || caller.user_id == id) return {};
  return Fail(ErrorKind::kNotAllowed, "a user token can update only its own user");
}

Result<User> Upserted(Context& context, std::string_view id, json::Value object) {
  if (!object.IsObject()) return InputError(fmt::format("users.{} must be an object", id));
  if (object["id"].AsString() != id) {
    return InputError(fmt::format("users.{}.id must be the same as its key", id));
  }
  if (auto checked = CheckUserId(id); !checked) return std::unexpected(checked.error());
  if (auto allowed = CheckMayUpdate(context.caller, id); !allowed) {
    return std::unexpected(allowed.error());
  }
  const UserPtr known = context.store.FindUser(context.app, id);
  if (!known) return NewUser(context.read(), id, object);
  if (known->deleted_at) {
    return InputError(fmt::format("user \"{}\" was deleted and cannot be updated", id));
  }
  User user = *known;
  user.name.reset();
  user.image.reset();
  for (const auto& result :
       {CheckUnchanged(object, *known), ReadUserFields(object, user), ReadUserObjects(object, user),
        CheckRights(context.caller, *known, user)}) {
    if (!result) return std::unexpected(result.error());
  }
  auto custom = CustomFields(object, kUserFields, context.limits, "user");
  if (!custom) return std::unexpected(custom.error());
  user.custom_json = std::move(*custom);
  if (auto fits = CheckUserBytes(user, known.get()); !fits) return std::unexpected(fits.error());
  user.updated_at = context.now;
  return user;
}

Result<void> ApplyOne(const FieldChange& change, std::string& object_json) {
  auto changed = ApplyChanges(object_json.empty() ? "{}" : object_json, std::span(&change, 1));
  if (!changed) return std::unexpected(changed.error());
  object_json = std::move(*changed);
  return {};
}

// One change of a built-in field that is an object, or of something in it.
Result<void> ChangeObject(const FieldChange& change, std::string& object_json) {
  const FieldChange inner{{change.path.begin() + 1, change.path.end()}, change.value};
  if (!inner.path.empty()) return ApplyOne(inner, object_json);
  if (!change.value.IsMissingOrNull() && !IsMap(change.value)) {
    return InputError(fmt::format("user.{} must be an object", change.path.front()));
  }
  object_json = change.value.IsMissingOrNull() ? std::string() : MapText(change.value);
  return {};
}

// Settings that a change does not name stay, also where it comes as a whole object.
Result<void> ChangePrivacy(const FieldChange& change, std::string& object_json) {
  if (change.path.size() > 1 || !IsMap(change.value)) return ChangeObject(change, object_json);
  for (const json::Value setting : change.value) {
    if (auto changed = ApplyOne({{setting.key()}, setting}, object_json); !changed) return changed;
  }
  return {};
}

// One change of a built-in field; false if the field is a custom one.
Result<bool> ChangeBuiltIn(const Caller& caller, const FieldChange& change, User& user) {
  const std::string_view name = change.path.front();
  if (!kUserFields.contains(name)) return false;
  const bool unset = change.value.IsMissingOrNull();
  if (name == "name" || name == "image") {
    auto& field = name == "name" ? user.name : user.image;
    if (unset) {
      field.reset();
      return true;
    }
    if (!change.value.IsString()) return InputError(fmt::format("user.{} must be a string", name));
    field = *change.value.AsString();
    return true;
  }
  if (name == "revoke_tokens_issued_before") {
    if (auto allowed = RequireServer(caller); !allowed) return std::unexpected(allowed.error());
    if (unset) {
      user.revoke_tokens_issued_before = {};
      return true;
    }
    if (auto read = ReadTime(change.value, "user.revoke_tokens_issued_before",
                             user.revoke_tokens_issued_before);
        !read) {
      return std::unexpected(read.error());
    }
    return true;
  }
  if (name == "teams_role") {
    if (auto changed = ChangeObject(change, user.teams_role_json); !changed) {
      return std::unexpected(changed.error());
    }
    return true;
  }
  if (name == "privacy_settings") {
    if (auto changed = ChangePrivacy(change, user.privacy_settings_json); !changed) {
      return std::unexpected(changed.error());
    }
    return true;
  }
  const bool settable =
      name == "role" || name == "language" || name == "teams" || name == "invisible";
  if (!settable || change.path.size() > 1) {
    if (auto refused = RefuseReserved("user", name, change.value); !refused) {
      return std::unexpected(refused.error());
    }
    return true;
  }
  if (unset) {
    if (name == "language") user.language.clear();
    if (name == "teams") user.teams.clear();
    if (name == "invisible") user.invisible = false;
    if (name == "role") user.role = "user";
  }
  return true;
}

Result<User> PartiallyUpdated(Context& context, json::Value update) {
  const auto id = update["id"].AsString();
  if (!id || id->empty()) return InputError("users.id must be a string");
  if (auto allowed = CheckMayUpdate(context.caller, *id); !allowed) {
    return std::unexpected(allowed.error());
  }
  const UserPtr known = context.store.FindUser(context.app, *id);
  if (!known || known->deleted_at) {
    return Fail(ErrorKind::kNotFound, fmt::format("the user {} does not exist", *id));
  }
  auto changes =
      ReadChanges(update, [](std::string_view name) { return kUserFields.contains(name); });
  if (!changes) return std::unexpected(changes.error());
  User user = *known;
  std::vector<FieldChange> custom;
  for (const FieldChange& change : *changes) {
    auto built_in = ChangeBuiltIn(context.caller, change, user);
    if (!built_in) return std::unexpected(built_in.error());
    if (!*built_in) custom.push_back(change);
  }
  for (const auto& result :
       {ReadUserFields(update["set"], user), CheckRights(context.caller, *known, user)}) {
    if (!result) return std::unexpected(result.error());
  }
  auto custom_json = ChangeCustom(user.custom_json, custom, context.limits, "user");
  if (!custom_json) return std::unexpected(custom_json.error());
  user.custom_json = std::move(*custom_json);
  if (auto fits = CheckUserBytes(user, known.get()); !fits) return std::unexpected(fits.error());
  user.updated_at = context.now;
  return user;
}

}  // namespace

void EmitUserUpdated(Context& context, const User& user) {
  EmitAppEvent(context, {.type = "user.updated", .user_id = user.id},
               [&](json::Writer& w, Encoder& encoder) {
                 w.Key("user");
                 encoder.PrivacyUser(w, user);
                 w.Key("members").BeginArray().EndArray();
               });
}

Result<User> NewUser(const ReadContext& context, std::string_view id, json::Value object) {
  User user;
  user.app = context.app;
  user.id = id;
  user.created_at = context.now;
  user.updated_at = context.now;
  for (const auto& result :
       {CheckUnchanged(object, user), ReadUserFields(object, user), ReadUserObjects(object, user),
        CheckRights(context.caller, User(), user)}) {
    if (!result) return std::unexpected(result.error());
  }
  auto custom = CustomFields(object, kUserFields, context.limits, "user");
  if (!custom) return std::unexpected(custom.error());
  user.custom_json = std::move(*custom);
  if (auto fits = CheckUserBytes(user, nullptr); !fits) return std::unexpected(fits.error());
  return user;
}

Result<std::vector<UserPtr>> UpsertUsers(Context& context, json::Value users) {
  if (!users.IsObject() || users.size() == 0) return InputError("users is a required field");
  if (users.size() > kUsersMax) {
    return InputError(fmt::format("users must contain at most {} items", kUsersMax));
  }
  std::vector<UserPtr> saved;
  for (const json::Value entry : users) {
    auto user = Upserted(context, entry.key(), entry);
    if (!user) return std::unexpected(user.error());
    saved.push_back(Save(context, std::move(*user)));
  }
  return saved;
}

Result<std::vector<UserPtr>> UpdateUsersPartial(Context& context, json::Value users) {
  if (!users.IsArray() || users.size() == 0) return InputError("users is a required field");
  if (users.size() > kUsersMax) {
    return InputError(fmt::format("users must contain at most {} items", kUsersMax));
  }
  std::vector<UserPtr> saved;
  for (const json::Value update : users) {
    auto user = PartiallyUpdated(context, update);
    if (!user) return std::unexpected(user.error());
    saved.push_back(Save(context, std::move(*user)));
  }
  return saved;
}

Result<void> SendUserEvent(Context& context, std::string_view user_id, json::Value event) {
  if (auto allowed = RequireServer(context.caller); !allowed) return allowed;
  const auto type = event["type"].AsString();
  if (!type || type->empty() || type->size() > kEventTypeBytesMax) {
    return InputError("event.type must be a non-empty string");
  }
  if (type->find('.') != std::string_view::npos) {
    return InputError("event.type of a custom event must not contain a dot");
  }
  const UserPtr user = context.store.FindUser(context.app, user_id);
  if (!user || user->deleted_at) {
    return Fail(ErrorKind::kNotFound, fmt::format("the user {} does not exist", user_id));
  }
  auto custom = CustomEventFields(context.limits, event, nullptr);
  if (!custom) return std::unexpected(custom.error());
  EmitAppEvent(context, {.type = *type, .user_id = user->id, .custom = true},
               [&](json::Writer& w, Encoder& encoder) {
                 w.Key("user");
                 encoder.User(w, *user);
                 WriteCustom(w, *custom, encoder.format());
               });
  return {};
}

}  // namespace hookline::chat
