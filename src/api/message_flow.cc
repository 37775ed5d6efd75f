#include "api/message_flow.h"

#include <fmt/core.h>

#include <optional>
#include <utility>
#include <vector>

#include "api/await_store.h"
#include "api/public_url.h"
#include "base/uuid.h"
#include "chat/built_in_commands.h"
#include "chat/commands.h"
#include "chat/ephemerals.h"
#include "chat/fields.h"
#include "hooks/limits.h"
#include "settings/url_template.h"

namespace hookline::api {

using boost::asio::awaitable;

struct MessageFlow::Passage {
  Drafting drafting;
  std::string id;  ///< Taken if the sender gave none.
  std::shared_ptr<const settings::HookSettings> settings;
  std::optional<chat::CommandCall> command;
  std::vector<Step> steps;
  bool replay_looked_for = false;
  bool ended = false;  ///< The command's handler wants no message at all.
  /// The app wants no message that could not be moderated, and this one could not.
  bool unmoderated = false;
};

namespace {

using chat::HookRole;
using chat::HookVerdict;

// A draft with what the hooks have said so far.
struct Drafted {
  chat::Draft draft;
  bool id_given = false;
  HookVerdict verdict = HookVerdict::kProceed;
};

Error NotModerated() { return Error(ErrorKind::kUnavailable, "message could not be moderated"); }

net::HttpResponse RefuseUnmoderated(const Exchange& exchange) {
  return NotModeratedResponse(NotModerated(), exchange.operation(), exchange.elapsed());
}

// What the sender is told if the hook was not asked, or not heard, for a reason of ours: nothing is
// stored, whatever the app wants done when its hook fails. Nullopt if that is not so.
std::optional<Error> OwnTrouble(const hooks::SyncAnswer& answer) {
  if (!hooks::IsOwnTrouble(answer.result)) return std::nullopt;
  if (answer.result == FailureClass::kThrottled) {
    return Error(ErrorKind::kRateLimited, "too many of your messages wait for the app's hook");
  }
  return Error(ErrorKind::kUnavailable, "the app's hook could not be asked, try again");
}

// Lays over the draft what the hooks have said.
template <class Passage>
Result<void> ApplySteps(const chat::Limits& limits, Passage& passage, Drafted& drafted) {
  passage.unmoderated = false;  // A job may run more than once.
  for (const auto& step : passage.steps) {
    // An answer that has come to break a limit meanwhile is as good as none, as a whole.
    const auto verdict = chat::ApplyRewrite(drafted.draft.config, limits, step.answer.message,
                                            step.role, drafted.draft.message);
    if (!verdict && step.role == HookRole::kBeforeMessageSend &&
        passage.settings->refuse_unmoderated) {
      passage.unmoderated = true;
      return std::unexpected(NotModerated());
    }
    if (verdict) drafted.verdict = *verdict;
    if (drafted.verdict != HookVerdict::kProceed) break;
  }
  return {};
}

template <class Passage>
Result<Drafted> DraftAnew(const chat::ReadContext& context, Passage& passage) {
  auto draft = passage.drafting(context);
  if (!draft) return std::unexpected(draft.error());
  Drafted drafted{std::move(*draft)};
  chat::Message& message = drafted.draft.message;
  drafted.id_given = !message.id.empty();
  if (!drafted.id_given) message.id = passage.id;
  if (passage.command) {
    message.command = passage.command->name;
    message.args = passage.command->args;
  }
  if (auto applied = ApplySteps(context.limits, passage, drafted); !applied) {
    return std::unexpected(applied.error());
  }
  return drafted;
}

// Judges a hook's answer by what it would do to `message`, and keeps it.
auto KeepAnswer(HookRole role, bool null_allowed, chat::Limits limits, chat::ChannelType config,
                chat::Message message, std::shared_ptr<std::optional<chat::HookAnswer>> kept) {
  return [=](std::string_view body) mutable {
    auto answer = chat::ParseHookAnswer(body, null_allowed);
    if (!answer) return false;
    if (!answer->message.IsNull() &&
        !chat::ApplyRewrite(config, limits, answer->message, role, message)) {
      return false;
    }
    *kept = std::move(*answer);
    return true;
  };
}

awaitable<hooks::SyncAnswer> Ask(hooks::SyncCaller& caller, hooks::SyncCall call) {
  auto start = [&caller, call = std::move(call)](
                   std::move_only_function<void(hooks::SyncAnswer)> done) mutable {
    caller.Call(std::move(call), std::move(done));
  };
  return AwaitCallback<hooks::SyncAnswer>(std::move(start));
}

Error CommandFailed(const std::string& name, const hooks::SyncAnswer& answer) {
  return Error(ErrorKind::kCommandFailed,
               fmt::format("the handler of command {} failed ({})", name, ToString(answer.result)));
}

Error NoCommandHandler(const std::string& name) {
  return Error(ErrorKind::kCommandEndpointMissing,
               fmt::format("command {} was used but custom_action_handler_url is not set", name));
}

std::string CommandUrl(const std::string& url_template, const std::string& name) {
  settings::UrlValues values;
  values.type = name;
  return settings::ExpandUrlTemplate(url_template, values);
}

void WriteMessage(WriteScope& scope, json::Writer& w, const chat::Message& message) {
  chat::Encoder encoder(scope.tx, scope.call.app->id, scope.call.format, scope.chat.now);
  w.Key("message");
  encoder.Message(w, message, scope.call.caller.user_id);
}

// One that is stored, so that its id is enough to write it again.
void WriteStored(WriteScope& scope, json::Writer& w, const chat::Message& message) {
  WriteMessage(scope, w, message);
  scope.reply.made = {message.id};
}

chat::BuiltInOptions BuiltInOptionsOf(const Call& call, const Environment& environment) {
  return {PublicUrl(*call.http, environment.options()), environment.options().ephemeral_lifetime};
}

}  // namespace

std::shared_ptr<const settings::HookSettings> MessageFlow::SettingsOf(const settings::AppPtr& app) {
  const std::lock_guard lock(settings_mutex_);
  KnownSettings& known = settings_[app->id];
  if (known.app != app) {
    known = {app, std::make_shared<const settings::HookSettings>(settings::ReadHookSettings(*app))};
  }
  return known.settings;
}

awaitable<Result<void>> MessageFlow::AskBeforeSend(const Exchange& exchange, Passage& passage) {
  hooks::SyncCall call;
  call.app = exchange.call.app;
  call.kind = hooks::HookKind::kBeforeMessageSend;
  call.url = passage.settings->before_message_send_url;
  call.limits = hooks::BeforeMessageSendLimits(passage.settings->before_message_send_timeout);
  const auto kept = std::make_shared<std::optional<chat::HookAnswer>>();
  bool wanted = false;
  Transactions::LookWork look = [&](ReadScope& scope) -> Result<void> {
    auto drafted = DraftAnew(scope.chat, passage);
    if (!drafted) return std::unexpected(drafted.error());
    wanted = drafted->verdict == HookVerdict::kProceed;
    if (!wanted) return {};
    const chat::Draft& draft = drafted->draft;
    call.user = draft.actor.user.id;
    chat::Encoder encoder(scope.store, scope.call.app->id, chat::Format::kV1, scope.chat.now);
    auto body =
        chat::WriteBeforeSendRequest(encoder, draft.message, drafted->id_given, draft.actor.user,
                                     *draft.channel, scope.call.request_info);
    if (!body) return std::unexpected(body.error());
    call.body = std::make_shared<const std::string>(std::move(*body));
    call.accepts = KeepAnswer(HookRole::kBeforeMessageSend, false, scope.chat.limits, draft.config,
                              draft.message, kept);
    return {};
  };
  Result<void> looked = co_await transactions_.Look(exchange, std::move(look));
  if (!looked || !wanted) co_return looked;
  const hooks::SyncAnswer answer = co_await Ask(caller_, std::move(call));
  if (answer.answered()) {
    passage.steps.push_back({HookRole::kBeforeMessageSend, std::move(**kept)});
  } else if (const std::optional<Error> trouble = OwnTrouble(answer)) {
    looked = std::unexpected(*trouble);
  } else if (passage.settings->refuse_unmoderated) {
    passage.unmoderated = true;
    looked = std::unexpected(NotModerated());
  }
  // Else the hook failed, and the message goes on as it was sent.
  co_return looked;
}

awaitable<Result<void>> MessageFlow::AskCommandHandler(const Exchange& exchange, Passage& passage) {
  const std::string& name = passage.command->name;
  hooks::SyncCall call;
  call.app = exchange.call.app;
  call.kind = hooks::HookKind::kCommand;
  call.limits = hooks::CommandLimits(environment_.options().command_timeout);
  call.configured_url = passage.settings->command_url_template;
  if (call.configured_url.empty()) co_return std::unexpected(NoCommandHandler(name));
  call.url = CommandUrl(call.configured_url, name);
  const auto kept = std::make_shared<std::optional<chat::HookAnswer>>();
  Transactions::LookWork look = [&](ReadScope& scope) -> Result<void> {
    auto drafted = DraftAnew(scope.chat, passage);
    if (!drafted) return std::unexpected(drafted.error());
    const chat::Draft& draft = drafted->draft;
    call.user = draft.actor.user.id;
    chat::Encoder encoder(scope.store, scope.call.app->id, chat::Format::kV1, scope.chat.now);
    auto body = chat::WriteCommandRequest(encoder, draft.message, draft.actor.user, {});
    if (!body) return std::unexpected(body.error());
    call.body = std::make_shared<const std::string>(std::move(*body));
    call.accepts = KeepAnswer(HookRole::kCommandHandler, true, scope.chat.limits, draft.config,
                              draft.message, kept);
    return {};
  };
  Result<void> looked = co_await transactions_.Look(exchange, std::move(look));
  if (!looked) co_return looked;
  const hooks::SyncAnswer answer = co_await Ask(caller_, std::move(call));
  if (!answer.answered()) {
    if (const std::optional<Error> trouble = OwnTrouble(answer)) {
      looked = std::unexpected(*trouble);
    } else if (passage.settings->fail_message_with_command) {
      looked = std::unexpected(CommandFailed(name, answer));
    }
    co_return looked;
  }
  if ((*kept)->message.IsNull()) {
    passage.ended = true;
  } else {
    passage.steps.push_back({HookRole::kCommandHandler, std::move(**kept)});
  }
  co_return looked;
}

awaitable<std::optional<net::HttpResponse>> MessageFlow::Replay(const Exchange& exchange,
                                                                Passage& passage) {
  passage.replay_looked_for = true;
  auto replayed = co_await transactions_.Replay(exchange);
  co_return replayed;
}

awaitable<std::optional<net::HttpResponse>> MessageFlow::Moderate(const Exchange& exchange,
                                                                  Passage& passage) {
  std::optional<net::HttpResponse> over;
  if (passage.settings->before_message_send_url.empty()) co_return over;
  if (!passage.replay_looked_for) {
    over = co_await Replay(exchange, passage);
    if (over) co_return over;
  }
  const Result<void> asked = co_await AskBeforeSend(exchange, passage);
  if (asked) co_return over;
  over = passage.unmoderated ? RefuseUnmoderated(exchange) : exchange.Refuse(asked.error());
  co_return over;
}

awaitable<net::HttpResponse> MessageFlow::Store(const Exchange& exchange, Passage& passage,
                                                Transactions::WriteWork work) {
  auto response = co_await transactions_.Write(exchange, std::move(work));
  // An answer that fitted the draft may not fit what is stored.
  if (passage.unmoderated) response = RefuseUnmoderated(exchange);
  co_return response;
}

awaitable<net::HttpResponse> MessageFlow::Send(const Exchange& exchange) {
  const Call& request = exchange.call;
  const json::Value object = request.body()["message"];
  Passage passage;
  passage.settings = SettingsOf(request.app);
  passage.drafting = [&](const chat::ReadContext& context) -> Result<chat::Draft> {
    auto draft = chat::DraftMessage(context, request.args[0], request.args[1], object);
    if (!draft) return draft;
    if (auto read = chat::ReadSendOptions(request.body(), *draft); !read) {
      return std::unexpected(read.error());
    }
    return draft;
  };
  const bool maybe_command = object["text"].AsString().value_or("").starts_with('/');
  passage.id = ToString(RandomUuid());
  if (maybe_command) {
    auto replayed = co_await Replay(exchange, passage);
    if (replayed) co_return std::move(*replayed);
    Transactions::LookWork look = [&](ReadScope& scope) -> Result<void> {
      auto draft = passage.drafting(scope.chat);
      if (!draft) return std::unexpected(draft.error());
      if (draft->message.type != "system") {
        passage.command = chat::ParseCommand(draft->config, draft->message.text);
      }
      return {};
    };
    const Result<void> looked = co_await transactions_.Look(exchange, std::move(look));
    if (!looked) co_return exchange.Refuse(looked.error());
  }
  const bool built_in = passage.command && passage.command->built_in;
  if (passage.command && !built_in) {
    const Result<void> asked = co_await AskCommandHandler(exchange, passage);
    if (!asked) co_return exchange.Refuse(asked.error());
  }
  if (!built_in && !passage.ended) {
    auto over = co_await Moderate(exchange, passage);
    if (over) co_return std::move(*over);
  }

  Transactions::WriteWork store = [&](WriteScope& scope, json::Writer& w) -> Result<void> {
    if (passage.ended) {
      w.Key("message").Null();
      return {};
    }
    auto drafted = DraftAnew(scope.chat.read(), passage);
    if (!drafted) return std::unexpected(drafted.error());
    chat::Draft& draft = drafted->draft;
    if (built_in) {
      auto message = chat::RunBuiltInCommand(scope.chat, std::move(draft), *passage.command,
                                             BuiltInOptionsOf(request, environment_));
      if (!message) return std::unexpected(message.error());
      WriteMessage(scope, w, *message);
      return {};
    }
    switch (drafted->verdict) {
      case HookVerdict::kDiscard:
        WriteMessage(scope, w, draft.message);
        break;
      case HookVerdict::kEphemeral:
        WriteStored(scope, w,
                    chat::SaveEphemeral(scope.chat, std::move(draft),
                                        environment_.options().ephemeral_lifetime));
        break;
      case HookVerdict::kProceed:
        WriteStored(scope, w, chat::CommitMessage(scope.chat, std::move(draft)));
        break;
    }
    return {};
  };
  auto response = co_await Store(exchange, passage, std::move(store));
  co_return response;
}

awaitable<net::HttpResponse> MessageFlow::UpdateWith(const Exchange& exchange, Drafting drafting) {
  const Call& request = exchange.call;
  Passage passage;
  passage.settings = SettingsOf(request.app);
  passage.drafting = std::move(drafting);
  std::optional<KeyedMutex::Lock> turn;
  if (!passage.settings->before_message_send_url.empty()) {
    // Held over the call, so that the later of two updates is stored later, however long their
    // hooks take.
    std::string name = fmt::format("{}:{}", request.app->id.value, request.args[0]);
    auto lock = co_await updates_.Acquire(std::move(name));
    if (!lock) {
      co_return exchange.Refuse(Error(ErrorKind::kRateLimited,
                                      "too many updates of the message wait for the app's hook"));
    }
    turn.emplace(std::move(*lock));
    auto over = co_await Moderate(exchange, passage);
    if (over) co_return std::move(*over);
  }
  Transactions::WriteWork store = [&](WriteScope& scope, json::Writer& w) -> Result<void> {
    auto drafted = DraftAnew(scope.chat.read(), passage);
    if (!drafted) return std::unexpected(drafted.error());
    if (drafted->verdict == HookVerdict::kProceed) {
      WriteStored(scope, w, chat::CommitUpdate(scope.chat, std::move(drafted->draft)));
    } else {
      WriteMessage(scope, w, drafted->draft.message);
    }
    return {};
  };
  auto response = co_await Store(exchange, passage, std::move(store));
  co_return response;
}

awaitable<net::HttpResponse> MessageFlow::Update(const Exchange& exchange) {
  const Call& request = exchange.call;
  Drafting drafting = [&](const chat::ReadContext& context) {
    return chat::DraftUpdate(context, request.args[0], request.body()["message"]);
  };
  auto response = co_await UpdateWith(exchange, std::move(drafting));
  co_return response;
}

awaitable<net::HttpResponse> MessageFlow::ChangeChannel(const Exchange& exchange,
                                                        ChannelChange change) {
  const Call& request = exchange.call;
  const json::Value object = request.body()["message"];
  Passage passage;
  passage.settings = SettingsOf(request.app);
  const bool moderated = !request.caller.server && !chat::IsZeroValue(object);
  if (moderated) {
    passage.id = ToString(RandomUuid());
    passage.drafting = [&](const chat::ReadContext& context) -> Result<chat::Draft> {
      auto channel = change.require(context, request.args[0], request.args[1], request.body());
      if (!channel) return std::unexpected(channel.error());
      auto actor = chat::FindActor(context, {}, "");
      if (!actor) return std::unexpected(actor.error());
      return chat::DraftSystemMessage(context, std::move(*channel), std::move(*actor), object);
    };
    auto over = co_await Moderate(exchange, passage);
    if (over) co_return std::move(*over);
  }
  Transactions::WriteWork store = [&](WriteScope& scope, json::Writer& w) -> Result<void> {
    if (!moderated) return change.apply(scope, w, {});
    return change.apply(scope, w, [&](chat::Draft& draft) -> Result<bool> {
      Drafted drafted{std::move(draft)};
      auto applied = ApplySteps(scope.chat.limits, passage, drafted);
      draft = std::move(drafted.draft);
      if (!applied) return std::unexpected(applied.error());
      return drafted.verdict == HookVerdict::kProceed;
    });
  };
  auto response = co_await Store(exchange, passage, std::move(store));
  co_return response;
}

awaitable<net::HttpResponse> MessageFlow::UpdatePartial(const Exchange& exchange) {
  const Call& request = exchange.call;
  Drafting drafting = [&](const chat::ReadContext& context) {
    return chat::DraftPartialUpdate(context, request.args[0], request.body());
  };
  auto response = co_await UpdateWith(exchange, std::move(drafting));
  co_return response;
}

awaitable<net::HttpResponse> MessageFlow::RunAction(const Exchange& exchange) {
  const Call& request = exchange.call;
  auto replayed = co_await transactions_.Replay(exchange);
  if (replayed) co_return std::move(*replayed);
  const auto hook_settings = SettingsOf(request.app);
  hooks::SyncCall call;
  call.app = request.app;
  call.kind = hooks::HookKind::kCommand;
  call.limits = hooks::CommandLimits(environment_.options().command_timeout);
  call.configured_url = hook_settings->command_url_template;
  const auto kept = std::make_shared<std::optional<chat::HookAnswer>>();
  bool giphy = false;
  std::string command;
  Transactions::LookWork look = [&](ReadScope& scope) -> Result<void> {
    auto action = chat::RequireEphemeral(scope.chat, request.args[0], request.body());
    if (!action) return std::unexpected(action.error());
    giphy = chat::IsGiphy(action->message);
    if (giphy) return {};
    command = action->message.command;
    if (call.configured_url.empty()) return std::unexpected(NoCommandHandler(command));
    const chat::UserPtr owner = scope.store.FindUser(request.app->id, action->message.user_id);
    if (!owner) return Fail(ErrorKind::kNotFound, "the message's user does not exist any more");
    call.url = CommandUrl(call.configured_url, command);
    call.user = owner->id;
    chat::Encoder encoder(scope.store, request.app->id, chat::Format::kV1, scope.chat.now);
    auto body = chat::WriteCommandRequest(encoder, action->message, *owner, action->form_data);
    if (!body) return std::unexpected(body.error());
    call.body = std::make_shared<const std::string>(std::move(*body));
    call.accepts = KeepAnswer(HookRole::kCommandHandler, true, scope.chat.limits, action->config,
                              action->message, kept);
    return {};
  };
  const Result<void> looked = co_await transactions_.Look(exchange, std::move(look));
  if (!looked) co_return exchange.Refuse(looked.error());
  if (!giphy) {
    const hooks::SyncAnswer answer = co_await Ask(caller_, std::move(call));
    // The message stays, so that the user can press again.
    if (const std::optional<Error> trouble = OwnTrouble(answer))
      co_return exchange.Refuse(*trouble);
    if (!answer.answered()) co_return exchange.Refuse(CommandFailed(command, answer));
  }

  Transactions::WriteWork store = [&](WriteScope& scope, json::Writer& w) -> Result<void> {
    auto action = chat::RequireEphemeral(scope.chat.read(), request.args[0], request.body());
    if (!action) return std::unexpected(action.error());
    if (giphy) {
      auto message = chat::RunGiphyAction(scope.chat, std::move(*action),
                                          BuiltInOptionsOf(request, environment_));
      if (!message) return std::unexpected(message.error());
      if (*message) {
        WriteMessage(scope, w, **message);
      } else {
        w.Key("message").Null();
      }
      return {};
    }
    if ((*kept)->message.IsNull()) {
      chat::DeleteEphemeral(scope.chat, action->message);
      w.Key("message").Null();
      return {};
    }
    auto verdict = chat::ApplyRewrite(action->config, scope.chat.limits, (*kept)->message,
                                      HookRole::kCommandHandler, action->message);
    if (!verdict) return std::unexpected(verdict.error());
    if (*verdict == HookVerdict::kDiscard) {
      WriteMessage(scope, w, action->message);
      return {};
    }
    if (*verdict == HookVerdict::kEphemeral) {
      WriteStored(scope, w,
                  chat::ReplaceEphemeral(scope.chat, std::move(action->message),
                                         environment_.options().ephemeral_lifetime));
      return {};
    }
    auto message = chat::CommitEphemeral(scope.chat, std::move(action->message));
    if (!message) return std::unexpected(message.error());
    WriteStored(scope, w, *message);
    return {};
  };
  auto response = co_await transactions_.Write(exchange, std::move(store));
  co_return response;
}

}  // namespace hookline::api
