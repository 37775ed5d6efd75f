#include "chat/moderation.h"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "base/uuid.h"
#include "chat/access.h"
#include "chat/emit.h"
#include "chat/members.h"
#include "chat/message_fields.h"
#include "chat/write.h"

namespace hookline::chat {
namespace {

// Users and members bear a copy of their bans, which payloads show: this sets one of the two.
void SetUserBan(Tx& store, AppId app, std::string_view user_id, bool shadow, bool in_force) {
  const UserPtr found = store.FindUser(app, user_id);
  if (!found) return;
  User user = *found;
  (shadow ? user.shadow_banned : user.banned) = in_force;
  store.PutUser(user);
}

std::optional<Member> MemberWithBan(Tx& store, ChannelId channel, std::string_view user_id,
                                    bool shadow, bool in_force) {
  auto member = store.FindMember(channel, user_id);
  if (!member) return std::nullopt;
  (shadow ? member->shadow_banned : member->banned) = in_force;
  return member;
}

// Sets the copy, and tells of the member's.
void ShowBan(Context& context, const User& target, const Channel* channel, bool shadow,
             bool in_force) {
  if (channel == nullptr) {
    SetUserBan(context.store, context.app, target.id, shadow, in_force);
    return;
  }
  if (auto member = MemberWithBan(context.store, channel->pk, target.id, shadow, in_force)) {
    UpdateMember(context, *channel, *member);
  }
}

void EmitBanEvent(Context& context, const Channel* channel, std::string_view type,
                  std::string_view user_id, const WriteFields& fields) {
  const EventFrame frame{.type = type, .user_id = user_id, .members = false};
  if (channel != nullptr) {
    EmitChannelEvent(context, *channel, frame, fields);
  } else {
    EmitAppEvent(context, frame, fields);
  }
}

void EmitMuteEvent(Context& context, std::string_view type, const User& actor,
                   std::span<const UserPtr> targets) {
  EmitAppEvent(context, {.type = type, .user_id = actor.id},
               [&](json::Writer& w, Encoder& encoder) {
                 w.Key("user");
                 encoder.User(w, actor);
                 if (targets.size() == 1) {
                   w.Key("target_user");
                   encoder.User(w, *targets.front());
                 }
                 w.Key("target_users").BeginArray();
                 for (const UserPtr& target : targets) encoder.User(w, *target);
                 w.EndArray();
               });
}

void EmitUserFlag(Context& context, std::string_view type, const Flag& flag, const User& actor,
                  const User& target) {
  const std::int64_t total = context.store.CountFlags(context.app, target.id, "");
  EmitAppEvent(context, {.type = type, .user_id = actor.id},
               [&](json::Writer& w, Encoder& encoder) {
                 w.Key("user");
                 encoder.User(w, actor);
                 w.Key("target_user");
                 encoder.User(w, target);
                 w.Field("reason", flag.reason);
                 w.Field("total_flags", total);
                 if (flag.custom_json != "{}") w.Key("custom").Raw(flag.custom_json);
               });
}

void EmitMessageFlag(Context& context, std::string_view type, const Flag& flag, const User& actor,
                     const Message& message) {
  const ChannelPtr channel = context.store.FindChannel(message.channel);
  const std::int64_t total =
      context.store.CountFlags(context.app, flag.target_user_id, flag.target_message_id);
  EmitChannelEvent(context, *channel, {.type = type, .user_id = actor.id},
                   [&](json::Writer& w, Encoder& encoder) {
                     w.Field("message_id", message.id);
                     w.Key("message");
                     encoder.Message(w, message, {});
                     w.Key("user");
                     encoder.User(w, actor);
                     w.Field("reason", flag.reason);
                     w.Field("total_flags", total);
                     w.Key("flag");
                     encoder.Flag(w, flag);
                   });
}

Flag StoreFlag(Context& context, const User& actor, std::string_view target_user_id,
               std::string_view target_message_id, const FlagTerms& terms) {
  Flag flag;
  flag.app = context.app;
  flag.user_id = actor.id;
  flag.target_user_id = target_user_id;
  flag.target_message_id = target_message_id;
  flag.reason = terms.reason;
  flag.custom_json = terms.custom_json;
  flag.created_at = context.now;
  flag.updated_at = context.now;
  const auto known =
      context.store.FindFlag(context.app, actor.id, target_user_id, target_message_id);
  flag.id = known ? known->id : ToString(RandomUuid());
  if (known) flag.created_at = known->created_at;
  context.store.PutFlag(flag);
  return flag;
}

}  // namespace

std::vector<Mute> MuteUsers(Context& context, const User& actor, std::span<const UserPtr> targets,
                            Timestamp expires_at) {
  std::vector<Mute> mutes;
  for (const UserPtr& target : targets) {
    Mute mute;
    mute.app = context.app;
    mute.user_id = actor.id;
    mute.target_id = target->id;
    mute.created_at = context.now;
    mute.updated_at = context.now;
    mute.expires_at = expires_at;
    if (const auto known = context.store.FindMute(context.app, actor.id, target->id)) {
      mute.created_at = known->created_at;
    }
    context.store.PutMute(mute);
    mutes.push_back(std::move(mute));
  }
  EmitMuteEvent(context, "user.muted", actor, targets);
  return mutes;
}

void UnmuteUsers(Context& context, const User& actor, std::span<const UserPtr> targets) {
  std::vector<UserPtr> unmuted;
  for (const UserPtr& target : targets) {
    if (!context.store.FindMute(context.app, actor.id, target->id)) continue;
    context.store.DeleteMute(context.app, actor.id, target->id);
    unmuted.push_back(target);
  }
  if (!unmuted.empty()) EmitMuteEvent(context, "user.unmuted", actor, unmuted);
}

void BanUser(Context& context, const User& target, const Channel* channel, const BanTerms& terms) {
  Ban ban;
  ban.app = context.app;
  if (channel != nullptr) ban.channel = channel->pk;
  ban.user_id = target.id;
  ban.banned_by_id = terms.banned_by_id;
  ban.reason = terms.reason;
  ban.shadow = terms.shadow;
  ban.created_at = context.now;
  ban.expires_at = terms.expires_at;
  context.store.PutBan(ban);
  // The event shows the user as banned; member.updated follows it.
  if (channel == nullptr) ShowBan(context, target, channel, ban.shadow, true);
  const std::int64_t total = context.store.CountBans(context.app, target.id);
  EmitBanEvent(context, channel, "user.banned", target.id, [&](json::Writer& w, Encoder& encoder) {
    w.Key("user");
    encoder.UserById(w, target.id);
    w.Key("created_by");
    encoder.UserById(w, ban.banned_by_id);
    w.Field("reason", ban.reason);
    WriteTime(w, "expiration", ban.expires_at, encoder.format());
    w.Field("shadow", ban.shadow);
    w.Field("total_bans", total);
  });
  if (channel != nullptr) ShowBan(context, target, channel, ban.shadow, true);
}

bool UnbanUser(Context& context, const User& target, const Channel* channel,
               std::string_view actor_id, bool shadow) {
  const ChannelId scope = channel == nullptr ? ChannelId{} : channel->pk;
  const auto bans = context.store.ListBans(context.app, scope, target.id);
  if (std::ranges::find(bans, shadow, &Ban::shadow) == bans.end()) return false;
  context.store.DeleteBan(context.app, scope, target.id, shadow);
  if (channel == nullptr) ShowBan(context, target, channel, shadow, false);
  EmitBanEvent(context, channel, "user.unbanned", target.id,
               [&](json::Writer& w, Encoder& encoder) {
                 w.Key("user");
                 encoder.UserById(w, target.id);
                 if (!actor_id.empty()) {
                   w.Key("created_by");
                   encoder.UserById(w, actor_id);
                 }
                 w.Field("shadow", shadow);
               });
  if (channel != nullptr) ShowBan(context, target, channel, shadow, false);
  return true;
}

Flag FlagUser(Context& context, const User& actor, const User& target, const FlagTerms& terms) {
  Flag flag = StoreFlag(context, actor, target.id, "", terms);
  EmitUserFlag(context, "user.flagged", flag, actor, target);
  return flag;
}

Flag FlagMessage(Context& context, const User& actor, const Message& message,
                 const FlagTerms& terms) {
  Flag flag = StoreFlag(context, actor, message.user_id, message.id, terms);
  EmitMessageFlag(context, "message.flagged", flag, actor, message);
  return flag;
}

Result<Flag> Unflag(Context& context, const User& actor, const User& target,
                    const Message* message) {
  const std::string_view message_id = message == nullptr ? std::string_view() : message->id;
  auto flag = context.store.FindFlag(context.app, actor.id, target.id, message_id);
  if (!flag) return Fail(ErrorKind::kNotFound, "there is no such flag");
  context.store.DeleteFlag(*flag);
  if (message != nullptr) {
    EmitMessageFlag(context, "message.unflagged", *flag, actor, *message);
  } else {
    EmitUserFlag(context, "user.unflagged", *flag, actor, target);
  }
  return std::move(*flag);
}

int SweepExpired(Tx& store, Timestamp now, int limit) {
  int swept = store.DeleteExpiredEphemerals(now, limit);
  swept += store.DeleteLastSent(now - kCooldownMax, limit);
  for (const Mute& mute : store.ListExpiredMutes(now, limit)) {
    store.DeleteMute(mute.app, mute.user_id, mute.target_id);
    ++swept;
  }
  for (const Ban& ban : store.ListExpiredBans(now, limit)) {
    store.DeleteBan(ban.app, ban.channel, ban.user_id, ban.shadow);
    if (!ban.channel) {
      SetUserBan(store, ban.app, ban.user_id, ban.shadow, false);
    } else if (const auto member =
                   MemberWithBan(store, ban.channel, ban.user_id, ban.shadow, false)) {
      store.PutMember(*member);
    }
    ++swept;
  }
  for (Message& message : store.ListExpiredPins(now, limit)) {
    Unpin(message);
    store.UpdateMessage(message);
    ++swept;
  }
  return swept;
}

}  // namespace hookline::chat
