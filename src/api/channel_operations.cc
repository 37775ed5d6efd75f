#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "api/channel_reads.h"
#include "api/operation.h"
#include "api/paging.h"
#include "chat/access.h"
#include "chat/catalog.h"
#include "chat/channel_state.h"
#include "chat/channels.h"
#include "chat/fields.h"
#include "chat/members.h"
#include "chat/write.h"

namespace hookline::api {
namespace {

constexpr int kChannelsLimitMax = 30;
constexpr int kChannelsOffsetMax = 10'000;
constexpr int kMembersLimitMax = 300;

// On whose behalf a query asks; empty if on nobody's.
Result<std::string> Viewer(const chat::Caller& caller, std::string_view named) {
  if (caller.server) return std::string(named);
  if (!named.empty() && named != caller.user_id) {
    return Fail(ErrorKind::kNotAllowed, "a user token can act only as its own user");
  }
  return caller.user_id;
}

Result<std::string> Viewer(const Call& call, json::Value body) {
  const std::string_view id = body["user_id"].AsString().value_or("");
  return Viewer(call.caller, id.empty() ? body["user"]["id"].AsString().value_or("") : id);
}

void WriteChannelAndMembers(store::Reader& store, const Call& call, Timestamp now, json::Writer& w,
                            const chat::Channel& channel) {
  chat::Encoder encoder(store, call.app->id, call.format, now);
  w.Key("channel");
  encoder.Channel(w, channel);
  w.Key("members").BeginArray();
  for (const chat::Member& member : store.ListMembers(channel.pk, 100, 0)) {
    encoder.Member(w, member);
  }
  w.EndArray();
}

Result<void> OpenChannel(WriteScope& scope, json::Writer& w, std::string_view id) {
  const json::Value body = scope.call.body();
  auto options = chat::ReadStateOptions(body);
  if (!options) return std::unexpected(options.error());
  auto viewer = Viewer(scope.call, body);
  if (!viewer) return std::unexpected(viewer.error());
  options->viewer = std::move(*viewer);
  auto opened = chat::GetOrCreateChannel(scope.chat, scope.call.args[0], id, body);
  if (!opened) return std::unexpected(opened.error());
  scope.reply.keep = opened->created;
  scope.reply.made = {opened->channel->type, opened->channel->id};
  chat::Encoder encoder(scope.tx, scope.call.app->id, scope.call.format, scope.chat.now);
  return chat::WriteChannelState(w, encoder, scope.tx, *opened->channel, *options);
}

// `made`: the channel's type and id.
Result<void> RebuildChannelState(ReadScope& scope, const std::vector<std::string>& made,
                                 json::Writer& w) {
  auto channel = chat::RequireChannel(scope.chat, made[0], made[1]);
  if (!channel) return std::unexpected(channel.error());
  auto options = chat::ReadStateOptions(scope.call.body());
  if (!options) return std::unexpected(options.error());
  auto viewer = Viewer(scope.call, scope.call.body());
  if (!viewer) return std::unexpected(viewer.error());
  options->viewer = std::move(*viewer);
  chat::Encoder encoder(scope.store, scope.call.app->id, scope.call.format, scope.chat.now);
  return chat::WriteChannelState(w, encoder, scope.store, **channel, *options);
}

Result<void> GetOrCreateChannel(WriteScope& scope, json::Writer& w) {
  return OpenChannel(scope, w, scope.call.args[1]);
}

Result<void> GetOrCreateDistinctChannel(WriteScope& scope, json::Writer& w) {
  return OpenChannel(scope, w, "");
}

// The query names the parameters of the body's objects with these before them; newer clients send
// `messages` as one parameter that holds the object.
Result<chat::StateOptions> StateOptionsOf(const Call& call) {
  constexpr std::string_view kObjects[] = {"messages", "members"};
  json::Writer w;
  w.BeginObject();
  for (const std::string_view name : {"state", "watch", "presence"}) {
    if (call.Param(name).empty()) continue;
    auto flag = QueryFlag(call, name);
    if (!flag) return std::unexpected(flag.error());
    w.Field(name, *flag);
  }
  for (const std::string_view object : kObjects) {
    w.Key(object);
    if (const auto document = json::Document::Parse(call.Param(object));
        document && document->root().IsObject()) {
      w.Raw(call.Param(object));
      continue;
    }
    w.BeginObject();
    for (const auto& [name, value] : call.http->query) {
      const bool inner =
          name.size() > object.size() + 1 && name.starts_with(object) && name[object.size()] == '_';
      if (inner && !value.empty()) w.Field(std::string_view(name).substr(object.size() + 1), value);
    }
    w.EndObject();
  }
  w.EndObject();
  const auto document = json::Document::Parse(w.text());
  if (!document) return std::unexpected(document.error());
  auto options = chat::ReadStateOptions(document->root());
  if (!options) return options;
  auto viewer = Viewer(call.caller, call.Param("user_id"));
  if (!viewer) return std::unexpected(viewer.error());
  options->viewer = std::move(*viewer);
  return options;
}

Result<void> GetChannel(ReadScope& scope, json::Writer& w) {
  auto channel = chat::RequireChannel(scope.chat, scope.call.args[0], scope.call.args[1]);
  if (!channel) return std::unexpected(channel.error());
  auto options = StateOptionsOf(scope.call);
  if (!options) return std::unexpected(options.error());
  chat::Encoder encoder(scope.store, scope.call.app->id, scope.call.format, scope.chat.now);
  return chat::WriteChannelState(w, encoder, scope.store, **channel, *options);
}

void WriteSystemMessage(WriteScope& scope, json::Writer& w, const chat::ChannelUpdated& updated) {
  if (!updated.message) return;
  chat::Encoder encoder(scope.tx, scope.call.app->id, scope.call.format, scope.chat.now);
  w.Key("message");
  encoder.Message(w, *updated.message, scope.call.caller.user_id);
}

// `made`: the id of the message that came along, or nothing.
Result<void> RebuildUpdatedChannel(ReadScope& scope, const std::vector<std::string>& made,
                                   json::Writer& w) {
  auto channel = chat::RequireChannel(scope.chat, scope.call.args[0], scope.call.args[1]);
  if (!channel) return std::unexpected(channel.error());
  WriteChannelAndMembers(scope.store, scope.call, scope.chat.now, w, **channel);
  if (made[0].empty()) return {};
  const auto message = scope.store.FindMessage(scope.call.app->id, made[0]);
  if (!message) return {};
  chat::Encoder encoder(scope.store, scope.call.app->id, scope.call.format, scope.chat.now);
  w.Key("message");
  encoder.Message(w, *message, scope.call.caller.user_id);
  return {};
}

Result<void> UpdateChannel(WriteScope& scope, json::Writer& w, const chat::JudgeDraft& judge) {
  auto updated = chat::UpdateChannel(scope.chat, scope.call.args[0], scope.call.args[1],
                                     scope.call.body(), judge);
  if (!updated) return std::unexpected(updated.error());
  WriteChannelAndMembers(scope.tx, scope.call, scope.chat.now, w, *updated->channel);
  WriteSystemMessage(scope, w, *updated);
  scope.reply.made = {updated->message ? updated->message->id : std::string()};
  return {};
}

Result<void> TruncateChannel(WriteScope& scope, json::Writer& w, const chat::JudgeDraft& judge) {
  auto truncated = chat::TruncateChannel(scope.chat, scope.call.args[0], scope.call.args[1],
                                         scope.call.body(), judge);
  if (!truncated) return std::unexpected(truncated.error());
  chat::Encoder encoder(scope.tx, scope.call.app->id, scope.call.format, scope.chat.now);
  w.Key("channel");
  encoder.Channel(w, *truncated->channel);
  WriteSystemMessage(scope, w, *truncated);
  return {};
}

Result<void> UpdateChannelPartial(WriteScope& scope, json::Writer& w) {
  auto channel = chat::UpdateChannelPartial(scope.chat, scope.call.args[0], scope.call.args[1],
                                            scope.call.body());
  if (!channel) return std::unexpected(channel.error());
  WriteChannelAndMembers(scope.tx, scope.call, scope.chat.now, w, **channel);
  return {};
}

Result<void> DeleteChannel(WriteScope& scope, json::Writer& w) {
  auto hard = QueryFlag(scope.call, "hard_delete");
  if (!hard) return std::unexpected(hard.error());
  auto channel = chat::DeleteChannel(scope.chat, scope.call.args[0], scope.call.args[1], *hard);
  if (!channel) return std::unexpected(channel.error());
  chat::Encoder encoder(scope.tx, scope.call.app->id, scope.call.format, scope.chat.now);
  w.Key("channel");
  encoder.Channel(w, **channel);
  return {};
}

Result<void> DeleteChannels(WriteScope& scope, json::Writer& w) {
  auto deleted = chat::DeleteChannels(scope.chat, scope.call.body());
  if (!deleted) return std::unexpected(deleted.error());
  w.Field("task_id", deleted->task.id);
  w.Key("result").Raw(deleted->task.result_json);
  return {};
}

// User tokens see the channels they may read (docs/contract/rulings.md#33).
chat::Filter OnlyVisible(const chat::Catalog& catalog, const std::string& user_id,
                         chat::Filter filter) {
  using Op = chat::Filter::Op;
  chat::Filter member;
  member.op = Op::kIn;
  member.field = "members";
  member.list = true;
  member.operands.push_back({json::Kind::kString, user_id});
  chat::Filter visible;
  visible.op = Op::kOr;
  visible.children.push_back(std::move(member));
  chat::Filter own;
  own.op = Op::kEq;
  own.field = "created_by_id";
  own.operands.push_back({json::Kind::kString, user_id});
  visible.children.push_back(std::move(own));
  for (const chat::ChannelType& type : catalog.types()) {
    if (!type.open_to_all) continue;
    chat::Filter open;
    open.op = Op::kEq;
    open.field = "type";
    open.operands.push_back({json::Kind::kString, type.name});
    visible.children.push_back(std::move(open));
  }
  chat::Filter both;
  both.op = Op::kAnd;
  both.children.push_back(std::move(filter));
  both.children.push_back(std::move(visible));
  return both;
}

bool Mentions(const chat::Filter& filter, std::string_view field) {
  return filter.field == field ||
         std::ranges::any_of(filter.children,
                             [field](const chat::Filter& child) { return Mentions(child, field); });
}

Result<void> QueryChannels(ReadScope& scope, json::Writer& w) {
  const json::Value body = scope.call.body();
  chat::ChannelQuery query;
  auto filter = chat::ParseFilter(body["filter_conditions"]);
  if (!filter) return std::unexpected(filter.error());
  query.filter = scope.call.caller.may_all()
                     ? std::move(*filter)
                     : OnlyVisible(*scope.store.FindCatalog(scope.call.app->id),
                                   scope.call.caller.user_id, std::move(*filter));
  auto sort = chat::ParseSort(body["sort"], 5);
  if (!sort) return std::unexpected(sort.error());
  query.sort = std::move(*sort);
  auto viewer = Viewer(scope.call, body);
  if (!viewer) return std::unexpected(viewer.error());
  query.viewer = *viewer;
  // Who asks for hidden ones by name gets them.
  query.without_hidden = !Mentions(query.filter, "hidden");
  auto limit = ReadLimit(body, "limit", 10, kChannelsLimitMax);
  if (!limit) return std::unexpected(limit.error());
  query.limit = *limit;
  auto offset = ReadLimit(body, "offset", 0, kChannelsOffsetMax);
  if (!offset) return std::unexpected(offset.error());
  query.offset = *offset;

  chat::StateOptions options;
  if (auto read = chat::ReadBool(body, "state", "state", options.state); !read) return read;
  auto message_limit = ReadLimit(body, "message_limit", 25, 300);
  if (!message_limit) return std::unexpected(message_limit.error());
  options.messages.limit = *message_limit;
  auto member_limit = ReadLimit(body, "member_limit", 100, 100);
  if (!member_limit) return std::unexpected(member_limit.error());
  options.members_limit = *member_limit;
  options.viewer = std::move(*viewer);

  auto channels = scope.store.QueryChannels(scope.call.app->id, query);
  if (!channels) return std::unexpected(channels.error());
  chat::Encoder encoder(scope.store, scope.call.app->id, scope.call.format, scope.chat.now);
  w.Key("channels").BeginArray();
  for (const chat::ChannelPtr& channel : *channels) {
    w.BeginObject();
    if (auto written = chat::WriteChannelState(w, encoder, scope.store, *channel, options);
        !written) {
      return written;
    }
    w.EndObject();
  }
  w.EndArray();
  return {};
}

Result<void> QueryMembers(ReadScope& scope, json::Writer& w) {
  const json::Value body = scope.call.body();
  if (auto viewer = Viewer(scope.call, body); !viewer) return std::unexpected(viewer.error());
  const auto type = body["type"].AsString();
  std::string id(body["id"].AsString().value_or(""));
  if (id.empty()) {
    auto distinct = chat::DistinctChannelId(body["members"]);
    if (!distinct) return std::unexpected(distinct.error());
    id = std::move(*distinct);
  }
  if (!type || id.empty()) {
    return InputError("type and id, or type and members, are required fields");
  }
  auto channel = chat::RequireChannel(scope.chat, *type, id);
  if (!channel) return std::unexpected(channel.error());
  chat::MemberQuery query;
  auto filter = chat::ParseFilter(body["filter_conditions"]);
  if (!filter) return std::unexpected(filter.error());
  query.filter = std::move(*filter);
  auto sort = chat::ParseSort(body["sort"], 5);
  if (!sort) return std::unexpected(sort.error());
  query.sort = std::move(*sort);
  if (auto read = ReadBounds(body, "user_id", query.filter, query.sort); !read) return read;
  auto limit = ReadLimit(body, "limit", 100, kMembersLimitMax);
  if (!limit) return std::unexpected(limit.error());
  query.limit = *limit;
  auto offset = ReadLimit(body, "offset", 0, 1'000'000);
  if (!offset) return std::unexpected(offset.error());
  query.offset = *offset;
  auto members = scope.store.QueryMembers((*channel)->pk, query);
  if (!members) return std::unexpected(members.error());
  chat::Encoder encoder(scope.store, scope.call.app->id, scope.call.format, scope.chat.now);
  w.Key("members").BeginArray();
  for (const chat::Member& member : *members) encoder.Member(w, member);
  w.EndArray();
  return {};
}

Result<void> UpdateMemberPartial(WriteScope& scope, json::Writer& w) {
  // The older clients name the member in the path, the newer ones in the query.
  const auto& args = scope.call.args;
  std::string user_id(args.size() > 2 ? args[2] : scope.call.Param("user_id"));
  if (!scope.call.caller.server) {
    if (!user_id.empty() && user_id != scope.call.caller.user_id) {
      return Fail(ErrorKind::kNotAllowed, "a user token can change only its own membership");
    }
    user_id = scope.call.caller.user_id;
  }
  auto channel = chat::RequireChannel(scope.chat.read(), args[0], args[1]);
  if (!channel) return std::unexpected(channel.error());
  auto member = chat::UpdateMemberPartial(scope.chat, **channel, user_id, scope.call.body());
  if (!member) return std::unexpected(member.error());
  chat::Encoder encoder(scope.tx, scope.call.app->id, scope.call.format, scope.chat.now);
  w.Key("channel_member");
  encoder.Member(w, *member);
  return {};
}

Result<void> MarkRead(WriteScope& scope, json::Writer& w) {
  auto channel = chat::RequireChannel(scope.chat.read(), scope.call.args[0], scope.call.args[1]);
  if (!channel) return std::unexpected(channel.error());
  auto member = chat::MarkRead(scope.chat, **channel, scope.call.body());
  if (!member) return std::unexpected(member.error());
  WriteReadEvent(scope, w, **channel, *member);
  return {};
}

Result<void> MarkUnread(WriteScope& scope, json::Writer&) {
  auto channel = chat::RequireChannel(scope.chat.read(), scope.call.args[0], scope.call.args[1]);
  if (!channel) return std::unexpected(channel.error());
  return chat::MarkUnread(scope.chat, **channel, scope.call.body());
}

Result<void> HideChannel(WriteScope& scope, json::Writer&) {
  auto channel = chat::RequireChannel(scope.chat.read(), scope.call.args[0], scope.call.args[1]);
  if (!channel) return std::unexpected(channel.error());
  return chat::HideChannel(scope.chat, **channel, scope.call.body());
}

Result<void> ShowChannel(WriteScope& scope, json::Writer&) {
  auto channel = chat::RequireChannel(scope.chat.read(), scope.call.args[0], scope.call.args[1]);
  if (!channel) return std::unexpected(channel.error());
  return chat::ShowChannel(scope.chat, **channel, scope.call.body());
}

Result<void> SendEvent(WriteScope& scope, json::Writer& w) {
  auto channel = chat::RequireChannel(scope.chat.read(), scope.call.args[0], scope.call.args[1]);
  if (!channel) return std::unexpected(channel.error());
  auto sent = chat::SendChannelEvent(scope.chat, **channel, scope.call.body()["event"]);
  if (!sent) return std::unexpected(sent.error());
  chat::Encoder encoder(scope.tx, scope.call.app->id, scope.call.format, scope.chat.now);
  w.Key("event").BeginObject();
  w.Field("type", sent->type);
  w.Field("cid", (*channel)->cid());
  w.Field("channel_type", (*channel)->type);
  w.Field("channel_id", (*channel)->id);
  w.Key("user");
  encoder.UserById(w, sent->user_id);
  w.Field("user_id", sent->user_id);
  if (!sent->parent_id.empty()) w.Field("parent_id", sent->parent_id);
  chat::WriteTime(w, "created_at", scope.chat.now, scope.call.format);
  chat::WriteCustom(w, sent->custom_json, scope.call.format);
  w.EndObject();
  return {};
}

constexpr Operation kOperations[] = {
    Open("POST", "/channels", "QueryChannels", QueryChannels, nullptr),
    Open("POST", "/channels/delete", "DeleteChannels", nullptr, DeleteChannels),
    OpenAsync("POST", "/channels/read", "MarkChannelsRead", AsyncWork::kMarkChannelsRead),
    Rebuilt(Open("POST", "/channels/{type}/query", "GetOrCreateDistinctChannel", nullptr,
                 GetOrCreateDistinctChannel),
            RebuildChannelState),
    Rebuilt(Open("POST", "/channels/{type}/{id}/query", "GetOrCreateChannel", nullptr,
                 GetOrCreateChannel),
            RebuildChannelState),
    Open("GET", "/channels/{type}/{id}", "GetChannel", GetChannel, nullptr),
    Rebuilt(OpenAsync("POST", "/channels/{type}/{id}", "UpdateChannel", AsyncWork::kUpdateChannel),
            RebuildUpdatedChannel),
    Open("PATCH", "/channels/{type}/{id}", "UpdateChannelPartial", nullptr, UpdateChannelPartial),
    Open("DELETE", "/channels/{type}/{id}", "DeleteChannel", nullptr, DeleteChannel),
    Open("POST", "/channels/{type}/{id}/read", "MarkRead", nullptr, MarkRead),
    Open("POST", "/channels/{type}/{id}/unread", "MarkUnread", nullptr, MarkUnread),
    OpenAsync("POST", "/channels/{type}/{id}/truncate", "TruncateChannel",
              AsyncWork::kTruncateChannel),
    Open("POST", "/channels/{type}/{id}/hide", "HideChannel", nullptr, HideChannel),
    Open("POST", "/channels/{type}/{id}/show", "ShowChannel", nullptr, ShowChannel),
    Open("POST", "/channels/{type}/{id}/event", "SendEvent", nullptr, SendEvent),
    Open("PATCH", "/channels/{type}/{id}/member", "UpdateMemberPartial", nullptr,
         UpdateMemberPartial),
    Open("PATCH", "/channels/{type}/{id}/member/{user_id}", "UpdateMemberPartial", nullptr,
         UpdateMemberPartial),
    Open("GET", "/members", "QueryMembers", QueryMembers, nullptr),
};

}  // namespace

constinit const ChannelChange kUpdateChannel{chat::RequireForUpdate, UpdateChannel};
constinit const ChannelChange kTruncateChannel{chat::RequireForTruncation, TruncateChannel};

std::span<const Operation> ChannelOperations() { return kOperations; }

}  // namespace hookline::api
