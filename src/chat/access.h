#pragma once

#include <string>
#include <string_view>

#include "base/error.h"
#include "base/json.h"
#include "chat/channel_type.h"
#include "chat/context.h"

/// Who acts, and what they may touch (docs/contract/rulings.md#33).
namespace hookline::chat {

/// Somebody who acts.
struct Actor {
  User user;
  bool is_new = false;  ///< Not stored yet.
};

/// The user on whose behalf a write runs, without creating anybody: see ResolveActor.
Result<Actor> FindActor(const ReadContext& context, json::Value holder, std::string_view prefix);
/// The same for the author of a new message or reaction: see ResolveAuthor.
Result<Actor> FindAuthor(const ReadContext& context, json::Value holder, std::string_view prefix);

/// The user on whose behalf a write runs. A user token acts as its user (created if new); a server
/// token names one in `holder`: `user` (an object, created if new) or `user_id` (must exist).
/// user.updated tells of who was created.
/// `prefix` is "message", "event", "reaction", or "" where the fields stand in the body itself; it
/// decides the wording of the errors that official clients check.
Result<UserPtr> ResolveActor(Context& context, json::Value holder, std::string_view prefix);

/// The same for the author of a new message or reaction, whom a server token's `user_id` creates if
/// new: official clients count on that.
Result<UserPtr> ResolveAuthor(Context& context, json::Value holder, std::string_view prefix);

/// Stores an actor who was not there before, and tells of it: user.updated.
void StoreIfNew(Context& context, const Actor& actor);

/// The same where a server token need not name anybody: an empty id then.
Result<std::string> ResolveOptionalActor(Context& context, json::Value holder);

/// 403 unless the caller holds a server token.
Result<void> RequireServer(const Caller& caller);

/// A user id as clients may choose it.
Result<void> CheckUserId(std::string_view id);

Result<ChannelTypePtr> RequireChannelType(const ReadContext& context, std::string_view name);

/// A live channel that the caller may read and write in.
Result<ChannelPtr> RequireChannel(const ReadContext& context, std::string_view type,
                                  std::string_view id);
/// The same by the store's number, as messages name their channel.
Result<ChannelPtr> RequireChannel(const ReadContext& context, ChannelId pk);

/// 403 for a user's token if the user is banned in the app or in the channel; of a channel that is
/// being made only a ban in the app can tell. What others see of a channel, its own data and its
/// members', asks this; what is written in it asks CheckMayWrite.
Result<void> CheckNotBanned(const ReadContext& context, const Channel& channel,
                            std::string_view user_id);

/// A channel that the caller may change: by a server token, its creator, or a moderator, unless
/// they are banned.
Result<void> RequireChannelManager(const ReadContext& context, const Channel& channel);

/// Whether a user may write in the channel at all now: messages, changes of them, reactions,
/// events. With a user's token not if the user is banned or the channel is frozen or disabled
/// (403). Every way to write asks this.
Result<void> CheckMayWrite(const ReadContext& context, const Channel& channel,
                           std::string_view user_id);
/// The same for a new message, which slow mode may refuse too. Of a shadow ban only the message
/// tells.
Result<void> CheckMaySend(const ReadContext& context, const Channel& channel, const User& user,
                          Message& message);

/// A message in a channel that the caller may read.
Result<Message> RequireMessage(const ReadContext& context, std::string_view id);

}  // namespace hookline::chat
