#pragma once

#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "base/ids.h"
#include "base/time.h"
#include "chat/filter.h"
#include "chat/model.h"

/// What the chat domain needs from a store: its port. Adapters live in store/.
///
/// All calls are made on one thread at a time, inside a transaction that sees one state. A call
/// that fails because the store itself is broken throws store::Failure, which ends the job and is
/// answered as an internal error; "not there" is an empty result, never a failure.
namespace hookline::chat {

struct UserQuery {
  Filter filter;
  std::vector<SortField> sort;  ///< Empty: newest first.
  int limit = 30;
  int offset = 0;
  bool include_deactivated = false;
};

struct ChannelQuery {
  Filter filter;
  std::vector<SortField> sort;  ///< Empty: last_updated (last message or creation), newest first.
  int limit = 30;
  int offset = 0;
  /// Whose membership `hidden`, `pinned`, `archived`, `invite` and the like are about; empty if
  /// nobody asks, and then those fields cannot be queried.
  std::string viewer;
  bool without_hidden = false;  ///< Leaves out what the viewer has hidden.
};

struct MemberQuery {
  Filter filter;
  std::vector<SortField> sort;  ///< Empty: created_at, then user id, ascending.
  int limit = 100;
  int offset = 0;
};

/// Which slice of a channel's messages or of a thread's replies. At most one bound of each side.
struct MessagePage {
  int limit = 25;
  std::string id_lt, id_lte, id_gt, id_gte, id_around;
  Timestamp created_before, created_before_or_equal, created_after, created_after_or_equal;
  Timestamp created_around;
  /// Where no bound decides it: the page at the oldest end, and not the one at the newest.
  bool from_oldest = false;
  Timestamp not_before;  ///< Whatever else is asked for: nothing older.
  std::string viewer;    ///< Nothing that is meant for others only; empty: everything.
};

class Reader {
 public:
  virtual ~Reader() = default;

  virtual UserPtr FindUser(AppId app, std::string_view id) = 0;  ///< Deleted ones too.
  /// Not the deleted ones. Fails with kInput if the filter or sort names a field or shape that
  /// cannot be queried.
  virtual Result<std::vector<UserPtr>> QueryUsers(AppId app, const UserQuery& query) = 0;

  /// Live channels only: a deleted one is not found, and its cid can be created again.
  virtual ChannelPtr FindChannel(AppId app, std::string_view type, std::string_view id) = 0;
  virtual ChannelPtr FindChannel(ChannelId pk) = 0;  ///< Deleted ones too.
  /// Fails with kInput if the filter or sort names a field or shape that cannot be queried.
  virtual Result<std::vector<ChannelPtr>> QueryChannels(AppId app, const ChannelQuery& query) = 0;
  virtual bool HasChannelOfType(AppId app, std::string_view type) = 0;

  virtual std::optional<Member> FindMember(ChannelId channel, std::string_view user_id) = 0;
  /// Ordered by creation time, then user id.
  virtual std::vector<Member> ListMembers(ChannelId channel, int limit, int offset) = 0;
  virtual Result<std::vector<Member>> QueryMembers(ChannelId channel, const MemberQuery& query) = 0;
  /// Over the live channels of which the user is a member.
  virtual UnreadTotals Unread(AppId app, std::string_view user_id) = 0;

  /// By id within an app, whatever the channel; soft-deleted messages and those of deleted
  /// channels too (the caller judges).
  virtual std::optional<Message> FindMessage(AppId app, std::string_view id) = 0;
  /// Oldest first. Top-level messages and replies shown in the channel; no ephemeral ones.
  virtual std::vector<Message> ListMessages(ChannelId channel, const MessagePage& page) = 0;
  virtual std::vector<Message> ListReplies(AppId app, std::string_view parent_id,
                                           const MessagePage& page) = 0;
  /// The `limit` messages pinned last, in the order they were pinned; no deleted ones, none whose
  /// pin has run out by `now`, none that was sent before `not_before`, and none that `viewer` (if
  /// not empty) may not see.
  virtual std::vector<Message> ListPinned(ChannelId channel, Timestamp now, Timestamp not_before,
                                          std::string_view viewer, int limit) = 0;
  /// Pinned messages of all apps whose time is up, the oldest first.
  virtual std::vector<Message> ListExpiredPins(Timestamp now, int limit) = 0;
  /// When the user deleted the message for themselves; zero if they have not.
  virtual Timestamp DeletedFor(MessageId message, std::string_view user_id) = 0;
  /// The channel's messages that were sent at `from` or later: all but the deleted ones.
  virtual std::int64_t CountMessages(ChannelId channel, Timestamp from) = 0;
  /// Of these, those that were counted in Channel::countable_messages, deleted or not.
  virtual std::int64_t CountCountable(ChannelId channel, Timestamp from) = 0;

  /// When the user wrote last in a channel with slow mode; zero if never, or not lately.
  virtual Timestamp LastSent(ChannelId channel, std::string_view user_id) = 0;

  virtual std::optional<Reaction> FindReaction(MessageId message, std::string_view user_id,
                                               std::string_view type) = 0;
  /// Newest first.
  virtual std::vector<Reaction> ListReactions(MessageId message, int limit, int offset) = 0;
  virtual std::vector<Reaction> ListReactionsOf(MessageId message, std::string_view user_id) = 0;
  virtual std::vector<ReactionGroup> SumReactions(MessageId message) = 0;

