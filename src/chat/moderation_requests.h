#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/json.h"
#include "chat/context.h"

/// Moderation as requests ask for it (docs/contract/routes.md#moderation).
namespace hookline::chat {

struct MuteAnswer {
  UserPtr actor;
  std::vector<Mute> mutes;
  std::vector<std::string> unknown_ids;  ///< Targets that do not exist.
};
/// MuteUser: `target_id` or `target_ids`, `timeout` in minutes, the actor.
Result<MuteAnswer> RequestMute(Context& context, json::Value body);
/// UnmuteUser.
Result<MuteAnswer> RequestUnmute(Context& context, json::Value body);

/// Ban: `target_user_id`, `timeout` in minutes, `reason`, `shadow`; in a channel (`type` and `id`,
/// or `channel_cid`) or in the whole app; `banned_by_id`, `banned_by`, `user_id` or `user`.
Result<void> RequestBan(Context& context, json::Value body);

/// Unban; its parameters stand in the query.
struct UnbanRequest {
  std::string_view target_user_id;
  std::string_view type;
  std::string_view id;
  std::string_view channel_cid;
  std::string_view actor_id;  ///< May be empty.
  /// Which of the two bans is lifted; unset: both.
  std::optional<bool> shadow = std::nullopt;
};
Result<void> RequestUnban(Context& context, const UnbanRequest& request);

/// Flag and Unflag: `target_message_id` or `target_user_id`, or `entity_type` and `entity_id` of
/// the newer clients; `reason`, `custom`, the actor. A reason must be one of `allowed_reasons` or,
/// where the message's channel type has a list, of that; empty lists allow any.
Result<Flag> RequestFlag(Context& context, json::Value body,
                         std::span<const std::string> allowed_reasons = {});
Result<Flag> RequestUnflag(Context& context, json::Value body);

}  // namespace hookline::chat
