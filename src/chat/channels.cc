#include "chat/channels.h"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "base/crypto.h"
#include "base/json_writer.h"
#include "base/uuid.h"
#include "chat/access.h"
#include "chat/channel_fields.h"
#include "chat/emit.h"
#include "chat/members.h"
#include "chat/messages.h"
#include "chat/users.h"

namespace hookline::chat {
namespace {

constexpr std::size_t kChannelIdBytesMax = 64;
constexpr std::size_t kCidsMax = 100;
const std::string kDistinctPrefix = "!members-";

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

Result<UserPtr> ResolveCreator(Context& context, json::Value data) {
  if (!context.caller.server) return ResolveActor(context, {}, "");
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
  return kDistinctPrefix + Sha256Hex(joined).substr(0, 43);
}

void EmitChannel(Context& context, const Channel& channel, std::string_view type,
                 const std::string& user_id, const Message* message) {
  EmitChannelEvent(context, channel, {.type = type, .user_id = user_id},
                   [&](json::Writer& w, Encoder& encoder) {
                     w.Key("channel");
                     encoder.Channel(w, channel, type == "channel.created");
                     if (!user_id.empty()) {
                       w.Key("user");
                       encoder.UserById(w, user_id);
                     }
                     if (message != nullptr) {
                       w.Field("message_id", message->id);
                       w.Key("message");
                       encoder.Message(w, *message, {});
                     }
                   });
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
  Channel channel;
  channel.app = context.app;
  channel.type = type;
  channel.id = id;
  channel.created_by_id = (*creator)->id;
  channel.created_at = context.now;
  channel.updated_at = context.now;
  if (auto read = ReadChannelFields(context.caller, data, channel); !read) {
    return std::unexpected(read.error());
  }
  auto custom = ChannelCustomFields(data);
  if (!custom) return std::unexpected(custom.error());
  channel.custom_json = std::move(*custom);
  channel.pk = context.store.InsertChannel(channel);
  if (auto added = AddFirstMembers(context, channel, first); !added) {
    return std::unexpected(added.error());
  }
  EmitChannel(context, channel, "channel.created", channel.created_by_id, nullptr);
  return channel;
}

// Somebody who opens a channel that exists must be one of its members, unless it is open to all.
Result<ChannelPtr> FindForOpening(Context& context, std::string_view type, std::string_view id) {
  if (auto known = RequireChannelType(context.read(), type); !known)
    return std::unexpected(known.error());
  if (!context.store.FindChannel(context.app, type, id)) return ChannelPtr();
  return RequireChannel(context.read(), type, id);
}

struct MembershipChanges {
  std::vector<MemberInput> add, invite, remove, promote, demote, roles;
  bool accept = false;  ///< The actor's invite.
  bool reject = false;

