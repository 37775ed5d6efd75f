#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.h"
#include "base/time.h"

/// The chat domain's entities, as the store keeps them. Plain values; no behaviour, no IO.
///
/// Fields called `*_json` hold exact JSON text that Hookline only carries. `custom_json` is always
/// the text of one object ("{}" if empty): its members are the entity's custom fields.
namespace hookline::chat {

struct User {
  AppId app;
  std::string id;
  std::string role = "user";
  std::optional<std::string> name;
  std::optional<std::string> image;
  std::string language;
  std::vector<std::string> teams;
  std::string teams_role_json;        ///< Empty if never set.
  std::string privacy_settings_json;  ///< Empty if never set.
  bool invisible = false;
  bool banned = false;
  bool shadow_banned = false;
  Timestamp created_at;
  Timestamp updated_at;
  Timestamp deleted_at;
  Timestamp deactivated_at;
  Timestamp last_active;
  Timestamp revoke_tokens_issued_before;
  std::string custom_json = "{}";
};

/// The longest time that slow mode may put between two messages of a member.
inline constexpr std::chrono::seconds kCooldownMax{120};

struct Channel {
  ChannelId pk;  ///< 0 until it is stored.
  AppId app;
  std::string type;
  std::string id;
  std::string created_by_id;
  std::string team;
  bool frozen = false;
  bool disabled = false;
  int cooldown = 0;                   ///< Seconds between two messages of a member (slow mode).
  std::string config_overrides_json;  ///< Empty if never set.
  std::vector<std::string> filter_tags;
  bool auto_translation_enabled = false;  ///< Carried for clients: nothing is translated here.
  std::string auto_translation_language;
  /// Messages that count as unread for the members who have not read them: not replies, not
  /// system, not silent, not ephemeral. Grows only; a member's unread count is the difference to
  /// Member::read_count.
  std::int64_t countable_messages = 0;
  /// Its value when the channel was truncated last: nothing up to there is unread to anybody.
  std::int64_t unread_floor = 0;
  /// How often a message has shown the channel again to those who hid it: see Member::hidden_mark.
  std::int64_t reveals = 0;
  std::int64_t message_count = 0;  ///< Messages in it now.
  std::int64_t member_count = 0;
  Timestamp last_message_at;
  /// Of the newest message of any kind. No new one is dated before it, whatever the clock says.
  Timestamp newest_message_at;
  Timestamp created_at;
  Timestamp updated_at;
  Timestamp deleted_at;
  Timestamp truncated_at;  ///< Nobody sees a message that is older.
  std::string truncated_by_id;
  std::string custom_json = "{}";

  std::string cid() const { return type + ":" + id; }
};

struct Member {
  ChannelId channel;
  AppId app;
  std::string user_id;
  std::string channel_role = "channel_member";
  std::string role = "member";  ///< "owner" for the channel's creator, "moderator", or "member".
  bool is_moderator = false;
  bool banned = false;
  bool shadow_banned = false;
  bool notifications_muted = false;
  bool invited = false;
  Timestamp invite_accepted_at;
  Timestamp invite_rejected_at;
  Timestamp pinned_at;
  Timestamp archived_at;
  Timestamp created_at;
  Timestamp updated_at;
  /// Channel::countable_messages when the member last read the channel.
  std::int64_t read_count = 0;
  Timestamp last_read_at;
  std::string last_read_message_id;
  Timestamp history_from;  ///< The member sees no message that is older.
  /// Channel::reveals when the member hid the channel: it stays hidden until that grows.
  std::int64_t hidden_mark = -1;
  std::string custom_json = "{}";

  /// Invited, and has not accepted.
  bool pending() const { return invited && !invite_accepted_at; }
};

/// What the member has not read of its channel.
inline std::int64_t UnreadIn(const Channel& channel, const Member& member) {
  return std::max<std::int64_t>(
      0, channel.countable_messages - std::max(member.read_count, channel.unread_floor));
}
inline bool IsHidden(const Channel& channel, const Member& member) {
  return member.hidden_mark == channel.reveals;
}

/// One kind of reaction to a message, summed up over users.
struct ReactionGroup {
  std::string type;
  std::int64_t count = 0;
  std::int64_t sum_scores = 0;
  Timestamp first_reaction_at;
  Timestamp last_reaction_at;

