#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "chat/context.h"

/// Mutes, bans and flags: what they do, whoever asks for them (a request or a slash command).
namespace hookline::chat {

/// `actor` mutes the targets until `expires_at` (zero: for good). Emits user.muted.
std::vector<Mute> MuteUsers(Context& context, const User& actor, std::span<const UserPtr> targets,
                            Timestamp expires_at);
/// Emits user.unmuted. Who was not muted is left alone.
void UnmuteUsers(Context& context, const User& actor, std::span<const UserPtr> targets);

struct BanTerms {
  std::string banned_by_id;
  std::string reason;
  Timestamp expires_at;  ///< Zero: never.
  bool shadow = false;
};
/// Bans in a channel, or from the app if `channel` is nullptr; a ban of that kind (shadow or not)
/// that is there is replaced, one of the other kind stays.
/// Emits user.banned, and member.updated if the target is a member of the channel.
void BanUser(Context& context, const User& target, const Channel* channel, const BanTerms& terms);
/// Lifts the shadow ban, or the other one. Emits user.unbanned and member.updated. False, and
/// nothing else, if there was no such ban. `actor_id` may be empty.
bool UnbanUser(Context& context, const User& target, const Channel* channel,
               std::string_view actor_id, bool shadow);

struct FlagTerms {
  std::string reason;
  std::string custom_json = "{}";
};
/// Emits user.flagged. Flagging again changes the reason.
Flag FlagUser(Context& context, const User& actor, const User& target, const FlagTerms& terms);
/// Emits message.flagged.
Flag FlagMessage(Context& context, const User& actor, const Message& message,
                 const FlagTerms& terms);
/// Takes back the actor's flag; emits message.unflagged or user.unflagged. kNotFound if there is
/// none. `message` is nullptr for a user's.
Result<Flag> Unflag(Context& context, const User& actor, const User& target,
                    const Message* message);

/// Removes what has come to its end, of all apps: at most `limit` each of ephemeral messages,
/// mutes, bans and pins. How many that were. Emits nothing: nobody's request did it.
int SweepExpired(Tx& store, Timestamp now, int limit);

}  // namespace hookline::chat
