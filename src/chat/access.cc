#include "chat/access.h"

#include <fmt/core.h>

#include <array>
#include <optional>

#include "chat/catalog.h"
#include "chat/fields.h"
#include "chat/message_fields.h"
#include "chat/users.h"
#include "chat/visibility.h"

namespace hookline::chat {
namespace {

constexpr std::size_t kUserIdBytesMax = 255;

std::string FieldName(std::string_view prefix, std::string_view name) {
  return prefix.empty() ? std::string(name) : fmt::format("{}.{}", prefix, name);
}

Result<Actor> FindOrMake(const ReadContext& context, std::string_view id, json::Value object) {
  if (const UserPtr user = context.store.FindUser(context.app, id)) {
    if (user->deleted_at) return InputError(fmt::format("the user {} does not exist", id));
    return Actor{*user, false};
  }
  if (auto checked = CheckUserId(id); !checked) return std::unexpected(checked.error());
  auto user = NewUser(context, id, object);
  if (!user) return std::unexpected(user.error());
  return Actor{std::move(*user), true};
}

// A user object in which nothing is set.
bool IsEmptyUser(json::Value user) {
  if (!user.IsObject()) return IsZeroValue(user);
  for (const json::Value member : user) {
    if (!IsZeroValue(member)) return false;
  }
  return true;
}

}  // namespace

Result<void> CheckUserId(std::string_view id) {
  if (id.empty() || id.size() > kUserIdBytesMax) {
    return InputError(fmt::format("user id must have 1 to {} characters", kUserIdBytesMax));
  }
  for (const char c : id) {
    const bool allowed = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                         (c >= '0' && c <= '9') || c == '@' || c == '_' || c == '-' || c == '.' ||
                         c == '!' || c == '|' || c == ':' || c == '+' || c == '=' || c == '~';
    if (!allowed) {
      return InputError("user id may contain only letters, digits and the characters @ _ - . ! |");
    }
  }
  return {};
}

namespace {

// What becomes of a user_id that nobody has.
enum class Unknown { kRefused, kMade };

Result<Actor> Find(const ReadContext& context, json::Value holder, std::string_view prefix,
                   Unknown unknown) {
  json::Value user = holder["user"];
  // Typed clients send the object whether they have somebody to name or not.
  if (IsEmptyUser(user)) user = {};
  const json::Value user_id = holder["user_id"];
  if (!user.IsMissingOrNull() && !user.IsObject()) {
    return InputError(fmt::format("{} must be an object", FieldName(prefix, "user")));
  }
  if (!user_id.IsMissingOrNull() && !user_id.IsString()) {
    return InputError(fmt::format("{} must be a string", FieldName(prefix, "user_id")));
  }
  const std::string_view named = user_id.AsString().value_or("");
  const std::string_view inside = user["id"].AsString().value_or("");
  if (user.IsObject() && inside.empty()) {
    return InputError(fmt::format("{} must be a string", FieldName(prefix, "user.id")));
  }

  if (!context.caller.server) {
    const std::string& self = context.caller.user_id;
    if ((!named.empty() && named != self) || (!inside.empty() && inside != self)) {
      return Fail(ErrorKind::kNotAllowed, "a user token can act only as its own user");
    }
    return FindOrMake(context, self, {});
  }
  if (named.empty() && inside.empty()) {
    return InputError(fmt::format("either {} or {} must be provided when using server side auth.",
                                  FieldName(prefix, "user"), FieldName(prefix, "user_id")));
  }
  if (!named.empty() && !inside.empty()) {
    return InputError(fmt::format("cannot set both {} and {}.", FieldName(prefix, "user"),
                                  FieldName(prefix, "user_id")));
  }
  if (!inside.empty()) return FindOrMake(context, inside, user);
  if (unknown == Unknown::kMade) return FindOrMake(context, named, {});
  const UserPtr found = context.store.FindUser(context.app, named);
  if (!found || found->deleted_at) {
    return InputError(fmt::format("the user {} does not exist", named));
  }
  return Actor{*found, false};
}

Result<UserPtr> Resolve(Context& context, Result<Actor> actor) {
  if (!actor) return std::unexpected(actor.error());
  StoreIfNew(context, *actor);
  return std::make_shared<const User>(std::move(actor->user));
}

}  // namespace

Result<Actor> FindActor(const ReadContext& context, json::Value holder, std::string_view prefix) {
  return Find(context, holder, prefix, Unknown::kRefused);
}

Result<Actor> FindAuthor(const ReadContext& context, json::Value holder, std::string_view prefix) {
  return Find(context, holder, prefix, Unknown::kMade);
}

void StoreIfNew(Context& context, const Actor& actor) {
  if (!actor.is_new) return;
  context.store.PutUser(actor.user);
  EmitUserUpdated(context, actor.user);
}

Result<UserPtr> ResolveActor(Context& context, json::Value holder, std::string_view prefix) {
  return Resolve(context, FindActor(context.read(), holder, prefix));
}

Result<UserPtr> ResolveAuthor(Context& context, json::Value holder, std::string_view prefix) {
  return Resolve(context, FindAuthor(context.read(), holder, prefix));
}

Result<std::string> ResolveOptionalActor(Context& context, json::Value holder) {
  const bool named =
      !IsEmptyUser(holder["user"]) || !holder["user_id"].AsString().value_or("").empty();
  if (context.caller.server && !named) return std::string();
  auto actor = ResolveActor(context, holder, "");
  if (!actor) return std::unexpected(actor.error());
  return (*actor)->id;
}

Result<void> RequireServer(const Caller& caller) {
  if (caller.server) return {};
  return Fail(ErrorKind::kNotAllowed, "this can be done only with a server token");
}

Result<ChannelTypePtr> RequireChannelType(const ReadContext& context, std::string_view name) {
  const CatalogPtr catalog = context.store.FindCatalog(context.app);
  // Shares the ownership of the whole catalogue.
  if (const ChannelType* type = catalog->FindType(name)) return ChannelTypePtr(catalog, type);
  return Fail(ErrorKind::kNotFound, fmt::format("{} is not a defined channel type", name));
}

namespace {

Result<void> CheckAccess(const ReadContext& context, const Channel& channel) {
  if (context.caller.may_all()) return {};
  const CatalogPtr catalog = context.store.FindCatalog(context.app);
  const ChannelType* type = catalog->FindType(channel.type);
  if (type != nullptr && type->open_to_all) return {};
  // Who made a channel may do there what a member may.
  if (channel.created_by_id == context.caller.user_id) return {};
  if (context.store.FindMember(channel.pk, context.caller.user_id)) return {};
  return Fail(ErrorKind::kNotAllowed, fmt::format("user {} is not a member of channel {}",
                                                  context.caller.user_id, channel.cid()));
}

}  // namespace

Result<ChannelPtr> RequireChannel(const ReadContext& context, std::string_view type,
                                  std::string_view id) {
  if (auto known = RequireChannelType(context, type); !known) return std::unexpected(known.error());
  ChannelPtr channel = context.store.FindChannel(context.app, type, id);
  if (!channel) {
    return Fail(ErrorKind::kNotFound, fmt::format("Can't find channel with id {}:{}", type, id));
  }
  if (auto access = CheckAccess(context, *channel); !access) {
    return std::unexpected(access.error());
  }
  return channel;
}

Result<ChannelPtr> RequireChannel(const ReadContext& context, ChannelId pk) {
  ChannelPtr channel = context.store.FindChannel(pk);
  if (!channel || channel->deleted_at) {
    return Fail(ErrorKind::kNotFound, "the message's channel does not exist any more");
  }
  if (auto access = CheckAccess(context, *channel); !access) {
    return std::unexpected(access.error());
  }
  return channel;
}

Result<void> RequireChannelManager(const ReadContext& context, const Channel& channel) {
  if (auto allowed = CheckNotBanned(context, channel, context.caller.user_id); !allowed) {
    return allowed;
  }
  if (context.caller.may_all() || channel.created_by_id == context.caller.user_id) return {};
  const auto member = context.store.FindMember(channel.pk, context.caller.user_id);
  if (member && member->is_moderator) return {};
  return Fail(ErrorKind::kNotAllowed, fmt::format("user {} may not change channel {}",
                                                  context.caller.user_id, channel.cid()));
}

namespace {

// In the whole app, and in the channel: those that have not come to their end.
std::vector<Ban> BansOf(const ReadContext& context, const Channel& channel,
                        std::string_view user_id) {
  std::vector<Ban> bans = context.store.ListBans(context.app, ChannelId{}, user_id);
  for (Ban& ban : context.store.ListBans(context.app, channel.pk, user_id)) {
    bans.push_back(std::move(ban));
  }
  std::erase_if(bans,
                [&](const Ban& ban) { return ban.expires_at && ban.expires_at <= context.now; });
  return bans;
}

// Moderators keep talking while they slow others down.
bool IsFreeOfSlowMode(const ReadContext& context, const Channel& channel, const User& user) {
  if (context.caller.may_all() || user.role == "admin" || user.role == "moderator") return true;
  const auto member = context.store.FindMember(channel.pk, user.id);
  return member && member->is_moderator;
}

Result<void> CheckSlowMode(const ReadContext& context, const Channel& channel, const User& user) {
  if (channel.cooldown <= 0 || IsFreeOfSlowMode(context, channel, user)) return {};
  const Timestamp last = context.store.LastSent(channel.pk, user.id);
  if (!last || context.now - last >= std::chrono::seconds(channel.cooldown)) return {};
  return Fail(ErrorKind::kCooldown,
              fmt::format("user {} is not allowed to send messages on channel {} under cool down "
                          "period({}s)",
                          user.id, channel.cid(), channel.cooldown));
}

}  // namespace

Result<void> CheckNotBanned(const ReadContext& context, const Channel& channel,
                            std::string_view user_id) {
  if (context.caller.server) return {};
  for (const Ban& ban : BansOf(context, channel, user_id)) {
    if (ban.shadow) continue;
    return Fail(ErrorKind::kNotAllowed,
                ban.channel ? fmt::format("user {} is banned in channel {}", user_id, channel.cid())
                            : fmt::format("user {} is banned", user_id));
  }
  return {};
}

Result<void> CheckMayWrite(const ReadContext& context, const Channel& channel,
                           std::string_view user_id) {
  if (context.caller.server) return {};
  if (auto allowed = CheckNotBanned(context, channel, user_id); !allowed) return allowed;
  if (!context.caller.unrestricted && (channel.frozen || channel.disabled)) {
    return Fail(ErrorKind::kNotAllowed, fmt::format("channel {} is frozen", channel.cid()));
  }
  return {};
}

Result<void> CheckMaySend(const ReadContext& context, const Channel& channel, const User& user,
                          Message& message) {
  if (auto allowed = CheckMayWrite(context, channel, user.id); !allowed) return allowed;
  if (auto allowed = CheckSlowMode(context, channel, user); !allowed) return allowed;
  // Whoever sends in the name of a shadow-banned user: nobody else is to see it.
  for (const Ban& ban : BansOf(context, channel, user.id)) {
    if (ban.shadow) message.shadowed = true;
  }
  return {};
}

Result<Message> RequireMessage(const ReadContext& context, std::string_view id) {
  auto message = context.store.FindMessage(context.app, id);
  if (message) {
    const ChannelPtr channel = context.store.FindChannel(message->channel);
    // Whoever may not read it is not told that it is there.
    if (channel && !channel->deleted_at && CheckAccess(context, *channel) &&
        MayRead(context.store, *channel, *message, context.caller.user_id)) {
      // The sweep may not have come by yet.
      if (!message->IsPinned(context.now)) Unpin(*message);
      return std::move(*message);
    }
  }
  return Fail(ErrorKind::kNotFound, fmt::format("message with id {} doesn't exist", id));
}

}  // namespace hookline::chat
