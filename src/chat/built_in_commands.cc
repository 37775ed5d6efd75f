#include "chat/built_in_commands.h"

#include <fmt/core.h>

#include <utility>

#include "base/uuid.h"
#include "chat/access.h"
#include "chat/giphy.h"
#include "chat/moderation.h"

namespace hookline::chat {
namespace {

constexpr std::string_view kBlanks = " \t\r\n";

// Whom a command names, and what follows.
struct Target {
  UserPtr user;
  std::string rest;
};

std::string_view Trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(kBlanks);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlanks) - begin + 1);
}

// `/ban @bob spam` names a user by id. Clients that let people pick somebody write the name, which
// may have blanks, and mention the user: `/ban @Bob Ross spam`.
std::optional<Target> FindTarget(Context& context, const Message& message, std::string_view args) {
  if (args.starts_with('@')) args.remove_prefix(1);
  const auto live = [&](std::string_view id) {
    UserPtr user = context.store.FindUser(context.app, id);
    return user && !user->deleted_at ? user : nullptr;
  };
  for (const std::string& id : message.mentioned_user_ids) {
    const UserPtr user = live(id);
    if (!user || !user->name || user->name->empty() || !args.starts_with(*user->name)) continue;
    return Target{user, std::string(Trimmed(args.substr(user->name->size())))};
  }
  const std::string_view id = args.substr(0, args.find_first_of(kBlanks));
  const UserPtr user = live(id);
  if (!user) return std::nullopt;
  return Target{user, std::string(Trimmed(args.substr(id.size())))};
}

std::string_view NameOf(const User& user) {
  return user.name && !user.name->empty() ? std::string_view(*user.name)
                                          : std::string_view(user.id);
}

// What the sender alone is told; nothing of it is kept.
Message Answer(Draft& draft, std::string_view type, std::string text) {
  Message message = std::move(draft.message);
  if (message.id.empty()) message.id = ToString(RandomUuid());
  message.type = type;
  message.text = std::move(text);
  message.html = RenderHtml(message.text);
  message.attachments_json = "[]";
  message.pinned = false;
  message.pinned_at = {};
  message.pin_expires = {};
  message.pinned_by_id.clear();
  return message;
}

Result<Message> Moderate(Context& context, Draft& draft, const CommandCall& call) {
  if (!draft.config.mutes && (call.name == "mute" || call.name == "unmute")) {
    return Fail(ErrorKind::kFeatureNotSupported,
                fmt::format("mutes are not enabled for channel type {}", draft.config.name));
  }
  const User& actor = draft.actor.user;
  const auto target = FindTarget(context, draft.message, call.args);
  if (!target) {
    return Answer(draft, "error",
                  call.args.empty()
                      ? fmt::format("Whom? Write /{} @username", call.name)
                      : fmt::format("There is no user \"{}\"", call.args.substr(0, 255)));
  }
  const User& user = *target->user;
  const std::string name(NameOf(user));
  if (call.name != "unmute" && call.name != "unban" && user.id == actor.id) {
    return Answer(draft, "error", fmt::format("You cannot {} yourself", call.name));
  }
  if (call.name == "mute") {
    MuteUsers(context, actor, std::span(&target->user, 1), {});
    return Answer(draft, "ephemeral", fmt::format("{} has been muted", name));
  }
  if (call.name == "unmute") {
    UnmuteUsers(context, actor, std::span(&target->user, 1));
    return Answer(draft, "ephemeral", fmt::format("{} has been unmuted", name));
  }
  if (call.name == "flag") {
    FlagUser(context, actor, user, {.reason = target->rest});
    return Answer(draft, "ephemeral", fmt::format("{} has been flagged", name));
  }
  if (auto allowed = RequireChannelManager(context.read(), *draft.channel); !allowed) {
    return std::unexpected(allowed.error());
  }
  if (call.name == "ban") {
    BanTerms terms;
    terms.banned_by_id = actor.id;
    terms.reason = target->rest;
    BanUser(context, user, draft.channel.get(), terms);
    return Answer(draft, "ephemeral", fmt::format("{} has been banned", name));
  }
  HOOKLINE_CHECK(call.name == "unban");
  UnbanUser(context, user, draft.channel.get(), actor.id, false);
  return Answer(draft, "ephemeral", fmt::format("{} has been unbanned", name));
}

}  // namespace

Result<Message> RunBuiltInCommand(Context& context, Draft draft, const CommandCall& call,
                                  const BuiltInOptions& options) {
  HOOKLINE_CHECK(call.built_in);
  draft.message.command = call.name;
  draft.message.args = call.args;
  if (call.name == "giphy") {
    if (call.args.empty()) return Answer(draft, "error", "Of what? Write /giphy text");
    return StartGiphy(context, std::move(draft), options);
  }
  // The events name the sender.
  StoreIfNew(context, draft.actor);
  return Moderate(context, draft, call);
}

}  // namespace hookline::chat
