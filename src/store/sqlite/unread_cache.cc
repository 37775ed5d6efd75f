#include "store/sqlite/unread_cache.h"

#include <algorithm>

#include "base/error.h"

namespace hookline::store::sqlite {

void UnreadCache::Add(chat::UnreadTotals& totals, std::int64_t unread, int sign) {
  if (unread <= 0) return;
  totals.messages += sign * unread;
  totals.channels += sign;
}

std::optional<chat::UnreadTotals> UnreadCache::Find(AppId app, std::string_view user_id) {
  const auto found = index_.find(AppNameView{app, user_id});
  if (found == index_.end()) return std::nullopt;
  users_.splice(users_.begin(), users_, found->second);
  return found->second->totals;
}

chat::UnreadTotals UnreadCache::Load(AppId app, std::string_view user_id,
                                     const std::vector<UnreadRow>& rows) {
  chat::UnreadTotals totals;
  for (const UnreadRow& row : rows) Add(totals, row.countable_messages - row.read_count, 1);
  // Whoever is in this many channels is not worth the room.
  if (rows.size() > kMaxLinks / 10) return totals;
  EraseUser(app, user_id);
  for (const UnreadRow& row : rows) {
    const auto crowded = channels_.find(row.channel);
    if (crowded != channels_.end() && crowded->second.links.size() >= kMaxLinksPerChannel) {
      const AppName& longest = crowded->second.links.front().user->key;
      Erase(index_.find(longest)->second);
    }
  }
  while (links_ + rows.size() > kMaxLinks) Erase(std::prev(users_.end()));
  users_.push_front({{app, std::string(user_id)}, totals, {}});
  User& user = users_.front();
  index_.emplace(user.key, users_.begin());
  user.channels.reserve(rows.size());
  for (const UnreadRow& row : rows) {
    user.channels.push_back(row.channel);
    Channel& channel = channels_[row.channel];
    channel.countable_messages = row.countable_messages;
    channel.links.push_back({&user, row.read_count});
  }
  links_ += rows.size();
  return totals;
}

void UnreadCache::SetCountable(ChannelId pk, std::int64_t countable_messages) {
  const auto found = channels_.find(pk);
  if (found == channels_.end()) return;
  Channel& channel = found->second;
  if (channel.countable_messages == countable_messages) return;
  for (const Link& link : channel.links) {
    Add(link.user->totals, channel.countable_messages - link.read_count, -1);
    Add(link.user->totals, countable_messages - link.read_count, 1);
  }
  channel.countable_messages = countable_messages;
}

void UnreadCache::SetRead(ChannelId pk, AppId app, std::string_view user_id,
                          std::int64_t read_count) {
  const auto user = index_.find(AppNameView{app, user_id});
  if (user == index_.end()) return;
  const auto channel = channels_.find(pk);
  if (channel != channels_.end()) {
    for (Link& link : channel->second.links) {
      if (link.user != &*user->second) continue;
      Add(link.user->totals, channel->second.countable_messages - link.read_count, -1);
      link.read_count = read_count;
      Add(link.user->totals, channel->second.countable_messages - link.read_count, 1);
      return;
    }
  }
  // A new membership.
  Erase(user->second);
}

void UnreadCache::EraseUser(AppId app, std::string_view user_id) {
  const auto found = index_.find(AppNameView{app, user_id});
  if (found != index_.end()) Erase(found->second);
}

void UnreadCache::EraseChannel(ChannelId pk) {
  for (;;) {
    const auto found = channels_.find(pk);
    if (found == channels_.end()) return;
    // The channel's entry goes with its last user.
    Erase(index_.find(found->second.links.back().user->key)->second);
  }
}

void UnreadCache::Erase(Users::iterator user) {
  for (const ChannelId pk : user->channels) {
    const auto channel = channels_.find(pk);
    HOOKLINE_CHECK(channel != channels_.end());
    std::vector<Link>& links = channel->second.links;
    std::erase_if(links, [&user](const Link& link) { return link.user == &*user; });
    if (links.empty()) channels_.erase(channel);
  }
  links_ -= user->channels.size();
  index_.erase(index_.find(user->key));
  users_.erase(user);
}

void UnreadCache::Clear() {
  index_.clear();
  channels_.clear();
  users_.clear();
  links_ = 0;
}

}  // namespace hookline::store::sqlite
