#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/json.h"
#include "chat/context.h"

namespace hookline::chat {

/// One entry of `members` or `add_members`: a user id, or `{user_id | user, channel_role, …}`.
struct MemberInput {
  std::string user_id;
  std::string channel_role;
  json::Value object;  ///< Missing if the entry was a string.
};

Result<std::vector<MemberInput>> ReadMembers(json::Value list, std::string_view path);

/// Adds those who are not members yet; their users must exist. `announce` emits member.added for
/// each. Updates `channel.member_count` in the store and in `channel`.
Result<void> AddMembers(Context& context, Channel& channel, std::span<const MemberInput> members,
                        bool announce);

/// Removes those who are members; emits member.removed for each.
Result<void> RemoveMembers(Context& context, Channel& channel,
                           std::span<const MemberInput> members);

/// Makes members moderators or not; emits member.updated for each.
Result<void> SetModerators(Context& context, const Channel& channel,
                           std::span<const MemberInput> members, bool moderator);

/// assign_roles: `{user_id, channel_role}`; emits member.updated for each.
Result<void> AssignRoles(Context& context, const Channel& channel,
                         std::span<const MemberInput> members);

/// Stores a changed member; emits member.updated.
void UpdateMember(Context& context, const Channel& channel, Member& member);

/// UpdateMemberPartial: `set` and `unset` of one member; emits member.updated.
Result<Member> UpdateMemberPartial(Context& context, const Channel& channel,
                                   std::string_view user_id, json::Value body);

}  // namespace hookline::chat
