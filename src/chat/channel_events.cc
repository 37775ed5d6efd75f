#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "chat/access.h"
#include "chat/channels.h"
#include "chat/custom_event.h"
#include "chat/emit.h"
#include "chat/fields.h"
#include "chat/visibility.h"

namespace hookline::chat {
namespace {

constexpr std::size_t kEventTypeBytesMax = 255;
constexpr std::size_t kParentIdBytesMax = 255;

// Signals between clients: accepted, never sent to hooks (docs/contract/payloads.md#catalogue).
constexpr auto kClientSignals = Names({"typing.start", "typing.stop"});

// Prefixes of Stream's own events, which nobody may forge.
constexpr std::string_view kOwnPrefixes[] = {
    "message.",      "channel.",         "channel_batch_update.",
    "member.",       "reaction.",        "user.",
    "export.",       "health.",          "connection.",
    "notification.", "reminder.",        "thread.",
    "flag.",         "user_group.",      "campaign.",
    "moderation.",   "appeal.",          "moderation_check.",
    "call.",         "feeds.",           "review_queue_item.",
    "ingress.",      "moderation_rule.", "webhook.",
    "hook.",         "delivery."};

}  // namespace

std::span<const std::string_view> ReservedEventPrefixes() { return kOwnPrefixes; }

Result<SentEvent> SendChannelEvent(Context& context, const Channel& channel, json::Value event) {
  if (!event.IsObject()) return InputError("event is a required field");
  SentEvent sent;
  if (auto read = ReadString(event, "type", "event.type", sent.type); !read) {
    return std::unexpected(read.error());
  }
  if (sent.type.empty() || sent.type.size() > kEventTypeBytesMax) {
    return InputError("event.type must be a non-empty string");
  }
  auto actor = ResolveActor(context, event, "event");
  if (!actor) return std::unexpected(actor.error());
  sent.user_id = (*actor)->id;
  if (auto read = ReadString(event, "parent_id", "event.parent_id", sent.parent_id); !read) {
    return std::unexpected(read.error());
  }
  if (sent.parent_id.size() > kParentIdBytesMax) {
    return InputError(
        fmt::format("event.parent_id must have at most {} characters", kParentIdBytesMax));
  }
  if (kClientSignals.contains(sent.type)) {
    if (ConfigOf(context.store, channel).typing_events) return sent;
    return Fail(ErrorKind::kEventNotSupported,
                fmt::format("typing events are not enabled for channel type {}", channel.type));
  }
  if (sent.type == "message.read") {
    auto member = MarkRead(context, channel, event);
    if (!member) return std::unexpected(member.error());
    return sent;
  }
  const bool forged = std::ranges::any_of(
      kOwnPrefixes, [&](std::string_view prefix) { return sent.type.starts_with(prefix); });
  if (auto allowed = CheckMayWrite(context.read(), channel, sent.user_id); !allowed) {
    return std::unexpected(allowed.error());
  }
  if (forged) return InputError(fmt::format("event.type {} is reserved", sent.type));
  auto custom = CustomEventFields(context.limits, event, &channel);
  if (!custom) return std::unexpected(custom.error());
  sent.custom_json = std::move(*custom);
  if (!ConfigOf(context.store, channel).custom_events) {
    return Fail(ErrorKind::kEventNotSupported,
                fmt::format("custom events are not enabled for channel type {}", channel.type));
  }
  EmitChannelEvent(context, channel, {.type = sent.type, .user_id = sent.user_id, .custom = true},
                   [&](json::Writer& w, Encoder& encoder) {
                     const auto member = context.store.FindMember(channel.pk, sent.user_id);
                     w.Key("user");
                     encoder.UserInChannel(w, sent.user_id, channel, member ? &*member : nullptr);
                     if (!sent.parent_id.empty()) w.Field("parent_id", sent.parent_id);
                     WriteCustom(w, sent.custom_json, encoder.format());
                   });
  return sent;
}

namespace {

// Where the mark points to; nullopt if everything is read.
Result<std::optional<Timestamp>> ResolveMark(Context& context, const Channel& channel,
                                             const ReadMark& mark) {
  if (mark.message_id.empty()) {
    return mark.time ? std::optional(mark.time) : std::optional<Timestamp>();
  }
  const auto message = context.store.FindMessage(context.app, mark.message_id);
  if (!message || message->channel != channel.pk ||
      !MayRead(context.store, channel, *message, context.caller.user_id)) {
    return InputError(fmt::format("message with id {} doesn't exist in channel {}", mark.message_id,
                                  channel.cid()));
  }
  return std::optional(message->created_at);
}

// Reads up to `until`; never less than what was read before.
void Advance(Context& context, const Channel& channel, std::optional<Timestamp> until,
             Member& member) {
  std::int64_t read = channel.countable_messages;
  MessagePage newest;
  newest.not_before = channel.truncated_at;
  newest.limit = 1;
  if (until) {
    read -= context.store.CountCountable(channel.pk, *until + std::chrono::nanoseconds(1));
    newest.created_before_or_equal = *until;
  }
  if (read < member.read_count) return;
  member.read_count = read;
  member.last_read_at = until.value_or(context.now);
  const std::vector<Message> latest = context.store.ListMessages(channel.pk, newest);
  if (!latest.empty()) member.last_read_message_id = latest.back().id;
}

}  // namespace

Result<Member> MarkRead(Context& context, const Channel& channel, json::Value body) {
  auto actor = FindActor(context.read(), body, "");
  if (!actor) return std::unexpected(actor.error());
  if (actor->is_new) {
    return InputError(fmt::format("the user {} does not exist", actor->user.id));
  }
  if (!body["thread_id"].AsString().value_or("").empty()) {
    return Fail(ErrorKind::kNotImplemented, "thread_id: threads have no read state of their own");
  }
  ReadMark mark;
  if (auto read = ReadString(body, "message_id", "message_id", mark.message_id); !read) {
    return std::unexpected(read.error());
  }
  if (auto read = ReadTime(body["message_timestamp"], "message_timestamp", mark.time); !read) {
    return std::unexpected(read.error());
  }
  return MarkRead(context, channel, actor->user, mark);
}

Result<Member> MarkRead(Context& context, const Channel& channel, const User& user,
                        const ReadMark& mark) {
  if (!ConfigOf(context.store, channel).read_events) {
    return Fail(ErrorKind::kEventNotSupported,
                fmt::format("read events are not enabled for channel type {}", channel.type));
  }
  auto until = ResolveMark(context, channel, mark);
  if (!until) return std::unexpected(until.error());
  auto member = context.store.FindMember(channel.pk, user.id);
  const bool is_member = member.has_value();
  if (is_member) {
    Advance(context, channel, *until, *member);
    context.store.PutMember(*member);
  } else {
    member.emplace().user_id = user.id;
  }
  if (HidesReads(user)) return std::move(*member);
  EmitChannelEvent(context, channel, {.type = "message.read", .user_id = member->user_id},
                   [&](json::Writer& w, Encoder& encoder) {
                     w.Key("channel");
                     encoder.Channel(w, channel);
                     w.Key("user");
                     encoder.UserInChannel(w, member->user_id, channel,
                                           is_member ? &*member : nullptr);
                     if (!member->last_read_message_id.empty()) {
                       w.Field("last_read_message_id", member->last_read_message_id);
                     }
                   });
  return std::move(*member);
}

namespace {

// The first message that is to be unread, and when it was sent.
struct UnreadMark {
  Timestamp from;
  std::string first_message_id;
};

Result<UnreadMark> ReadUnreadMark(Context& context, const Channel& channel, json::Value body) {
  ReadMark mark;
  if (auto read = ReadString(body, "message_id", "message_id", mark.message_id); !read) {
    return std::unexpected(read.error());
  }
  if (auto read = ReadTime(body["message_timestamp"], "message_timestamp", mark.time); !read) {
    return std::unexpected(read.error());
  }
  if (mark.message_id.empty() && !mark.time) {
    return InputError("either message_id or message_timestamp must be provided");
  }
  auto from = ResolveMark(context, channel, mark);
  if (!from) return std::unexpected(from.error());
  UnreadMark unread{**from, std::move(mark.message_id)};
  if (!unread.first_message_id.empty()) return unread;
  MessagePage first;
  first.limit = 1;
  first.created_after_or_equal = unread.from;
  const std::vector<Message> messages = context.store.ListMessages(channel.pk, first);
  if (!messages.empty()) unread.first_message_id = messages.front().id;
  return unread;
}

}  // namespace

Result<void> MarkUnread(Context& context, const Channel& channel, json::Value body) {
  if (!ConfigOf(context.store, channel).read_events) {
    return Fail(ErrorKind::kEventNotSupported,
                fmt::format("read events are not enabled for channel type {}", channel.type));
  }
  auto actor = FindActor(context.read(), body, "");
  if (!actor) return std::unexpected(actor.error());
  auto member = context.store.FindMember(channel.pk, actor->user.id);
  if (!member) {
    return InputError(
        fmt::format("user {} is not a member of channel {}", actor->user.id, channel.cid()));
  }
  auto mark = ReadUnreadMark(context, channel, body);
  if (!mark) return std::unexpected(mark.error());
  member->read_count =
      channel.countable_messages - context.store.CountCountable(channel.pk, mark->from);
  member->last_read_at = mark->from - std::chrono::nanoseconds(1);
  MessagePage before;
  before.limit = 1;
  before.created_before = mark->from;
  before.not_before = VisibleFrom(context.store, channel, member->user_id);
  before.viewer = member->user_id;
  const std::vector<Message> read = context.store.ListMessages(channel.pk, before);
  member->last_read_message_id = read.empty() ? std::string() : read.back().id;
  context.store.PutMember(*member);
  EmitChannelEvent(context, channel,
                   {.type = "notification.mark_unread", .user_id = member->user_id},
                   [&](json::Writer& w, Encoder& encoder) {
                     w.Key("channel");
                     encoder.Channel(w, channel);
                     w.Key("user");
                     encoder.UserInChannel(w, member->user_id, channel, &*member);
                     if (!mark->first_message_id.empty()) {
                       w.Field("first_unread_message_id", mark->first_message_id);
                     }
                     WriteTime(w, "last_read_at", member->last_read_at, encoder.format());
                     if (!member->last_read_message_id.empty()) {
                       w.Field("last_read_message_id", member->last_read_message_id);
                     }
                     const UnreadTotals totals = context.store.Unread(context.app, member->user_id);
                     w.Field("unread_messages", UnreadIn(channel, *member));
                     w.Field("total_unread_count", totals.messages);
                     w.Field("unread_count", totals.messages);
                     w.Field("unread_channels", totals.channels);
                   });
  return {};
}

}  // namespace hookline::chat
