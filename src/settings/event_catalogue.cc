#include "settings/event_catalogue.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "settings/nearest.h"

namespace hookline::settings {
namespace {

using enum EventSupport;

constexpr std::array kCatalogue = {
    EventType{"appeal.accepted", "A moderator accepted a user's appeal.", "moderation", kNever},
    EventType{"appeal.created", "A user appealed against a moderation decision.", "moderation",
              kNever},
    EventType{"appeal.rejected", "A moderator turned down a user's appeal.", "moderation", kNever},
    EventType{"campaign.completed", "A campaign has sent its last message.", "chat"},
    EventType{"campaign.started", "A campaign began to send messages.", "chat"},
    EventType{"channel.created", "A channel was created.", "chat", kFires},
    EventType{"channel.deleted", "A channel was deleted.", "chat", kFires},
    EventType{"channel.frozen", "A channel was frozen: nobody can post any more.", "chat", kFires},
    EventType{"channel.hidden", "A user hid a channel from their list.", "chat", kFires},
    EventType{"channel.max_streak_changed", "A channel reached a longer streak of active days.",
              "chat", kNever},
    EventType{"channel.muted", "A user muted a channel.", "chat"},
    EventType{"channel.truncated", "All or older messages of a channel were removed.", "chat",
              kFires},
    EventType{"channel.unfrozen", "A frozen channel was opened again.", "chat", kFires},
    EventType{"channel.unmuted", "A user unmuted a channel.", "chat"},
    EventType{"channel.updated", "The data of a channel changed.", "chat", kFires},
    EventType{"channel.visible", "A hidden channel was shown again.", "chat", kFires},
    EventType{"channel_batch_update.completed", "A change of many channels has finished.", "chat"},
    EventType{"channel_batch_update.started", "A change of many channels has begun.", "chat"},
    EventType{"export.bulk_image_moderation.error", "A bulk moderation of images failed.",
              "moderation", kNever},
    EventType{"export.bulk_image_moderation.success", "A bulk moderation of images has finished.",
              "moderation", kNever},
    EventType{"export.channels.error", "An export of channels failed.", "chat"},
    EventType{"export.channels.success", "An export of channels is ready for download.", "chat"},
    EventType{"export.moderation_logs.error", "An export of moderation logs failed.", "moderation",
              kNever},
    EventType{"export.moderation_logs.success",
              "An export of moderation logs is ready for download.", "moderation", kNever},
    EventType{"export.review_queue.error", "An export of the review queue failed.", "moderation",
              kNever},
    EventType{"export.review_queue.success", "An export of the review queue is ready for download.",
              "moderation", kNever},
    EventType{"export.users.error", "An export of users failed.", "chat"},
    EventType{"export.users.success", "An export of users is ready for download.", "chat"},
    EventType{"flag.updated", "The state of a flag changed.", "chat", kNever},
    EventType{"member.added", "A user became a member of a channel.", "chat", kFires},
    EventType{"member.removed", "A user is no longer a member of a channel.", "chat", kFires},
    EventType{"member.updated", "A membership changed, for example its role.", "chat", kFires},
    EventType{"message.deleted", "A message was deleted.", "chat", kFires},
    EventType{"message.flagged", "A user flagged a message.", "chat", kFires},
    EventType{"message.new", "A message was posted in a channel.", "chat", kFires},
    EventType{"message.pending", "A message waits for its commit or was given up.", "chat"},
    EventType{"message.read", "A user read the messages of a channel.", "chat", kFires},
    EventType{"message.unblocked", "A blocked message was let through.", "chat"},
    EventType{"message.undeleted", "A deleted message was restored.", "chat"},
    EventType{"message.unflagged", "A user took back the flag on a message.", "chat", kFires},
    EventType{"message.updated", "A message was edited, pinned or unpinned.", "chat", kFires},
    EventType{"moderation.analysis.failed", "The analysis of content failed.", "moderation",
              kNever},
    EventType{"moderation.custom_action", "A moderator ran an action of your own.", "moderation",
              kNever},
    EventType{"moderation.flagged", "Content was flagged for review.", "moderation", kNever},
    EventType{"moderation.image_analysis.complete", "The analysis of an image has finished.",
              "moderation", kNever},
    EventType{"moderation.mark_reviewed", "A moderator marked content as reviewed.", "moderation",
              kNever},
    EventType{"moderation.text_analysis.complete", "The analysis of a text has finished.",
              "moderation", kNever},
    EventType{"moderation_check.completed", "A moderation check has finished.", "moderation",
              kNever},
    EventType{"moderation_rule.triggered", "Content matched a moderation rule.", "moderation",
              kNever},
    EventType{"notification.mark_unread", "A user marked messages as unread.", "chat", kFires},
    EventType{"notification.reminder_due", "The time of a message reminder has come.", "chat"},
    EventType{"notification.thread_message_new", "A reply was posted in a thread.", "chat"},
    EventType{"reaction.deleted", "A reaction was removed from a message.", "chat", kFires},
    EventType{"reaction.new", "A user reacted to a message.", "chat", kFires},
    EventType{"reaction.updated", "A user changed their reaction.", "chat", kFires},
    EventType{"reminder.created", "A user set a reminder on a message.", "chat"},
    EventType{"reminder.deleted", "A reminder on a message was removed.", "chat"},
    EventType{"reminder.updated", "A reminder on a message changed.", "chat"},
    EventType{"review_queue_item.new", "Content entered the review queue.", "moderation", kNever},
    EventType{"review_queue_item.updated", "An item of the review queue changed.", "moderation",
              kNever},
    EventType{"thread.updated", "The data of a thread changed.", "chat"},
    EventType{"user.banned", "A user was banned from a channel or from the app.", "chat", kFires},
    EventType{"user.deactivated", "A user was deactivated.", "chat", kFires},
    EventType{"user.deleted", "A user was deleted.", "chat", kFires},
    EventType{"user.flagged", "A user flagged another user.", "chat", kFires},
    EventType{"user.messages.deleted", "All messages of a user were deleted.", "chat"},
    EventType{"user.muted", "A user muted other users.", "chat", kFires},
    EventType{"user.reactivated", "A deactivated user was activated again.", "chat", kFires},
    EventType{"user.unbanned", "A user's ban was lifted.", "chat", kFires},
    EventType{"user.unflagged", "A user took back the flag on another user.", "chat", kFires},
    EventType{"user.unmuted", "A user unmuted other users.", "chat", kFires},
    EventType{"user.unread_message_reminder", "A user has had unread messages for a while.",
              "chat"},
    EventType{"user.updated", "The data of a user changed, or the user was created.", "chat",
              kFires},
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

// Accepted from clients and passed on among them; the others of the list above are reserved.
constexpr auto kSignals = std::to_array<std::string_view>({"typing.start", "typing.stop"});

constexpr auto kReserved = std::to_array<std::string_view>({
    "appeal.",
    "call.",
    "campaign.",
    "channel.",
    "channel_batch_update.",
    "connection.",
    "delivery.",
    "export.",
    "feeds.",
    "flag.",
    "health.",
    "hook.",
    "ingress.",
    "member.",
    "message.",
    "moderation.",
    "moderation_check.",
    "moderation_rule.",
    "notification.",
    "reaction.",
    "reminder.",
    "review_queue_item.",
    "thread.",
    "user.",
    "user_group.",
    "webhook.",
});

// Video's and feeds' events, and Hookline's own about its hooks and deliveries, which it does not
// emit yet.
constexpr auto kNeverEmitted =
    std::to_array<std::string_view>({"call.", "delivery.", "feeds.", "hook.", "ingress."});

constexpr std::size_t kCustomTypeBytesMax = 255;

bool StartsWithOneOf(std::string_view type, std::span<const std::string_view> prefixes) {
  return std::ranges::any_of(prefixes,
                             [&](std::string_view prefix) { return type.starts_with(prefix); });
}

const EventType* Find(std::string_view type) {
  const auto found = std::ranges::lower_bound(kCatalogue, type, {}, &EventType::name);
  return found != kCatalogue.end() && found->name == type ? &*found : nullptr;
}

// As people mistype it: other case, blanks around it.
std::string Normalised(std::string_view type) {
  while (type.starts_with(' ')) type.remove_prefix(1);
  while (type.ends_with(' ')) type.remove_suffix(1);
  std::string text(type);
  for (char& c : text) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return text;
}

std::string_view NearestType(std::string_view type) {
  static const std::vector<std::string_view> names = [] {
    std::vector<std::string_view> all;
    for (const EventType& known : kCatalogue) {
      if (known.support != kNever) all.push_back(known.name);
    }
    return all;
  }();
  return NearestName(type, names);
}

}  // namespace

std::span<const EventType> EventCatalogue() { return kCatalogue; }

bool IsBuiltInEvent(std::string_view type) { return Find(type) != nullptr; }

std::span<const std::string_view> ReservedEventPrefixes() { return kReserved; }

Result<void> CheckEventType(std::string_view field, std::string_view type) {
  const EventType* known = Find(type);
  if ((known != nullptr && known->support == kNever) ||
      (known == nullptr && StartsWithOneOf(type, kNeverEmitted))) {
    return Fail(ErrorKind::kNotImplemented,
                fmt::format("{}: {} is not emitted by this server", field, type));
  }
  if (known != nullptr) return {};
  if (std::ranges::find(kSignals, type) != kSignals.end()) {
    return InputError(fmt::format("{}: {} goes to clients only, never to hooks", field, type));
  }
  if (type.find('*') != std::string_view::npos) {
    return InputError(
        fmt::format("{}: {} is no event type: name each type, or none for all; did you mean {}?",
                    field, type, NearestType(type)));
  }
  const std::string normalised = Normalised(type);
  if (type.empty() || type.size() > kCustomTypeBytesMax || StartsWithOneOf(normalised, kReserved)) {
    return InputError(fmt::format("{}: {} is not a known event type; did you mean {}?", field, type,
                                  NearestType(normalised)));
  }
  return {};  // As a custom event may be called.
}

bool IsClientOnlyEvent(std::string_view type) {
  return std::ranges::binary_search(kClientOnly, type);
}

}  // namespace hookline::settings
