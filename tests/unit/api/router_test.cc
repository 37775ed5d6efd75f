// Every operation of Stream's API finds its way (docs/contract/routes.md#missing-operations).
#include "api/router.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <tuple>

#include <set>

#include "chat/channels.h"
#include "settings/event_catalogue.h"

namespace hookline::api {
namespace {

struct Row {
  const char* method;
  const char* path;
  const char* operation;
  int status;
  const char* v2_path;  // Empty: the newer clients have no such route.
};

constexpr Row kRows[] = {
    {"GET", "/app", "GetApp", 200, "/api/v2/app"},
    {"PATCH", "/app", "UpdateApp", 200, "/api/v2/app"},
    {"GET", "/blocklists", "ListBlockLists", 200, "/api/v2/blocklists"},
    {"POST", "/blocklists", "CreateBlockList", 201, "/api/v2/blocklists"},
    {"POST", "/blocklists/{id}/import", "ImportBlockList", 201, "/api/v2/blocklists/{id}/import"},
    {"DELETE", "/blocklists/{name}", "DeleteBlockList", 200, "/api/v2/blocklists/{name}"},
    {"GET", "/blocklists/{name}", "GetBlockList", 200, "/api/v2/blocklists/{name}"},
    {"PUT", "/blocklists/{name}", "UpdateBlockList", 201, "/api/v2/blocklists/{name}"},
    {"POST", "/campaigns", "CreateCampaign", 201, "/api/v2/chat/campaigns"},
    {"POST", "/campaigns/query", "QueryCampaigns", 201, "/api/v2/chat/campaigns/query"},
    {"DELETE", "/campaigns/{id}", "DeleteCampaign", 200, "/api/v2/chat/campaigns/{id}"},
    {"GET", "/campaigns/{id}", "GetCampaign", 200, "/api/v2/chat/campaigns/{id}"},
    {"PUT", "/campaigns/{id}", "UpdateCampaign", 201, "/api/v2/chat/campaigns/{id}"},
    {"POST", "/campaigns/{id}/start", "StartCampaign", 201, "/api/v2/chat/campaigns/{id}/start"},
    {"POST", "/campaigns/{id}/stop", "StopCampaign", 201, "/api/v2/chat/campaigns/{id}/stop"},
    {"POST", "/channels", "QueryChannels", 201, "/api/v2/chat/channels"},
    {"PUT", "/channels/batch", "ChannelBatchUpdate", 201, "/api/v2/chat/channels/batch"},
    {"POST", "/channels/delete", "DeleteChannels", 201, "/api/v2/chat/channels/delete"},
    {"POST", "/channels/delivered", "MarkDelivered", 201, "/api/v2/chat/channels/delivered"},
    {"POST", "/channels/grouped", "GroupedQueryChannels", 201, "/api/v2/chat/channels/grouped"},
    {"POST", "/channels/read", "MarkChannelsRead", 201, "/api/v2/chat/channels/read"},
    {"POST", "/channels/{type}/query", "GetOrCreateDistinctChannel", 201,
     "/api/v2/chat/channels/{type}/query"},
    {"DELETE", "/channels/{type}/{id}", "DeleteChannel", 200, "/api/v2/chat/channels/{type}/{id}"},
    {"GET", "/channels/{type}/{id}", "GetChannel", 200, "/api/v2/chat/channels/{type}/{id}"},
    {"PATCH", "/channels/{type}/{id}", "UpdateChannelPartial", 200,
     "/api/v2/chat/channels/{type}/{id}"},
    {"POST", "/channels/{type}/{id}", "UpdateChannel", 201, "/api/v2/chat/channels/{type}/{id}"},
    {"DELETE", "/channels/{type}/{id}/draft", "DeleteDraft", 200,
     "/api/v2/chat/channels/{type}/{id}/draft"},
    {"GET", "/channels/{type}/{id}/draft", "GetDraft", 200,
     "/api/v2/chat/channels/{type}/{id}/draft"},
    {"POST", "/channels/{type}/{id}/event", "SendEvent", 201,
     "/api/v2/chat/channels/{type}/{id}/event"},
    {"DELETE", "/channels/{type}/{id}/file", "DeleteChannelFile", 200,
     "/api/v2/chat/channels/{type}/{id}/file"},
    {"POST", "/channels/{type}/{id}/file", "UploadChannelFile", 201,
     "/api/v2/chat/channels/{type}/{id}/file"},
    {"POST", "/channels/{type}/{id}/hide", "HideChannel", 201,
     "/api/v2/chat/channels/{type}/{id}/hide"},
    {"DELETE", "/channels/{type}/{id}/image", "DeleteChannelImage", 200,
     "/api/v2/chat/channels/{type}/{id}/image"},
    {"POST", "/channels/{type}/{id}/image", "UploadChannelImage", 201,
     "/api/v2/chat/channels/{type}/{id}/image"},
    {"PATCH", "/channels/{type}/{id}/member", "UpdateMemberPartial", 200,
     "/api/v2/chat/channels/{type}/{id}/member"},
    {"POST", "/channels/{type}/{id}/message", "SendMessage", 201,
     "/api/v2/chat/channels/{type}/{id}/message"},
    {"GET", "/channels/{type}/{id}/messages", "GetManyMessages", 200,
     "/api/v2/chat/channels/{type}/{id}/messages"},
    {"GET", "/channels/{type}/{id}/pinned_messages", "GetPinnedMessages", 200,
     "/api/v2/chat/channels/{type}/{id}/pinned_messages"},
    {"POST", "/channels/{type}/{id}/query", "GetOrCreateChannel", 201,
     "/api/v2/chat/channels/{type}/{id}/query"},
    {"POST", "/channels/{type}/{id}/read", "MarkRead", 201,
     "/api/v2/chat/channels/{type}/{id}/read"},
    {"POST", "/channels/{type}/{id}/show", "ShowChannel", 201,
     "/api/v2/chat/channels/{type}/{id}/show"},
    {"POST", "/channels/{type}/{id}/truncate", "TruncateChannel", 201,
     "/api/v2/chat/channels/{type}/{id}/truncate"},
    {"POST", "/channels/{type}/{id}/unread", "MarkUnread", 201,
     "/api/v2/chat/channels/{type}/{id}/unread"},
    {"GET", "/channeltypes", "ListChannelTypes", 200, "/api/v2/chat/channeltypes"},
    {"POST", "/channeltypes", "CreateChannelType", 201, "/api/v2/chat/channeltypes"},
    {"DELETE", "/channeltypes/{name}", "DeleteChannelType", 200,
     "/api/v2/chat/channeltypes/{name}"},
    {"GET", "/channeltypes/{name}", "GetChannelType", 200, "/api/v2/chat/channeltypes/{name}"},
    {"PUT", "/channeltypes/{name}", "UpdateChannelType", 201, "/api/v2/chat/channeltypes/{name}"},
    {"POST", "/check_push", "CheckPush", 201, "/api/v2/check_push"},
    {"POST", "/check_sns", "CheckSNS", 201, "/api/v2/check_sns"},
    {"POST", "/check_sqs", "CheckSQS", 201, "/api/v2/check_sqs"},
    {"GET", "/commands", "ListCommands", 200, "/api/v2/chat/commands"},
    {"POST", "/commands", "CreateCommand", 201, "/api/v2/chat/commands"},
    {"DELETE", "/commands/{name}", "DeleteCommand", 200, "/api/v2/chat/commands/{name}"},
    {"GET", "/commands/{name}", "GetCommand", 200, "/api/v2/chat/commands/{name}"},
    {"PUT", "/commands/{name}", "UpdateCommand", 201, "/api/v2/chat/commands/{name}"},
    {"DELETE", "/devices", "DeleteDevice", 200, "/api/v2/devices"},
    {"GET", "/devices", "ListDevices", 200, "/api/v2/devices"},
    {"POST", "/devices", "CreateDevice", 201, "/api/v2/devices"},
    {"POST", "/drafts/query", "QueryDrafts", 201, "/api/v2/chat/drafts/query"},
    {"POST", "/export/users", "ExportUsers", 201, "/api/v2/export/users"},
    {"POST", "/export_channels", "ExportChannels", 201, "/api/v2/chat/export_channels"},
    {"GET", "/external_storage", "ListExternalStorage", 200, "/api/v2/external_storage"},
    {"POST", "/external_storage", "CreateExternalStorage", 201, "/api/v2/external_storage"},
    {"DELETE", "/external_storage/{name}", "DeleteExternalStorage", 200,
     "/api/v2/external_storage/{name}"},
    {"PUT", "/external_storage/{name}", "UpdateExternalStorage", 201,
     "/api/v2/external_storage/{name}"},
    {"GET", "/external_storage/{name}/check", "CheckExternalStorage", 200,
     "/api/v2/external_storage/{name}/check"},
    {"POST", "/guest", "CreateGuest", 201, "/api/v2/guest"},
    {"POST", "/import_urls", "CreateImportURL", 201, "/api/v2/import_urls"},
    {"GET", "/imports", "ListImports", 200, "/api/v2/imports"},
    {"POST", "/imports", "CreateImport", 201, "/api/v2/imports"},
    {"GET", "/imports/v2", "ListImportV2Tasks", 200, "/api/v2/imports/v2"},
    {"POST", "/imports/v2", "CreateImportV2Task", 201, "/api/v2/imports/v2"},
    {"DELETE", "/imports/v2/external-storage", "DeleteImporterExternalStorage", 200,
     "/api/v2/imports/v2/external-storage"},
    {"GET", "/imports/v2/external-storage", "GetImporterExternalStorage", 200,
     "/api/v2/imports/v2/external-storage"},
    {"PUT", "/imports/v2/external-storage", "UpsertImporterExternalStorage", 201,
     "/api/v2/imports/v2/external-storage"},
    {"POST", "/imports/v2/external-storage/validate", "ValidateImporterExternalStorage", 201,
     "/api/v2/imports/v2/external-storage/validate"},
    {"DELETE", "/imports/v2/{id}", "DeleteImportV2Task", 200, "/api/v2/imports/v2/{id}"},
    {"GET", "/imports/v2/{id}", "GetImportV2Task", 200, "/api/v2/imports/v2/{id}"},
    {"POST", "/imports/v2/{id}/cancel", "CancelImportV2Task", 201,
     "/api/v2/imports/v2/{id}/cancel"},
    {"GET", "/imports/{id}", "GetImport", 200, "/api/v2/imports/{id}"},
    {"GET", "/members", "QueryMembers", 200, "/api/v2/chat/members"},
    {"POST", "/messages/history", "QueryMessageHistory", 201, "/api/v2/chat/messages/history"},
    {"DELETE", "/messages/{id}", "DeleteMessage", 200, "/api/v2/chat/messages/{id}"},
    {"GET", "/messages/{id}", "GetMessage", 200, "/api/v2/chat/messages/{id}"},
    {"POST", "/messages/{id}", "UpdateMessage", 201, "/api/v2/chat/messages/{id}"},
    {"PUT", "/messages/{id}", "UpdateMessagePartial", 201, "/api/v2/chat/messages/{id}"},
    {"POST", "/messages/{id}/action", "RunMessageAction", 201, "/api/v2/chat/messages/{id}/action"},
    {"POST", "/messages/{id}/commit", "CommitMessage", 201, "/api/v2/chat/messages/{id}/commit"},
    {"PATCH", "/messages/{id}/ephemeral", "EphemeralMessageUpdate", 200,
     "/api/v2/chat/messages/{id}/ephemeral"},
    {"POST", "/messages/{id}/reaction", "SendReaction", 201, "/api/v2/chat/messages/{id}/reaction"},
    {"DELETE", "/messages/{id}/reaction/{type}", "DeleteReaction", 200,
     "/api/v2/chat/messages/{id}/reaction/{type}"},
    {"GET", "/messages/{id}/reactions", "GetReactions", 200,
     "/api/v2/chat/messages/{id}/reactions"},
    {"POST", "/messages/{id}/reactions", "QueryReactions", 201,
     "/api/v2/chat/messages/{id}/reactions"},
    {"POST", "/messages/{id}/translate", "TranslateMessage", 201,
     "/api/v2/chat/messages/{id}/translate"},
    {"POST", "/messages/{id}/undelete", "UndeleteMessage", 201,
     "/api/v2/chat/messages/{id}/undelete"},
    {"POST", "/messages/{message_id}/polls/{poll_id}/vote", "CastPollVote", 201,
     "/api/v2/chat/messages/{message_id}/polls/{poll_id}/vote"},
    {"DELETE", "/messages/{message_id}/polls/{poll_id}/vote/{vote_id}", "DeletePollVote", 200,
     "/api/v2/chat/messages/{message_id}/polls/{poll_id}/vote/{vote_id}"},
    {"DELETE", "/messages/{message_id}/reminders", "DeleteReminder", 200,
     "/api/v2/chat/messages/{message_id}/reminders"},
    {"PATCH", "/messages/{message_id}/reminders", "UpdateReminder", 200,
     "/api/v2/chat/messages/{message_id}/reminders"},
    {"POST", "/messages/{message_id}/reminders", "CreateReminder", 201,
     "/api/v2/chat/messages/{message_id}/reminders"},
    {"GET", "/messages/{parent_id}/replies", "GetReplies", 200,
     "/api/v2/chat/messages/{parent_id}/replies"},
    {"DELETE", "/moderation/ban", "Unban", 200, ""},
    {"POST", "/moderation/ban", "Ban", 201, ""},
    {"POST", "/moderation/flag", "Flag", 201, ""},
    {"GET", "/moderation/flags/message", "QueryMessageFlags", 200,
     "/api/v2/chat/moderation/flags/message"},
    {"POST", "/moderation/mute", "MuteUser", 201, ""},
    {"POST", "/moderation/mute/channel", "MuteChannel", 201,
     "/api/v2/chat/moderation/mute/channel"},
    {"POST", "/moderation/unmute", "UnmuteUser", 201, ""},
    {"POST", "/moderation/unmute/channel", "UnmuteChannel", 201,
     "/api/v2/chat/moderation/unmute/channel"},
    {"GET", "/og", "GetOG", 200, "/api/v2/og"},
    {"GET", "/permissions", "ListPermissions", 200, "/api/v2/permissions"},
    {"POST", "/permissions", "CreatePermission", 201, "/api/v2/permissions"},
    {"DELETE", "/permissions/{id}", "DeletePermission", 200, "/api/v2/permissions/{id}"},
    {"GET", "/permissions/{id}", "GetPermission", 200, "/api/v2/permissions/{id}"},
    {"PUT", "/permissions/{id}", "UpdatePermission", 201, "/api/v2/permissions/{id}"},
    {"POST", "/polls", "CreatePoll", 201, "/api/v2/polls"},
    {"PUT", "/polls", "UpdatePoll", 201, "/api/v2/polls"},
    {"POST", "/polls/query", "QueryPolls", 201, "/api/v2/polls/query"},
    {"DELETE", "/polls/{poll_id}", "DeletePoll", 200, "/api/v2/polls/{poll_id}"},
    {"GET", "/polls/{poll_id}", "GetPoll", 200, "/api/v2/polls/{poll_id}"},
    {"PATCH", "/polls/{poll_id}", "UpdatePollPartial", 200, "/api/v2/polls/{poll_id}"},
    {"POST", "/polls/{poll_id}/options", "CreatePollOption", 201,
     "/api/v2/polls/{poll_id}/options"},
    {"PUT", "/polls/{poll_id}/options", "UpdatePollOption", 201, "/api/v2/polls/{poll_id}/options"},
    {"DELETE", "/polls/{poll_id}/options/{option_id}", "DeletePollOption", 200,
     "/api/v2/polls/{poll_id}/options/{option_id}"},
    {"GET", "/polls/{poll_id}/options/{option_id}", "GetPollOption", 200,
     "/api/v2/polls/{poll_id}/options/{option_id}"},
    {"POST", "/polls/{poll_id}/votes", "QueryPollVotes", 201, "/api/v2/polls/{poll_id}/votes"},
    {"GET", "/predefined_filters", "GetPredefinedFilters", 200, "/api/v2/chat/predefined_filters"},
    {"POST", "/predefined_filters", "CreatePredefinedFilter", 201,
     "/api/v2/chat/predefined_filters"},
    {"DELETE", "/predefined_filters/{name}", "DeletePredefinedFilter", 200,
     "/api/v2/chat/predefined_filters/{name}"},
    {"GET", "/predefined_filters/{name}", "GetPredefinedFilter", 200,
     "/api/v2/chat/predefined_filters/{name}"},
    {"PUT", "/predefined_filters/{name}", "UpdatePredefinedFilter", 201,
     "/api/v2/chat/predefined_filters/{name}"},
    {"POST", "/push_preferences", "UpdatePushNotificationPreferences", 201,
     "/api/v2/push_preferences"},
    {"GET", "/push_providers", "ListPushProviders", 200, "/api/v2/push_providers"},
    {"POST", "/push_providers", "UpsertPushProvider", 201, "/api/v2/push_providers"},
    {"DELETE", "/push_providers/{type}/{name}", "DeletePushProvider", 200,
     "/api/v2/push_providers/{type}/{name}"},
    {"GET", "/push_templates", "GetPushTemplates", 200, "/api/v2/push_templates"},
    {"POST", "/push_templates", "UpsertPushTemplate", 201, "/api/v2/push_templates"},
    {"GET", "/query_banned_users", "QueryBannedUsers", 200, "/api/v2/chat/query_banned_users"},
    {"GET", "/query_future_channel_bans", "QueryFutureChannelBans", 200,
     "/api/v2/chat/query_future_channel_bans"},
    {"GET", "/rate_limits", "GetRateLimits", 200, "/api/v2/rate_limits"},
    {"POST", "/reminders/query", "QueryReminders", 201, "/api/v2/chat/reminders/query"},
    {"GET", "/retention_policy", "GetRetentionPolicy", 200, "/api/v2/chat/retention_policy"},
    {"POST", "/retention_policy", "SetRetentionPolicy", 201, "/api/v2/chat/retention_policy"},
    {"POST", "/retention_policy/delete", "DeleteRetentionPolicy", 201,
     "/api/v2/chat/retention_policy/delete"},
    {"POST", "/retention_policy/runs", "GetRetentionPolicyRuns", 201,
     "/api/v2/chat/retention_policy/runs"},
    {"GET", "/roles", "ListRoles", 200, "/api/v2/roles"},
    {"POST", "/roles", "CreateRole", 201, "/api/v2/roles"},
    {"GET", "/roles/search", "SearchRoles", 200, "/api/v2/roles/search"},
    {"DELETE", "/roles/{name}", "DeleteRole", 200, "/api/v2/roles/{name}"},
    {"GET", "/search", "Search", 200, "/api/v2/chat/search"},
    {"POST", "/segments", "CreateSegment", 201, "/api/v2/chat/segments"},
    {"POST", "/segments/query", "QuerySegments", 201, "/api/v2/chat/segments/query"},
    {"DELETE", "/segments/{id}", "DeleteSegment", 200, "/api/v2/chat/segments/{id}"},
    {"GET", "/segments/{id}", "GetSegment", 200, "/api/v2/chat/segments/{id}"},
    {"PUT", "/segments/{id}", "UpdateSegment", 201, "/api/v2/chat/segments/{id}"},
    {"POST", "/segments/{id}/addtargets", "AddSegmentTargets", 201,
     "/api/v2/chat/segments/{id}/addtargets"},
    {"POST", "/segments/{id}/deletetargets", "DeleteSegmentTargets", 201,
     "/api/v2/chat/segments/{id}/deletetargets"},
    {"GET", "/segments/{id}/target/{target_id}", "SegmentTargetExists", 200,
     "/api/v2/chat/segments/{id}/target/{target_id}"},
    {"POST", "/segments/{id}/targets/query", "QuerySegmentTargets", 201,
     "/api/v2/chat/segments/{id}/targets/query"},
    {"POST", "/stats/team_usage", "QueryTeamUsageStats", 201, "/api/v2/chat/stats/team_usage"},
    {"GET", "/tasks/{id}", "GetTask", 200, "/api/v2/tasks/{id}"},
    {"POST", "/threads", "QueryThreads", 201, "/api/v2/chat/threads"},
    {"GET", "/threads/{message_id}", "GetThread", 200, "/api/v2/chat/threads/{message_id}"},
    {"PATCH", "/threads/{message_id}", "UpdateThreadPartial", 200,
     "/api/v2/chat/threads/{message_id}"},
    {"GET", "/unread", "UnreadCounts", 200, "/api/v2/chat/unread"},
    {"POST", "/unread_batch", "UnreadCountsBatch", 201, "/api/v2/chat/unread_batch"},
    {"DELETE", "/uploads/file", "DeleteFile", 200, "/api/v2/uploads/file"},
    {"POST", "/uploads/file", "UploadFile", 201, "/api/v2/uploads/file"},
    {"DELETE", "/uploads/image", "DeleteImage", 200, "/api/v2/uploads/image"},
    {"POST", "/uploads/image", "UploadImage", 201, "/api/v2/uploads/image"},
    {"GET", "/usergroups", "ListUserGroups", 200, "/api/v2/usergroups"},
    {"POST", "/usergroups", "CreateUserGroup", 201, "/api/v2/usergroups"},
    {"GET", "/usergroups/search", "SearchUserGroups", 200, "/api/v2/usergroups/search"},
    {"DELETE", "/usergroups/{id}", "DeleteUserGroup", 200, "/api/v2/usergroups/{id}"},
    {"GET", "/usergroups/{id}", "GetUserGroup", 200, "/api/v2/usergroups/{id}"},
    {"PUT", "/usergroups/{id}", "UpdateUserGroup", 201, "/api/v2/usergroups/{id}"},
    {"POST", "/usergroups/{id}/members", "AddUserGroupMembers", 201,
     "/api/v2/usergroups/{id}/members"},
    {"POST", "/usergroups/{id}/members/delete", "RemoveUserGroupMembers", 201,
     "/api/v2/usergroups/{id}/members/delete"},
    {"GET", "/users", "QueryUsers", 200, "/api/v2/users"},
    {"PATCH", "/users", "UpdateUsersPartial", 200, "/api/v2/users"},
    {"POST", "/users", "UpdateUsers", 201, "/api/v2/users"},
    {"GET", "/users/block", "GetBlockedUsers", 200, "/api/v2/users/block"},
    {"POST", "/users/block", "BlockUsers", 201, "/api/v2/users/block"},
    {"POST", "/users/deactivate", "DeactivateUsers", 201, "/api/v2/users/deactivate"},
    {"POST", "/users/delete", "DeleteUsers", 201, "/api/v2/users/delete"},
    {"GET", "/users/live_locations", "GetUserLiveLocations", 200, "/api/v2/users/live_locations"},
    {"PUT", "/users/live_locations", "UpdateLiveLocation", 201, "/api/v2/users/live_locations"},
    {"POST", "/users/reactivate", "ReactivateUsers", 201, "/api/v2/users/reactivate"},
    {"POST", "/users/restore", "RestoreUsers", 201, "/api/v2/users/restore"},
    {"POST", "/users/unblock", "UnblockUsers", 201, "/api/v2/users/unblock"},
    {"POST", "/users/{user_id}/deactivate", "DeactivateUser", 201,
     "/api/v2/users/{user_id}/deactivate"},
    {"POST", "/users/{user_id}/event", "SendUserCustomEvent", 201,
     "/api/v2/chat/users/{user_id}/event"},
    {"GET", "/users/{user_id}/export", "ExportUser", 200, "/api/v2/users/{user_id}/export"},
    {"POST", "/users/{user_id}/reactivate", "ReactivateUser", 201,
     "/api/v2/users/{user_id}/reactivate"},  // Used by the older clients, though not described by
                                             // Stream's OpenAPI.
    {"DELETE", "/users/{id}", "DeleteUser", 200, ""},
    {"POST", "/moderation/unflag", "Unflag", 201, ""},
    {"GET", "/export_channels/{id}", "GetExportChannelsStatus", 200, ""},
    {"GET", "/hook/events", "GetHookEvents", 200, ""},
    {"PATCH", "/channels/{type}/{id}/member/{user_id}", "UpdateMemberPartial", 200, ""},
    {"POST", "/channels/{type}/{id}/draft", "CreateDraft", 201, ""},
    {"POST", "/channels/{type}/{id}/stop-watching", "StopWatchingChannel", 201, ""},
    {"POST", "/moderation/flags", "QueryFlags", 201, ""},
    {"POST", "/moderation/reports", "QueryFlagReports", 201, ""},
    {"PATCH", "/moderation/reports/{id}", "ReviewFlagReport", 200, ""},
    {"POST", "/moderation/unblock_message", "UnblockMessage", 201, ""},
    {"POST", "/sync", "Sync", 201, ""},
    {"POST", "/campaigns/{id}/test", "TestCampaign", 201, ""},
    {"GET", "/connect", "Connect", 200, ""},
    // Newer clients only (docs/contract/routes.md#moderation).
    {"POST", "/moderation/ban", "Ban", 201, "/api/v2/moderation/ban"},
    {"POST", "/moderation/flag", "Flag", 201, "/api/v2/moderation/flag"},
    {"POST", "/moderation/mute", "MuteUser", 201, "/api/v2/moderation/mute"},
    {"POST", "/moderation/unmute", "UnmuteUser", 201, "/api/v2/moderation/unmute"},
};

// The path with a value for each parameter, and the values.
std::pair<std::string, std::vector<std::string>> Fill(std::string_view pattern) {
  std::string path;
  std::vector<std::string> values;
  for (std::string_view segment : SplitPath(pattern)) {
    path += '/';
    if (IsPathParameter(segment)) {
      values.push_back("value" + std::to_string(values.size()));
      path += values.back();
    } else {
      path += segment;
    }
  }
  return {path, values};
}

TEST(RouterTest, FindsEveryOperation) {
  const Router router;
  for (const Row& row : kRows) {
    const auto [path, values] = Fill(row.path);
    const Router::Match match = router.Find(row.method, path);
    ASSERT_NE(match.operation, nullptr) << row.method << " " << row.path;
    EXPECT_EQ(match.operation->name, row.operation) << row.method << " " << row.path;
    EXPECT_EQ(match.operation->success_status(), row.status) << row.operation;
    EXPECT_EQ(match.args, values) << row.operation;
    EXPECT_EQ(match.format, chat::Format::kV1);
    EXPECT_EQ(&router.At(match.index), match.operation);
  }
}

TEST(RouterTest, FindsEveryOperationOfTheNewerClients) {
  const Router router;
  int found = 0;
  for (const Row& row : kRows) {
    if (*row.v2_path == '\0') continue;
    const auto [path, values] = Fill(row.v2_path);
    const Router::Match match = router.Find(row.method, path);
    ASSERT_NE(match.operation, nullptr) << row.method << " " << row.v2_path;
    EXPECT_EQ(match.operation->name, row.operation) << row.v2_path;
    EXPECT_EQ(match.args, values) << row.v2_path;
    EXPECT_EQ(match.format, chat::Format::kV2);
    ++found;
  }
  EXPECT_GT(found, 150);
  EXPECT_EQ(router.Find("POST", "/api/v2/moderation/unban").operation->name, "Unban");
}

// What clients can ask for that Hookline has nothing of: named, so that they hear what is missing.
TEST(RouterTest, NamesTheOperationsOfOtherProducts) {
  const Router router;
  const std::tuple<const char*, const char*, const char*> cases[] = {
      {"POST", "/api/v2/moderation/config", "UpsertConfig"},
      {"GET", "/api/v2/moderation/config/c", "GetConfig"},
      {"POST", "/api/v2/moderation/check", "Check"},
      {"POST", "/api/v2/moderation/review_queue", "QueryReviewQueue"},
      {"GET", "/api/v2/moderation/review_queue/i", "GetReviewQueueItem"},
      {"POST", "/api/v2/moderation/submit_action", "SubmitAction"},
      {"GET", "/api/v2/moderation/user_report", "GetUserModerationReport"},
      {"POST", "/api/v2/chat/drafts/query", "QueryDrafts"},
      {"GET", "/api/v2/chat/channels/t/i/draft", "GetDraft"},
      {"POST", "/api/v2/video/call/t/i", "GetOrCreateCall"},
      {"GET", "/api/v2/video/calltypes", "ListCallTypes"},
      {"POST", "/api/v2/feeds/activities", "AddActivity"},
      {"POST", "/translate", "Translate"},
      {"POST", "/automod/v1/moderation/update_flags", "UpdateFlags"},
      {"GET", "/connect", "Connect"},
  };
  for (const auto& [method, path, name] : cases) {
    const Router::Match match = router.Find(method, path);
    ASSERT_NE(match.operation, nullptr) << method << " " << path;
    EXPECT_EQ(match.operation->name, name);
    EXPECT_FALSE(match.operation->implemented());
  }
  EXPECT_EQ(router.Find("POST", "/video/call/t/i").operation, nullptr);
  EXPECT_EQ(router.Find("POST", "/moderation/config").operation, nullptr);
  EXPECT_EQ(router.Find("GET", "/api/v2/video/nothing").operation, nullptr);
}

// What no custom event may be called is known in two rooms that do not know each other.
TEST(EventNamesTest, SettingsAndChatReserveTheSame) {
  const auto sorted = [](std::span<const std::string_view> names) {
    std::vector<std::string_view> list(names.begin(), names.end());
    std::ranges::sort(list);
    return list;
  };
  EXPECT_EQ(sorted(settings::ReservedEventPrefixes()), sorted(chat::ReservedEventPrefixes()));
}

TEST(RouterTest, KnowsNoOtherRoutes) {
  const Router router;
  const std::pair<const char*, const char*> cases[] = {
      {"GET", "/"},
      {"GET", ""},
      {"GET", "/nothing"},
      {"PUT", "/app"},
      {"get", "/app"},
      {"GET", "/APP"},
      {"GET", "/app/x"},
      {"GET", "/api/v2"},
      {"GET", "/api/v2/"},
      {"GET", "/api/v3/app"},
      {"GET", "/v2/app"},
      {"GET", "/api/app"},
      {"POST", "/channels/messaging"},
      {"POST", "/channels//x/query"},
      {"POST", "/channels/messaging//query"},
      {"GET", "/messages/"},
      {"GET", "//app"},
      {"GET", "/app//"},
      {"DELETE", "/messages/a/b/c"},
      {"POST", "/channels/messaging/x/message/y"},
      {"GET", "/.."},
      // Each version has its own set of routes (docs/contract/routes.md#versions).
      {"POST", "/moderation/unban"},
      {"GET", "/api/v2/chat/app"},
      {"GET", "/api/v2/chat/users"},
      {"POST", "/api/v2/channels"},
      {"GET", "/api/v2/messages/m"},
      {"DELETE", "/api/v2/users/u"},
      {"GET", "/api/v2/hook/events"},
      {"POST", "/api/v2/moderation/unflag"},
      {"GET", "/api/v2/chat/chat/messages/m"},
  };
  for (const auto& [method, path] : cases) {
    const Router::Match match = router.Find(method, path);
    EXPECT_EQ(match.operation, nullptr)
        << method << " " << path << " → " << (match.operation ? match.operation->name : "");
  }
}

TEST(RouterTest, ATrailingSlashDoesNotMatter) {
  const Router router;
  EXPECT_NE(router.Find("GET", "/app/").operation, nullptr);
  EXPECT_EQ(router.Find("GET", "/messages/m1/").args, std::vector<std::string>{"m1"});
}

TEST(RouterTest, LiteralsWinOverParameters) {
  const Router router;
  EXPECT_EQ(router.Find("POST", "/users/block").operation->name, "BlockUsers");
  EXPECT_EQ(router.Find("POST", "/channels/messaging/query").operation->name,
            "GetOrCreateDistinctChannel");
  EXPECT_EQ(router.Find("GET", "/imports/v2").operation->name, "ListImportV2Tasks");
  EXPECT_EQ(router.Find("GET", "/imports/v2/external-storage").operation->name,
            "GetImporterExternalStorage");
  EXPECT_EQ(router.Find("POST", "/channels/delete").operation->name, "DeleteChannels");
}

TEST(RouterTest, DecodesParameters) {
  const Router router;
  using Args = std::vector<std::string>;
  EXPECT_EQ(router.Find("GET", "/messages/a%2Fb%20c").args, Args{"a/b c"});
  EXPECT_EQ(router.Find("GET", "/messages/a+b").args, Args{"a+b"});
  // Go's newer client writes a blank as '+'.
  EXPECT_EQ(router.Find("GET", "/api/v2/chat/messages/a+b").args, Args{"a b"});
  EXPECT_EQ(router.Find("GET", "/messages/%zz%4").args, Args{"%zz%4"});
  EXPECT_EQ(router.Find("POST", "/channels/messaging/%21members-x/query").args,
            (Args{"messaging", "!members-x"}));
  EXPECT_EQ(router.Find("GET", "/messages/%00").args, Args{std::string(1, '\0')});
}

// Two rows for one route would hide each other, and their rate limits would differ.
TEST(RouterTest, NoRouteIsThereTwice) {
  const Router router;
  std::set<std::string> routes;
  for (std::size_t i = 0; i < router.size(); ++i) {
    const Operation& operation = router.At(i);
    std::string route(operation.method);
    for (const std::string_view segment : SplitPath(operation.path)) {
      route += '/';
      route += IsPathParameter(segment) ? "{}" : segment;
    }
    EXPECT_TRUE(routes.insert(route).second) << route;
  }
}

TEST(RouterTest, FindsAnOperationByName) {
  const Router router;
  const auto index = router.IndexOf("SendMessage");
  ASSERT_TRUE(index);
  EXPECT_EQ(router.At(*index).path, "/channels/{type}/{id}/message");
  EXPECT_FALSE(router.IndexOf("Nothing"));
}

// docs/contract/rulings.md#33: what needs a server token says so in the table.
TEST(RouterTest, ServerOperationsAreMarked) {
  const Router router;
  for (const char* name : {"GetApp", "UpdateApp", "CheckPush", "QueryUsers", "SendUserCustomEvent",
                           "GetTask", "ListChannelTypes", "GetChannelType", "GetHookEvents"}) {
    EXPECT_EQ(router.At(*router.IndexOf(name)).access, Access::kServerOnly) << name;
  }
  for (const char* name : {"SendMessage", "GetOrCreateChannel", "UpdateUsers", "MarkRead",
                           "QueryChannels", "GetMessage", "SendReaction", "SendEvent"}) {
    EXPECT_EQ(router.At(*router.IndexOf(name)).access, Access::kAnyToken) << name;
  }
}

}  // namespace
}  // namespace hookline::api
