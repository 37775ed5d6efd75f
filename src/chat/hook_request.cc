#include "chat/hook_request.h"

#include "base/error.h"

namespace hookline::chat {

void WriteRawMessage(json::Writer& w, Encoder& encoder, const Message& message, HookRole role,
                     bool id_given) {
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
  for (const std::string& id : message.mentioned_user_ids) encoder.UserById(w, id);
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

std::string WriteBeforeSendRequest(Encoder& encoder, const Message& message, bool id_given,
                                   const User& sender, const Channel& channel,
                                   const RequestInfo& request_info) {
  json::Writer w;
  w.BeginObject();
  w.Key("message");
  WriteRawMessage(w, encoder, message, HookRole::kBeforeMessageSend, id_given);
  w.Key("user");
  encoder.User(w, sender);
  w.Key("channel");
  encoder.Channel(w, channel);
  WriteRequestInfo(w, request_info);
  w.EndObject();
  return w.Take();
}

std::string WriteCommandRequest(Encoder& encoder, const Message& message, const User& sender,
                                const FormData& form_data) {
  json::Writer w;
  w.BeginObject();
  w.Key("message");
  WriteRawMessage(w, encoder, message, HookRole::kCommandHandler, true);
  w.Key("user");
  encoder.User(w, sender);
  if (!form_data.empty()) {
    w.Key("form_data").BeginObject();
    for (const auto& [name, value] : form_data) w.Field(name, value);
    w.EndObject();
  }
  w.EndObject();
  return w.Take();
}

}  // namespace hookline::chat