  bool answers() const { return accept || reject; }
  bool any() const {
    return !add.empty() || !invite.empty() || !remove.empty() || !promote.empty() ||
           !demote.empty() || !roles.empty() || answers();
  }
};

Result<MembershipChanges> ReadMembershipChanges(json::Value body) {
  MembershipChanges changes;
  for (const auto& [name, list] :
       {std::pair{"add_members", &changes.add}, std::pair{"invites", &changes.invite},
        std::pair{"remove_members", &changes.remove}, std::pair{"add_moderators", &changes.promote},
        std::pair{"demote_moderators", &changes.demote},
        std::pair{"assign_roles", &changes.roles}}) {
    auto members = ReadMembers(body[name], name);
    if (!members) return std::unexpected(members.error());
    list->insert(list->end(), members->begin(), members->end());
  }
  for (const auto& [name, flag] :
       {std::pair{"accept_invite", &changes.accept}, std::pair{"reject_invite", &changes.reject}}) {
    if (auto read = ReadBool(body, name, name, *flag); !read) return std::unexpected(read.error());
  }
  if (changes.accept && changes.reject) {
    return InputError("cannot set both accept_invite and reject_invite.");
  }
  return changes;
}

Result<void> ApplyMembershipChanges(Context& context, Channel& channel,
                                    const MembershipChanges& changes, json::Value body) {
  if (!changes.invite.empty() && channel.id.starts_with(kDistinctPrefix)) {
    return Fail(ErrorKind::kNotAllowed,
                "cannot invite members to the distinct channel, please create a new distinct "
                "channel with the desired members");
  }
  auto history_from = ReadHistoryFrom(context, channel, body);
  if (!history_from) return std::unexpected(history_from.error());
  const JoinTerms terms{.history_from = *history_from};
  if (auto done = AddMembers(context, channel, changes.add, terms); !done) return done;
  // A moderator who is not a member yet becomes one.
  if (auto done = AddMembers(context, channel, changes.promote, terms); !done) return done;
  const JoinTerms invited{.invited = true, .history_from = *history_from};
  if (auto done = AddMembers(context, channel, changes.invite, invited); !done) return done;
  if (auto done = SetModerators(context, channel, changes.promote, true); !done) return done;
  if (auto done = SetModerators(context, channel, changes.demote, false); !done) return done;
  if (auto done = AssignRoles(context, channel, changes.roles); !done) return done;
  return RemoveMembers(context, channel, changes.remove);
}

// Whatever else the request asks for, settings beside `data` included, needs the right to it.
bool HasOnly(json::Value body, std::span<const std::string_view> harmless) {
  for (const json::Value field : body) {
    if (std::ranges::find(harmless, field.key()) == harmless.end() && !field.IsNull()) return false;
  }
  return true;
}

// What everybody may do with their own membership: leave, and answer an invite.
bool ConcernsOnlyItself(const Caller& caller, json::Value body, const MembershipChanges& changes) {
  static constexpr auto kLeaving = Names({"remove_members", "user", "user_id", "skip_push"});
  static constexpr auto kAnswering =
      Names({"accept_invite", "reject_invite", "message", "user", "user_id", "skip_push"});
  if (changes.answers()) return HasOnly(body, kAnswering);
  return changes.remove.size() == 1 && changes.remove.front().user_id == caller.user_id &&
         HasOnly(body, kLeaving);
}

// Asks for more than members to come, go or change.
bool TouchesChannel(json::Value body, const MembershipChanges& changes) {
  if (!changes.any()) return true;
  static constexpr std::string_view kOwnFields[] = {"data", "message", "cooldown",
                                                    "add_filter_tags", "remove_filter_tags"};
  return std::ranges::any_of(kOwnFields,
                             [&](std::string_view name) { return !body[name].IsMissingOrNull(); });
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

Result<ChannelOpened> GetOrCreateChannel(Context& context, std::string_view type,
                                         std::string_view id, json::Value body) {
  const json::Value data = body["data"];
  if (!data.IsMissingOrNull() && !data.IsObject()) return InputError("data must be an object");
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

Result<ChannelUpdated> UpdateChannel(Context& context, std::string_view type, std::string_view id,
                                     json::Value body) {
  auto found = RequireChannel(context.read(), type, id);
  if (!found) return std::unexpected(found.error());
  Channel channel = **found;
  auto changes = ReadMembershipChanges(body);
  if (!changes) return std::unexpected(changes.error());
  if (!ConcernsOnlyItself(context.caller, body, *changes)) {
    if (auto allowed = RequireChannelManager(context.read(), channel); !allowed) {
      return std::unexpected(allowed.error());
    }
  }
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
    if (!data.IsObject()) return InputError("data must be an object");
    if (auto read = ReadChannelFields(context.caller, data, channel); !read) {
      return std::unexpected(read.error());
    }
    auto custom = ChannelCustomFields(data);
    if (!custom) return std::unexpected(custom.error());
    channel.custom_json = std::move(*custom);
  }
  if (auto read = ReadCooldown(body, channel); !read) return std::unexpected(read.error());
  if (auto read = ReadFilterTags(body, channel); !read) return std::unexpected(read.error());

  const json::Value message = body["message"];
  const bool touched = TouchesChannel(body, *changes);
  if (touched) channel.updated_at = context.now;
  context.store.UpdateChannel(channel);
  if (auto done = ApplyMembershipChanges(context, channel, *changes, body); !done) {
    return std::unexpected(done.error());
  }
  ChannelUpdated updated;
  if (!message.IsMissingOrNull()) {
    auto sent = SendSystemMessage(context, channel, *actor, message);
    if (!sent) return std::unexpected(sent.error());
    updated.message = std::move(*sent);
  }
  // Changes of membership alone tell of themselves (events.md, channel.updated).
  if (touched) {
    EmitChannel(context, channel, "channel.updated", *actor,
                updated.message ? &*updated.message : nullptr);
  }
  EmitFreezing(context, **found, channel);
  updated.channel = std::make_shared<const Channel>(std::move(channel));
  return updated;
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
  // `unset` frees a frozen channel too.
  if (auto allowed = CheckMayFreeze(context.caller, before, channel); !allowed) {
    return std::unexpected(allowed.error());
  }
  auto custom_json = ApplyChanges(channel.custom_json, custom);
  if (!custom_json) return std::unexpected(custom_json.error());
  channel.custom_json = std::move(*custom_json);
  channel.updated_at = context.now;
  context.store.UpdateChannel(channel);
  EmitChannel(context, channel, "channel.updated", *actor, nullptr);
  EmitFreezing(context, before, channel);
  return ChannelPtr(std::make_shared<const Channel>(std::move(channel)));
}

Result<ChannelPtr> DeleteChannel(Context& context, std::string_view type, std::string_view id,
                                 bool hard) {
  auto found = RequireChannel(context.read(), type, id);
  if (!found) return std::unexpected(found.error());
  Channel channel = **found;
  const bool own = channel.created_by_id == context.caller.user_id;
  if (!context.caller.server && (hard || !own)) {
    return Fail(ErrorKind::kNotAllowed, fmt::format("user {} may not delete channel {}",
                                                    context.caller.user_id, channel.cid()));
  }
  channel.deleted_at = context.now;
  channel.updated_at = context.now;
  EmitChannel(context, channel, "channel.deleted", context.caller.user_id, nullptr);
  context.store.UpdateChannel(channel);
  if (hard) context.store.PurgeChannel(channel.pk);
  return ChannelPtr(std::make_shared<const Channel>(std::move(channel)));
}

Result<ChannelsDeleted> DeleteChannels(Context& context, json::Value body) {
  if (auto allowed = RequireServer(context.caller); !allowed) {
    return std::unexpected(allowed.error());
  }
  ChannelsDeleted deleted;
  if (auto read = ReadStrings(body, "cids", "cids", kCidsMax, deleted.cids); !read) {
    return std::unexpected(read.error());
  }
  if (deleted.cids.empty()) return InputError("cids is a required field");
  bool hard = false;
  if (auto read = ReadBool(body, "hard_delete", "hard_delete", hard); !read) {
    return std::unexpected(read.error());
  }
  std::ranges::sort(deleted.cids);
  deleted.cids.erase(std::ranges::unique(deleted.cids).begin(), deleted.cids.end());
  json::Writer result;
  result.BeginObject();
  for (const std::string& cid : deleted.cids) {
    const std::size_t colon = cid.find(':');
    if (colon == std::string::npos) {
      return InputError(fmt::format("{} is not a channel's cid (type:id)", cid));
    }
    auto channel = DeleteChannel(context, cid.substr(0, colon), cid.substr(colon + 1), hard);
    if (!channel) return std::unexpected(channel.error());
    result.Key(cid).BeginObject().Field("status", "ok").EndObject();
  }
  result.EndObject();
  deleted.task.app = context.app;
  deleted.task.id = ToString(RandomUuid());
  deleted.task.status = "completed";
  deleted.task.created_at = context.now;
  deleted.task.updated_at = context.now;
  deleted.task.result_json = result.Take();
  context.store.PutTask(deleted.task);
  return deleted;
}

}  // namespace hookline::chat
