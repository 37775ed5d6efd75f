#include "chat/write.h"

#include <algorithm>

#include "base/json.h"

namespace hookline::chat {
namespace {

constexpr int kEventMembersMax = 50;
constexpr int kMutesMax = 1000;
// docs/contract/payloads.md#channel-context: what stands for "never read".
constexpr std::string_view kNeverReadV1 = "\"0001-01-01T00:00:00Z\"";

// Custom fields that share their name with a built-in one are kept apart (CustomFields); where all
// are nested, that is not needed.
void WriteNestedCustom(json::Writer& w, std::string_view custom_json) {
  if (custom_json.find("\"custom\":{") == std::string_view::npos) {
    w.Raw(custom_json);
    return;
  }
  const auto document = json::Document::Parse(custom_json, json::Source::kStored);
  HOOKLINE_CHECK(document.has_value());
  w.BeginObject();
  for (const json::Value member : document->root()) {
    if (member.key() == "custom" && member.IsObject()) {
      for (const json::Value inner : member) w.Key(inner.key()).Raw(inner.raw());
    } else {
      w.Key(member.key()).Raw(member.raw());
    }
  }
  w.EndObject();
}

}  // namespace

void WriteTime(json::Writer& w, std::string_view key, Timestamp t, Format format) {
  if (!t) return;
  w.Key(key);
  if (format == Format::kV1) {
    w.Time(t);
  } else {
    w.Int(t.UnixNanoseconds());
  }
}

void WriteCustom(json::Writer& w, std::string_view custom_json, Format format) {
  if (format == Format::kV1) {
    w.RawMembers(custom_json);
  } else {
    w.Key("custom");
    WriteNestedCustom(w, custom_json);
  }
}

void WriteStrings(json::Writer& w, std::string_view key, const std::vector<std::string>& items) {
  w.Key(key).BeginArray();
  for (const std::string& item : items) w.String(item);
  w.EndArray();
}

void WriteRequestInfo(json::Writer& w, const RequestInfo& info) {
  w.Key("request_info").BeginObject();
  w.Field("type", info.server ? "server" : "client");
  w.Field("ip", info.ip);
  w.Field("user_agent", info.user_agent);
  w.Field("sdk", info.sdk);
  if (!info.ext.empty()) w.Field("ext", info.ext);
  w.EndObject();
}

void Encoder::Custom(json::Writer& w, const std::string& custom_json) {
  WriteCustom(w, without_custom_ ? std::string_view("{}") : custom_json, format_);
}

UserPtr Encoder::FindUser(std::string_view id) {
  const std::string key(id);
  if (const auto known = users_.find(key); known != users_.end()) return known->second;
  UserPtr user = store_.FindUser(app_, id);
  users_.emplace(key, user);
  return user;
}

void Encoder::UserFields(json::Writer& w, const chat::User& user) {
  w.Field("id", user.id);
  w.Field("role", user.role);
  if (user.name) w.Field("name", *user.name);
  if (user.image) w.Field("image", *user.image);
  w.Field("language", user.language);
  WriteStrings(w, "teams", user.teams);
  if (!user.teams_role_json.empty()) w.Key("teams_role").Raw(user.teams_role_json);
  WriteTime(w, "created_at", user.created_at, format_);
  WriteTime(w, "updated_at", user.updated_at, format_);
  WriteTime(w, "deleted_at", user.deleted_at, format_);
  WriteTime(w, "deactivated_at", user.deactivated_at, format_);
  WriteTime(w, "last_active", user.last_active, format_);
  WriteTime(w, "revoke_tokens_issued_before", user.revoke_tokens_issued_before, format_);
  w.Field("banned", user.banned);
  w.Field("online", false);
  w.Key("blocked_user_ids").BeginArray().EndArray();
  Custom(w, user.custom_json);
}

void Encoder::User(json::Writer& w, const chat::User& user) {
  w.BeginObject();
  UserFields(w, user);
  w.EndObject();
}

void Encoder::UserById(json::Writer& w, std::string_view id) {
  if (const UserPtr user = FindUser(id)) return User(w, *user);
  chat::User gone;
  gone.id = id;
  User(w, gone);
}

void Encoder::PrivacyFields(json::Writer& w, const chat::User& user) {
  UserFields(w, user);
  w.Field("invisible", user.invisible);
  if (!user.privacy_settings_json.empty()) {
    w.Key("privacy_settings").Raw(user.privacy_settings_json);
  }
}

void Encoder::PrivacyUser(json::Writer& w, const chat::User& user) {
  w.BeginObject();
  PrivacyFields(w, user);
  w.EndObject();
}

void Encoder::FullUser(json::Writer& w, const chat::User& user) {
  const UnreadTotals unread = store_.Unread(app_, user.id);
  w.BeginObject();
  PrivacyFields(w, user);
  w.Field("shadow_banned", user.shadow_banned);
  w.Key("devices").BeginArray().EndArray();
  w.Key("mutes").BeginArray();
  for (const chat::Mute& mute : store_.ListMutes(app_, user.id, kMutesMax)) Mute(w, mute);
  w.EndArray();
  w.Key("channel_mutes").BeginArray().EndArray();
  w.Field("unread_count", unread.messages);
  w.Field("total_unread_count", unread.messages);
  w.Field("unread_channels", unread.channels);
  w.Field("unread_threads", 0);
  w.EndObject();
}

void Encoder::Counters(json::Writer& w, const chat::Channel& channel, const chat::Member* member,
                       std::string_view user_id) {
  const UnreadTotals totals = store_.Unread(app_, user_id);
  const std::int64_t in_channel = member == nullptr ? 0 : UnreadIn(channel, *member);
  w.Field("channel_unread_count", in_channel);
  if (member != nullptr && member->last_read_at) {
    WriteTime(w, "channel_last_read_at", member->last_read_at, format_);
  } else if (format_ == Format::kV1) {
    w.Key("channel_last_read_at").Raw(kNeverReadV1);
  }
  w.Field("total_unread_count", totals.messages);
  w.Field("unread_count", totals.messages);
  w.Field("unread_channels", totals.channels);
}

void Encoder::UserInChannel(json::Writer& w, std::string_view id, const chat::Channel& channel,
                            const chat::Member* member) {
  const UserPtr user = FindUser(id);
  w.BeginObject();
  if (user) {
    UserFields(w, *user);
  } else {
    chat::User gone;
    gone.id = id;
    UserFields(w, gone);
  }
  Counters(w, channel, member, id);
  w.EndObject();
}

void Encoder::Channel(json::Writer& w, const chat::Channel& channel, bool with_members) {
  w.BeginObject();
  w.Field("id", channel.id);
  w.Field("type", channel.type);
  w.Field("cid", channel.cid());
  WriteTime(w, "last_message_at", channel.last_message_at, format_);
  WriteTime(w, "created_at", channel.created_at, format_);
  WriteTime(w, "updated_at", channel.updated_at, format_);
  WriteTime(w, "deleted_at", channel.deleted_at, format_);
  WriteTime(w, "truncated_at", channel.truncated_at, format_);
  if (!channel.created_by_id.empty()) {
    w.Key("created_by");
    UserById(w, channel.created_by_id);
  }
  if (!channel.truncated_by_id.empty()) {
    w.Key("truncated_by");
    UserById(w, channel.truncated_by_id);
  }
  w.Field("frozen", channel.frozen);
  w.Field("disabled", channel.disabled);
  if (with_members) {
    without_custom_ = detail_ >= Detail::kPlainMembers;
    w.Key("members").BeginArray();
    for (const chat::Member& member : store_.ListMembers(channel.pk, kEventMembersMax, 0)) {
      Member(w, member);
    }
    w.EndArray();
    without_custom_ = false;
  }
  w.Field("member_count", channel.member_count);
  const ChannelType config = ConfigOf(store_, channel);
  if (config.count_messages) w.Field("message_count", channel.message_count);
  w.Key("config");
  WriteChannelConfig(w, config, format_);
  if (!channel.config_overrides_json.empty()) {
    w.Key("config_overrides").Raw(channel.config_overrides_json);
  }
  if (!channel.team.empty()) w.Field("team", channel.team);
  if (channel.cooldown > 0) w.Field("cooldown", channel.cooldown);
  if (channel.auto_translation_enabled) w.Field("auto_translation_enabled", true);
  if (!channel.auto_translation_language.empty()) {
    w.Field("auto_translation_language", channel.auto_translation_language);
  }
  if (!channel.filter_tags.empty()) WriteStrings(w, "filter_tags", channel.filter_tags);
  Custom(w, channel.custom_json);
  w.EndObject();
}

void Encoder::MemberFields(json::Writer& w, const chat::Member& member) {
  WriteTime(w, "created_at", member.created_at, format_);
  WriteTime(w, "updated_at", member.updated_at, format_);
  w.Field("status", !member.pending()           ? "member"
                    : member.invite_rejected_at ? "rejected"
                                                : "pending");
  w.Field("banned", member.banned);
  w.Field("shadow_banned", member.shadow_banned);
  w.Field("role", member.role);
  w.Field("channel_role", member.channel_role);
  w.Field("notifications_muted", member.notifications_muted);
  if (member.is_moderator) w.Field("is_moderator", true);
  if (member.invited) w.Field("invited", true);
  WriteTime(w, "invite_accepted_at", member.invite_accepted_at, format_);
  WriteTime(w, "invite_rejected_at", member.invite_rejected_at, format_);
  WriteTime(w, "pinned_at", member.pinned_at, format_);
  WriteTime(w, "archived_at", member.archived_at, format_);
  Custom(w, member.custom_json);
}

void Encoder::Member(json::Writer& w, const chat::Member& member) {
  w.BeginObject();
  w.Field("user_id", member.user_id);
  w.Key("user");
  UserById(w, member.user_id);
  MemberFields(w, member);
  w.EndObject();
}

void Encoder::EventMembers(json::Writer& w, const chat::Channel& channel, std::string_view keep) {
  std::vector<chat::Member> members = store_.ListMembers(channel.pk, kEventMembersMax, 0);
  if (members.empty()) return;
  const bool kept = keep.empty() || std::ranges::any_of(members, [&](const chat::Member& member) {
                      return member.user_id == keep;
                    });
  if (!kept) {
    if (auto member = store_.FindMember(channel.pk, keep)) members.back() = std::move(*member);
  }
  without_custom_ = detail_ >= Detail::kPlainMembers;
  w.Key("members").BeginArray();
  for (const chat::Member& member : members) {
    w.BeginObject();
    w.Field("user_id", member.user_id);
    w.Key("user");
    UserInChannel(w, member.user_id, channel, &member);
    MemberFields(w, member);
    w.EndObject();
  }
  w.EndArray();
  without_custom_ = false;
  if (detail_ >= Detail::kPlainMembers) w.Field("members_truncated", true);
}

}  // namespace hookline::chat
