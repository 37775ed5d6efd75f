#include "chat/messages.h"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "base/uuid.h"
#include "chat/access.h"
#include "chat/emit.h"
#include "chat/message_fields.h"
#include "chat/moderation.h"
#include "chat/thread.h"
#include "chat/visibility.h"

namespace hookline::chat {
namespace {

constexpr std::size_t kMessageIdBytesMax = 255;

// message, message_id and the acting user: what every message.* event starts with.
void WriteMessageEvent(json::Writer& w, Encoder& encoder, Context& context, const Channel& channel,
                       const Message& message, const std::string& user_id) {
  w.Field("message_id", message.id);
  w.Key("message");
  encoder.Message(w, message, {});
  if (!user_id.empty()) {
    const auto member = context.store.FindMember(channel.pk, user_id);
    w.Key("user");
    encoder.UserInChannel(w, user_id, channel, member ? &*member : nullptr);
  }
}

void EmitMessageNew(Context& context, const Channel& channel, const Message& message,
                    const Message* parent) {
  EmitChannelEvent(context, channel, {.type = "message.new", .user_id = message.user_id},
                   [&](json::Writer& w, Encoder& encoder) {
                     WriteMessageEvent(w, encoder, context, channel, message, message.user_id);
                     w.Field("watcher_count", 0);
                     if (parent != nullptr) {
                       w.Key("thread_participants").BeginArray();
                       for (const std::string& id : parent->thread_participant_ids) {
                         encoder.UserById(w, id);
                       }
                       w.EndArray();
                     }
                   });
}

Result<void> RefuseReservedIn(json::Value object) {
  for (const json::Value member : object) {
    if (!IsReservedMessageField(member.key())) continue;
    if (auto refused = RefuseReserved("message", member.key(), member); !refused) return refused;
  }
  return {};
}

Result<void> ReadIdAndType(const ReadContext& context, json::Value object, Message& message) {
  if (auto read = ReadString(object, "id", "message.id", message.id); !read) return read;
  if (message.id.size() > kMessageIdBytesMax) {
    return InputError(
        fmt::format("message.id must have at most {} characters", kMessageIdBytesMax));
  }
  std::string type;
  if (auto read = ReadString(object, "type", "message.type", type); !read) return read;
  if (!type.empty() && type != "regular" && type != "reply" && type != "system") {
    return InputError("message.type must be one of [regular system]");
  }
  if (type == "system" && !context.caller.server) {
    return Fail(ErrorKind::kNotAllowed, "only a server token can send a system message");
  }
  message.type = type == "system" ? "system" : "regular";
  if (!message.id.empty() && (context.store.FindMessage(context.app, message.id) ||
                              context.store.FindEphemeral(context.app, message.id, context.now))) {
    return InputError(fmt::format("a message with ID {} already exists", message.id));
  }
  return {};
}

// Writes the message and what follows from it: the channel's counts and the sender's position.
void StoreNew(Context& context, const ChannelType& config, Channel& channel, Message& message,
              bool keep_hidden = false) {
  if (message.id.empty()) message.id = ToString(RandomUuid());
  // A clock that was set back must not put it before what is there; among equals the row decides.
  const Timestamp at = std::max({message.created_at, channel.newest_message_at,
                                 channel.last_message_at, channel.truncated_at});
  message.created_at = at;
  message.updated_at = std::max(message.updated_at, at);
  channel.newest_message_at = at;
  message.countable = message.type == "regular" && !message.silent && !message.shadowed;
  message.pk = context.store.InsertMessage(message);
  ++channel.message_count;
  if (message.countable) ++channel.countable_messages;
  if (!keep_hidden && !message.shadowed && (message.parent_id.empty() || message.show_in_channel))
    ++channel.reveals;
  const bool moves_channel =
      message.type == "regular" ||
      (message.type == "system" && !config.skip_last_msg_update_for_system_msgs) ||
      message.show_in_channel;
  if (moves_channel) channel.last_message_at = at;
  context.store.UpdateChannel(channel);
  if (!message.countable) return;
  if (auto sender = context.store.FindMember(channel.pk, message.user_id)) {
    sender->read_count = channel.countable_messages;
    sender->last_read_at = at;
    sender->last_read_message_id = message.id;
    context.store.PutMember(*sender);
  }
}

Message NewMessage(const ReadContext& context, const Channel& channel, std::string user_id) {
  Message message;
  message.app = context.app;
  message.channel = channel.pk;
  message.cid = channel.cid();
  message.user_id = std::move(user_id);
  message.created_at = context.now;
  message.updated_at = context.now;
  return message;
}

// A message that the caller may change, with `actor` and `message` still to be filled in.
Result<Draft> RequireEditable(const ReadContext& context, std::string_view id) {
  auto message = RequireMessage(context, id);
  if (!message) return std::unexpected(message.error());
  if (!context.caller.may_all() && message->user_id != context.caller.user_id) {
    return Fail(ErrorKind::kNotAllowed, "a user token can change only its own user's messages");
  }
  auto channel = RequireChannel(context, message->channel);
  if (!channel) return std::unexpected(channel.error());
  Draft draft;
  draft.config = ConfigOf(context.store, **channel);
  draft.before = std::move(*message);
  draft.channel = std::move(*channel);
  return draft;
}

Result<void> CheckMayChange(const ReadContext& context, const Draft& draft) {
  if (draft.before.deleted_at) {
    return InputError(fmt::format("message {} is deleted and cannot be updated", draft.before.id));
  }
  return CheckMayWrite(context, *draft.channel, context.caller.user_id);
}

}  // namespace

Result<Draft> DraftMessage(const ReadContext& context, std::string_view type,
                           std::string_view channel_id, json::Value object) {
  if (!object.IsObject()) return InputError("message is a required field");
  Draft draft;
  auto channel = RequireChannel(context, type, channel_id);
  if (!channel) return std::unexpected(channel.error());
  draft.channel = std::move(*channel);
  draft.config = ConfigOf(context.store, *draft.channel);
  if (auto refused = RefuseReservedIn(object); !refused) return std::unexpected(refused.error());
  auto actor = FindAuthor(context, object, "message");
  if (!actor) return std::unexpected(actor.error());
  draft.actor = std::move(*actor);

  Message message = NewMessage(context, *draft.channel, draft.actor.user.id);
  if (auto allowed = CheckMaySend(context, *draft.channel, draft.actor.user, message); !allowed) {
    return std::unexpected(allowed.error());
  }
  if (auto read = ReadIdAndType(context, object, message); !read) {
    return std::unexpected(read.error());
  }
  if (auto read = ReadMessageFields(context, draft.config, object, message); !read) {
    return std::unexpected(read.error());
  }
  if (auto read = ReadPin(context, object, message.user_id, message); !read) {
    return std::unexpected(read.error());
  }
  auto custom = MessageCustomFields(context.limits, object);
  if (!custom) return std::unexpected(custom.error());
  message.custom_json = std::move(*custom);
  if (auto fits = CheckMessageBytes(context.limits, message); !fits) {
    return std::unexpected(fits.error());
  }
  if (auto read = ReadString(object, "parent_id", "message.parent_id", message.parent_id); !read) {
    return std::unexpected(read.error());
  }
  auto parent = JoinThread(context, draft.config, message);
  if (!parent) return std::unexpected(parent.error());
  draft.parent = std::move(*parent);
  draft.message = std::move(message);
  return draft;
}

Result<void> ReadSendOptions(json::Value body, Draft& draft) {
  // What a request says outright goes before what the channel's type says.
  const bool said = body["pending"].IsBool() || body["is_pending_message"].IsBool();
  if (draft.config.mark_messages_pending && !said) {
    return Fail(ErrorKind::kNotImplemented,
                "mark_messages_pending is not supported by this server");
  }
  // Nothing is pushed to devices and no page is looked up, asked for or not.
  bool ignored = false;
  for (const std::string_view name : {"skip_push", "skip_enrich_url"}) {
    if (auto read = ReadBool(body, name, name, ignored); !read) return read;
  }
  return ReadBool(body, "keep_channel_hidden", "keep_channel_hidden", draft.keep_hidden);
}

Message CommitMessage(Context& context, Draft draft) {
  StoreIfNew(context, draft.actor);
  if (draft.parent) context.store.UpdateMessage(*draft.parent);
  Channel channel = *draft.channel;
  StoreNew(context, draft.config, channel, draft.message, draft.keep_hidden);
  if (channel.cooldown > 0 && !context.caller.server) {
    context.store.PutLastSent(channel.pk, draft.message.user_id, context.now);
  }
  EmitMessageNew(context, channel, draft.message, draft.parent ? &*draft.parent : nullptr);
  return std::move(draft.message);
}

Result<Message> SendMessage(Context& context, std::string_view type, std::string_view channel_id,
                            json::Value object) {
  auto draft = DraftMessage(context.read(), type, channel_id, object);
  if (!draft) return std::unexpected(draft.error());
  return CommitMessage(context, std::move(*draft));
}

Result<Draft> DraftSystemMessage(const ReadContext& context, ChannelPtr channel, Actor actor,
                                 json::Value object) {
  if (!object.IsObject()) return InputError("message must be an object");
  if (auto refused = RefuseReservedIn(object); !refused) return std::unexpected(refused.error());
  Draft draft;
  draft.actor = std::move(actor);
  draft.channel = std::move(channel);
  draft.config = ConfigOf(context.store, *draft.channel);
  Message& message = draft.message;
  message = NewMessage(context, *draft.channel, draft.actor.user.id);
  if (auto allowed = CheckMaySend(context, *draft.channel, draft.actor.user, message); !allowed) {
    return std::unexpected(allowed.error());
  }
  for (const auto& read : {ReadIdAndType(context, object, message),
                           ReadMessageFields(context, draft.config, object, message)}) {
    if (!read) return std::unexpected(read.error());
  }
  message.type = "system";
  auto custom = MessageCustomFields(context.limits, object);
  if (!custom) return std::unexpected(custom.error());
  message.custom_json = std::move(*custom);
  if (auto fits = CheckMessageBytes(context.limits, message); !fits) {
    return std::unexpected(fits.error());
  }
  return draft;
}

Result<std::optional<Message>> SendMessageOfChange(Context& context, Channel& channel,
                                                   const std::string& actor, json::Value body,
                                                   const JudgeDraft& judge) {
  const json::Value object = body["message"];
  if (IsZeroValue(object)) return std::nullopt;
  Result<Actor> author = Actor{};
  if (actor.empty()) {
    author = FindActor(context.read(), object, "message");
  } else {
    author->user = *context.store.FindUser(context.app, actor);
  }
  if (!author) return std::unexpected(author.error());
  auto draft = DraftSystemMessage(context.read(), std::make_shared<const Channel>(channel),
                                  std::move(*author), object);
  if (!draft) return std::unexpected(draft.error());
  if (judge) {
    auto wanted = judge(*draft);
    if (!wanted) return std::unexpected(wanted.error());
    if (!*wanted) return std::nullopt;
  }
  StoreIfNew(context, draft->actor);
  StoreNew(context, draft->config, channel, draft->message);
  EmitMessageNew(context, channel, draft->message, nullptr);
  return std::move(draft->message);
}

Result<Draft> DraftUpdate(const ReadContext& context, std::string_view id, json::Value object) {
  if (!object.IsObject()) return InputError("message is a required field");
  auto draft = RequireEditable(context, id);
  if (!draft) return draft;
  if (auto allowed = CheckMayChange(context, *draft); !allowed) {
    return std::unexpected(allowed.error());
  }
  auto actor = FindActor(context, object, "message");
  if (!actor) return std::unexpected(actor.error());
  draft->actor = std::move(*actor);
  draft->message = draft->before;
  Message& message = draft->message;
  // What an update does not mention is reset; who, where and when stay.
  if (object["text"].IsMissingOrNull()) message.text.clear();
  message.mml.clear();
  message.attachments_json = "[]";
  message.mentioned_user_ids.clear();
  message.quoted_message_id.clear();
  message.silent = false;
  if (auto read = ReadMessageFields(context, draft->config, object, message); !read) {
    return std::unexpected(read.error());
  }
  if (auto read = ReadPin(context, object, draft->actor.user.id, message); !read) {
    return std::unexpected(read.error());
  }
  auto custom = MessageCustomFields(context.limits, object);
  if (!custom) return std::unexpected(custom.error());
  message.custom_json = std::move(*custom);
  if (auto fits = CheckMessageBytes(context.limits, message, &draft->before); !fits) {
    return std::unexpected(fits.error());
  }
  return draft;
}

Result<Draft> DraftPartialUpdate(const ReadContext& context, std::string_view id,
                                 json::Value body) {
  auto draft = RequireEditable(context, id);
  if (!draft) return draft;
  if (auto allowed = CheckMayChange(context, *draft); !allowed) {
    return std::unexpected(allowed.error());
  }
  auto actor = FindActor(context, body, "");
  if (!actor) return std::unexpected(actor.error());
  auto changes = ReadChanges(body, IsMessageField);
  if (!changes) return std::unexpected(changes.error());
  draft->actor = std::move(*actor);
  draft->message = draft->before;
  Message& message = draft->message;
  std::vector<FieldChange> custom;
  for (const FieldChange& change : *changes) {
    const std::string_view name = change.path.front();
    if (!IsMessageField(name)) {
      custom.push_back(change);
      continue;
    }
    static constexpr auto kSettable = Names(
        {"text", "html", "mml", "attachments", "mentioned_users", "quoted_message_id", "silent",
         "pinned", "pinned_at", "pin_expires", "restricted_visibility", "show_in_channel"});
    if (!kSettable.contains(name) || change.path.size() > 1) {
      if (auto refused = RefuseReserved("message", name, change.value); !refused) {
        return std::unexpected(refused.error());
      }
      continue;
    }
    if (change.value) continue;  // Set: read below.
    if (name == "text") message.text.clear();
    if (name == "mml") message.mml.clear();
    if (name == "attachments") message.attachments_json = "[]";
    if (name == "mentioned_users") message.mentioned_user_ids.clear();
    if (name == "quoted_message_id") message.quoted_message_id.clear();
    if (name == "silent") message.silent = false;
    if (name == "restricted_visibility") message.restricted_visibility.clear();
    if (name == "pin_expires") message.pin_expires = {};
    if (name == "pinned") {
      Unpin(message);
    }
  }
  const json::Value set = body["set"];
  if (auto read = ReadMessageFields(context, draft->config, set, message); !read) {
    return std::unexpected(read.error());
  }
  if (auto read = ReadPin(context, set, draft->actor.user.id, message); !read) {
    return std::unexpected(read.error());
  }
  auto custom_json = ChangeCustom(message.custom_json, custom, context.limits, "message");
  if (!custom_json) return std::unexpected(custom_json.error());
  message.custom_json = std::move(*custom_json);
  if (auto fits = CheckMessageBytes(context.limits, message, &draft->before); !fits) {
    return std::unexpected(fits.error());
  }
  return draft;
}

Message CommitUpdate(Context& context, Draft draft) {
  StoreIfNew(context, draft.actor);
  const Message& before = draft.before;
  Message& message = draft.message;
  message.updated_at = context.now;
  const bool text_changed = message.text != before.text;
  if (text_changed) message.text_updated_at = context.now;
  context.store.UpdateMessage(message);
  const Channel& channel = *draft.channel;
  const std::string& actor = draft.actor.user.id;
  EmitChannelEvent(
      context, channel, {.type = "message.updated", .user_id = actor},
      [&](json::Writer& w, Encoder& encoder) {
        WriteMessageEvent(w, encoder, context, channel, message, actor);
        w.Key("message_update").BeginObject();
        w.Field("old_text", before.text);
        w.Key("change_set").BeginObject();
        w.Field("text", text_changed);
        w.Field("html", message.html != before.html);
        w.Field("mml", message.mml != before.mml);
        w.Field("attachments", message.attachments_json != before.attachments_json);
        w.Field("custom", message.custom_json != before.custom_json);
        w.Field("mentioned_user_ids", message.mentioned_user_ids != before.mentioned_user_ids);
        w.Field("quoted_message_id", message.quoted_message_id != before.quoted_message_id);
        w.Field("silent", message.silent != before.silent);
        w.Field("pin", message.pinned != before.pinned);
        w.EndObject().EndObject();
      });
  return std::move(draft.message);
}

Result<Message> UpdateMessage(Context& context, std::string_view id, json::Value object) {
  auto draft = DraftUpdate(context.read(), id, object);
  if (!draft) return std::unexpected(draft.error());
  return CommitUpdate(context, std::move(*draft));
}

Result<Message> UpdateMessagePartial(Context& context, std::string_view id, json::Value body) {
  auto draft = DraftPartialUpdate(context.read(), id, body);
  if (!draft) return std::unexpected(draft.error());
  return CommitUpdate(context, std::move(*draft));
}

namespace {

void EmitDeleted(Context& context, const Channel& channel, const Message& message,
                 const std::string& actor, const DeleteOptions& options) {
  EmitChannelEvent(context, channel, {.type = "message.deleted", .user_id = actor},
                   [&](json::Writer& w, Encoder& encoder) {
                     WriteMessageEvent(w, encoder, context, channel, message, actor);
                     w.Field("hard_delete", options.hard);
                     if (options.for_me) w.Field("deleted_for_me", true);
                   });
}

// Everybody may put a message that they can read out of their own sight.
Result<MessageDeleted> DeleteForUser(Context& context, std::string_view id,
                                     const DeleteOptions& options) {
  if (options.hard) return InputError("hard and delete_for_me exclude each other");
  const std::string& actor = context.caller.server ? options.deleted_by : context.caller.user_id;
  if (!context.caller.server && !options.deleted_by.empty() && options.deleted_by != actor) {
    return Fail(ErrorKind::kNotAllowed, "a user token can act only as its own user");
  }
  if (actor.empty()) {
    return InputError("either user or user_id must be provided when using server side auth.");
  }
  const UserPtr user = context.store.FindUser(context.app, actor);
  if (!user || user->deleted_at) {
    return InputError(fmt::format("the user {} does not exist", actor));
  }
  auto message = RequireMessage(context.read(), id);
  if (!message) return std::unexpected(message.error());
  auto channel = RequireChannel(context.read(), message->channel);
  if (!channel) return std::unexpected(channel.error());
  if (!MayRead(context.store, **channel, *message, actor)) {
    return Fail(ErrorKind::kNotFound, fmt::format("message with id {} doesn't exist", id));
  }
  if (!context.store.DeletedFor(message->pk, actor)) {
    context.store.DeleteFor(message->pk, actor, context.now);
    EmitDeleted(context, **channel, *message, actor, options);
  }
  return MessageDeleted{std::move(*message), actor};
}

// `message` as it was; `hard`: nothing is left of it.
void TakeFromParent(Context& context, const Message& message, bool hard) {
  if (message.parent_id.empty()) return;
  auto parent = context.store.FindMessage(context.app, message.parent_id);
  if (!parent) return;
  --(message.deleted_at ? parent->deleted_reply_count : parent->reply_count);
  if (!hard) ++parent->deleted_reply_count;
  if (parent->reply_count == 0 && parent->deleted_reply_count == 0) {
    parent->thread_participant_ids.clear();
  }
  context.store.UpdateMessage(*parent);
}

}  // namespace

Result<MessageDeleted> DeleteMessage(Context& context, std::string_view id,
                                     const DeleteOptions& options) {
  if (options.for_me) return DeleteForUser(context, id, options);
  auto found = RequireEditable(context.read(), id);
  if (!found) return std::unexpected(found.error());
  if (options.hard && !context.caller.server) {
    return Fail(ErrorKind::kNotAllowed, "only a server token can delete a message for good");
  }
  Message message = std::move(found->before);
  if (message.deleted_at && !options.hard) {
    return InputError(fmt::format("message {} is deleted already", message.id));
  }
  std::string actor = context.caller.server ? options.deleted_by : context.caller.user_id;
  if (actor.empty()) actor = message.user_id;
  std::int64_t gone = message.deleted_at ? 0 : 1;
  TakeFromParent(context, message, options.hard);
  message.type = "deleted";
  message.deleted_at = context.now;
  message.updated_at = context.now;
  if (options.hard) {
    gone += message.reply_count;
    context.store.RemoveReplies(context.app, message.id);
  } else {
    context.store.UpdateMessage(message);
  }
  Channel channel = *found->channel;
  if (gone > 0) {
    channel.message_count -= gone;
    context.store.UpdateChannel(channel);
  }
  EmitDeleted(context, channel, message, actor, options);
  // Only now: the event shows the message with its reactions.
  if (options.hard) context.store.DeleteMessage(message.pk);
  return MessageDeleted{std::move(message), std::move(actor)};
}

}  // namespace hookline::chat
