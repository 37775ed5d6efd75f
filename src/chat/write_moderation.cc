#include "chat/write.h"

namespace hookline::chat {

void Encoder::Mute(json::Writer& w, const chat::Mute& mute) {
  w.BeginObject();
  w.Key("user");
  UserById(w, mute.user_id);
  w.Key("target");
  UserById(w, mute.target_id);
  WriteTime(w, "created_at", mute.created_at, format_);
  WriteTime(w, "updated_at", mute.updated_at, format_);
  WriteTime(w, "expires", mute.expires_at, format_);
  w.EndObject();
}

void Encoder::Flag(json::Writer& w, const chat::Flag& flag) {
  w.BeginObject();
  w.Field("created_by_automod", false);
  w.Key("user");
  UserById(w, flag.user_id);
  if (!flag.target_message_id.empty()) w.Field("target_message_id", flag.target_message_id);
  w.Key("target_user");
  UserById(w, flag.target_user_id);
  w.Field("reason", flag.reason);
  WriteTime(w, "created_at", flag.created_at, format_);
  WriteTime(w, "updated_at", flag.updated_at, format_);
  if (flag.custom_json != "{}") w.Key("custom").Raw(flag.custom_json);
  w.EndObject();
}

}  // namespace hookline::chat