  friend bool operator==(const ReactionGroup&, const ReactionGroup&) = default;
};

struct Message {
  MessageId pk;  ///< 0 until it is stored. Grows with time within a channel.
  AppId app;
  ChannelId channel;
  std::string cid;
  std::string id;
  std::string user_id;
  std::string text;
  std::string html;
  std::string mml;
  std::string type = "regular";  ///< regular, reply, system, deleted, ephemeral, error.
  std::string command;
  std::string args;
  std::string parent_id;
  bool show_in_channel = false;
  std::string quoted_message_id;
  std::string attachments_json = "[]";
  std::vector<std::string> mentioned_user_ids;
  std::string i18n_json;  ///< Empty if none.
  std::vector<std::string> restricted_visibility;
  bool silent = false;
  bool shadowed = false;
  bool countable = false;  ///< Counted in Channel::countable_messages when it was sent.
  bool pinned = false;
  Timestamp pinned_at;
  Timestamp pin_expires;
  std::string pinned_by_id;
  std::int64_t reply_count = 0;
  std::int64_t deleted_reply_count = 0;
  std::vector<std::string> thread_participant_ids;
  std::vector<ReactionGroup> reaction_groups;
  Timestamp created_at;
  Timestamp updated_at;
  Timestamp deleted_at;
  Timestamp text_updated_at;
  std::string custom_json = "{}";

  /// Pinned, and the pin's time is not up.
  bool IsPinned(Timestamp now) const { return pinned && (!pin_expires || pin_expires > now); }

  friend bool operator==(const Message&, const Message&) = default;
};

struct Reaction {
  MessageId message;
  std::string message_id;
  AppId app;
  std::string user_id;
  std::string type;
  std::int64_t score = 1;
  Timestamp created_at;
  Timestamp updated_at;
  std::string custom_json = "{}";
};

/// The outcome of work that a request started and a client asks for later (GET /tasks/{id}).
struct Task {
  AppId app;
  std::string id;      ///< A UUID.
  std::string status;  ///< waiting, pending, running, completed, failed.
  Timestamp created_at;
  Timestamp updated_at;
  std::string result_json;  ///< Empty if none.
  std::string error_json;   ///< Empty if none.
};

/// A slash command that users may give in a channel whose type enables it.
struct Command {
  std::string name;
  std::string description;
  std::string args;  ///< How its arguments look, for people: "[@username] [text]".
  std::string set;   ///< A name under which several commands are enabled at once.
  Timestamp created_at;
  Timestamp updated_at;
  bool built_in = false;  ///< Carried out by this server, in every app; never stored.
};

/// What an app has set of a channel type: laid over the built-in type of that name or, if there is
/// none, over the defaults.
struct ChannelTypeRecord {
  std::string name;
  std::string fields_json = "{}";  ///< Validated settings, by their API names.
  Timestamp created_at;
  Timestamp updated_at;
};

/// A user does not want to see what another one writes.
struct Mute {
  AppId app;
  std::string user_id;
  std::string target_id;
  Timestamp created_at;
  Timestamp updated_at;
  Timestamp expires_at;  ///< Zero: never.
};

/// A user may not write: in one channel, or anywhere in the app.
struct Ban {
  AppId app;
  ChannelId channel;  ///< 0: the whole app.
  std::string user_id;
  std::string banned_by_id;
  std::string reason;
  bool shadow = false;  ///< May write, but nobody else is to see it.
  Timestamp created_at;
  Timestamp expires_at;  ///< Zero: never.
};

/// A user reports a message, or another user if `target_message_id` is empty.
struct Flag {
  AppId app;
  std::string id;  ///< A UUID.
  std::string user_id;
  std::string target_user_id;  ///< Of a message: its author.
  std::string target_message_id;
  std::string reason;
  Timestamp created_at;
  Timestamp updated_at;
  std::string custom_json = "{}";
};

/// What a user has not read, over all channels (docs/contract/payloads.md#counters).
struct UnreadTotals {
  std::int64_t messages = 0;
  std::int64_t channels = 0;
};

using UserPtr = std::shared_ptr<const User>;
using ChannelPtr = std::shared_ptr<const Channel>;
class Catalog;
using CatalogPtr = std::shared_ptr<const Catalog>;

}  // namespace hookline::chat
