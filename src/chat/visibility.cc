#include "chat/visibility.h"

#include <fmt/core.h>

#include <algorithm>

#include "base/json.h"

namespace hookline::chat {

Timestamp VisibleFrom(Reader& store, const Channel& channel, std::string_view viewer) {
  if (viewer.empty()) return channel.truncated_at;
  const auto member = store.FindMember(channel.pk, viewer);
  return member ? std::max(channel.truncated_at, member->history_from) : channel.truncated_at;
}

bool MayRead(Reader& store, const Channel& channel, const Message& message,
             std::string_view viewer) {
  const auto& only_for = message.restricted_visibility;
  if (!viewer.empty() && !only_for.empty() && viewer != message.user_id &&
      std::ranges::find(only_for, viewer) == only_for.end()) {
    return false;
  }
  return message.created_at >= VisibleFrom(store, channel, viewer);
}

bool HidesReads(const User& user) {
  if (user.privacy_settings_json.empty()) return false;
  const auto settings = json::Document::Parse(user.privacy_settings_json, json::Source::kStored);
  return settings && settings->root()["read_receipts"]["enabled"].AsBool() == false;
}

Result<void> LimitPage(Reader& store, const Channel& channel, std::string_view viewer,
                       MessagePage& page) {
  page.not_before = VisibleFrom(store, channel, viewer);
  page.viewer = viewer;
  for (const std::string* id :
       {&page.id_lt, &page.id_lte, &page.id_gt, &page.id_gte, &page.id_around}) {
    if (id->empty()) continue;
    const auto message = store.FindMessage(channel.app, *id);
    if (!message || message->channel != channel.pk || !MayRead(store, channel, *message, viewer)) {
      return InputError(
          fmt::format("message with id {} doesn't exist in channel {}", *id, channel.cid()));
    }
  }
  return {};
}

}  // namespace hookline::chat
