#include "chat/message_fields.h"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "chat/messages.h"
#include "chat/visibility.h"

namespace hookline::chat {
namespace {

constexpr std::size_t kMentionsMax = 100;
constexpr std::size_t kRestrictedVisibilityMax = 10;

constexpr auto kSettable = Names({"id",
                                  "text",
                                  "mml",
                                  "html",
                                  "attachments",
                                  "parent_id",
                                  "show_in_channel",
                                  "mentioned_users",
                                  "mentioned_roles",
                                  "mentioned_group_ids",
                                  "mentioned_channel",
                                  "mentioned_here",
                                  "quoted_message_id",
                                  "type",
                                  "silent",
                                  "pinned",
                                  "pinned_at",
                                  "pin_expires",
                                  "restricted_visibility",
                                  "user_id",
                                  "user",
                                  "poll_id",
                                  "shared_location"});

// Sending one of these is a mistake that the sender should hear of.
constexpr auto kReserved = Names(
    {"created_at", "updated_at", "deleted_at", "message_text_updated_at", "latest_reactions",
     "own_reactions", "reaction_counts", "reaction_scores", "reaction_groups", "reply_count",
     "deleted_reply_count", "thread_participants", "command", "cid", "shadowed", "pinned_by"});

// These come along when a client sends back a message that it got.
constexpr auto kIgnored = Names({"args", "channel", "member", "quoted_message", "i18n",
                                 "image_labels", "moderation", "moderation_details", "poll",
                                 "reminder", "draft", "deleted_for_me", "mentioned_groups"});

// What would change who sees or gets the message, and is not there yet. That nothing was asked for
// is fine.
Result<void> RefuseUnsupported(json::Value object) {
  for (const std::string_view name :
       {"poll_id", "shared_location", "mentioned_roles", "mentioned_group_ids", "mentioned_channel",
        "mentioned_here"}) {
    if (IsZeroValue(object[name])) continue;
    return Fail(ErrorKind::kNotImplemented,
                fmt::format("message.{} is not supported by this server", name));
  }
  return {};
}

Result<void> ReadAttachments(json::Value object, Message& message) {
  const json::Value value = object["attachments"];
  if (!value) return {};
  if (value.IsNull()) {
    message.attachments_json = "[]";
    return {};
  }
  if (!value.IsArray()) return InputError("message.attachments must be a list");
  if (value.size() > kAttachmentsMax) {
    return InputError(
        fmt::format("message.attachments must contain at most {} items", kAttachmentsMax));
  }
  for (const json::Value attachment : value) {
    if (!attachment.IsObject()) {
      return InputError("message.attachments must contain only objects");
    }
  }
  message.attachments_json = value.size() == 0 ? "[]" : std::string(value.raw());
  return {};
}

// Entries are user ids or, from clients that send back what they got, user objects. Ids of users
// who do not exist are dropped.
Result<void> ReadMentions(const ReadContext& context, json::Value object, Message& message) {
  const json::Value value = object["mentioned_users"];
  if (!value) return {};
  std::vector<std::string> ids;
  if (!value.IsNull()) {
    if (!value.IsArray()) return InputError("message.mentioned_users must be a list");
    if (value.size() > kMentionsMax) {
      return InputError(
          fmt::format("message.mentioned_users must contain at most {} items", kMentionsMax));
    }
    for (const json::Value item : value) {
      const auto id = item.IsObject() ? item["id"].AsString() : item.AsString();
      if (!id) return InputError("message.mentioned_users must contain user ids");
      if (std::ranges::find(ids, *id) != ids.end()) continue;
      if (context.store.FindUser(context.app, *id)) ids.emplace_back(*id);
    }
  }
  message.mentioned_user_ids = std::move(ids);
  return {};
}

// Users who do not exist can see nothing, and an id that belongs to nobody may be of any length.
Result<void> ReadRestriction(const ReadContext& context, json::Value object, Message& message) {
  const std::vector<std::string> before = message.restricted_visibility;
  if (auto read = ReadStrings(object, "restricted_visibility", "message.restricted_visibility",
                              kRestrictedVisibilityMax, message.restricted_visibility);
      !read) {
    return read;
  }
  for (const std::string& id : message.restricted_visibility) {
    if (std::ranges::find(before, id) != before.end()) continue;
    if (context.store.FindUser(context.app, id)) continue;
    return InputError(
        "message.restricted_visibility must name users, and one of them does not exist");
  }
  return {};
}

Result<void> ReadQuote(const ReadContext& context, const ChannelType& config, json::Value object,
                       Message& message) {
  const std::string before = message.quoted_message_id;
  if (object["quoted_message_id"].IsNull()) message.quoted_message_id.clear();
  if (auto read = ReadString(object, "quoted_message_id", "message.quoted_message_id",
                             message.quoted_message_id);
      !read) {
    return read;
  }
  if (message.quoted_message_id.empty() || message.quoted_message_id == before) return {};
  if (!config.quotes) {
    return Fail(ErrorKind::kFeatureNotSupported,
                fmt::format("quotes are not enabled for channel type {}", config.name));
  }
  const auto quoted = context.store.FindMessage(context.app, message.quoted_message_id);
  const ChannelPtr channel = context.store.FindChannel(message.channel);
  if (!quoted || quoted->channel != message.channel ||
      !MayRead(context.store, *channel, *quoted, context.caller.user_id)) {
    return InputError(
        fmt::format("quoted message with id {} doesn't exist", message.quoted_message_id));
  }
  return {};
}

}  // namespace

bool IsReservedMessageField(std::string_view name) { return kReserved.contains(name); }
bool IsMessageField(std::string_view name) {
  return kSettable.contains(name) || kReserved.contains(name) || kIgnored.contains(name);
}

// Every byte but those that continue a character.
std::int64_t CountCharacters(std::string_view text) {
  return std::ranges::count_if(
      text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; });
}

