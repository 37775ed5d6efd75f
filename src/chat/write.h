#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/json_writer.h"
#include "chat/channel_type.h"
#include "chat/context.h"
#include "chat/event.h"
#include "chat/model.h"

/// Entities as JSON: one encoder for responses and for events, in both formats.
namespace hookline::chat {

/// `"key": time`; nothing if the time is zero.
void WriteTime(json::Writer& w, std::string_view key, Timestamp t, Format format);
/// Custom fields: flat (v1) or under `custom` (v2).
void WriteCustom(json::Writer& w, std::string_view custom_json, Format format);
void WriteStrings(json::Writer& w, std::string_view key, const std::vector<std::string>& items);

/// `request_info` as a member of the object that is open.
void WriteRequestInfo(json::Writer& w, const RequestInfo& info);

/// How much an event carries along of what it is not about; less of it where the whole would be too
/// large.
enum class Detail : std::uint8_t {
  kFull,
  kPlainMembers,  ///< The channel's members without custom data, and "members_truncated".
  kQuotedIds,     ///< And a quoted message only by its id.
};

/// Writes entities together with the users (and the like) that they refer to, which it looks up
/// in the store and remembers. One per request; not thread-safe.
class Encoder {
 public:
  /// `now` decides what has run out: nothing shows a pin whose time is up.
  Encoder(Reader& store, AppId app, Format format, Timestamp now, Detail detail = Detail::kFull)
      : store_(store), app_(app), format_(format), now_(now), detail_(detail) {}

  Format format() const { return format_; }
  Timestamp now() const { return now_; }

  /// From here on users, members and channels have no custom data, or have it again.
  void LeaveOutCustom(bool leave_out) { without_custom_ = leave_out; }

  /// nullptr if there is no such user.
  UserPtr FindUser(std::string_view id);

  void User(json::Writer& w, const User& user);
  /// By id; a user who is gone (or never was) becomes `{"id": …}` with the required fields.
  void UserById(json::Writer& w, std::string_view id);
  /// UserResponsePrivacyFields: what user.updated tells.
  void PrivacyUser(json::Writer& w, const chat::User& user);
  /// FullUserResponse: what UpdateUsers and QueryUsers answer.
  void FullUser(json::Writer& w, const chat::User& user);
  /// Of a channel's event: with the unread counters (docs/contract/payloads.md#counters).
  void UserInChannel(json::Writer& w, std::string_view id, const Channel& channel,
                     const Member* member);

  void Channel(json::Writer& w, const chat::Channel& channel, bool with_members = false);
  void Member(json::Writer& w, const chat::Member& member);
  /// As `viewer` sees it, who must be allowed to; empty: as a server does. A viewer who has deleted
  /// the message for themselves gets what a deleted one looks like.
  void Message(json::Writer& w, const chat::Message& message, std::string_view viewer,
               bool with_channel = false);
  void Reaction(json::Writer& w, const chat::Reaction& reaction);
  /// `"attachments": [...]` of a message.
  void Attachments(json::Writer& w, const std::string& attachments_json);
  void Mute(json::Writer& w, const chat::Mute& mute);
  void Flag(json::Writer& w, const chat::Flag& flag);

  /// The members array of an event: at most 50 by creation time and user id, `keep` among them if
  /// a member (docs/contract/rulings.md#18), with counters. Nothing if the channel has no members.
  void EventMembers(json::Writer& w, const chat::Channel& channel, std::string_view keep);

 private:
  void UserFields(json::Writer& w, const chat::User& user);
  void PrivacyFields(json::Writer& w, const chat::User& user);
  void WriteMessage(json::Writer& w, const chat::Message& message, std::string_view viewer,
                    bool with_channel, bool deleted_for_viewer = false);
  /// Of the author in the message's channel; nullptr if not a member.
  const std::string* ChannelRole(const chat::Message& message);
  void Counters(json::Writer& w, const chat::Channel& channel, const chat::Member* member,
                std::string_view user_id);
  void MemberFields(json::Writer& w, const chat::Member& member);
  void Custom(json::Writer& w, const std::string& custom_json);
  void Reactions(json::Writer& w, const chat::Message& message, std::string_view viewer);

  Reader& store_;
  AppId app_;
  Format format_;
  Timestamp now_;
  Detail detail_;
  bool without_custom_ = false;  // While it writes what is cut.
  int quote_depth_ = 0;
  std::unordered_map<std::string, UserPtr> users_;
  std::map<std::pair<ChannelId, std::string>, std::optional<std::string>> roles_;
};

}  // namespace hookline::chat
