#include "api/operation.h"
#include "api/paging.h"
#include "chat/fields.h"
#include "chat/moderation_requests.h"
#include "chat/write.h"
#include "settings/flag_reasons.h"

namespace hookline::api {
namespace {

void WriteUnknown(json::Writer& w, const std::vector<std::string>& ids) {
  if (!ids.empty()) chat::WriteStrings(w, "non_existing_users", ids);
}

Result<void> MuteUser(WriteScope& scope, json::Writer& w) {
  auto answer = chat::RequestMute(scope.chat, scope.call.body());
  if (!answer) return std::unexpected(answer.error());
  chat::Encoder encoder(scope.tx, scope.call.app->id, scope.call.format, scope.chat.now);
  if (answer->mutes.size() == 1) {
    w.Key("mute");
    encoder.Mute(w, answer->mutes.front());
  }
  // The newer clients always look at the list.
  if (answer->mutes.size() > 1 || scope.call.format == chat::Format::kV2) {
    w.Key("mutes").BeginArray();
    for (const chat::Mute& mute : answer->mutes) encoder.Mute(w, mute);
    w.EndArray();
  }
  w.Key("own_user");
  encoder.FullUser(w, *answer->actor);
  WriteUnknown(w, answer->unknown_ids);
  return {};
}

Result<void> UnmuteUser(WriteScope& scope, json::Writer& w) {
  auto answer = chat::RequestUnmute(scope.chat, scope.call.body());
  if (!answer) return std::unexpected(answer.error());
  WriteUnknown(w, answer->unknown_ids);
  return {};
}

Result<void> Ban(WriteScope& scope, json::Writer&) {
  return chat::RequestBan(scope.chat, scope.call.body());
}

// v1: DELETE with everything in the query; v2: POST with the actor in the body.
Result<void> Unban(WriteScope& scope, json::Writer&) {
  const Call& call = scope.call;
  chat::UnbanRequest request;
  request.target_user_id = call.Param("target_user_id");
  request.type = call.Param("type");
  request.id = call.Param("id");
  request.channel_cid = call.Param("channel_cid");
  request.actor_id = call.Param("created_by");
  for (const std::string_view name : {"unbanned_by_id", "user_id"}) {
    if (!request.actor_id.empty()) break;
    request.actor_id = call.body()[name].AsString().value_or("");
  }
  auto shadow = QueryFlag(call, "shadow");
  if (!shadow) return std::unexpected(shadow.error());
  // Who does not say which of the two lifts both.
  if (!call.Param("shadow").empty()) request.shadow = *shadow;
  auto future = QueryFlag(call, "remove_future_channels_ban");
  if (!future) return std::unexpected(future.error());
  if (*future) {
    return Fail(ErrorKind::kNotImplemented,
                "remove_future_channels_ban is not implemented by this server");
  }
  return chat::RequestUnban(scope.chat, request);
}

Result<void> WriteFlag(WriteScope& scope, json::Writer& w, const Result<chat::Flag>& flag) {
  if (!flag) return std::unexpected(flag.error());
  if (!scope.call.body()["entity_type"].IsMissingOrNull()) {
    w.Field("item_id", flag->id);
    return {};
  }
  chat::Encoder encoder(scope.tx, scope.call.app->id, scope.call.format, scope.chat.now);
  w.Key("flag");
  encoder.Flag(w, *flag);
  w.Field("review_queue_item_id", flag->id);
  return {};
}

Result<void> Flag(WriteScope& scope, json::Writer& w) {
  const auto reasons = settings::AllowedFlagReasons(*scope.call.app);
  return WriteFlag(scope, w, chat::RequestFlag(scope.chat, scope.call.body(), reasons));
}

Result<void> Unflag(WriteScope& scope, json::Writer& w) {
  return WriteFlag(scope, w, chat::RequestUnflag(scope.chat, scope.call.body()));
}

constexpr Operation kOperations[] = {
    Open("POST", "/moderation/mute", "MuteUser", nullptr, MuteUser),
    Open("POST", "/moderation/unmute", "UnmuteUser", nullptr, UnmuteUser),
    Open("POST", "/moderation/ban", "Ban", nullptr, Ban),
    Open("DELETE", "/moderation/ban", "Unban", nullptr, Unban),
    Open("POST", "/moderation/flag", "Flag", nullptr, Flag),
    {.method = "POST",
     .path = "/moderation/unban",
     .name = "Unban",
     .access = Access::kAnyToken,
     .write = Unban,
     .version = Version::kV2Only},
    {.method = "POST",
     .path = "/moderation/unflag",
     .name = "Unflag",
     .access = Access::kAnyToken,
     .write = Unflag,
     .version = Version::kV1Only},
};

}  // namespace

std::span<const Operation> ModerationOperations() { return kOperations; }

}  // namespace hookline::api
