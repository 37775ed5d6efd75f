#include "chat/message_rewrite.h"

#include <fmt/core.h>

#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/json_writer.h"
#include "chat/fields.h"
#include "chat/message_fields.h"
#include "chat/messages.h"

namespace hookline::chat {
namespace {

// Members in their order, found by name in constant time.
class CustomMembers {
 public:
  void Set(std::string_view name, std::string_view value_json) {
    const auto [place, added] = places_.try_emplace(name, members_.size());
    if (added) {
      members_.emplace_back(name, value_json);
    } else {
      members_[place->second].second = value_json;
    }
  }

  bool any() const { return !members_.empty(); }
  bool full() const { return members_.size() > kMaxCustomFields; }

  std::string ToJson() const {
    json::Writer w;
    w.BeginObject();
    for (const auto& [name, value] : members_) w.Key(name).Raw(value);
    w.EndObject();
    return w.Take();
  }

 private:
  std::vector<std::pair<std::string_view, std::string_view>> members_;
  std::unordered_map<std::string_view, std::size_t> places_;
};

// `custom` is where newer clients keep custom fields, not a custom field.
bool IsCustomName(std::string_view name) { return name != "custom" && !IsMessageField(name); }

Result<std::string> MergedCustom(const std::string& custom_json, json::Value answer,
                                 const Limits& limits) {
  const auto before = json::Document::Parse(custom_json, json::Source::kStored);
  if (!before) return std::unexpected(before.error());
  CustomMembers merged;
  bool changed = false;
  for (const json::Value member : before->root()) merged.Set(member.key(), member.raw());
  CustomMembers namesakes;  // Of built-in fields, which `custom` may have.
  for (const json::Value inner : before->root()["custom"]) {
    namesakes.Set(inner.key(), inner.raw());
  }
  std::string namesakes_json;
  const auto set = [&](json::Value member, bool nested) {
    const bool custom = IsCustomName(member.key());
    if ((!custom && !nested) || merged.full() || namesakes.full()) return;
    (custom ? merged : namesakes).Set(member.key(), member.raw());
    changed = true;
  };
  for (const json::Value member : answer) {
    if (member.key() != "custom") {
      set(member, false);
    } else if (member.IsObject()) {
      for (const json::Value inner : member) set(inner, true);
    }
  }
  if (namesakes.any()) {
    namesakes_json = namesakes.ToJson();
    merged.Set("custom", namesakes_json);
  }
  if (merged.full()) {
    return InputError(fmt::format("the message has more than {} custom fields", kMaxCustomFields));
  }
  if (!changed) return custom_json;
  std::string merged_json = merged.ToJson();
  if (auto fits = CheckBytes("the custom data of the message", merged_json.size(),
                             custom_json.size(), limits.custom_bytes);
      !fits) {
    return std::unexpected(fits.error());
  }
  return merged_json;
}

// An answer is applied as a whole or not at all.
Result<void> CheckTypes(json::Value answer, HookRole role) {
  const auto wrong = [](std::string_view name) {
    return InputError(fmt::format("message.{} has a wrong type", name));
  };
  for (const std::string_view name : {"text", "type", "mml"}) {
    if (name == "mml" && role != HookRole::kCommandHandler) continue;
    const json::Value value = answer[name];
    if (!value.IsMissingOrNull() && !value.IsString()) return wrong(name);
  }
  for (const std::string_view name : {"silent", "show_in_channel"}) {
    const json::Value value = answer[name];
    if (!value.IsMissingOrNull() && !value.IsBool()) return wrong(name);
  }
  if (const json::Value value = answer["attachments"];
      !value.IsMissingOrNull() && !value.IsArray()) {
    return wrong("attachments");
  }
  // `reply` comes along when a hook sends back what it was shown; it is said by the parent.
  static constexpr auto kTypes = Names({"", "regular", "reply", "system", "error"});
  const std::string_view type = answer["type"].AsString().value_or("");
  if (!kTypes.contains(type) && (type != "ephemeral" || role != HookRole::kCommandHandler)) {
    return InputError(fmt::format("message.type cannot be made {}", type));
  }
  const json::Value translations = answer["i18n"];
  if (translations.IsMissingOrNull()) return {};
  if (!translations.IsObject()) return wrong("i18n");
  for (const json::Value translation : translations) {
    if (!translation.IsString()) return wrong("i18n");
  }
  return {};
}

Result<void> RewriteText(const ChannelType& config, json::Value answer, bool discarded,
                         Message& message) {
  const auto text = answer["text"].AsString();
  if (!text || *text == message.text) return {};
  // A discarded text is stored nowhere, and its answer is capped.
  if (!discarded && CountCharacters(*text) > config.max_message_length) {
    return InputError(
        fmt::format("message.text is longer than {} characters", config.max_message_length));
  }
  message.text = *text;
  message.html = RenderHtml(message.text);
  return {};
}

Result<void> RewriteAttachments(json::Value answer, Message& message) {
  const json::Value value = answer["attachments"];
  if (value.IsNull()) message.attachments_json = "[]";
  if (!value.IsArray()) return {};
  if (value.size() > kAttachmentsMax) {
    return InputError(fmt::format("message.attachments has more than {} items", kAttachmentsMax));
  }
  for (const json::Value attachment : value) {
    if (!attachment.IsObject()) {
      return InputError("message.attachments has items that are not objects");
    }
  }
  message.attachments_json = value.size() == 0 ? "[]" : std::string(value.raw());
  return {};
}

void RewriteI18n(json::Value answer, Message& message) {
  const json::Value value = answer["i18n"];
  if (!value.IsObject()) return;
  for (const json::Value translation : value) {
    if (!translation.IsString()) return;
  }
  message.i18n_json = value.size() == 0 ? std::string() : std::string(value.raw());
}

// A command handler's message takes the place of the draft: what it does not name is gone.
void ForgetRewritable(Message& message) {
  message.text.clear();
  message.html.clear();
  message.mml.clear();
  message.i18n_json.clear();
  message.attachments_json = "[]";
  message.custom_json = "{}";
  message.silent = false;
  // Only a reply is shown with it to the handler.
  if (!message.parent_id.empty()) message.show_in_channel = false;
}

HookVerdict RewriteType(json::Value answer, HookRole role, Message& message) {
  const std::string_view type = answer["type"].AsString().value_or("");
  if (type == "error") {
    message.type = "error";
    return HookVerdict::kDiscard;
  }
  // A command handler's message takes the place of the draft, its type too.
  const bool absent_is_regular = type.empty() && role == HookRole::kCommandHandler;
  if (type == "system" || type == "ephemeral") {
    message.type = type;
  } else if (absent_is_regular || type == "regular" || type == "reply") {
    message.type = message.parent_id.empty() ? "regular" : "reply";
  }
  return message.type == "ephemeral" ? HookVerdict::kEphemeral : HookVerdict::kProceed;
}

}  // namespace

Result<HookAnswer> ParseHookAnswer(std::string_view body, bool null_allowed) {
  auto document = json::Document::Parse(body, json::Source::kAnswer);
  if (!document) return std::unexpected(document.error());
  const json::Value root = document->root();
  if (!root.IsObject()) return InputError("the answer is not a JSON object");
  const json::Value message = root["message"];
  if (!message) return InputError("the answer has no message");
  if (!message.IsObject() && !(null_allowed && message.IsNull())) {
    return InputError("the answer's message is not an object");
  }
  return HookAnswer{std::move(*document), message};
}

Result<HookVerdict> ApplyRewrite(const ChannelType& config, const Limits& limits,
                                 json::Value answer, HookRole role, Message& message) {
  if (!answer.IsObject()) return InputError("the answer's message is not an object");
  Message rewritten = message;
  if (role == HookRole::kCommandHandler) ForgetRewritable(rewritten);
  const HookVerdict verdict = RewriteType(answer, role, rewritten);
  const bool discarded = verdict == HookVerdict::kDiscard;
  if (auto checked = CheckTypes(answer, role); !checked && !discarded) {
    return std::unexpected(checked.error());
  }
  if (auto done = RewriteText(config, answer, discarded, rewritten); !done) {
    return std::unexpected(done.error());
  }
  if (rewritten.text == message.text) rewritten.html = message.html;
  if (auto done = RewriteAttachments(answer, rewritten); !done && !discarded) {
    return std::unexpected(done.error());
  }
  auto custom = MergedCustom(rewritten.custom_json, answer, limits);
  if (!custom && !discarded) return std::unexpected(custom.error());
  if (custom) rewritten.custom_json = std::move(*custom);
  RewriteI18n(answer, rewritten);
  rewritten.silent = answer["silent"].AsBool().value_or(rewritten.silent);
  rewritten.show_in_channel =
      answer["show_in_channel"].AsBool().value_or(rewritten.show_in_channel);
  if (const auto mml = answer["mml"].AsString(); mml && role == HookRole::kCommandHandler) {
    rewritten.mml = *mml;
  }
  if (auto fits = CheckMessageBytes(limits, rewritten, &message); !fits && !discarded) {
    return std::unexpected(fits.error());
  }
  message = std::move(rewritten);
  return verdict;
}

}  // namespace hookline::chat
