#include <algorithm>
#include <optional>
#include <unordered_set>
#include <utility>

#include "base/json.h"
#include "chat/visibility.h"
#include "chat/write.h"

// Messages as JSON, with their attachments and reactions.
namespace hookline::chat {
namespace {

constexpr int kLatestReactionsMax = 10;

// Attachment fields of Stream's schema; all others are custom (they nest in v2).
constexpr std::string_view kAttachmentFields[] = {
    "type",          "fallback",       "color",          "pretext", "author_name", "author_link",
    "author_icon",   "title",          "title_link",     "text",    "image_url",   "thumb_url",
    "footer",        "footer_icon",    "actions",        "fields",  "asset_url",   "giphy",
    "og_scrape_url", "original_width", "original_height"};

bool IsAttachmentField(std::string_view name) {
  return std::ranges::find(kAttachmentFields, name) != std::end(kAttachmentFields);
}

// Clients of both kinds send attachments; each format has its custom fields in its own place. Of a
// name that stands both beside `custom` and in it, the one beside it is kept.
void WriteAttachment(json::Writer& w, json::Value attachment, Format format) {
  const auto write_if = [&](auto&& wanted) {
    for (const json::Value member : attachment) {
      const bool nested = member.key() == "custom" && member.IsObject();
      if (!nested && wanted(member.key())) w.Key(member.key()).Raw(member.raw());
    }
  };
  std::unordered_set<std::string_view> names;
  const json::Value nested_custom = attachment["custom"];
  for (const json::Value member : attachment) {
    if (member.key() != "custom" || !member.IsObject()) names.insert(member.key());
  }
  const auto write_nested = [&] {
    if (!nested_custom.IsObject()) return;
    for (const json::Value inner : nested_custom) {
      if (!names.insert(inner.key()).second) continue;
      // Written flat, a custom field of that name would pass for the place of all of them.
      if (inner.key() == "custom" && format == Format::kV1) {
        w.Key("custom").BeginObject().Key("custom").Raw(inner.raw()).EndObject();
      } else {
        w.Key(inner.key()).Raw(inner.raw());
      }
    }
  };
  w.BeginObject();
  if (format == Format::kV1) {
    write_if([](std::string_view) { return true; });
    write_nested();
  } else {
    write_if(IsAttachmentField);
    w.Key("custom").BeginObject();
    write_if([](std::string_view name) { return !IsAttachmentField(name); });
    write_nested();
    w.EndObject();
  }
  w.EndObject();
}

// What is left of a message for a user who has deleted it for themselves.
chat::Message Tombstone(chat::Message message, Timestamp deleted_at) {
  message.type = "deleted";
  message.deleted_at = deleted_at;
  message.text.clear();
  message.html.clear();
  message.mml.clear();
  message.command.clear();
  message.args.clear();
  message.attachments_json = "[]";
  message.custom_json = "{}";
  message.i18n_json.clear();
  message.quoted_message_id.clear();
  message.mentioned_user_ids.clear();
  message.reaction_groups.clear();
  return message;
}

}  // namespace

const std::string* Encoder::ChannelRole(const chat::Message& message) {
  if (!message.channel) return nullptr;
  const auto key = std::pair(message.channel, message.user_id);
  auto known = roles_.find(key);
  if (known == roles_.end()) {
    std::optional<std::string> role;
    if (auto member = store_.FindMember(message.channel, message.user_id)) {
      role = std::move(member->channel_role);
    }
    known = roles_.emplace(key, std::move(role)).first;
  }
  return known->second ? &*known->second : nullptr;
}

void Encoder::Attachments(json::Writer& w, const std::string& attachments_json) {
  w.Key("attachments");
  const bool nested = attachments_json.find("\"custom\"") != std::string::npos;
  if (attachments_json == "[]" || (format_ == Format::kV1 && !nested)) {
    w.Raw(attachments_json);
    return;
  }
  const auto document = json::Document::Parse(attachments_json, json::Source::kStored);
  w.BeginArray();
  if (document) {
    for (const json::Value attachment : document->root()) WriteAttachment(w, attachment, format_);
  }
  w.EndArray();
}

void Encoder::Reaction(json::Writer& w, const chat::Reaction& reaction) {
  w.BeginObject();
  w.Field("message_id", reaction.message_id);
  w.Field("user_id", reaction.user_id);
  w.Key("user");
  UserById(w, reaction.user_id);
  w.Field("type", reaction.type);
  w.Field("score", reaction.score);
  WriteTime(w, "created_at", reaction.created_at, format_);
  WriteTime(w, "updated_at", reaction.updated_at, format_);
  WriteCustom(w, reaction.custom_json, format_);
  w.EndObject();
}

void Encoder::Reactions(json::Writer& w, const chat::Message& message, std::string_view viewer) {
  const bool any = !message.reaction_groups.empty() && message.pk;
  w.Key("latest_reactions").BeginArray();
  if (any) {
    for (const auto& reaction : store_.ListReactions(message.pk, kLatestReactionsMax, 0)) {
      Reaction(w, reaction);
    }
  }
  w.EndArray();
  w.Key("own_reactions").BeginArray();
  if (any && !viewer.empty()) {
    for (const auto& reaction : store_.ListReactionsOf(message.pk, viewer)) Reaction(w, reaction);
  }
  w.EndArray();
  w.Key("reaction_counts").BeginObject();
  for (const ReactionGroup& group : message.reaction_groups) w.Field(group.type, group.count);
  w.EndObject();
  w.Key("reaction_scores").BeginObject();
  for (const ReactionGroup& group : message.reaction_groups) w.Field(group.type, group.sum_scores);
  w.EndObject();
  w.Key("reaction_groups").BeginObject();
  for (const ReactionGroup& group : message.reaction_groups) {
    w.Key(group.type).BeginObject();
    w.Field("count", group.count);
    w.Field("sum_scores", group.sum_scores);
    WriteTime(w, "first_reaction_at", group.first_reaction_at, format_);
    WriteTime(w, "last_reaction_at", group.last_reaction_at, format_);
    w.Key("latest_reactions_by").BeginArray().EndArray();
    w.EndObject();
  }
  w.EndObject();
}

void Encoder::Message(json::Writer& w, const chat::Message& message, std::string_view viewer,
                      bool with_channel) {
  const Timestamp deleted_at =
      viewer.empty() || !message.pk ? Timestamp{} : store_.DeletedFor(message.pk, viewer);
  if (message.deleted_at) {
    const bool whole = viewer.empty() || viewer == message.user_id;
    const auto& shown = whole ? message : Tombstone(message, message.deleted_at);
    return WriteMessage(w, shown, viewer, with_channel);
  }
  if (!deleted_at) return WriteMessage(w, message, viewer, with_channel);
  WriteMessage(w, Tombstone(message, deleted_at), viewer, with_channel, true);
}

void Encoder::WriteMessage(json::Writer& w, const chat::Message& message, std::string_view viewer,
                           bool with_channel, bool deleted_for_viewer) {
  w.BeginObject();
  w.Field("id", message.id);
  w.Field("text", message.text);
  w.Field("html", message.html);
  w.Field("type", message.type);
  if (!message.mml.empty()) w.Field("mml", message.mml);
  if (!message.command.empty()) {
    w.Field("command", message.command);
    w.Field("args", message.args);
  }
  w.Key("user");
  UserById(w, message.user_id);
  if (const std::string* role = ChannelRole(message)) {
    w.Key("member").BeginObject().Field("channel_role", *role).EndObject();
  }
  Attachments(w, message.attachments_json);
  Reactions(w, message, viewer);
  if (!message.parent_id.empty()) {
    w.Field("parent_id", message.parent_id);
    w.Field("show_in_channel", message.show_in_channel);
  }
  w.Field("reply_count", message.reply_count);
  w.Field("deleted_reply_count", message.deleted_reply_count);
  if (!message.quoted_message_id.empty()) {
    w.Field("quoted_message_id", message.quoted_message_id);
    // One level: a quote inside a quote is named only.
    if (quote_depth_ == 0 && detail_ < Detail::kQuotedIds) {
      const auto quoted = store_.FindMessage(app_, message.quoted_message_id);
      const ChannelPtr channel = quoted ? store_.FindChannel(quoted->channel) : nullptr;
      if (channel && MayRead(store_, *channel, *quoted, viewer)) {
        ++quote_depth_;
        w.Key("quoted_message");
        Message(w, *quoted, viewer);
        --quote_depth_;
      }
    }
  }
  if (!message.thread_participant_ids.empty()) {
    w.Key("thread_participants").BeginArray();
    for (const std::string& id : message.thread_participant_ids) UserById(w, id);
    w.EndArray();
  }
  w.Field("cid", message.cid);
  WriteTime(w, "created_at", message.created_at, format_);
  WriteTime(w, "updated_at", message.updated_at, format_);
  WriteTime(w, "deleted_at", message.deleted_at, format_);
  WriteTime(w, "message_text_updated_at", message.text_updated_at, format_);
  // Its author is not to notice.
  w.Field("shadowed", message.shadowed && viewer != message.user_id);
  if (deleted_for_viewer) w.Field("deleted_for_me", true);
  w.Key("mentioned_users").BeginArray();
  for (const std::string& id : message.mentioned_user_ids) UserById(w, id);
  w.EndArray();
  w.Field("mentioned_channel", false);
  w.Field("mentioned_here", false);
  if (!message.i18n_json.empty()) w.Key("i18n").Raw(message.i18n_json);
  w.Field("silent", message.silent);
  const bool pinned = message.IsPinned(now_);
  w.Field("pinned", pinned);
  if (pinned) {
    WriteTime(w, "pinned_at", message.pinned_at, format_);
    w.Key("pinned_by");
    UserById(w, message.pinned_by_id);
    if (message.pin_expires) {
      WriteTime(w, "pin_expires", message.pin_expires, format_);
    } else {
      w.Key("pin_expires").Null();
    }
  } else {
    w.Key("pinned_at").Null().Key("pinned_by").Null().Key("pin_expires").Null();
  }
  WriteStrings(w, "restricted_visibility", message.restricted_visibility);
  if (with_channel) {
    if (const ChannelPtr channel = store_.FindChannel(message.channel)) {
      w.Key("channel");
      Channel(w, *channel);
    }
  }
  WriteCustom(w, message.custom_json, format_);
  w.EndObject();
}

}  // namespace hookline::chat