  virtual std::optional<Task> FindTask(AppId app, std::string_view id) = 0;

  /// A message of type "ephemeral", which only PutEphemeral makes; nullopt once it has expired.
  virtual std::optional<Message> FindEphemeral(AppId app, std::string_view id, Timestamp now) = 0;

  // Those that have expired are found until they are removed: the caller judges.
  virtual std::optional<Mute> FindMute(AppId app, std::string_view user_id,
                                       std::string_view target_id) = 0;
  /// Oldest first.
  virtual std::vector<Mute> ListMutes(AppId app, std::string_view user_id, int limit) = 0;
  /// In one channel, or in the whole app if `channel` is 0: a ban, a shadow ban, or both.
  virtual std::vector<Ban> ListBans(AppId app, ChannelId channel, std::string_view user_id) = 0;
  /// In the app and in its channels.
  virtual std::int64_t CountBans(AppId app, std::string_view user_id) = 0;
  virtual std::vector<Mute> ListExpiredMutes(Timestamp now, int limit) = 0;
  virtual std::vector<Ban> ListExpiredBans(Timestamp now, int limit) = 0;

  virtual std::optional<Flag> FindFlag(AppId app, std::string_view user_id,
                                       std::string_view target_user_id,
                                       std::string_view target_message_id) = 0;
  /// How many users have flagged it.
  virtual std::int64_t CountFlags(AppId app, std::string_view target_user_id,
                                  std::string_view target_message_id) = 0;

  /// The app's commands and channel types; never nullptr. Asked for with every message: an adapter
  /// builds it after a change and keeps it until the next.
  virtual CatalogPtr FindCatalog(AppId app) = 0;
};

/// Reads see this transaction's own writes.
class Tx : public virtual Reader {
 public:
  /// Inserts or replaces by (app, id).
  virtual void PutUser(const User& user) = 0;

  /// Inserts and returns the row number given to it.
  virtual ChannelId InsertChannel(const Channel& channel) = 0;
  virtual void UpdateChannel(const Channel& channel) = 0;
  /// Takes the channel out of reach for good; its rows are removed in the background.
  virtual void PurgeChannel(ChannelId channel) = 0;

  /// Removes the channel's messages that were sent before, with their reactions, in the background.
  /// Requires: Channel::truncated_at has put them out of sight.
  virtual void RemoveMessages(ChannelId channel, Timestamp before) = 0;

  /// Inserts or replaces by (channel, user); `created_at` of one that is there stays.
  virtual void PutMember(const Member& member) = 0;
  virtual void DeleteMember(ChannelId channel, std::string_view user_id) = 0;

  virtual MessageId InsertMessage(const Message& message) = 0;
  virtual void UpdateMessage(const Message& message) = 0;
  /// With its reactions, and with what users have deleted for themselves.
  virtual void DeleteMessage(MessageId message) = 0;
  /// All replies to the message with that id, with their reactions: out of sight at once, removed
  /// in the background. Requires: the same transaction deletes that message.
  virtual void RemoveReplies(AppId app, std::string_view parent_id) = 0;
  /// The user does not want to see the message any more. The first time counts.
  virtual void DeleteFor(MessageId message, std::string_view user_id, Timestamp at) = 0;
  virtual void PutReaction(const Reaction& reaction) = 0;
  virtual void DeleteReaction(MessageId message, std::string_view user_id,
                              std::string_view type) = 0;

  /// Remembers when the user wrote.
  virtual void PutLastSent(ChannelId channel, std::string_view user_id, Timestamp at) = 0;
  /// Forgets at most `limit`, of all channels, that are older; how many they were.
  virtual int DeleteLastSent(Timestamp before, int limit) = 0;

  virtual void PutTask(const Task& task) = 0;

  /// Inserts or replaces by (app, id), with its life's end. Such a message is apart from all
  /// others: no list, count or search knows it.
  virtual void PutEphemeral(const Message& message, Timestamp expires_at) = 0;
  virtual void DeleteEphemeral(AppId app, std::string_view id) = 0;
  /// At most `limit` of all apps'; how many they were.
  virtual int DeleteExpiredEphemerals(Timestamp now, int limit) = 0;

  /// Inserts or replaces by (app, user_id, target_id).
  virtual void PutMute(const Mute& mute) = 0;
  virtual void DeleteMute(AppId app, std::string_view user_id, std::string_view target_id) = 0;
  /// Inserts or replaces by (app, user_id, channel, shadow).
  virtual void PutBan(const Ban& ban) = 0;
  virtual void DeleteBan(AppId app, ChannelId channel, std::string_view user_id, bool shadow) = 0;
  /// Inserts or replaces by (app, user_id, target_user_id, target_message_id).
  virtual void PutFlag(const Flag& flag) = 0;
  virtual void DeleteFlag(const Flag& flag) = 0;

  /// Inserts or replaces by (app, name).
  virtual void PutChannelType(AppId app, const ChannelTypeRecord& type) = 0;
  virtual void DeleteChannelType(AppId app, std::string_view name) = 0;
  virtual void PutCommand(AppId app, const Command& command) = 0;
  virtual void DeleteCommand(AppId app, std::string_view name) = 0;
};

}  // namespace hookline::chat