Result<void> CheckMessageBytes(const Limits& limits, const Message& message,
                               const Message* before) {
  return CheckBytes("the message", MessageBytes(message),
                    before == nullptr ? 0 : MessageBytes(*before), limits.message_bytes);
}

Result<std::string> MessageCustomFields(const Limits& limits, json::Value object) {
  std::vector<std::string_view> known(std::begin(kSettable.names), std::end(kSettable.names));
  known.insert(known.end(), std::begin(kReserved.names), std::end(kReserved.names));
  known.insert(known.end(), std::begin(kIgnored.names), std::end(kIgnored.names));
  return CustomFields(object, known, limits, "message");
}

Result<void> ReadMessageFields(const ReadContext& context, const ChannelType& config,
                               json::Value object, Message& message) {
  if (auto refused = RefuseUnsupported(object); !refused) return refused;
  const std::string text_before = message.text;
  for (const auto& result :
       {ReadString(object, "text", "message.text", message.text),
        ReadString(object, "mml", "message.mml", message.mml),
        ReadBool(object, "silent", "message.silent", message.silent),
        ReadBool(object, "show_in_channel", "message.show_in_channel", message.show_in_channel),
        ReadRestriction(context, object, message), ReadAttachments(object, message),
        ReadMentions(context, object, message), ReadQuote(context, config, object, message)}) {
    if (!result) return result;
  }
  if (message.text != text_before && CountCharacters(message.text) > config.max_message_length) {
    return Fail(ErrorKind::kMessageTooLong,
                fmt::format("message text is too long: the limit is {} characters",
                            config.max_message_length));
  }
  const std::string html_before = RenderHtml(text_before);
  message.html = RenderHtml(message.text);
  // A server may know better how the text is to look.
  if (!context.caller.server) return {};
  std::string html;
  if (auto read = ReadString(object, "html", "message.html", html); !read) return read;
  // What a client sends back of an older text is not meant for the new one.
  if (!html.empty() && html != html_before) message.html = std::move(html);
  return {};
}

Result<void> ReadPin(const ReadContext& context, json::Value object, std::string_view actor,
                     Message& message) {
  bool pinned = message.pinned;
  if (auto read = ReadBool(object, "pinned", "message.pinned", pinned); !read) return read;
  if (auto read = ReadTime(object["pin_expires"], "message.pin_expires", message.pin_expires);
      !read) {
    return read;
  }
  if (pinned && !message.pinned) {
    message.pinned_at = context.now;
    message.pinned_by_id = actor;
  }
  message.pinned = pinned;
  if (!pinned) Unpin(message);
  return {};
}

void Unpin(Message& message) {
  message.pinned = false;
  message.pinned_at = {};
  message.pin_expires = {};
  message.pinned_by_id.clear();
}

}  // namespace hookline::chat
