#include "chat/custom_event.h"

#include <utility>
#include <vector>

#include "chat/fields.h"

namespace hookline::chat {
namespace {

// Read by name where the event is sent, or written by the server whatever the caller says.
constexpr auto kTaken =
    Names({"type", "user", "user_id", "parent_id", "created_at", "received_at"});

// Where the event happens: a client may say what is so anyway.
constexpr auto kPlace = Names({"cid", "channel_type", "channel_id", "team"});

// What payloads of the server's events have (docs/contract/payloads.md#catalogue).
constexpr auto kOfficial = Names({"channel",
                                  "channel_custom",
                                  "channel_last_message_at",
                                  "channel_member_count",
                                  "channel_message_count",
                                  "channels",
                                  "clear_history",
                                  "connection_id",
                                  "created_by",
                                  "deleted_for_me",
                                  "draft",
                                  "first_unread_message_id",
                                  "flag",
                                  "grouped_unread_channels",
                                  "hard_delete",
                                  "hook",
                                  "last_read_at",
                                  "last_read_message_id",
                                  "mark_messages_deleted",
                                  "me",
                                  "member",
                                  "members",
                                  "members_truncated",
                                  "message",
                                  "message_id",
                                  "message_update",
                                  "mute",
                                  "mutes",
                                  "parent_author",
                                  "poll",
                                  "poll_vote",
                                  "reaction",
                                  "reminder",
                                  "request_info",
                                  "review_queue_item_id",
                                  "shadow",
                                  "target_user",
                                  "target_users",
                                  "thread",
                                  "thread_id",
                                  "thread_participants",
                                  "total_bans",
                                  "total_flags",
                                  "total_unread_count",
                                  "unread_channels",
                                  "unread_count",
                                  "unread_messages",
                                  "unread_thread_messages",
                                  "unread_threads",
                                  "watcher_count"});

Result<void> CheckPlace(json::Value event, const Channel* channel) {
  const auto own = [&](std::string_view name) {
    if (channel == nullptr) return std::string();
    if (name == "cid") return channel->cid();
    if (name == "team") return channel->team;
    return name == "channel_type" ? channel->type : channel->id;
  };
  for (const std::string_view name : kPlace.names) {
    const json::Value value = event[name];
    if (!value || value.AsString() == own(name)) continue;
    if (auto refused = RefuseReserved("event", name, value); !refused) return refused;
  }
  return {};
}

}  // namespace

Result<std::string> CustomEventFields(const Limits& limits, json::Value event,
                                      const Channel* channel) {
  if (auto checked = CheckPlace(event, channel); !checked) return std::unexpected(checked.error());
  if (auto refused = RefuseReservedIn("event", event, kOfficial); !refused) {
    return std::unexpected(refused.error());
  }
  std::vector<std::string_view> known(std::begin(kTaken.names), std::end(kTaken.names));
  known.insert(known.end(), std::begin(kPlace.names), std::end(kPlace.names));
  known.insert(known.end(), std::begin(kOfficial.names), std::end(kOfficial.names));
  auto custom = CustomFields(event, known);
  if (!custom) return custom;
  if (auto fits = CheckBytes("the event", custom->size(), limits.event_bytes); !fits) {
    return std::unexpected(fits.error());
  }
  return custom;
}

}  // namespace hookline::chat
