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

/// How members come into a channel.
struct JoinTerms {
  bool announce = true;      ///< False while the channel is made: channel.created tells of them.
  bool invited = false;      ///< They may accept or reject.
  Timestamp history_from{};  ///< They see nothing older; zero: everything.
};

/// `hide_history` and `hide_history_before` of a request: JoinTerms::history_from.
Result<Timestamp> ReadHistoryFrom(const Context& context, const Channel& channel, json::Value body);
/// What a member who is to see nothing of the past sees from.
Timestamp HistoryFromNow(const Context& context, const Channel& channel);

/// Adds or invites those who are not members yet; their users must exist. Who was invited and is
/// added joins; who rejected an invite may be invited again. Emits member.added for who joins and
/// member.updated for who is invited. Updates `channel.member_count` in the store and in `channel`.
Result<void> AddMembers(Context& context, Channel& channel, std::span<const MemberInput> members,
                        const JoinTerms& terms);

/// The invited user accepts or rejects; emits member.updated, and member.added for who joins.
/// False, and nothing done, if the answer was the same before. kInput if there is no invite.
Result<bool> AnswerInvite(Context& context, const Channel& channel, std::string_view user_id,
                          bool accept);

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

/// HideChannel and ShowChannel: `user_id` or `user` name the member; `clear_history` takes the
/// past from it. Emit channel.hidden and, if it was hidden, channel.visible.
Result<void> HideChannel(Context& context, const Channel& channel, json::Value body);
Result<void> ShowChannel(Context& context, const Channel& channel, json::Value body);

/// UpdateMemberPartial: `set` and `unset` of one member; emits member.updated.
Result<Member> UpdateMemberPartial(Context& context, const Channel& channel,
                                   std::string_view user_id, json::Value body);

}  // namespace hookline::chat
