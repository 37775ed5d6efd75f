#include "chat/thread.h"

#include <fmt/core.h>

#include <algorithm>

#include "chat/visibility.h"

namespace hookline::chat {
namespace {

constexpr std::size_t kThreadParticipantsMax = 50;

}  // namespace

Result<std::optional<Message>> JoinThread(const ReadContext& context, const ChannelType& config,
                                          Message& message) {
  if (message.parent_id.empty()) return std::optional<Message>();
  if (!config.replies) {
    return Fail(ErrorKind::kFeatureNotSupported,
                fmt::format("replies are not enabled for channel type {}", config.name));
  }
  auto parent = context.store.FindMessage(context.app, message.parent_id);
  const ChannelPtr channel = context.store.FindChannel(message.channel);
  if (!parent || parent->channel != message.channel || parent->deleted_at ||
      !MayRead(context.store, *channel, *parent, context.caller.user_id)) {
    return InputError(fmt::format("parent message with id {} doesn't exist", message.parent_id));
  }
  if (!parent->parent_id.empty()) {
    return Fail(ErrorKind::kNestingLevel, "a reply to a reply is not possible");
  }
  if (message.type == "regular") message.type = "reply";
  ++parent->reply_count;
  auto& participants = parent->thread_participant_ids;
  for (const std::string& id : {parent->user_id, message.user_id}) {
    if (participants.size() < kThreadParticipantsMax &&
        std::ranges::find(participants, id) == participants.end()) {
      participants.push_back(id);
    }
  }
  return parent;
}

}  // namespace hookline::chat
