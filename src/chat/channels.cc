#include "chat/channels.h"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "base/crypto.h"
#include "base/json_writer.h"
#include "chat/access.h"
#include "chat/channel_fields.h"
#include "chat/emit.h"
#include "chat/members.h"
#include "chat/membership_changes.h"
#include "chat/messages.h"
#include "chat/users.h"

namespace hookline::chat {
namespace {

constexpr std::size_t kChannelIdBytesMax = 64;

Result<void> CheckChannelId(std::string_view id) {
  // A distinct channel's id starts with '!'; clients name it again in later requests.
  const std::string_view rest = id.starts_with('!') ? id.substr(1) : id;
  if (rest.empty() || id.size() > kChannelIdBytesMax) {
    return InputError(fmt::format("channel id must have 1 to {} characters", kChannelIdBytesMax));
  }
  for (const char c : rest) {
    const bool allowed = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                         (c >= '0' && c <= '9') || c == '_' || c == '-';
    if (!allowed) {
      return InputError("channel id may contain only letters, digits, - and _");
    }
  }
  return {};
}

// Whom `name` or `name`_id of `data` means; empty if nobody.
std::string_view NamedUser(json::Value data, std::string_view object, std::string_view id) {
  const std::string_view named = data[id].AsString().value_or("");
  return named.empty() ? data[object]["id"].AsString().value_or("") : named;
}

// Clients send whole channels back: what is as it is may be named, and is not changed by data.
Result<void> CheckFixedData(const Channel& channel, json::Value data) {
  const auto reserved = [](std::string_view name) {
    return InputError(fmt::format("channel.{} is a reserved field", name));
  };
  const std::string cid = channel.cid();
  for (const auto& [name, own] : {std::pair<std::string_view, std::string_view>{"id", channel.id},
                                  {"type", channel.type},
                                  {"cid", cid},
                                  {"created_by_id", channel.created_by_id},
                                  {"truncated_by_id", channel.truncated_by_id}}) {
    if (!IsZeroValue(data[name]) && data[name].AsString() != own) return reserved(name);
  }
  for (const auto& [name, own] : {std::pair{"created_by", &channel.created_by_id},
                                  std::pair{"truncated_by", &channel.truncated_by_id}}) {
    const json::Value id = data[name]["id"];
    if (!IsZeroValue(id) && id.AsString() != *own) return reserved(name);
  }
  return {};
}

Result<UserPtr> ResolveCreator(Context& context, json::Value data) {
  if (!context.caller.server) {
    const std::string_view named = NamedUser(data, "created_by", "created_by_id");
    if (!named.empty() && named != context.caller.user_id) {
      return Fail(ErrorKind::kNotAllowed, "a user token can act only as its own user");
    }
    return ResolveActor(context, {}, "");
  }
  const json::Value object = data["created_by"];
  const auto id = data["created_by_id"].AsString();
  if (id && !id->empty() && !object["id"].AsString().value_or("").empty()) {
    return InputError("cannot set both data.created_by and data.created_by_id.");
  }
  if (id && !id->empty()) {
    UserPtr user = context.store.FindUser(context.app, *id);
    if (!user || user->deleted_at)
      return InputError(fmt::format("the user {} does not exist", *id));
    return user;
  }
  const auto inner = object["id"].AsString();
  if (!inner || inner->empty()) {
    return InputError(
        "either data.created_by or data.created_by_id must be provided when using server side "
        "auth.");
  }
  if (UserPtr user = context.store.FindUser(context.app, *inner)) {
    if (user->deleted_at) return InputError(fmt::format("the user {} does not exist", *inner));
    return user;
  }
  if (auto checked = CheckUserId(*inner); !checked) return std::unexpected(checked.error());
  auto user = NewUser(context.read(), *inner, object);
  if (!user) return std::unexpected(user.error());
  context.store.PutUser(*user);
  return std::make_shared<const User>(std::move(*user));
}

// The same members, in whatever order, always make the same id.
std::string DistinctId(std::vector<MemberInput> members) {
  std::ranges::sort(members, {}, &MemberInput::user_id);
  const auto repeated = std::ranges::unique(members, {}, &MemberInput::user_id);
  members.erase(repeated.begin(), repeated.end());
  std::string joined;
  for (const MemberInput& member : members) {
    joined += member.user_id;
    joined += '\0';
  }
  return std::string(kDistinctPrefix) + Sha256Hex(joined).substr(0, 43);
}

void EmitFreezing(Context& context, const Channel& before, const Channel& after) {
  if (before.frozen == after.frozen) return;
  EmitChannelEvent(context, after,
                   {.type = after.frozen ? "channel.frozen" : "channel.unfrozen",
                    .user_id = context.caller.user_id,
                    .members = false},
                   [](json::Writer&, Encoder&) {});
}

// Who is in a channel from its start.
struct FirstMembers {
  std::vector<MemberInput> members;
  std::vector<MemberInput> invites;
  bool hide_for_creator = false;
};

Result<FirstMembers> ReadFirstMembers(json::Value body) {
  FirstMembers first;
  const json::Value data = body["data"];
  auto members = ReadMembers(data["members"], "data.members");
  if (!members) return std::unexpected(members.error());
  first.members = std::move(*members);
  auto invites = ReadMembers(data["invites"], "data.invites");
  if (!invites) return std::unexpected(invites.error());
  first.invites = std::move(*invites);
  if (auto read = ReadBool(body, "hide_for_creator", "hide_for_creator", first.hide_for_creator);
      !read) {
    return std::unexpected(read.error());
  }
  return first;
}

Result<void> AddFirstMembers(Context& context, Channel& channel, const FirstMembers& first) {
  // Clients name an invited member in both lists.
  std::vector<MemberInput> members = first.members;
  std::erase_if(members, [&](const MemberInput& member) {
    return std::ranges::find(first.invites, member.user_id, &MemberInput::user_id) !=
           first.invites.end();
  });
  if (auto added = AddMembers(context, channel, members, {.announce = false}); !added) return added;
  if (auto added =
          AddMembers(context, channel, first.invites, {.announce = false, .invited = true});
      !added) {
    return added;
  }
  if (!first.hide_for_creator) return {};
  auto creator = context.store.FindMember(channel.pk, channel.created_by_id);
  if (!creator) return InputError("hide_for_creator: the creator is not among the members");
  creator->hidden_mark = channel.reveals;
  context.store.PutMember(*creator);
  return {};
}

Result<Channel> CreateChannel(Context& context, std::string_view type, std::string_view id,
                              json::Value data, const FirstMembers& first) {
  if (auto checked = CheckChannelId(id); !checked) return std::unexpected(checked.error());
  auto creator = ResolveCreator(context, data);
  if (!creator) return std::unexpected(creator.error());
  if (!NamedUser(data, "truncated_by", "truncated_by_id").empty()) {
    return InputError("channel.truncated_by is a reserved field");
  }
  Channel channel;
  channel.app = context.app;
  channel.type = type;
  channel.id = id;
  channel.created_by_id = (*creator)->id;
  if (auto allowed = CheckNotBanned(context.read(), channel, channel.created_by_id); !allowed) {
    return std::unexpected(allowed.error());
  }
  channel.created_at = context.now;
  channel.updated_at = context.now;
  if (auto read = ReadChannelFields(context.caller, data, channel); !read) {
    return std::unexpected(read.error());
  }
  auto custom = ChannelCustomFields(context.limits, data);
  if (!custom) return std::unexpected(custom.error());
  channel.custom_json = std::move(*custom);
  channel.pk = context.store.InsertChannel(channel);
  if (auto added = AddFirstMembers(context, channel, first); !added) {
    return std::unexpected(added.error());
  }
  EmitChannelChange(context, channel, "channel.created", channel.created_by_id, nullptr);
  return channel;
}

// Somebody who opens a channel that exists must be one of its members, unless it is open to all.
Result<ChannelPtr> FindForOpening(Context& context, std::string_view type, std::string_view id) {
  if (auto known = RequireChannelType(context.read(), type); !known)
    return std::unexpected(known.error());
  if (!context.store.FindChannel(context.app, type, id)) return ChannelPtr();
  return RequireChannel(context.read(), type, id);
}

Result<ChannelPtr> RequireForUpdate(const ReadContext& context, std::string_view type,
                                    std::string_view id, json::Value body,
                                    const MembershipChanges& changes) {
  auto channel = RequireChannel(context, type, id);
  if (!channel || ConcernsOnlyItself(context.caller, body, changes)) return channel;
  if (auto allowed = RequireChannelManager(context, **channel); !allowed) {
    return std::unexpected(allowed.error());
  }
  return channel;
}

Result<void> ReadFilterTags(json::Value body, Channel& channel) {
  std::vector<std::string> add;
  std::vector<std::string> remove;
  if (auto read = ReadStrings(body, "add_filter_tags", "add_filter_tags", 10, add); !read) {
    return read;
  }
  if (auto read = ReadStrings(body, "remove_filter_tags", "remove_filter_tags", 10, remove);
      !read) {
    return read;
  }
  for (std::string& tag : add) {
    if (std::ranges::find(channel.filter_tags, tag) == channel.filter_tags.end()) {
      channel.filter_tags.push_back(std::move(tag));
    }
  }
  std::erase_if(channel.filter_tags, [&](const std::string& tag) {
    return std::ranges::find(remove, tag) != remove.end();
  });
  if (channel.filter_tags.size() > 10) return InputError("a channel has at most 10 filter tags");
  return {};
}

}  // namespace

Result<std::string> DistinctChannelId(json::Value list) {
  auto members = ReadMembers(list, "members");
  if (!members) return std::unexpected(members.error());
  return members->empty() ? std::string() : DistinctId(std::move(*members));
}

Result<ChannelOpened> GetOrCreateChannel(Context& context, std::string_view type,
                                         std::string_view id, json::Value body) {
  const json::Value data = body["data"];
  if (!data.IsMissingOrNull() && !IsMap(data)) return InputError("data must be an object");
  auto first = ReadFirstMembers(body);
  if (!first) return std::unexpected(first.error());

  std::string channel_id(id);
  if (channel_id.empty()) {
    std::vector<MemberInput> all = first->members;
    all.insert(all.end(), first->invites.begin(), first->invites.end());
    if (all.empty()) return InputError("data.members is required for a distinct channel");
    channel_id = DistinctId(std::move(all));
  }
  auto found = FindForOpening(context, type, channel_id);
  if (!found) return std::unexpected(found.error());
  if (*found) return ChannelOpened{std::move(*found), false};
  auto created = CreateChannel(context, type, channel_id, data, *first);
  if (!created) return std::unexpected(created.error());
  return ChannelOpened{std::make_shared<const Channel>(std::move(*created)), true};
}

Result<ChannelPtr> RequireForUpdate(const ReadContext& context, std::string_view type,
                                    std::string_view id, json::Value body) {
  auto changes = ReadMembershipChanges(body);
  if (!changes) return std::unexpected(changes.error());
  return RequireForUpdate(context, type, id, body, *changes);
}

Result<ChannelUpdated> UpdateChannel(Context& context, std::string_view type, std::string_view id,
                                     json::Value body, const JudgeDraft& judge) {
  auto changes = ReadMembershipChanges(body);
  if (!changes) return std::unexpected(changes.error());
  auto found = RequireForUpdate(context.read(), type, id, body, *changes);
  if (!found) return std::unexpected(found.error());
  Channel channel = **found;
  auto actor = ResolveOptionalActor(context, body);
  if (!actor) return std::unexpected(actor.error());
  if (changes->answers()) {
    if (actor->empty()) {
      return InputError("either user or user_id must be provided when using server side auth.");
    }
    auto answered = AnswerInvite(context, channel, *actor, changes->accept);
    if (!answered) return std::unexpected(answered.error());
    // A repeated answer says nothing new.
    if (!*answered) return ChannelUpdated{std::move(*found), std::nullopt};
  }

  const json::Value data = body["data"];
  if (!data.IsMissingOrNull()) {
    if (!IsMap(data)) return InputError("data must be an object");
    if (auto fixed = CheckFixedData(channel, data); !fixed) {
      return std::unexpected(fixed.error());
    }
    if (auto read = ReadChannelFields(context.caller, data, channel); !read) {
      return std::unexpected(read.error());
    }
    auto custom = ChannelCustomFields(context.limits, data);
    if (!custom) return std::unexpected(custom.error());
    channel.custom_json = std::move(*custom);
  }
  if (auto read = ReadCooldown(body, channel); !read) return std::unexpected(read.error());
  if (auto read = ReadFilterTags(body, channel); !read) return std::unexpected(read.error());
  if (auto fits = CheckChannelBytes(channel, found->get()); !fits) {
    return std::unexpected(fits.error());
  }

  const bool touched = TouchesChannel(body, *changes);
  if (touched) channel.updated_at = context.now;
  context.store.UpdateChannel(channel);
  if (auto done = ApplyMembershipChanges(context, channel, *changes, body); !done) {
    return std::unexpected(done.error());
  }
  auto message = SendMessageOfChange(context, channel, *actor, body, judge);
  if (!message) return std::unexpected(message.error());
  // Changes of membership alone tell of themselves (docs/contract/payloads.md#catalogue).
  if (touched) {
    EmitChannelChange(context, channel, "channel.updated", *actor, *message ? &**message : nullptr);
  }
  EmitFreezing(context, **found, channel);
  return ChannelUpdated{std::make_shared<const Channel>(std::move(channel)), std::move(*message)};
}

Result<ChannelPtr> UpdateChannelPartial(Context& context, std::string_view type,
                                        std::string_view id, json::Value body) {
  auto found = RequireChannel(context.read(), type, id);
  if (!found) return std::unexpected(found.error());
  Channel channel = **found;
  if (auto allowed = RequireChannelManager(context.read(), channel); !allowed) {
    return std::unexpected(allowed.error());
  }
  auto actor = ResolveOptionalActor(context, body);
  if (!actor) return std::unexpected(actor.error());
  const Channel before = channel;
  auto changes = ReadChanges(body, IsChannelField);
  if (!changes) return std::unexpected(changes.error());
  std::vector<FieldChange> custom;
  for (const FieldChange& change : *changes) {
    const std::string_view name = change.path.front();
    if (!IsChannelField(name)) {
      custom.push_back(change);
      continue;
    }
    Channel probe = channel;
    const bool settable = ResetChannelField(name, probe);
    if (settable && change.path.size() == 2 && name == "config_overrides") {
      const FieldChange inner{{change.path[1]}, change.value};
      auto overrides =
          ApplyChanges(channel.config_overrides_json.empty() ? "{}" : channel.config_overrides_json,
                       std::span(&inner, 1));
      if (!overrides) return std::unexpected(overrides.error());
      if (auto valid =
              CheckOverrides(json::Document::Parse(*overrides, json::Source::kStored)->root());
          !valid) {
        return std::unexpected(valid.error());
      }
      channel.config_overrides_json = std::move(*overrides);
      continue;
    }
    if (!settable || change.path.size() > 1) {
      if (auto refused = RefuseReserved("channel", name, change.value); !refused) {
        return std::unexpected(refused.error());
      }
      continue;
    }
    if (change.value.IsMissingOrNull()) channel = std::move(probe);
  }
  if (auto read = ReadChannelFields(context.caller, body["set"], channel); !read) {
    return std::unexpected(read.error());
  }
  if (auto fits = CheckChannelBytes(channel, &before); !fits) return std::unexpected(fits.error());
  // `unset` frees a frozen channel too.
  if (auto allowed = CheckMayFreeze(context.caller, before, channel); !allowed) {
    return std::unexpected(allowed.error());
  }
  auto custom_json = ChangeCustom(channel.custom_json, custom, context.limits, "channel");
  if (!custom_json) return std::unexpected(custom_json.error());
  channel.custom_json = std::move(*custom_json);
  channel.updated_at = context.now;
  context.store.UpdateChannel(channel);
  EmitChannelChange(context, channel, "channel.updated", *actor, nullptr);
  EmitFreezing(context, before, channel);
  return ChannelPtr(std::make_shared<const Channel>(std::move(channel)));
}

}  // namespace hookline::chat
