#pragma once

#include <vector>

#include "base/error.h"
#include "base/json.h"
#include "chat/context.h"
#include "chat/members.h"

/// What an update of a channel asks for its members. Internal to the chat room.
namespace hookline::chat {

struct MembershipChanges {
  std::vector<MemberInput> add, invite, remove, promote, demote, roles;
  bool accept = false;  ///< The actor's invite.
  bool reject = false;

  bool answers() const { return accept || reject; }
  bool any() const {
    return !add.empty() || !invite.empty() || !remove.empty() || !promote.empty() ||
           !demote.empty() || !roles.empty() || answers();
  }
};

/// The ids of distinct channels, which are named by their members, start with this.
inline constexpr std::string_view kDistinctPrefix = "!members-";

Result<MembershipChanges> ReadMembershipChanges(json::Value body);

/// All but the answer to an invite.
Result<void> ApplyMembershipChanges(Context& context, Channel& channel,
                                    const MembershipChanges& changes, json::Value body);

/// What everybody may do with their own membership: leave, and answer an invite. False if the
/// request asks for anything else too.
bool ConcernsOnlyItself(const Caller& caller, json::Value body, const MembershipChanges& changes);

/// The request asks for more than members to come, go or change.
bool TouchesChannel(json::Value body, const MembershipChanges& changes);

}  // namespace hookline::chat
