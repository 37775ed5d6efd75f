#include "chat/members.h"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "chat/access.h"
#include "chat/emit.h"
#include "chat/fields.h"

namespace hookline::chat {
namespace {

constexpr std::size_t kMembersMax = 100;
constexpr auto kMemberFields = Names({"user_id",
                                      "user",
                                      "channel_role",
                                      "role",
                                      "is_moderator",
                                      "invited",
                                      "invite_accepted_at",
                                      "invite_rejected_at",
                                      "status",
                                      "created_at",
                                      "updated_at",
                                      "deleted_at",
                                      "banned",
                                      "ban_expires",
                                      "shadow_banned",
                                      "pinned_at",
                                      "archived_at",
                                      "pinned",
                                      "archived",
                                      "notifications_muted",
                                      "ban_from_future_channels",
                                      "future_channel_ban_expires",
                                      "deleted_messages"});

void EmitMemberEvent(Context& context, const Channel& channel, std::string_view type,
                     const Member& member) {
  EmitChannelEvent(context, channel, {.type = type, .user_id = member.user_id},
                   [&](json::Writer& w, Encoder& encoder) {
                     w.Key("channel");
                     encoder.Channel(w, channel);
                     w.Key("member");
                     encoder.Member(w, member);
                     // The member concerned, not the actor (docs/contract/payloads.md#catalogue).
                     w.Key("user");
                     encoder.UserInChannel(w, member.user_id, channel, &member);
                   });
}

Result<Member> RequireMember(Context& context, const Channel& channel, std::string_view user_id) {
  auto member = context.store.FindMember(channel.pk, user_id);
  if (!member) {
    return InputError(fmt::format("user {} is not a member of channel {}", user_id, channel.cid()));
  }
  return std::move(*member);
}

void SetModerator(Member& member, bool moderator) {
  member.is_moderator = moderator;
  member.channel_role = moderator ? "channel_moderator" : "channel_member";
  if (member.role != "owner") member.role = moderator ? "moderator" : "member";
}

}  // namespace

void UpdateMember(Context& context, const Channel& channel, Member& member) {
  member.updated_at = context.now;
  context.store.PutMember(member);
  EmitMemberEvent(context, channel, "member.updated", member);
}

Result<std::vector<MemberInput>> ReadMembers(json::Value list, std::string_view path) {
  std::vector<MemberInput> members;
  if (list.IsMissingOrNull()) return members;
  if (!list.IsArray()) return InputError(fmt::format("{} must be a list", path));
  if (list.size() > kMembersMax) {
    return InputError(fmt::format("{} must contain at most {} items", path, kMembersMax));
  }
  for (const json::Value item : list) {
    MemberInput member;
    if (const auto id = item.AsString()) {
      member.user_id = *id;
    } else if (item.IsObject()) {
      member.object = item;
      member.user_id = item["user_id"].AsString().value_or("");
      if (member.user_id.empty()) member.user_id = item["user"]["id"].AsString().value_or("");
      if (auto read = ReadString(item, "channel_role", fmt::format("{}.channel_role", path),
                                 member.channel_role);
          !read) {
        return std::unexpected(read.error());
      }
      if (!member.channel_role.empty()) {
        if (auto valid = CheckRole(fmt::format("{}.channel_role", path), member.channel_role);
            !valid) {
          return std::unexpected(valid.error());
        }
      }
    }
    if (member.user_id.empty()) {
      return InputError(fmt::format("{} must contain user ids or objects with user_id", path));
    }
    members.push_back(std::move(member));
  }
  return members;
}

Timestamp HistoryFromNow(const Context& context, const Channel& channel) {
  // Also if the clock was set back since the last message.
  return std::max(context.now, channel.last_message_at + std::chrono::nanoseconds(1));
}

Result<Timestamp> ReadHistoryFrom(const Context& context, const Channel& channel,
                                  json::Value body) {
  bool hide = false;
  if (auto read = ReadBool(body, "hide_history", "hide_history", hide); !read) {
    return std::unexpected(read.error());
  }
  Timestamp before;
  if (auto read = ReadTime(body["hide_history_before"], "hide_history_before", before); !read) {
    return std::unexpected(read.error());
  }
  const Timestamp from_now = HistoryFromNow(context, channel);
  if (!before) return hide ? from_now : Timestamp{};
  // What is yet to be written is not history.
  return std::min(before, from_now);
}

namespace {

// `known`: the membership that is there. True if the terms change it.
bool Rejoin(Context& context, const JoinTerms& terms, Member& known) {
  if (terms.invited) {
    if (!known.pending() || !known.invite_rejected_at) return false;
    known.invite_rejected_at = {};
  } else {
    if (!known.pending()) return false;
    known.invited = false;
    known.invite_rejected_at = {};
    known.history_from = std::max(known.history_from, terms.history_from);
  }
  known.updated_at = context.now;
  return true;
}

Result<Member> NewMember(Context& context, const Channel& channel, const MemberInput& input,
                         const JoinTerms& terms) {
  Member member;
  member.channel = channel.pk;
  member.app = context.app;
  member.user_id = input.user_id;
  if (input.user_id == channel.created_by_id) member.role = "owner";
  if (!input.channel_role.empty()) member.channel_role = input.channel_role;
  if (member.channel_role == "channel_moderator") SetModerator(member, true);
  member.invited = terms.invited;
  member.history_from = terms.history_from;
  member.created_at = context.now;
  member.updated_at = context.now;
  // Who left does not get rid of a ban by coming back.
  for (const Ban& ban : context.store.ListBans(context.app, channel.pk, input.user_id)) {
    if (ban.expires_at && ban.expires_at <= context.now) continue;
    (ban.shadow ? member.shadow_banned : member.banned) = true;
  }
  // What was said before somebody came is not unread to them.
  member.read_count = channel.countable_messages;
  auto custom = CustomFields(input.object, kMemberFields, context.limits, "member");
  if (!custom) return std::unexpected(custom.error());
  member.custom_json = std::move(*custom);
  return member;
}

}  // namespace

Result<void> AddMembers(Context& context, Channel& channel, std::span<const MemberInput> members,
                        const JoinTerms& terms) {
  std::vector<Member> changed;
  const std::int64_t count_before = channel.member_count;
  for (const MemberInput& input : members) {
    const UserPtr user = context.store.FindUser(context.app, input.user_id);
    if (!user || user->deleted_at) {
      return InputError(fmt::format("the user {} does not exist", input.user_id));
    }
    if (auto known = context.store.FindMember(channel.pk, input.user_id)) {
      if (!Rejoin(context, terms, *known)) continue;
      context.store.PutMember(*known);
      changed.push_back(std::move(*known));
      continue;
    }
    auto member = NewMember(context, channel, input, terms);
    if (!member) return std::unexpected(member.error());
    context.store.PutMember(*member);
    ++channel.member_count;
    changed.push_back(std::move(*member));
  }
  if (channel.member_count != count_before) context.store.UpdateChannel(channel);
  if (!terms.announce) return {};
  for (const Member& member : changed) {
    EmitMemberEvent(context, channel, terms.invited ? "member.updated" : "member.added", member);
  }
  return {};
}

Result<bool> AnswerInvite(Context& context, const Channel& channel, std::string_view user_id,
                          bool accept) {
  auto member = context.store.FindMember(channel.pk, user_id);
  if (!member || !member->invited) {
    return InputError(fmt::format("user {} is not invited to channel {}", user_id, channel.cid()));
  }
  if (!member->pending()) {
    if (accept) return false;
    return InputError(fmt::format("user {} has accepted the invite to channel {} already", user_id,
                                  channel.cid()));
  }
  if (!accept && member->invite_rejected_at) return false;
  member->invite_accepted_at = accept ? context.now : Timestamp{};
  member->invite_rejected_at = accept ? Timestamp{} : context.now;
  UpdateMember(context, channel, *member);
  if (accept) EmitMemberEvent(context, channel, "member.added", *member);
  return true;
}

Result<void> RemoveMembers(Context& context, Channel& channel,
                           std::span<const MemberInput> members) {
  std::vector<Member> removed;
  for (const MemberInput& input : members) {
    auto member = context.store.FindMember(channel.pk, input.user_id);
    if (!member) {
      // Who has left already may be removed again.
      if (context.store.FindUser(context.app, input.user_id)) continue;
      return InputError(fmt::format("the user {} does not exist", input.user_id));
    }
    context.store.DeleteMember(channel.pk, input.user_id);
    removed.push_back(std::move(*member));
  }
  if (removed.empty()) return {};
  channel.member_count -= static_cast<std::int64_t>(removed.size());
  context.store.UpdateChannel(channel);
  for (const Member& member : removed) EmitMemberEvent(context, channel, "member.removed", member);
  return {};
}

Result<void> SetModerators(Context& context, const Channel& channel,
                           std::span<const MemberInput> members, bool moderator) {
  for (const MemberInput& input : members) {
    auto member = RequireMember(context, channel, input.user_id);
    if (!member) return std::unexpected(member.error());
    SetModerator(*member, moderator);
    UpdateMember(context, channel, *member);
  }
  return {};
}

Result<void> AssignRoles(Context& context, const Channel& channel,
                         std::span<const MemberInput> members) {
  for (const MemberInput& input : members) {
    if (input.channel_role.empty()) return InputError("assign_roles.channel_role is required");
    auto member = RequireMember(context, channel, input.user_id);
    if (!member) return std::unexpected(member.error());
    SetModerator(*member, input.channel_role == "channel_moderator");
    member->channel_role = input.channel_role;
    UpdateMember(context, channel, *member);
  }
  return {};
}

namespace {

Result<Member> RequireActingMember(Context& context, const Channel& channel, json::Value body) {
  auto actor = FindActor(context.read(), body, "");
  if (!actor) return std::unexpected(actor.error());
  return RequireMember(context, channel, actor->user.id);
}

void EmitVisibility(Context& context, const Channel& channel, std::string_view type,
                    const Member& member, std::optional<bool> clear_history) {
  EmitChannelEvent(context, channel, {.type = type, .user_id = member.user_id},
                   [&](json::Writer& w, Encoder& encoder) {
                     w.Key("channel");
                     encoder.Channel(w, channel);
                     w.Key("user");
                     encoder.UserInChannel(w, member.user_id, channel, &member);
                     if (clear_history) w.Field("clear_history", *clear_history);
                   });
}

}  // namespace

Result<void> HideChannel(Context& context, const Channel& channel, json::Value body) {
  bool clear_history = false;
  if (auto read = ReadBool(body, "clear_history", "clear_history", clear_history); !read) {
    return read;
  }
  auto member = RequireActingMember(context, channel, body);
  if (!member) return std::unexpected(member.error());
  member->hidden_mark = channel.reveals;
  if (clear_history) {
    member->history_from = HistoryFromNow(context, channel);
    member->read_count = channel.countable_messages;
  }
  context.store.PutMember(*member);
  EmitVisibility(context, channel, "channel.hidden", *member, clear_history);
  return {};
}

Result<void> ShowChannel(Context& context, const Channel& channel, json::Value body) {
  auto member = RequireActingMember(context, channel, body);
  if (!member) return std::unexpected(member.error());
  if (!IsHidden(channel, *member)) return {};
  member->hidden_mark = -1;
  context.store.PutMember(*member);
  EmitVisibility(context, channel, "channel.visible", *member, std::nullopt);
  return {};
}

Result<Member> UpdateMemberPartial(Context& context, const Channel& channel,
                                   std::string_view user_id, json::Value body) {
  auto member = RequireMember(context, channel, user_id);
  if (!member) return member;
  auto changes =
      ReadChanges(body, [](std::string_view name) { return kMemberFields.contains(name); });
  if (!changes) return std::unexpected(changes.error());
  std::vector<FieldChange> custom;
  for (const FieldChange& change : *changes) {
    const std::string_view name = change.path.front();
    if (name == "pinned" || name == "archived") {
      if (!change.value.IsMissingOrNull() && !change.value.IsBool()) {
        return InputError(fmt::format("member.{} must be a boolean", name));
      }
      const bool on = change.value.AsBool().value_or(false);
      (name == "pinned" ? member->pinned_at : member->archived_at) = on ? context.now : Timestamp{};
    } else if (name == "channel_role" && context.caller.server && change.value.IsString()) {
      const std::string role(*change.value.AsString());
      if (auto valid = CheckRole("member.channel_role", role); !valid) {
        return std::unexpected(valid.error());
      }
      SetModerator(*member, role == "channel_moderator");
      member->channel_role = role;
    } else if (kMemberFields.contains(name)) {
      if (auto refused = RefuseReserved("member", name, change.value); !refused) {
        return std::unexpected(refused.error());
      }
    } else {
      custom.push_back(change);
    }
  }
  if (!custom.empty()) {
    if (auto allowed = CheckNotBanned(context.read(), channel, user_id); !allowed) {
      return std::unexpected(allowed.error());
    }
  }
  auto custom_json = ChangeCustom(member->custom_json, custom, context.limits, "member");
  if (!custom_json) return std::unexpected(custom_json.error());
  member->custom_json = std::move(*custom_json);
  UpdateMember(context, channel, *member);
  return member;
}

}  // namespace hookline::chat
