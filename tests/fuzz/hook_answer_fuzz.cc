// Answers of synchronous hooks: applied as a whole or not at all, and never to what a hook may not
// change. The first line of an input says who answers and to what message, as letters: c for a
// command's handler, n where null is allowed, e for an ephemeral message, r for a reply, t for
// limits that are tight. The rest is the answer's body.
#include <algorithm>
#include <string>
#include <unordered_map>

#include "base/json.h"
#include "base/utf8.h"
#include "chat/message_rewrite.h"
#include "chat/messages.h"
#include "fuzz/input.h"

namespace hookline::chat {
namespace {

struct Setting {
  ChannelType config;
  Limits limits;
  HookRole role = HookRole::kBeforeMessageSend;
  bool null_allowed = false;
  Message message;
};

Setting ReadSetting(std::string_view letters) {
  const auto has = [&](char letter) { return letters.find(letter) != std::string_view::npos; };
  Setting setting;
  Message& message = setting.message;
  message.id = "m1";
  message.cid = "messaging:dock-4";
  message.user_id = "mara";
  message.text = "card 4111";
  message.html = RenderHtml(message.text);
  message.mml = "<mml></mml>";
  message.attachments_json = R"([{"type":"image"}])";
  message.mentioned_user_ids = {"olaf"};
  message.i18n_json = R"({"de_text":"Karte"})";
  message.custom_json = R"({"priority":"high","xp":1.10})";
  message.created_at = message.updated_at = Timestamp{1'000};
  if (has('r')) {
    message.parent_id = "m0";
    message.type = "reply";
  }
  if (has('e')) message.type = "ephemeral";
  if (has('c')) setting.role = HookRole::kCommandHandler;
  setting.null_allowed = has('n');
  if (has('t')) {
    setting.config.max_message_length = 12;
    setting.limits.custom_bytes = 64;
    setting.limits.message_bytes = 200;
  }
  return setting;
}

// `after` with everything taken back that a hook of this role may change.
Message WithoutRewrite(Message after, const Setting& setting) {
  const Message& before = setting.message;
  after.text = before.text;
  after.html = before.html;
  after.attachments_json = before.attachments_json;
  after.custom_json = before.custom_json;
  after.i18n_json = before.i18n_json;
  after.silent = before.silent;
  after.show_in_channel = before.show_in_channel;
  after.type = before.type;
  if (setting.role == HookRole::kCommandHandler) after.mml = before.mml;
  return after;
}

// What stands where the answer says nothing: a handler's message takes the place of the draft.
Message WithoutAnswer(const Setting& setting) {
  Message message = setting.message;
  if (setting.role != HookRole::kCommandHandler) return message;
  message.text.clear();
  message.mml.clear();
  message.i18n_json.clear();
  message.attachments_json = "[]";
  message.custom_json = "{}";
  message.silent = message.show_in_channel = false;
  return message;
}

json::Document ParseCanonical(std::string_view text) {
  auto document = json::Document::Parse(text, json::Source::kStored);
  HOOKLINE_CHECK(document.has_value());
  HOOKLINE_CHECK(document->root().raw() == text);
  return std::move(*document);
}

// What the message carries is what its fields promise, whatever the answer was.
void CheckWellFormed(const Message& message) {
  HOOKLINE_CHECK(utf8::IsValid(message.text) && utf8::IsValid(message.mml));
  HOOKLINE_CHECK(message.html == RenderHtml(message.text));
  HOOKLINE_CHECK(ParseCanonical(message.custom_json).root().IsObject());
  const json::Document attachments = ParseCanonical(message.attachments_json);
  HOOKLINE_CHECK(attachments.root().IsArray() && attachments.root().size() <= 30);
  for (const json::Value attachment : attachments.root()) HOOKLINE_CHECK(attachment.IsObject());
  if (message.i18n_json.empty()) return;
  const json::Document translations = ParseCanonical(message.i18n_json);
  for (const json::Value text : translations.root()) HOOKLINE_CHECK(text.IsString());
}

void CheckLimits(const Setting& setting, const Message& after) {
  const Message& before = setting.message;
  HOOKLINE_CHECK(after.custom_json.size() <=
                 std::max(setting.limits.custom_bytes, before.custom_json.size()));
  HOOKLINE_CHECK(MessageBytes(after) <=
                 std::max(setting.limits.message_bytes, MessageBytes(before)));
  const auto characters = std::ranges::count_if(
      after.text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; });
  HOOKLINE_CHECK(characters <= setting.config.max_message_length || after.text == before.text);
}

// Custom fields are known by an x here: no field of a message begins with one.
void CheckCustom(json::Value answer, const Message& before, const Message& after) {
  std::unordered_map<std::string_view, std::string_view> wanted;
  const auto want = [&](json::Value member) {
    if (member.key().starts_with('x')) wanted.insert_or_assign(member.key(), member.raw());
  };
  for (const json::Value member : answer) {
    want(member);
    if (member.key() != "custom" || !member.IsObject()) continue;
    for (const json::Value inner : member) want(inner);
  }
  const json::Document custom = ParseCanonical(after.custom_json);
  for (const auto& [name, value] : wanted) HOOKLINE_CHECK(custom.root()[name].raw() == value);
  const json::Document old = ParseCanonical(before.custom_json);
  if (!wanted.contains("xp")) {
    HOOKLINE_CHECK(custom.root()["xp"].raw() == old.root()["xp"].raw());
  }
}

// An answer that was taken has only values of the right types, and each of them is in the message.
void CheckWhole(json::Value answer, const Setting& setting, const Message& after) {
  const Message before = WithoutAnswer(setting);
  const auto text_of = [&](std::string_view name, const std::string& otherwise) {
    HOOKLINE_CHECK(answer[name].IsMissingOrNull() || answer[name].IsString());
    return std::string(answer[name].AsString().value_or(otherwise));
  };
  const auto flag_of = [&](std::string_view name, bool otherwise) {
    HOOKLINE_CHECK(answer[name].IsMissingOrNull() || answer[name].IsBool());
    return answer[name].AsBool().value_or(otherwise);
  };
  HOOKLINE_CHECK(after.text == text_of("text", before.text));
  HOOKLINE_CHECK(after.silent == flag_of("silent", before.silent));
  HOOKLINE_CHECK(after.show_in_channel == flag_of("show_in_channel", before.show_in_channel));
  if (setting.role == HookRole::kCommandHandler) {
    HOOKLINE_CHECK(after.mml == text_of("mml", before.mml));
  }
  const json::Value attachments = answer["attachments"];
  HOOKLINE_CHECK(attachments.IsMissingOrNull() || attachments.IsArray());
  HOOKLINE_CHECK(after.attachments_json == (!attachments           ? before.attachments_json
                                            : attachments.IsNull() ? "[]"
                                                                   : attachments.raw()));
  const json::Value i18n = answer["i18n"];
  HOOKLINE_CHECK(i18n.IsMissingOrNull() || i18n.IsObject());
  HOOKLINE_CHECK(after.i18n_json == (i18n.IsMissingOrNull() ? before.i18n_json
                                     : i18n.size() == 0     ? ""
                                                            : i18n.raw()));
  CheckCustom(answer, before, after);
}

void CheckRewrite(const Setting& setting, json::Value answer) {
  Message after = setting.message;
  const auto verdict = ApplyRewrite(setting.config, setting.limits, answer, setting.role, after);
  const bool is_error = answer["type"].AsString() == "error";
  if (!verdict) {
    HOOKLINE_CHECK(verdict.error().kind() == ErrorKind::kInput);
    HOOKLINE_CHECK(after == setting.message);
    HOOKLINE_CHECK(!is_error);  // A discard is never lost.
    return;
  }
  HOOKLINE_CHECK(WithoutRewrite(after, setting) == setting.message);
  HOOKLINE_CHECK((*verdict == HookVerdict::kDiscard) == is_error);
  HOOKLINE_CHECK((*verdict == HookVerdict::kDiscard) == (after.type == "error"));
  HOOKLINE_CHECK((*verdict == HookVerdict::kEphemeral) == (after.type == "ephemeral"));
  if (setting.role == HookRole::kBeforeMessageSend && !is_error) {
    HOOKLINE_CHECK(after.type == setting.message.type || after.type == "regular" ||
                   after.type == "reply" || after.type == "system");
  }
  CheckWellFormed(after);
  if (!is_error) {
    CheckLimits(setting, after);
    CheckWhole(answer, setting, after);
  }
  // Told the same once more, nothing changes.
  Message twice = after;
  const auto second = ApplyRewrite(setting.config, setting.limits, answer, setting.role, twice);
  HOOKLINE_CHECK(second.has_value() && *second == *verdict);
  HOOKLINE_CHECK(twice == after);
}

}  // namespace
}  // namespace hookline::chat

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace hookline::chat;
  hookline::fuzz::Input input(data, size);
  const Setting setting = ReadSetting(input.Line());
  const auto answer = ParseHookAnswer(input.Rest(), setting.null_allowed);
  if (!answer) {
    HOOKLINE_CHECK(answer.error().kind() == hookline::ErrorKind::kInput);
    return 0;
  }
  if (answer->message.IsNull()) {
    HOOKLINE_CHECK(setting.null_allowed);
    Message untouched = setting.message;
    HOOKLINE_CHECK(
        !ApplyRewrite(setting.config, setting.limits, answer->message, setting.role, untouched));
    HOOKLINE_CHECK(untouched == setting.message);
    return 0;
  }
  HOOKLINE_CHECK(answer->message.IsObject());
  CheckRewrite(setting, answer->message);
  return 0;
}
