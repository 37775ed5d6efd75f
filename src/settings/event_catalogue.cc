#include "settings/event_catalogue.h"

#include <algorithm>
#include <array>

namespace hookline::settings {
namespace {

constexpr std::array kCatalogue = {
    EventType{"appeal.accepted", "A moderator accepted a user's appeal.", "moderation"},
    EventType{"appeal.created", "A user appealed against a moderation decision.", "moderation"},
    EventType{"appeal.rejected", "A moderator turned down a user's appeal.", "moderation"},
    EventType{"campaign.completed", "A campaign has sent its last message.", "chat"},
    EventType{"campaign.started", "A campaign began to send messages.", "chat"},
    EventType{"channel.created", "A channel was created.", "chat"},
    EventType{"channel.deleted", "A channel was deleted.", "chat"},
    EventType{"channel.frozen", "A channel was frozen: nobody can post any more.", "chat"},
    EventType{"channel.hidden", "A user hid a channel from their list.", "chat"},
    EventType{"channel.max_streak_changed", "A channel reached a longer streak of active days.",
              "chat"},
    EventType{"channel.muted", "A user muted a channel.", "chat"},
    EventType{"channel.truncated", "All or older messages of a channel were removed.", "chat"},
    EventType{"channel.unfrozen", "A frozen channel was opened again.", "chat"},
    EventType{"channel.unmuted", "A user unmuted a channel.", "chat"},
    EventType{"channel.updated", "The data of a channel changed.", "chat"},
    EventType{"channel.visible", "A hidden channel was shown again.", "chat"},
    EventType{"channel_batch_update.completed", "A change of many channels has finished.", "chat"},
    EventType{"channel_batch_update.started", "A change of many channels has begun.", "chat"},
    EventType{"export.bulk_image_moderation.error", "A bulk moderation of images failed.",
              "moderation"},
    EventType{"export.bulk_image_moderation.success", "A bulk moderation of images has finished.",
              "moderation"},
    EventType{"export.channels.error", "An export of channels failed.", "chat"},
    EventType{"export.channels.success", "An export of channels is ready for download.", "chat"},
    EventType{"export.moderation_logs.error", "An export of moderation logs failed.", "moderation"},
    EventType{"export.moderation_logs.success",
              "An export of moderation logs is ready for download.", "moderation"},
    EventType{"export.review_queue.error", "An export of the review queue failed.", "moderation"},
    EventType{"export.review_queue.success", "An export of the review queue is ready for download.",
              "moderation"},
    EventType{"export.users.error", "An export of users failed.", "chat"},
    EventType{"export.users.success", "An export of users is ready for download.", "chat"},
    EventType{"flag.updated", "The state of a flag changed.", "chat"},
    EventType{"member.added", "A user became a member of a channel.", "chat"},
    EventType{"member.removed", "A user is no longer a member of a channel.", "chat"},
    EventType{"member.updated", "A membership changed, for example its role.", "chat"},
    EventType{"message.deleted", "A message was deleted.", "chat"},
    EventType{"message.flagged", "A user flagged a message.", "chat"},
    EventType{"message.new", "A message was posted in a channel.", "chat"},
    EventType{"message.pending", "A message waits for its commit or was given up.", "chat"},
    EventType{"message.read", "A user read the messages of a channel.", "chat"},
    EventType{"message.unblocked", "A blocked message was let through.", "chat"},
    EventType{"message.undeleted", "A deleted message was restored.", "chat"},
    EventType{"message.unflagged", "A user took back the flag on a message.", "chat"},
    EventType{"message.updated", "A message was edited, pinned or unpinned.", "chat"},
    EventType{"moderation.analysis.failed", "The analysis of content failed.", "moderation"},
    EventType{"moderation.custom_action", "A moderator ran an action of your own.", "moderation"},
    EventType{"moderation.flagged", "Content was flagged for review.", "moderation"},
    EventType{"moderation.image_analysis.complete", "The analysis of an image has finished.",
              "moderation"},
    EventType{"moderation.mark_reviewed", "A moderator marked content as reviewed.", "moderation"},
    EventType{"moderation.text_analysis.complete", "The analysis of a text has finished.",
              "moderation"},
    EventType{"moderation_check.completed", "A moderation check has finished.", "moderation"},
    EventType{"moderation_rule.triggered", "Content matched a moderation rule.", "moderation"},
    EventType{"notification.mark_unread", "A user marked messages as unread.", "chat"},
    EventType{"notification.reminder_due", "The time of a message reminder has come.", "chat"},
    EventType{"notification.thread_message_new", "A reply was posted in a thread.", "chat"},
    EventType{"reaction.deleted", "A reaction was removed from a message.", "chat"},
    EventType{"reaction.new", "A user reacted to a message.", "chat"},
    EventType{"reaction.updated", "A user changed their reaction.", "chat"},
    EventType{"reminder.created", "A user set a reminder on a message.", "chat"},
    EventType{"reminder.deleted", "A reminder on a message was removed.", "chat"},
    EventType{"reminder.updated", "A reminder on a message changed.", "chat"},
    EventType{"review_queue_item.new", "Content entered the review queue.", "moderation"},
    EventType{"review_queue_item.updated", "An item of the review queue changed.", "moderation"},
    EventType{"thread.updated", "The data of a thread changed.", "chat"},
    EventType{"user.banned", "A user was banned from a channel or from the app.", "chat"},
    EventType{"user.deactivated", "A user was deactivated.", "chat"},
    EventType{"user.deleted", "A user was deleted.", "chat"},
    EventType{"user.flagged", "A user flagged another user.", "chat"},
    EventType{"user.messages.deleted", "All messages of a user were deleted.", "chat"},
    EventType{"user.muted", "A user muted other users.", "chat"},
    EventType{"user.reactivated", "A deactivated user was activated again.", "chat"},
    EventType{"user.unbanned", "A user's ban was lifted.", "chat"},
    EventType{"user.unflagged", "A user took back the flag on another user.", "chat"},
    EventType{"user.unmuted", "A user unmuted other users.", "chat"},
    EventType{"user.unread_message_reminder", "A user has had unread messages for a while.",
              "chat"},
    EventType{"user.updated", "The data of a user changed, or the user was created.", "chat"},
    EventType{"user_group.created", "A user group was created.", "chat"},
    EventType{"user_group.deleted", "A user group was deleted.", "chat"},
    EventType{"user_group.member_added", "Users were added to a user group.", "chat"},
    EventType{"user_group.member_removed", "Users were removed from a user group.", "chat"},
    EventType{"user_group.updated", "The data of a user group changed.", "chat"},
};
static_assert(std::ranges::is_sorted(kCatalogue, {}, &EventType::name));

constexpr auto kClientOnly = std::to_array<std::string_view>({
    "ai_indicator.clear",
    "ai_indicator.stop",
    "ai_indicator.update",
    "channel.kicked",
    "connection.changed",
    "connection.recovered",
    "draft.deleted",
    "draft.updated",
    "health.check",
    "message.delivered",
    "notification.added_to_channel",
    "notification.channel_deleted",
    "notification.channel_mutes_updated",
    "notification.channel_truncated",
    "notification.invite_accepted",
    "notification.invite_rejected",
    "notification.invited",
    "notification.mark_read",
    "notification.message_new",
    "notification.mutes_updated",
    "notification.removed_from_channel",
    "typing.start",
    "typing.stop",
    "user.presence.changed",
    "user.watching.start",
    "user.watching.stop",
});
static_assert(std::ranges::is_sorted(kClientOnly));

}  // namespace

std::span<const EventType> EventCatalogue() { return kCatalogue; }

bool IsBuiltInEvent(std::string_view type) {
  return std::ranges::binary_search(kCatalogue, type, {}, &EventType::name);
}

bool IsClientOnlyEvent(std::string_view type) {
  return std::ranges::binary_search(kClientOnly, type);
}

}  // namespace hookline::settings
