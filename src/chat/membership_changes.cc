#include "chat/membership_changes.h"

#include <algorithm>
#include <utility>

#include "chat/fields.h"

namespace hookline::chat {
namespace {

// Whatever else the request asks for, settings beside `data` included, needs the right to it.
bool HasOnly(json::Value body, std::span<const std::string_view> harmless) {
  for (const json::Value field : body) {
    if (std::ranges::find(harmless, field.key()) == harmless.end() && !field.IsNull()) return false;
  }
  return true;
}

}  // namespace

Result<MembershipChanges> ReadMembershipChanges(json::Value body) {
  MembershipChanges changes;
  for (const auto& [name, list] :
       {std::pair{"add_members", &changes.add}, std::pair{"invites", &changes.invite},
        std::pair{"remove_members", &changes.remove}, std::pair{"add_moderators", &changes.promote},
        std::pair{"demote_moderators", &changes.demote},
        std::pair{"assign_roles", &changes.roles}}) {
    auto members = ReadMembers(body[name], name);
    if (!members) return std::unexpected(members.error());
    list->insert(list->end(), members->begin(), members->end());
  }
  for (const auto& [name, flag] :
       {std::pair{"accept_invite", &changes.accept}, std::pair{"reject_invite", &changes.reject}}) {
    if (auto read = ReadBool(body, name, name, *flag); !read) return std::unexpected(read.error());
  }
  bool skip_push = false;  // There is no push to devices to be skipped.
  if (auto read = ReadBool(body, "skip_push", "skip_push", skip_push); !read) {
    return std::unexpected(read.error());
  }
  if (changes.accept && changes.reject) {
    return InputError("cannot set both accept_invite and reject_invite.");
  }
  return changes;
}

Result<void> ApplyMembershipChanges(Context& context, Channel& channel,
                                    const MembershipChanges& changes, json::Value body) {
  if (!changes.invite.empty() && channel.id.starts_with(kDistinctPrefix)) {
    return Fail(ErrorKind::kNotAllowed,
                "cannot invite members to the distinct channel, please create a new distinct "
                "channel with the desired members");
  }
  auto history_from = ReadHistoryFrom(context, channel, body);
  if (!history_from) return std::unexpected(history_from.error());
  if (*history_from && changes.add.empty() && changes.promote.empty() && changes.invite.empty()) {
    return InputError("hide_history is about members who are added or invited, and there are none");
  }
  const JoinTerms terms{.history_from = *history_from};
  if (auto done = AddMembers(context, channel, changes.add, terms); !done) return done;
  // A moderator who is not a member yet becomes one.
  if (auto done = AddMembers(context, channel, changes.promote, terms); !done) return done;
  const JoinTerms invited{.invited = true, .history_from = *history_from};
  if (auto done = AddMembers(context, channel, changes.invite, invited); !done) return done;
  if (auto done = SetModerators(context, channel, changes.promote, true); !done) return done;
  if (auto done = SetModerators(context, channel, changes.demote, false); !done) return done;
  if (auto done = AssignRoles(context, channel, changes.roles); !done) return done;
  return RemoveMembers(context, channel, changes.remove);
}

bool ConcernsOnlyItself(const Caller& caller, json::Value body, const MembershipChanges& changes) {
  static constexpr auto kLeaving = Names({"remove_members", "user", "user_id", "skip_push"});
  static constexpr auto kAnswering =
      Names({"accept_invite", "reject_invite", "message", "user", "user_id", "skip_push"});
  if (changes.answers()) return HasOnly(body, kAnswering);
  return changes.remove.size() == 1 && changes.remove.front().user_id == caller.user_id &&
         HasOnly(body, kLeaving);
}

bool TouchesChannel(json::Value body, const MembershipChanges& changes) {
  if (!changes.any()) return true;
  static constexpr std::string_view kOwnFields[] = {"data", "message", "cooldown",
                                                    "add_filter_tags", "remove_filter_tags"};
  return std::ranges::any_of(kOwnFields,
                             [&](std::string_view name) { return !body[name].IsMissingOrNull(); });
}

}  // namespace hookline::chat
