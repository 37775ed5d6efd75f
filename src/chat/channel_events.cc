#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "chat/access.h"
#include "chat/channels.h"
#include "chat/emit.h"
#include "chat/fields.h"

namespace hookline::chat {
namespace {

constexpr std::size_t kEventTypeBytesMax = 255;
constexpr auto kEventFields =
    Names({"type", "user", "user_id", "parent_id", "cid", "channel_type", "channel_id",
           "created_at", "received_at", "request_info", "members", "channel_member_count",
           "channel_message_count", "team", "watcher_count"});

// Signals between clients: accepted, never sent to hooks (events.md §3).
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
    "ingress.",      "moderation_rule.", "webhook."};

}  // namespace

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
  auto custom = CustomFields(event, kEventFields);
  if (!custom) return std::unexpected(custom.error());
  sent.custom_json = std::move(*custom);

  if (kClientSignals.contains(sent.type)) return sent;
  if (sent.type == "message.read") {
    auto member = MarkRead(context, channel, event);
    if (!member) return std::unexpected(member.error());
    return sent;
  }
  const bool forged = std::ranges::any_of(
      kOwnPrefixes, [&](std::string_view prefix) { return sent.type.starts_with(prefix); });
  if (forged) return InputError(fmt::format("event.type {} is reserved", sent.type));
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

Result<Member> MarkRead(Context& context, const Channel& channel, json::Value body) {
  auto actor = ResolveActor(context, body, "");
  if (!actor) return std::unexpected(actor.error());
  if (!ConfigOf(context.store, channel).read_events) {
    return Fail(ErrorKind::kEventNotSupported,
                fmt::format("read events are not enabled for channel type {}", channel.type));
  }
  auto member = context.store.FindMember(channel.pk, (*actor)->id);
  if (!member) {
    return InputError(
        fmt::format("user {} is not a member of channel {}", (*actor)->id, channel.cid()));
  }
  member->read_count = channel.countable_messages;
  member->last_read_at = context.now;
  MessagePage newest;
  newest.limit = 1;
  const std::vector<Message> latest = context.store.ListMessages(channel.pk, newest);
  if (!latest.empty()) member->last_read_message_id = latest.back().id;
  context.store.PutMember(*member);
  EmitChannelEvent(context, channel, {.type = "message.read", .user_id = member->user_id},
                   [&](json::Writer& w, Encoder& encoder) {
                     w.Key("channel");
                     encoder.Channel(w, channel);
                     w.Key("user");
                     encoder.UserInChannel(w, member->user_id, channel, &*member);
                     if (!member->last_read_message_id.empty()) {
                       w.Field("last_read_message_id", member->last_read_message_id);
                     }
                   });
  return std::move(*member);
}

}  // namespace hookline::chat
