#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "base/json_writer.h"
#include "chat/access.h"
#include "chat/channels.h"
#include "chat/emit.h"
#include "chat/fields.h"
#include "chat/members.h"
#include "chat/messages.h"
#include "chat/tasks.h"

// Deleting channels, and truncating them.
namespace hookline::chat {
namespace {

constexpr std::size_t kCidsMax = 100;
constexpr std::size_t kMemberIdsMax = 100;

struct Truncation {
  Timestamp from;   // Nothing older is left.
  bool all = true;  // `from` is the present.
  bool hard = false;
  std::vector<std::string> member_ids;  // Only for them, unless empty.
};

Result<Truncation> ReadTruncation(const Context& context, const Channel& channel,
                                  json::Value body) {
  Truncation truncation;
  if (auto read = ReadBool(body, "hard_delete", "hard_delete", truncation.hard); !read) {
    return std::unexpected(read.error());
  }
  if (auto read =
          ReadStrings(body, "member_ids", "member_ids", kMemberIdsMax, truncation.member_ids);
      !read) {
    return std::unexpected(read.error());
  }
  if (truncation.hard && !truncation.member_ids.empty()) {
    return InputError("cannot set both hard_delete and member_ids.");
  }
  Timestamp at;
  if (auto read = ReadTime(body["truncated_at"], "truncated_at", at); !read) {
    return std::unexpected(read.error());
  }
  truncation.from = HistoryFromNow(context, channel);
  truncation.all = !at || at >= truncation.from;
  if (!truncation.all) truncation.from = at;
  return truncation;
}

// What was countable before the truncation.
std::int64_t CountedBefore(Context& context, const Channel& channel, const Truncation& truncation) {
  if (truncation.all) return channel.countable_messages;
  return channel.countable_messages - context.store.CountCountable(channel.pk, truncation.from);
}

Result<void> TruncateForMembers(Context& context, const Channel& channel,
                                const Truncation& truncation) {
  const std::int64_t counted = CountedBefore(context, channel, truncation);
  for (const std::string& id : truncation.member_ids) {
    auto member = context.store.FindMember(channel.pk, id);
    if (!member) {
      return InputError(fmt::format("user {} is not a member of channel {}", id, channel.cid()));
    }
    member->history_from = std::max(member->history_from, truncation.from);
    member->read_count = std::max(member->read_count, counted);
    context.store.PutMember(*member);
  }
  return {};
}

void TruncateForAll(Context& context, Channel& channel, const Truncation& truncation,
                    const std::string& actor) {
  channel.truncated_at = std::max(channel.truncated_at, truncation.from);
  channel.truncated_by_id = actor;
  channel.unread_floor =
      std::max(channel.unread_floor, CountedBefore(context, channel, truncation));
  channel.message_count =
      truncation.all ? 0 : context.store.CountMessages(channel.pk, channel.truncated_at);
  MessagePage newest;
  newest.limit = 1;
  newest.not_before = channel.truncated_at;
  const std::vector<Message> left = context.store.ListMessages(channel.pk, newest);
  if (left.empty()) channel.last_message_at = {};
  if (truncation.hard) context.store.RemoveMessages(channel.pk, channel.truncated_at);
}

}  // namespace

Result<ChannelPtr> DeleteChannel(Context& context, std::string_view type, std::string_view id,
                                 bool hard) {
  auto found = RequireChannel(context.read(), type, id);
  if (!found) return std::unexpected(found.error());
  Channel channel = **found;
  const bool own = context.caller.may_all() || channel.created_by_id == context.caller.user_id;
  if (!context.caller.server && (hard || !own)) {
    return Fail(ErrorKind::kNotAllowed, fmt::format("user {} may not delete channel {}",
                                                    context.caller.user_id, channel.cid()));
  }
  channel.deleted_at = context.now;
  channel.updated_at = context.now;
  EmitChannelChange(context, channel, "channel.deleted", context.caller.user_id, nullptr);
  context.store.UpdateChannel(channel);
  if (hard) context.store.PurgeChannel(channel.pk);
  return ChannelPtr(std::make_shared<const Channel>(std::move(channel)));
}

Result<ChannelsDeleted> DeleteChannels(Context& context, json::Value body) {
  if (auto allowed = RequireServer(context.caller); !allowed) {
    return std::unexpected(allowed.error());
  }
  ChannelsDeleted deleted;
  if (auto read = ReadStrings(body, "cids", "cids", kCidsMax, deleted.cids); !read) {
    return std::unexpected(read.error());
  }
  if (deleted.cids.empty()) return InputError("cids is a required field");
  bool hard = false;
  if (auto read = ReadBool(body, "hard_delete", "hard_delete", hard); !read) {
    return std::unexpected(read.error());
  }
  std::ranges::sort(deleted.cids);
  deleted.cids.erase(std::ranges::unique(deleted.cids).begin(), deleted.cids.end());
  json::Writer result;
  result.BeginObject();
  for (const std::string& cid : deleted.cids) {
    const std::size_t colon = cid.find(':');
    if (colon == std::string::npos) {
      return InputError(fmt::format("{} is not a channel's cid (type:id)", cid));
    }
    auto channel = DeleteChannel(context, cid.substr(0, colon), cid.substr(colon + 1), hard);
    if (!channel) return std::unexpected(channel.error());
    result.Key(cid).BeginObject().Field("status", "ok").EndObject();
  }
  result.EndObject();
  deleted.task = KeepCompletedTask(context, result.Take());
  return deleted;
}

Result<ChannelPtr> RequireForTruncation(const ReadContext& context, std::string_view type,
                                        std::string_view id, json::Value) {
  auto channel = RequireChannel(context, type, id);
  if (!channel) return channel;
  if (auto allowed = RequireChannelManager(context, **channel); !allowed) {
    return std::unexpected(allowed.error());
  }
  return channel;
}

Result<ChannelUpdated> TruncateChannel(Context& context, std::string_view type, std::string_view id,
                                       json::Value body, const JudgeDraft& judge) {
  auto found = RequireForTruncation(context.read(), type, id, body);
  if (!found) return std::unexpected(found.error());
  Channel channel = **found;
  auto actor = ResolveOptionalActor(context, body);
  if (!actor) return std::unexpected(actor.error());
  bool skip_push = false;  // There is no push to devices to be skipped.
  if (auto read = ReadBool(body, "skip_push", "skip_push", skip_push); !read) {
    return std::unexpected(read.error());
  }
  auto truncation = ReadTruncation(context, channel, body);
  if (!truncation) return std::unexpected(truncation.error());
  channel.updated_at = context.now;
  if (truncation->member_ids.empty()) {
    TruncateForAll(context, channel, *truncation, *actor);
  } else if (auto done = TruncateForMembers(context, channel, *truncation); !done) {
    return std::unexpected(done.error());
  }
  context.store.UpdateChannel(channel);
  auto message = SendMessageOfChange(context, channel, *actor, body, judge);
  if (!message) return std::unexpected(message.error());
  EmitChannelChange(context, channel, "channel.truncated", *actor, *message ? &**message : nullptr);
  return ChannelUpdated{std::make_shared<const Channel>(std::move(channel)), std::move(*message)};
}

}  // namespace hookline::chat
