#pragma once

#include <cstdint>
#include <string_view>

#include "base/error.h"
#include "base/json.h"
#include "chat/channel_type.h"
#include "chat/limits.h"
#include "chat/model.h"

/// What a synchronous hook (before-message-send or a command handler) may do to a message
/// (docs/contract/hooks.md#rewriting). Pure.
namespace hookline::chat {

/// Who answers.
enum class HookRole : std::uint8_t { kBeforeMessageSend, kCommandHandler };

/// A hook's answer whose shape is right.
struct HookAnswer {
  json::Document document;
  json::Value message;  ///< An object of `document`; null only if that was allowed.
};

/// Reads an answer: `{"message": {…}}`, other members ignored. `null_allowed`: `message` may be
/// null, which a command handler answers to an action to end it. Fails with kInput and a reason for
/// the operator's log.
Result<HookAnswer> ParseHookAnswer(std::string_view body, bool null_allowed);

/// What is to happen to the message after its rewrite.
enum class HookVerdict : std::uint8_t {
  kProceed,    ///< Store and announce it.
  kDiscard,    ///< Give it back with type "error"; nothing is stored or announced.
  kEphemeral,  ///< For the sender only. Command handlers only.
};

/// Applies `answer`, the `message` object of a hook's answer, to `message`. `config` is that of the
/// message's channel.
///
/// Taken over are `text`, `i18n`, `show_in_channel`, `silent`, `type`, `attachments`, custom fields
/// (flat or under `custom`) and, from a command handler, `mml`; every other name that a message has
/// is ignored. Of a name that occurs twice the last value counts. `html` follows the text.
/// - An absent key leaves its field as it is for a before-message-send hook, also a custom one. A
///   command handler's message takes the place of the draft: what it does not name is gone, and an
///   absent type is "regular".
/// - Null leaves its field as it is; but `attachments: null` removes all attachments, and a custom
///   field may be anything.
/// - `type` "error" discards the message, and "ephemeral" makes it so if a command handler says so;
///   "system" makes it a system message, "regular" (or "reply") an ordinary one; any other type
///   makes the answer a bad one.
/// - An empty `mml` removes it.
///
/// Fails with kInput, and leaves `message` as it was, if the answer breaks a limit that a sender is
/// held to or has a value of a wrong type: a text over the channel's limit, more than 30
/// attachments, attachments that are not objects, more than kMaxCustomFields, or more bytes than
/// `limits` say. The answer is then a bad one, as if there were none. A discard is never lost to
/// that: there, no limit holds for the text, and custom fields or attachments over theirs are left
/// out.
Result<HookVerdict> ApplyRewrite(const ChannelType& config, const Limits& limits,
                                 json::Value answer, HookRole role, Message& message);

}  // namespace hookline::chat
