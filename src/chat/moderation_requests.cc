#include "chat/moderation_requests.h"

#include <fmt/core.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

#include "chat/access.h"
#include "chat/fields.h"
#include "chat/moderation.h"
#include "chat/users.h"

namespace hookline::chat {
namespace {

constexpr std::size_t kTargetsMax = 100;
constexpr std::size_t kReasonBytesMax = 1000;
constexpr std::int64_t kTimeoutMinutesMax = 10 * 366 * 24 * 60;

UserPtr FindLive(Context& context, std::string_view id) {
  UserPtr user = context.store.FindUser(context.app, id);
  return user && !user->deleted_at ? user : nullptr;
}

Result<UserPtr> RequireUser(Context& context, std::string_view id) {
  UserPtr user = FindLive(context, id);
  if (!user) return InputError(fmt::format("the user {} does not exist", id));
  return user;
}

// When something that lasts `timeout` minutes from now ends; zero without a timeout.
Result<Timestamp> ReadExpiry(const Context& context, json::Value body) {
  const json::Value timeout = body["timeout"];
  if (timeout.IsMissingOrNull()) return Timestamp();
  const auto minutes = timeout.AsInt();
  if (!minutes || *minutes < 0 || *minutes > kTimeoutMinutesMax) {
    return InputError(
        fmt::format("timeout must be a number of minutes up to {}", kTimeoutMinutesMax));
  }
  return *minutes == 0 ? Timestamp() : context.now + std::chrono::minutes(*minutes);
}

Result<std::string> ReadReason(json::Value body) {
  std::string reason;
  if (auto read = ReadString(body, "reason", "reason", reason); !read) {
    return std::unexpected(read.error());
  }
  if (reason.size() > kReasonBytesMax) {
    return InputError(fmt::format("reason must have at most {} characters", kReasonBytesMax));
  }
  return reason;
}

struct MuteRequest {
  MuteAnswer answer;
  std::vector<UserPtr> targets;
};

Result<MuteRequest> ReadTargets(Context& context, json::Value body) {
  std::vector<std::string> ids;
  if (auto read = ReadStrings(body, "target_ids", "target_ids", kTargetsMax, ids); !read) {
    return std::unexpected(read.error());
  }
  std::string single;
  if (auto read = ReadString(body, "target_id", "target_id", single); !read) {
    return std::unexpected(read.error());
  }
  if (!single.empty()) ids.push_back(std::move(single));
  if (ids.empty()) return InputError("either target_id or target_ids must be provided");
  auto actor = ResolveActor(context, body, "");
  if (!actor) return std::unexpected(actor.error());
  std::ranges::sort(ids);
  ids.erase(std::ranges::unique(ids).begin(), ids.end());
  MuteRequest request;
  for (const std::string& id : ids) {
    if (id == (*actor)->id) return InputError("a user cannot mute or unmute itself");
    if (UserPtr user = FindLive(context, id)) {
      request.targets.push_back(std::move(user));
    } else if (ids.size() == 1) {
      return InputError(fmt::format("the user {} does not exist", id));
    } else {
      request.answer.unknown_ids.push_back(id);
    }
  }
  request.answer.actor = std::move(*actor);
  return request;
}

// Who bans: named in one of the ways of the different clients.
Result<UserPtr> ResolveBanner(Context& context, json::Value body) {
  const std::string_view id = body["banned_by_id"].AsString().value_or("");
  const json::Value object = body["banned_by"];
  const std::string_view inner = object["id"].AsString().value_or("");
  const std::string_view named = id.empty() ? inner : id;
  if (!context.caller.server && !named.empty() && named != context.caller.user_id) {
    return Fail(ErrorKind::kNotAllowed, "a user token can act only as its own user");
  }
  if (!context.caller.server || named.empty()) {
    const bool other = !body["user"].IsMissingOrNull() || !body["user_id"].IsMissingOrNull();
    if (context.caller.server && !other) {
      return InputError(
          "either banned_by or banned_by_id must be provided when using server side auth.");
    }
    return ResolveActor(context, body, "");
  }
  if (UserPtr known = FindLive(context, named)) return known;
  if (!id.empty()) return InputError(fmt::format("the user {} does not exist", id));
  if (auto checked = CheckUserId(inner); !checked) return std::unexpected(checked.error());
  auto user = NewUser(context.read(), inner, object);
  if (!user) return std::unexpected(user.error());
  context.store.PutUser(*user);
  return std::make_shared<const User>(std::move(*user));
}

// The channel that a ban is for; nullptr for the whole app. Judges whether the caller may.
Result<ChannelPtr> RequireBanScope(Context& context, std::string_view type, std::string_view id,
                                   std::string_view cid) {
  if (!cid.empty()) {
    const std::size_t colon = cid.find(':');
    if (colon == std::string_view::npos) {
      return InputError(fmt::format("{} is not a channel's cid (type:id)", cid));
    }
    type = cid.substr(0, colon);
    id = cid.substr(colon + 1);
  }
  if (type.empty() != id.empty()) return InputError("type and id must be given together");
  if (type.empty()) {
    if (auto allowed = RequireServer(context.caller); !allowed) {
      return std::unexpected(allowed.error());
    }
    return ChannelPtr();
  }
  auto channel = RequireChannel(context.read(), type, id);
  if (!channel) return channel;
  if (auto allowed = RequireChannelManager(context.read(), **channel); !allowed) {
    return std::unexpected(allowed.error());
  }
  return channel;
}

// Who gives no reason gives none that is not allowed.
Result<void> CheckReason(const std::string& reason, std::span<const std::string> allowed) {
  if (reason.empty() || allowed.empty()) return {};
  if (std::ranges::find(allowed, reason) != allowed.end()) return {};
  return InputError(fmt::format("reason must be one of [{}]", fmt::join(allowed, " ")));
}

// Names that say where a ban is to hold, as the different clients have them.
struct BanPlace {
  std::string type;
  std::string id;
  std::string cid;
};

Result<BanPlace> ReadBanPlace(json::Value body) {
  BanPlace place;
  for (const auto& [name, field] : {std::pair{"type", &place.type}, std::pair{"id", &place.id},
                                    std::pair{"channel_cid", &place.cid}}) {
    if (auto read = ReadString(body, name, name, *field); !read) {
      return std::unexpected(read.error());
    }
  }
  return place;
}

struct FlagTarget {
  UserPtr user;
  std::optional<Message> message;
};

Result<FlagTarget> ReadFlagTarget(Context& context, json::Value body) {
  std::string message_id;
  std::string user_id;
  for (const auto& result : {ReadString(body, "target_message_id", "target_message_id", message_id),
                             ReadString(body, "target_user_id", "target_user_id", user_id)}) {
    if (!result) return std::unexpected(result.error());
  }
  if (const json::Value type = body["entity_type"]; !type.IsMissingOrNull()) {
    const std::string_view id = body["entity_id"].AsString().value_or("");
    if (type.AsString() == "stream:chat:v1:message") {
      message_id = id;
    } else if (type.AsString() == "stream:user") {
      user_id = id;
    } else {
      return InputError("entity_type must be one of [stream:chat:v1:message stream:user]");
    }
  }
  if (message_id.empty() == user_id.empty()) {
    return InputError("either target_message_id or target_user_id must be provided");
  }
  FlagTarget target;
  if (message_id.empty()) {
    auto user = RequireUser(context, user_id);
    if (!user) return std::unexpected(user.error());
    target.user = std::move(*user);
    return target;
  }
  auto message = RequireMessage(context.read(), message_id);
  if (!message) return std::unexpected(message.error());
  auto author = RequireUser(context, message->user_id);
  if (!author) return std::unexpected(author.error());
  target.user = std::move(*author);
  target.message = std::move(*message);
  return target;
}

}  // namespace

Result<MuteAnswer> RequestMute(Context& context, json::Value body) {
  auto expires = ReadExpiry(context, body);
  if (!expires) return std::unexpected(expires.error());
  auto request = ReadTargets(context, body);
  if (!request) return std::unexpected(request.error());
  if (!request->targets.empty()) {
    request->answer.mutes = MuteUsers(context, *request->answer.actor, request->targets, *expires);
  }
  return std::move(request->answer);
}

Result<MuteAnswer> RequestUnmute(Context& context, json::Value body) {
  auto request = ReadTargets(context, body);
  if (!request) return std::unexpected(request.error());
  UnmuteUsers(context, *request->answer.actor, request->targets);
  return std::move(request->answer);
}

Result<void> RequestBan(Context& context, json::Value body) {
  const auto target_id = body["target_user_id"].AsString();
  if (!target_id || target_id->empty()) return InputError("target_user_id is a required field");
  BanTerms terms;
  auto expires = ReadExpiry(context, body);
  if (!expires) return std::unexpected(expires.error());
  terms.expires_at = *expires;
  auto reason = ReadReason(body);
  if (!reason) return std::unexpected(reason.error());
  terms.reason = std::move(*reason);
  if (auto read = ReadBool(body, "shadow", "shadow", terms.shadow); !read) return read;
  const auto place = ReadBanPlace(body);
  if (!place) return std::unexpected(place.error());
  auto channel = RequireBanScope(context, place->type, place->id, place->cid);
  if (!channel) return std::unexpected(channel.error());
  auto banner = ResolveBanner(context, body);
  if (!banner) return std::unexpected(banner.error());
  terms.banned_by_id = (*banner)->id;
  auto target = RequireUser(context, *target_id);
  if (!target) return std::unexpected(target.error());
  if ((*target)->id == terms.banned_by_id) return InputError("a user cannot ban itself");
  BanUser(context, **target, channel->get(), terms);
  return {};
}

Result<void> RequestUnban(Context& context, const UnbanRequest& request) {
  if (request.target_user_id.empty()) return InputError("target_user_id is a required parameter");
  auto channel = RequireBanScope(context, request.type, request.id, request.channel_cid);
  if (!channel) return std::unexpected(channel.error());
  auto target = RequireUser(context, request.target_user_id);
  if (!target) return std::unexpected(target.error());
  const std::string actor(context.caller.server ? request.actor_id
                                                : std::string_view(context.caller.user_id));
  if (!actor.empty()) {
    if (auto known = RequireUser(context, actor); !known) return std::unexpected(known.error());
  }
  for (const bool shadow : {false, true}) {
    if (request.shadow.value_or(shadow) == shadow) {
      UnbanUser(context, **target, channel->get(), actor, shadow);
    }
  }
  return {};
}

Result<Flag> RequestFlag(Context& context, json::Value body,
                         std::span<const std::string> allowed_reasons) {
  FlagTerms terms;
  auto reason = ReadReason(body);
  if (!reason) return std::unexpected(reason.error());
  terms.reason = std::move(*reason);
  const json::Value custom = body["custom"];
  if (!custom.IsMissingOrNull()) {
    if (!IsMap(custom)) return InputError("custom must be an object");
    terms.custom_json = MapText(custom);
    if (auto fits = CheckBytes("the custom data of the flag", terms.custom_json.size(),
                               context.limits.custom_bytes);
        !fits) {
      return std::unexpected(fits.error());
    }
  }
  auto target = ReadFlagTarget(context, body);
  if (!target) return std::unexpected(target.error());
  // The type's list, where it has one, stands in place of the app's.
  ChannelType config;
  if (target->message) {
    if (const ChannelPtr channel = context.store.FindChannel(target->message->channel)) {
      config = ConfigOf(context.store, *channel);
      const auto& of_type = config.lists->allowed_flag_reasons;
      if (!of_type.empty()) allowed_reasons = of_type;
    }
  }
  if (auto allowed = CheckReason(terms.reason, allowed_reasons); !allowed) {
    return std::unexpected(allowed.error());
  }
  auto actor = ResolveActor(context, body, "");
  if (!actor) return std::unexpected(actor.error());
  if (target->message) return FlagMessage(context, **actor, *target->message, terms);
  return FlagUser(context, **actor, *target->user, terms);
}

Result<Flag> RequestUnflag(Context& context, json::Value body) {
  auto target = ReadFlagTarget(context, body);
  if (!target) return std::unexpected(target.error());
  auto actor = ResolveActor(context, body, "");
  if (!actor) return std::unexpected(actor.error());
  return Unflag(context, **actor, *target->user, target->message ? &*target->message : nullptr);
}

}  // namespace hookline::chat
