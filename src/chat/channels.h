#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/json.h"
#include "chat/context.h"
#include "chat/messages.h"

namespace hookline::chat {

struct ChannelOpened {
  ChannelPtr channel;
  bool created = false;
};

/// GetOrCreateChannel. With an empty `id` the channel is a distinct one, named by its members.
/// `body` is the whole request: `data` describes a channel that does not exist yet. Emits
/// channel.created if it is created.
Result<ChannelOpened> GetOrCreateChannel(Context& context, std::string_view type,
                                         std::string_view id, json::Value body);

/// The id of the distinct channel of these members: user ids, or objects that name them. Empty if
/// the list is.
Result<std::string> DistinctChannelId(json::Value members);

/// What an update of a channel leaves behind.
struct ChannelUpdated {
  ChannelPtr channel;
  std::optional<Message> message;  ///< The system message that the request carried.
};

/// The channel, if the caller may change it as UpdateChannel's and TruncateChannel's requests ask.
Result<ChannelPtr> RequireForUpdate(const ReadContext& context, std::string_view type,
                                    std::string_view id, json::Value body);
Result<ChannelPtr> RequireForTruncation(const ReadContext& context, std::string_view type,
                                        std::string_view id, json::Value body);

/// `judge` has a say in the message that a change of the channel carries.
///
/// UpdateChannel: `data` replaces the custom fields; members come and go, see
/// docs/contract/routes.md#channels. Emits channel.updated, member.* and message.new.
Result<ChannelUpdated> UpdateChannel(Context& context, std::string_view type, std::string_view id,
                                     json::Value body, const JudgeDraft& judge = {});

/// UpdateChannelPartial: `set` and `unset`.
Result<ChannelPtr> UpdateChannelPartial(Context& context, std::string_view type,
                                        std::string_view id, json::Value body);

/// Emits channel.deleted. A soft-deleted channel is out of sight and its cid free; `hard` removes
/// its rows too. Returns it as it was deleted.
Result<ChannelPtr> DeleteChannel(Context& context, std::string_view type, std::string_view id,
                                 bool hard);

/// DeleteChannels: `{cids, hard_delete}`. All or none; the task that it returns is completed.
struct ChannelsDeleted {
  Task task;
  std::vector<std::string> cids;
};
Result<ChannelsDeleted> DeleteChannels(Context& context, json::Value body);

/// Beginnings of event types that SendEvent takes from nobody.
std::span<const std::string_view> ReservedEventPrefixes();

/// TruncateChannel: takes away what was written before `truncated_at` (now), from everybody or from
/// `member_ids`; `hard_delete` removes it for good. Emits channel.truncated.
Result<ChannelUpdated> TruncateChannel(Context& context, std::string_view type, std::string_view id,
                                       json::Value body, const JudgeDraft& judge = {});

/// SendEvent: `{"type", "user_id"|"user", …}` in a channel. Returns the event as it was made, in
/// v1 and v2.
struct SentEvent {
  std::string type;
  std::string user_id;
  std::string parent_id;
  std::string custom_json = "{}";
};
Result<SentEvent> SendChannelEvent(Context& context, const Channel& channel, json::Value event);

/// MarkRead: `user_id` or `user`, up to `message_id` or `message_timestamp`, or all. Emits
/// message.read. Returns the member as it is now; of somebody who is none, and so has nothing
/// unread, only the user id is set.
Result<Member> MarkRead(Context& context, const Channel& channel, json::Value body);

/// MarkUnread: `message_id` or `message_timestamp` and everything since is unread to `user_id` or
/// `user`, who must be a member. Emits notification.mark_unread.
Result<void> MarkUnread(Context& context, const Channel& channel, json::Value body);

/// How far somebody has read; all empty: to the end.
struct ReadMark {
  std::string message_id;
  Timestamp time;
};
Result<Member> MarkRead(Context& context, const Channel& channel, const User& user,
                        const ReadMark& mark);

}  // namespace hookline::chat
