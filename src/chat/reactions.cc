#include <fmt/core.h>

#include <limits>
#include <utility>

#include "chat/access.h"
#include "chat/emit.h"
#include "chat/fields.h"
#include "chat/messages.h"

namespace hookline::chat {
namespace {

constexpr std::size_t kReactionTypeBytesMax = 30;
constexpr auto kReactionFields =
    Names({"type", "score", "user", "user_id", "message_id", "created_at", "updated_at"});

void EmitReaction(Context& context, const Channel& channel, std::string_view type,
                  const Message& message, const Reaction& reaction) {
  EmitChannelEvent(context, channel, {.type = type, .user_id = reaction.user_id},
                   [&](json::Writer& w, Encoder& encoder) {
                     w.Field("message_id", message.id);
                     w.Key("message");
                     encoder.Message(w, message, {});
                     w.Key("reaction");
                     encoder.Reaction(w, reaction);
                     w.Key("channel");
                     encoder.Channel(w, channel);
                     const auto member = context.store.FindMember(channel.pk, reaction.user_id);
                     w.Key("user");
                     encoder.UserInChannel(w, reaction.user_id, channel,
                                           member ? &*member : nullptr);
                     if (!message.thread_participant_ids.empty()) {
                       w.Key("thread_participants").BeginArray();
                       for (const std::string& id : message.thread_participant_ids) {
                         encoder.UserById(w, id);
                       }
                       w.EndArray();
                     }
                   });
}

struct Target {
  Message message;
  ChannelPtr channel;
};

Result<Target> RequireTarget(Context& context, std::string_view message_id) {
  auto message = RequireMessage(context.read(), message_id);
  if (!message) return std::unexpected(message.error());
  if (message->deleted_at) {
    return InputError(fmt::format("message {} is deleted", message_id));
  }
  auto channel = RequireChannel(context.read(), message->channel);
  if (!channel) return std::unexpected(channel.error());
  if (!ConfigOf(context.store, **channel).reactions) {
    return Fail(ErrorKind::kFeatureNotSupported,
                fmt::format("reactions are not enabled for channel type {}", (*channel)->type));
  }
  return Target{std::move(*message), std::move(*channel)};
}

void Resum(Context& context, Message& message) {
  message.reaction_groups = context.store.SumReactions(message.pk);
  context.store.UpdateMessage(message);
}

void Remove(Context& context, const Channel& channel, Message& message, const Reaction& reaction) {
  context.store.DeleteReaction(message.pk, reaction.user_id, reaction.type);
  Resum(context, message);
  EmitReaction(context, channel, "reaction.deleted", message, reaction);
}

}  // namespace

Result<ReactionSent> SendReaction(Context& context, std::string_view message_id, json::Value body) {
  const json::Value object = body["reaction"];
  if (!object.IsObject()) return InputError("reaction is a required field");
  auto target = RequireTarget(context, message_id);
  if (!target) return std::unexpected(target.error());
  auto actor = ResolveAuthor(context, object, "reaction");
  if (!actor) return std::unexpected(actor.error());
  if (auto allowed = CheckMayWrite(context.read(), *target->channel, (*actor)->id); !allowed) {
    return std::unexpected(allowed.error());
  }
  Message& message = target->message;

  Reaction reaction;
  if (auto read = ReadString(object, "type", "reaction.type", reaction.type); !read) {
    return std::unexpected(read.error());
  }
  if (reaction.type.empty() || reaction.type.size() > kReactionTypeBytesMax) {
    return InputError(
        fmt::format("reaction.type must have 1 to {} characters", kReactionTypeBytesMax));
  }
  if (const json::Value score = object["score"]; !score.IsMissingOrNull()) {
    const auto number = score.AsInt();
    // Sums of these fit into 64 bits, whatever the number of users.
    if (!number || *number < std::numeric_limits<std::int32_t>::min() ||
        *number > std::numeric_limits<std::int32_t>::max()) {
      return InputError("reaction.score must be an integer of 32 bits");
    }
    reaction.score = *number == 0 ? 1 : *number;  // Some clients send their zero value.
  }
  bool skip_push = false;  // There is no push to devices to be skipped.
  if (auto read = ReadBool(body, "skip_push", "skip_push", skip_push); !read) {
    return std::unexpected(read.error());
  }
  bool enforce_unique = false;
  if (auto read = ReadBool(body, "enforce_unique", "enforce_unique", enforce_unique); !read) {
    return std::unexpected(read.error());
  }
  auto custom = CustomFields(object, kReactionFields, context.limits, "reaction");
  if (!custom) return std::unexpected(custom.error());
  reaction.message = message.pk;
  reaction.message_id = message.id;
  reaction.app = context.app;
  reaction.user_id = (*actor)->id;
  reaction.custom_json = std::move(*custom);
  reaction.created_at = context.now;
  reaction.updated_at = context.now;

  if (enforce_unique) {
    for (const Reaction& other : context.store.ListReactionsOf(message.pk, reaction.user_id)) {
      if (other.type != reaction.type) Remove(context, *target->channel, message, other);
    }
  }
  const auto known = context.store.FindReaction(message.pk, reaction.user_id, reaction.type);
  if (known) reaction.created_at = known->created_at;
  context.store.PutReaction(reaction);
  Resum(context, message);
  EmitReaction(context, *target->channel, known ? "reaction.updated" : "reaction.new", message,
               reaction);
  return ReactionSent{std::move(message), std::move(reaction)};
}

Result<ReactionSent> DeleteReaction(Context& context, std::string_view message_id,
                                    std::string_view type, std::string_view user_id) {
  auto target = RequireTarget(context, message_id);
  if (!target) return std::unexpected(target.error());
  if (!context.caller.server && !user_id.empty() && user_id != context.caller.user_id) {
    return Fail(ErrorKind::kNotAllowed, "a user token can act only as its own user");
  }
  const std::string actor = context.caller.server ? std::string(user_id) : context.caller.user_id;
  if (actor.empty()) {
    return InputError("either user or user_id must be provided when using server side auth.");
  }
  if (auto allowed = CheckMayWrite(context.read(), *target->channel, actor); !allowed) {
    return std::unexpected(allowed.error());
  }
  const auto reaction = context.store.FindReaction(target->message.pk, actor, type);
  if (!reaction) {
    return Fail(
        ErrorKind::kNotFound,
        fmt::format("reaction {} of user {} on message {} doesn't exist", type, actor, message_id));
  }
  Remove(context, *target->channel, target->message, *reaction);
  return ReactionSent{std::move(target->message), *reaction};
}

}  // namespace hookline::chat
