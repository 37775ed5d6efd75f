#include "chat/hook_request.h"

#include <fmt/core.h>

#include "base/error.h"
#include "chat/limits.h"

namespace hookline::chat {

namespace {

// Writes the body with less and less of what a handler can do without, until it is small enough.
template <class Write>
Result<std::string> Fit(Encoder& encoder, const Write& write) {
  std::size_t bytes = 0;
  for (const bool without_custom : {false, true}) {
    for (const bool mentions_by_id : {false, true}) {
      if (without_custom && !mentions_by_id) continue;
      encoder.LeaveOutCustom(without_custom);
      json::Writer w;
      write(w, mentions_by_id);
      encoder.LeaveOutCustom(false);
      bytes = w.text().size();
      if (bytes < kHookCallBytesMax) return w.Take();
    }
  }
  return InputError(
      fmt::format("the message is too large to be asked about: {} bytes with its user and channel, "
                  "the limit is {} bytes",
                  bytes, kHookCallBytesMax));
}

}  // namespace

void WriteRawMessage(json::Writer& w, Encoder& encoder, const Message& message, HookRole role,
                     bool id_given, bool mentions_by_id) {
  HOOKLINE_CHECK(encoder.format() == Format::kV1);
  const bool command = role == HookRole::kCommandHandler;
  w.BeginObject();
  w.Field("id", command || id_given ? message.id : std::string());
  w.Field("text", message.text);
  if (!message.mml.empty()) w.Field("mml", message.mml);
  if (!message.command.empty()) {
    w.Field("command", message.command);
    w.Field("args", message.args);
  }
  w.Field("html", "");
  w.Field("type", message.type);
  if (command || message.pk) {
    w.Field("cid", message.cid);
    WriteTime(w, "created_at", message.created_at, Format::kV1);
    WriteTime(w, "updated_at", message.updated_at, Format::kV1);
  }
  encoder.Attachments(w, message.attachments_json);
  w.Key("latest_reactions").BeginArray().EndArray();
  w.Key("own_reactions").BeginArray().EndArray();
  w.Key("reaction_counts").Null();
  w.Key("reaction_scores").Null();
  if (!message.parent_id.empty()) {
    w.Field("parent_id", message.parent_id);
    w.Field("show_in_channel", message.show_in_channel);
  }
  if (!message.quoted_message_id.empty()) w.Field("quoted_message_id", message.quoted_message_id);
  w.Field("reply_count", message.reply_count);
  w.Key("mentioned_users").BeginArray();
  for (const std::string& id : message.mentioned_user_ids) {
    if (mentions_by_id) {
      w.BeginObject().Field("id", id).EndObject();
    } else {
      encoder.UserById(w, id);
    }
  }
  w.EndArray();
  if (!message.i18n_json.empty()) w.Key("i18n").Raw(message.i18n_json);
  w.Field("silent", message.silent);
  if (message.pinned) w.Field("pinned", true);
  if (!message.restricted_visibility.empty()) {
    WriteStrings(w, "restricted_visibility", message.restricted_visibility);
  }
  WriteCustom(w, message.custom_json, Format::kV1);
  w.EndObject();
}

Result<std::string> WriteBeforeSendRequest(Encoder& encoder, const Message& message, bool id_given,
                                           const User& sender, const Channel& channel,
                                           const RequestInfo& request_info) {
  return Fit(encoder, [&](json::Writer& w, bool mentions_by_id) {
    w.BeginObject();
    w.Key("message");
    WriteRawMessage(w, encoder, message, HookRole::kBeforeMessageSend, id_given, mentions_by_id);
    w.Key("user");
    encoder.User(w, sender);
    w.Key("channel");
    encoder.Channel(w, channel);
    WriteRequestInfo(w, request_info);
    w.EndObject();
  });
}

Result<std::string> WriteCommandRequest(Encoder& encoder, const Message& message,
                                        const User& sender, const FormData& form_data) {
  return Fit(encoder, [&](json::Writer& w, bool mentions_by_id) {
    w.BeginObject();
    w.Key("message");
    WriteRawMessage(w, encoder, message, HookRole::kCommandHandler, true, mentions_by_id);
    w.Key("user");
    encoder.User(w, sender);
    if (!form_data.empty()) {
      w.Key("form_data").BeginObject();
      for (const auto& [name, value] : form_data) w.Field(name, value);
      w.EndObject();
    }
    w.EndObject();
  });
}

}  // namespace hookline::chat
