#include <fmt/core.h>

#include <algorithm>
#include <unordered_set>
#include <utility>

#include "api/operation.h"
#include "api/paging.h"
#include "chat/access.h"
#include "chat/ephemerals.h"
#include "chat/fields.h"
#include "chat/messages.h"
#include "chat/visibility.h"
#include "chat/write.h"

namespace hookline::api {
namespace {

constexpr std::size_t kManyMessagesMax = 100;
constexpr int kReactionsMax = 300;

Result<void> GetMessage(ReadScope& scope, json::Writer& w) {
  // A deleted message is shown as what is left of it, asked for or not.
  const auto show_deleted = QueryFlag(scope.call, "show_deleted_message");
  if (!show_deleted) return std::unexpected(show_deleted.error());
  auto message = chat::RequireMessageOrEphemeral(scope.chat, scope.call.args[0]);
  if (!message) return std::unexpected(message.error());
  if (*show_deleted && !scope.call.caller.server) {
    return Fail(ErrorKind::kNotAllowed,
                "show_deleted_message: only a server reads what was deleted");
  }
  chat::Encoder encoder(scope.store, scope.call.app->id, scope.call.format, scope.chat.now);
  w.Key("message");
  encoder.Message(w, *message, scope.call.caller.user_id, true);
  return {};
}

Result<void> GetManyMessages(ReadScope& scope, json::Writer& w) {
  auto channel = chat::RequireChannel(scope.chat, scope.call.args[0], scope.call.args[1]);
  if (!channel) return std::unexpected(channel.error());
  // `ids=a,b` or `ids=a&ids=b`.
  std::vector<std::string_view> ids;
  for (const auto& [name, value] : scope.call.http->query) {
    if (name != "ids") continue;
    std::string_view rest = value;
    while (!rest.empty()) {
      const std::size_t comma = rest.find(',');
      if (comma != 0) ids.push_back(rest.substr(0, comma));
      if (comma == std::string_view::npos) break;
      rest.remove_prefix(comma + 1);
    }
  }
  if (ids.empty()) return InputError("ids is a required parameter");
  std::unordered_set<std::string_view> seen;
  std::erase_if(ids, [&](std::string_view id) { return !seen.insert(id).second; });
  if (ids.size() > kManyMessagesMax) {
    return InputError(fmt::format("ids may name at most {} messages", kManyMessagesMax));
  }
  chat::Encoder encoder(scope.store, scope.call.app->id, scope.call.format, scope.chat.now);
  w.Key("messages").BeginArray();
  for (const std::string_view id : ids) {
    const auto message = scope.store.FindMessage(scope.call.app->id, id);
    if (!message || message->channel != (*channel)->pk ||
        !chat::MayRead(scope.store, **channel, *message, scope.call.caller.user_id)) {
      continue;
    }
    encoder.Message(w, *message, scope.call.caller.user_id);
  }
  w.EndArray();
  return {};
}

// Clients name the options in the query, one of them in the body.
Result<void> DeleteMessage(WriteScope& scope, json::Writer& w) {
  const Call& call = scope.call;
  const json::Value body = call.body();
  chat::DeleteOptions options;
  for (const auto& [name, flag] :
       {std::pair{"hard", &options.hard}, std::pair{"delete_for_me", &options.for_me}}) {
    auto given = QueryFlag(call, name);
    if (!given) return std::unexpected(given.error());
    *flag = *given;
  }
  if (auto read = chat::ReadBool(body, "delete_for_me", "delete_for_me", options.for_me); !read) {
    return read;
  }
  options.deleted_by = call.Param("deleted_by");
  if (options.for_me && options.deleted_by.empty()) {
    const json::Value user = body["user"];
    for (const auto id : {std::optional(call.Param("user_id")), body["user_id"].AsString(),
                          user["id"].AsString(), user.AsString()}) {
      if (options.deleted_by.empty()) options.deleted_by = id.value_or("");
    }
  }
  auto deleted = chat::DeleteMessage(scope.chat, call.args[0], options);
  if (!deleted) return std::unexpected(deleted.error());
  chat::Encoder encoder(scope.tx, call.app->id, call.format, scope.chat.now);
  w.Key("message");
  encoder.Message(w, deleted->message, options.for_me ? deleted->actor : call.caller.user_id);
  return {};
}

Result<void> GetReplies(ReadScope& scope, json::Writer& w) {
  auto parent = chat::RequireMessage(scope.chat, scope.call.args[0]);
  if (!parent) return std::unexpected(parent.error());
  // A server may look on somebody's behalf.
  const chat::Caller& caller = scope.call.caller;
  const std::string viewer(caller.server ? scope.call.Param("user_id") : caller.user_id);
  auto page = QueryMessagePage(scope.call);
  if (!page) return std::unexpected(page.error());
  auto channel = chat::RequireChannel(scope.chat, parent->channel);
  if (!channel) return std::unexpected(channel.error());
  if (auto limited = chat::LimitPage(scope.store, **channel, viewer, *page); !limited) {
    return limited;
  }
  chat::Encoder encoder(scope.store, scope.call.app->id, scope.call.format, scope.chat.now);
  w.Key("messages").BeginArray();
  for (const auto& reply : scope.store.ListReplies(scope.call.app->id, parent->id, *page)) {
    encoder.Message(w, reply, viewer);
  }
  w.EndArray();
  return {};
}

Result<void> WriteReaction(WriteScope& scope, json::Writer& w, const chat::ReactionSent& sent) {
  chat::Encoder encoder(scope.tx, scope.call.app->id, scope.call.format, scope.chat.now);
  w.Key("message");
  encoder.Message(w, sent.message, sent.reaction.user_id);
  w.Key("reaction");
  encoder.Reaction(w, sent.reaction);
  return {};
}

Result<void> SendReaction(WriteScope& scope, json::Writer& w) {
  auto sent = chat::SendReaction(scope.chat, scope.call.args[0], scope.call.body());
  if (!sent) return std::unexpected(sent.error());
  scope.reply.made = {sent->message.id, sent->reaction.user_id, sent->reaction.type};
  return WriteReaction(scope, w, *sent);
}

Result<void> DeleteReaction(WriteScope& scope, json::Writer& w) {
  auto sent = chat::DeleteReaction(scope.chat, scope.call.args[0], scope.call.args[1],
                                   scope.call.Param("user_id"));
  if (!sent) return std::unexpected(sent.error());
  return WriteReaction(scope, w, *sent);
}

// `made`: a message's id.
Result<void> RebuildMessage(ReadScope& scope, const std::vector<std::string>& made,
                            json::Writer& w) {
  auto message = chat::RequireMessageOrEphemeral(scope.chat, made[0]);
  if (!message) return std::unexpected(message.error());
  chat::Encoder encoder(scope.store, scope.call.app->id, scope.call.format, scope.chat.now);
  w.Key("message");
  encoder.Message(w, *message, scope.call.caller.user_id);
  return {};
}

// `made`: a message's id, a user's, a type.
Result<void> RebuildReaction(ReadScope& scope, const std::vector<std::string>& made,
                             json::Writer& w) {
  auto message = chat::RequireMessage(scope.chat, made[0]);
  if (!message) return std::unexpected(message.error());
  const auto reaction = scope.store.FindReaction(message->pk, made[1], made[2]);
  if (!reaction) return Fail(ErrorKind::kNotFound, "the reaction does not exist any more");
  chat::Encoder encoder(scope.store, scope.call.app->id, scope.call.format, scope.chat.now);
  w.Key("message");
  encoder.Message(w, *message, made[1]);
  w.Key("reaction");
  encoder.Reaction(w, *reaction);
  return {};
}

Result<void> GetReactions(ReadScope& scope, json::Writer& w) {
  auto message = chat::RequireMessage(scope.chat, scope.call.args[0]);
  if (!message) return std::unexpected(message.error());
  auto limit = QueryLimit(scope.call, "limit", 10, kReactionsMax);
  if (!limit) return std::unexpected(limit.error());
  auto offset = QueryLimit(scope.call, "offset", 0, 1'000'000);
  if (!offset) return std::unexpected(offset.error());
  chat::Encoder encoder(scope.store, scope.call.app->id, scope.call.format, scope.chat.now);
  w.Key("reactions").BeginArray();
  for (const auto& reaction : scope.store.ListReactions(message->pk, *limit, *offset)) {
    encoder.Reaction(w, reaction);
  }
  w.EndArray();
  return {};
}

constexpr Operation kOperations[] = {
    Rebuilt(
        OpenAsync("POST", "/channels/{type}/{id}/message", "SendMessage", AsyncWork::kSendMessage),
        RebuildMessage),
    Open("GET", "/channels/{type}/{id}/messages", "GetManyMessages", GetManyMessages, nullptr),
    Open("GET", "/messages/{id}", "GetMessage", GetMessage, nullptr),
    Rebuilt(OpenAsync("POST", "/messages/{id}", "UpdateMessage", AsyncWork::kUpdateMessage),
            RebuildMessage),
    OpenAsync("PUT", "/messages/{id}", "UpdateMessagePartial", AsyncWork::kUpdateMessagePartial),
    Rebuilt(OpenAsync("POST", "/messages/{id}/action", "RunMessageAction",
                      AsyncWork::kRunMessageAction),
            RebuildMessage),
    Open("DELETE", "/messages/{id}", "DeleteMessage", nullptr, DeleteMessage),
    Open("GET", "/messages/{id}/replies", "GetReplies", GetReplies, nullptr),
    Rebuilt(Open("POST", "/messages/{id}/reaction", "SendReaction", nullptr, SendReaction),
            RebuildReaction),
    Open("DELETE", "/messages/{id}/reaction/{type}", "DeleteReaction", nullptr, DeleteReaction),
    Open("GET", "/messages/{id}/reactions", "GetReactions", GetReactions, nullptr),
};

}  // namespace

std::span<const Operation> MessageOperations() { return kOperations; }

}  // namespace hookline::api
