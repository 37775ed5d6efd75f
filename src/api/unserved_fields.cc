#include "api/unserved_fields.h"

#include <fmt/core.h>

#include "api/paging.h"
#include "chat/fields.h"

namespace hookline::api {
namespace {

using Place = UnservedField::Place;

constexpr std::string_view kNoConnections = "there are no live connections to send events to";
constexpr std::string_view kNoThreadState = "threads have no read state";
constexpr std::string_view kNoMemberData = "messages show no data of members";
constexpr std::string_view kTheirsStays = "what belongs to a user stays as it is";
constexpr std::string_view kNoPending = "messages do not wait for a commit";
constexpr std::string_view kCreationOnly = "a channel is made with it, it does not change";
constexpr std::string_view kNotRewritten = "reactions have the time at which they came";
constexpr std::string_view kNoAutomod = "nothing is moderated but by the app's own hooks";
constexpr std::string_view kOnlyBans = "a ban takes nothing back and looks at nothing but the user";

constexpr UnservedField kFields[] = {
    {"QueryChannels", Place::kBody, "watch", kNoConnections},
    {"QueryChannels", Place::kBody, "presence", kNoConnections},
    {"GetOrCreateChannel", Place::kBody, "watch", kNoConnections},
    {"GetOrCreateChannel", Place::kBody, "presence", kNoConnections},
    {"GetOrCreateChannel", Place::kBody, "thread_unread_counts", kNoThreadState},
    {"GetOrCreateChannel", Place::kBody, "member_custom_include", kNoMemberData},
    {"GetOrCreateChannel", Place::kBody, "data.truncated_by_id", kCreationOnly},
    {"GetOrCreateDistinctChannel", Place::kBody, "watch", kNoConnections},
    {"GetOrCreateDistinctChannel", Place::kBody, "presence", kNoConnections},
    {"GetOrCreateDistinctChannel", Place::kBody, "thread_unread_counts", kNoThreadState},
    {"GetOrCreateDistinctChannel", Place::kBody, "member_custom_include", kNoMemberData},
    {"GetOrCreateDistinctChannel", Place::kBody, "data.truncated_by_id", kCreationOnly},
    {"GetChannel", Place::kQuery, "watch", kNoConnections},
    {"GetChannel", Place::kQuery, "presence", kNoConnections},
    {"UpdateChannel", Place::kBody, "data.members", "add_members adds members"},
    {"UpdateChannel", Place::kBody, "data.invites", "invites beside data invites"},
    {"UpdateChannel", Place::kBody, "data.truncated_by_id", kCreationOnly},
    {"QueryChannels", Place::kBody, "predefined_filter", "there are no stored filters"},
    {"QueryChannels", Place::kBody, "filter_values", "there are no stored filters"},
    {"QueryChannels", Place::kBody, "sort_values", "there are no stored filters"},
    {"QueryChannels", Place::kBody, "member_custom_include", kNoMemberData},
    {"GetManyMessages", Place::kQueryList, "member_custom_include", kNoMemberData},
    {"GetReplies", Place::kQueryList, "member_custom_include", kNoMemberData},
    {"DeleteChannel", Place::kQuery, "skip_truncate", "what is deleted comes back empty"},
    {"QueryUsers", Place::kBody, "presence", kNoConnections},
    {"SendMessage", Place::kBody, "pending", kNoPending},
    {"SendMessage", Place::kBody, "is_pending_message", kNoPending},
    {"SendMessage", Place::kBody, "pending_message_metadata", kNoPending},
    {"SendMessage", Place::kBody, "force_moderation", kNoAutomod},
    {"SendMessage", Place::kBody, "include_channel_context", "the answer has the message alone"},
    {"SendMessage", Place::kBody, "include_mentioned_members", "the answer has the message alone"},
    {"SendReaction", Place::kBody, "reaction.created_at", kNotRewritten},
    {"SendReaction", Place::kBody, "reaction.updated_at", kNotRewritten},
    {"Ban", Place::kBody, "delete_messages", kOnlyBans},
    {"Ban", Place::kBody, "delete_reactions", kOnlyBans},
    {"Ban", Place::kBody, "ban_from_future_channels", kOnlyBans},
    {"Ban", Place::kBody, "ip_ban", kOnlyBans},
    {"MarkUnread", Place::kBody, "thread_id", kNoThreadState},
    {"DeactivateUser", Place::kBody, "mark_messages_deleted", kTheirsStays},
    {"ReactivateUser", Place::kBody, "restore_messages", kTheirsStays},
    {"DeactivateUsers", Place::kBody, "mark_messages_deleted", kTheirsStays},
    {"DeactivateUsers", Place::kBody, "mark_channels_deleted", kTheirsStays},
    {"ReactivateUsers", Place::kBody, "restore_messages", kTheirsStays},
    {"ReactivateUsers", Place::kBody, "restore_channels", kTheirsStays},
    {"DeleteUser", Place::kQuery, "mark_messages_deleted", kTheirsStays},
    {"DeleteUser", Place::kQuery, "hard_delete", kTheirsStays},
    {"DeleteUser", Place::kQuery, "delete_conversation_channels", kTheirsStays},
    {"DeleteUsers", Place::kBody, "messages", kTheirsStays},
    {"DeleteUsers", Place::kBody, "conversations", kTheirsStays},
    {"DeleteUsers", Place::kBody, "calls", kTheirsStays},
    {"DeleteUsers", Place::kBody, "files", kTheirsStays},
    {"DeleteUsers", Place::kBody, "new_channel_owner_id", kTheirsStays},
    {"DeleteUsers", Place::kBody, "new_call_owner_id", kTheirsStays},
    {"Flag", Place::kBody, "moderation_payload", "only what is here can be flagged"},
};

json::Value At(json::Value object, std::string_view path) {
  for (;;) {
    const std::size_t dot = path.find('.');
    object = object[path.substr(0, dot)];
    if (dot == std::string_view::npos) return object;
    path.remove_prefix(dot + 1);
  }
}

Result<bool> Asks(const Call& call, const UnservedField& field) {
  switch (field.place) {
    case Place::kQuery:
      return QueryFlag(call, field.path);
    case Place::kQueryList:
      return !call.Param(field.path).empty();
    case Place::kBody:
      return !chat::IsZeroValue(At(call.body(), field.path));
  }
  return false;
}

}  // namespace

std::span<const UnservedField> UnservedFields() { return kFields; }

Result<void> RefuseUnserved(const Call& call) {
  for (const UnservedField& field : kFields) {
    if (field.operation != call.operation->name) continue;
    const Result<bool> asked = Asks(call, field);
    if (!asked) return std::unexpected(asked.error());
    if (!*asked) continue;
    return Fail(ErrorKind::kNotImplemented,
                fmt::format("{} is not supported by this server: {}", field.path, field.reason));
  }
  return {};
}

}  // namespace hookline::api
