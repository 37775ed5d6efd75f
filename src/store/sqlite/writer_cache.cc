#include "store/sqlite/writer_cache.h"

#include <algorithm>
#include <utility>

namespace hookline::store::sqlite {

void WriterCache::EndWriting(bool keep) {
  if (!keep) {
    for (const AppName& user : noted_users_) {
      users_.Erase(user);
      unread_.EraseUser(user.app, user.name);
    }
    for (const ChannelId channel : noted_channels_) {
      channels_.Erase(channel);
      members_.Erase(channel);
      unread_.EraseChannel(channel);
    }
    for (const AppId app : noted_apps_) apps_.Erase(app);
  }
  noting_ = false;
  noted_users_.clear();
  noted_channels_.clear();
  noted_apps_.clear();
}

void WriterCache::Clear() {
  EndWriting(true);
  users_.Clear();
  channels_.Clear();
  cids_.Clear();
  members_.Clear();
  unread_.Clear();
  apps_.Clear();
}

void WriterCache::NoteChannel(ChannelId channel) {
  if (noting_) noted_channels_.push_back(channel);
}

chat::UserPtr WriterCache::FindUser(AppId app, std::string_view id) {
  const chat::UserPtr* found = users_.Find(AppNameView{app, id});
  return found == nullptr ? nullptr : *found;
}

void WriterCache::PutUser(chat::UserPtr user) {
  AppName key{user->app, user->id};
  if (noting_) noted_users_.push_back(key);
  users_.Put(std::move(key), std::move(user));
}

chat::ChannelPtr WriterCache::FindChannel(ChannelId pk) {
  const chat::ChannelPtr* found = channels_.Find(pk);
  return found == nullptr ? nullptr : *found;
}

chat::ChannelPtr WriterCache::FindChannel(AppId app, std::string_view type, std::string_view id) {
  cid_.assign(type);
  cid_ += ':';
  cid_ += id;
  const ChannelId* pk = cids_.Find(AppNameView{app, cid_});
  chat::ChannelPtr found = pk == nullptr ? nullptr : FindChannel(*pk);
  const bool right = found != nullptr && !found->deleted_at && found->app == app &&
                     found->type == type && found->id == id;
  return right ? found : nullptr;
}

void WriterCache::PutChannel(chat::ChannelPtr channel) {
  const ChannelId pk = channel->pk;
  NoteChannel(pk);
  // A truncation leaves nobody anything to read.
  const chat::ChannelPtr* before = channels_.Find(pk);
  const bool truncated = before != nullptr && (*before)->unread_floor != channel->unread_floor;
  if (truncated) unread_.EraseChannel(pk);
  if (channel->deleted_at) {
    unread_.EraseChannel(pk);
  } else {
    unread_.SetCountable(pk, channel->countable_messages);
    cid_.assign(channel->type);
    cid_ += ':';
    cid_ += channel->id;
    ChannelId* hint = cids_.Find(AppNameView{channel->app, cid_});
    if (hint != nullptr) {
      *hint = pk;
    } else {
      cids_.Put({channel->app, cid_}, pk);
    }
  }
  channels_.Put(pk, std::move(channel));
}

void WriterCache::EraseChannel(ChannelId pk) {
  NoteChannel(pk);
  channels_.Erase(pk);
  members_.Erase(pk);
  unread_.EraseChannel(pk);
}

const MemberCache::List* WriterCache::LoadMembers(ChannelId channel,
                                                  std::vector<chat::Member> members) {
  NoteChannel(channel);
  return members_.Load(channel, std::move(members));
}

void WriterCache::PutMember(const chat::Member& member) {
  NoteChannel(member.channel);
  members_.Put(member);
  const chat::ChannelPtr* channel = channels_.Find(member.channel);
  const std::int64_t floor = channel == nullptr ? 0 : (*channel)->unread_floor;
  unread_.SetRead(member.channel, member.app, member.user_id, std::max(member.read_count, floor));
}

void WriterCache::DeleteMember(ChannelId channel, std::string_view user_id) {
  NoteChannel(channel);
  members_.Delete(channel, user_id);
  const chat::ChannelPtr found = FindChannel(channel);
  if (found != nullptr) {
    unread_.EraseUser(found->app, user_id);
  } else {
    unread_.EraseChannel(channel);
  }
}

chat::UnreadTotals WriterCache::LoadUnread(AppId app, std::string_view user_id,
                                           const std::vector<UnreadRow>& rows) {
  if (noting_) noted_users_.push_back({app, std::string(user_id)});
  return unread_.Load(app, user_id, rows);
}

settings::AppPtr WriterCache::FindApp(AppId app) {
  const settings::AppPtr* found = apps_.Find(app);
  return found == nullptr ? nullptr : *found;
}

void WriterCache::PutApp(settings::AppPtr app) {
  if (noting_) noted_apps_.push_back(app->id);
  const AppId id = app->id;
  apps_.Put(id, std::move(app));
}

}  // namespace hookline::store::sqlite
