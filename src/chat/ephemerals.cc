#include "chat/ephemerals.h"

#include <fmt/core.h>

#include "base/uuid.h"
#include "chat/access.h"
#include "chat/fields.h"
#include "chat/message_fields.h"
#include "chat/moderation.h"
#include "chat/thread.h"

namespace hookline::chat {
namespace {

constexpr std::size_t kFormDataMax = 100;

Error Unknown(std::string_view id) {
  return Error(ErrorKind::kNotFound, fmt::format("message with id {} doesn't exist", id));
}

// The message if the caller may see it at all.
Result<Message> FindOwn(const ReadContext& context, std::string_view id) {
  auto message = context.store.FindEphemeral(context.app, id, context.now);
  if (!message || (!context.caller.server && message->user_id != context.caller.user_id)) {
    return std::unexpected(Unknown(id));
  }
  return std::move(*message);
}

Result<void> ReadFormData(json::Value body, EphemeralAction& action) {
  const json::Value data = body["form_data"];
  if (!IsMap(data)) return InputError("form_data is a required field");
  if (data.size() > kFormDataMax) {
    return InputError(fmt::format("form_data must contain at most {} items", kFormDataMax));
  }
  for (const json::Value item : data) {
    const auto text = item.AsString();
    if (!text) return InputError(fmt::format("form_data.{} must be a string", item.key()));
    action.form_data.emplace_back(item.key(), *text);
  }
  return {};
}

// Whom a server token names; empty if nobody.
Result<std::string> ReadNamedUser(json::Value body) {
  const auto id = body["user_id"].AsString().value_or("");
  const auto inner = body["user"]["id"].AsString().value_or("");
  if (!id.empty() && !inner.empty()) return InputError("cannot set both user and user_id.");
  return std::string(id.empty() ? inner : id);
}

}  // namespace

std::optional<std::string_view> EphemeralAction::Find(std::string_view name) const {
  for (const auto& [key, value] : form_data) {
    if (key == name) return value;
  }
  return std::nullopt;
}

Message SaveEphemeral(Context& context, Draft draft, std::chrono::nanoseconds lifetime) {
  StoreIfNew(context, draft.actor);
  if (draft.message.id.empty()) draft.message.id = ToString(RandomUuid());
  return ReplaceEphemeral(context, std::move(draft.message), lifetime);
}

Message ReplaceEphemeral(Context& context, Message message, std::chrono::nanoseconds lifetime) {
  message.type = "ephemeral";
  message.updated_at = context.now;
  // Nothing that only messages of the channel have.
  Unpin(message);
  context.store.PutEphemeral(message, context.now + lifetime);
  return message;
}

void DeleteEphemeral(Context& context, const Message& message) {
  context.store.DeleteEphemeral(context.app, message.id);
}

Result<Message> CommitEphemeral(Context& context, Message message) {
  const ReadContext read = context.read();
  auto channel = RequireChannel(read, message.channel);
  if (!channel) return std::unexpected(channel.error());
  Draft draft;
  draft.config = ConfigOf(context.store, **channel);
  draft.channel = std::move(*channel);
  const UserPtr owner = context.store.FindUser(context.app, message.user_id);
  if (!owner || owner->deleted_at) {
    return InputError(fmt::format("the user {} does not exist", message.user_id));
  }
  draft.actor.user = *owner;
  if (auto allowed = CheckMaySend(read, *draft.channel, *owner, message); !allowed) {
    return std::unexpected(allowed.error());
  }
  if (context.store.FindMessage(context.app, message.id)) {
    return InputError(fmt::format("a message with ID {} already exists", message.id));
  }
  message.type = "regular";
  message.created_at = context.now;
  message.updated_at = context.now;
  auto parent = JoinThread(read, draft.config, message);
  if (!parent) return std::unexpected(parent.error());
  draft.parent = std::move(*parent);
  context.store.DeleteEphemeral(context.app, message.id);
  draft.message = std::move(message);
  return CommitMessage(context, std::move(draft));
}

Result<EphemeralAction> RequireEphemeral(const ReadContext& context, std::string_view id,
                                         json::Value body) {
  EphemeralAction action;
  if (auto read = ReadFormData(body, action); !read) return std::unexpected(read.error());
  auto named = ReadNamedUser(body);
  if (!named) return std::unexpected(named.error());
  if (!context.caller.server && !named->empty() && *named != context.caller.user_id) {
    return Fail(ErrorKind::kNotAllowed, "a user token can act only as its own user");
  }
  auto message = FindOwn(context, id);
  if (!message) return std::unexpected(message.error());
  if (!named->empty() && *named != message->user_id) return std::unexpected(Unknown(id));
  auto channel = RequireChannel(context, message->channel);
  if (!channel) return std::unexpected(channel.error());
  action.config = ConfigOf(context.store, **channel);
  action.channel = std::move(*channel);
  action.message = std::move(*message);
  return action;
}

Result<Message> RequireMessageOrEphemeral(const ReadContext& context, std::string_view id) {
  auto found = RequireMessage(context, id);
  if (found || found.error().kind() != ErrorKind::kNotFound) return found;
  auto message = FindOwn(context, id);
  if (!message) return message;
  if (auto channel = RequireChannel(context, message->channel); !channel) {
    return std::unexpected(channel.error());
  }
  return message;
}

}  // namespace hookline::chat
