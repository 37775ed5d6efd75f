#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "chat/model.h"
#include "settings/app.h"
#include "store/sqlite/lru_map.h"
#include "store/sqlite/member_cache.h"
#include "store/sqlite/unread_cache.h"

namespace hookline::store::sqlite {

/// What the writer remembers of rows that every message asks for. There is no other writer, so
/// what is here is what is in the tables, as long as everything is told of: writes, and rollbacks.
/// Not thread-safe.
///
/// What is put here after a job's first write may hold what that job wrote: it is noted, and
/// forgotten if the job is rolled back.
class WriterCache {
 public:
  /// From here on, changes are noted.
  void BeginWriting() { noting_ = true; }
  /// The job that was writing is kept or rolled back.
  void EndWriting(bool keep);
  /// The whole transaction was rolled back.
  void Clear();

  chat::UserPtr FindUser(AppId app, std::string_view id);
  void PutUser(chat::UserPtr user);

  chat::ChannelPtr FindChannel(ChannelId pk);
  /// A live one.
  chat::ChannelPtr FindChannel(AppId app, std::string_view type, std::string_view id);
  void PutChannel(chat::ChannelPtr channel);
  /// The channel is gone, or it came back.
  void EraseChannel(ChannelId pk);

  const MemberCache::List* FindMembers(ChannelId channel) { return members_.Find(channel); }
  const MemberCache::List* LoadMembers(ChannelId channel, std::vector<chat::Member> members);
  void PutMember(const chat::Member& member);
  void DeleteMember(ChannelId channel, std::string_view user_id);

  std::optional<chat::UnreadTotals> FindUnread(AppId app, std::string_view user_id) {
    return unread_.Find(app, user_id);
  }
  chat::UnreadTotals LoadUnread(AppId app, std::string_view user_id,
                                const std::vector<UnreadRow>& rows);
  /// Everybody's: a channel has come back to life.
  void ForgetUnread() { unread_.Clear(); }

  settings::AppPtr FindApp(AppId app);
  void PutApp(settings::AppPtr app);
  void EraseApp(AppId app) { apps_.Erase(app); }

 private:
  void NoteChannel(ChannelId channel);

  LruMap<AppName, chat::UserPtr, AppNameHash, AppNameEqual> users_{10'000};
  LruMap<ChannelId, chat::ChannelPtr> channels_{10'000};
  /// By `type:id`. Only a hint: the channel that it leads to must be looked at.
  LruMap<AppName, ChannelId, AppNameHash, AppNameEqual> cids_{10'000};
  MemberCache members_;
  UnreadCache unread_;
  LruMap<AppId, settings::AppPtr> apps_{1'000};
  std::string cid_;  ///< Kept for its memory.

  bool noting_ = false;
  std::vector<AppName> noted_users_;
  std::vector<ChannelId> noted_channels_;
  std::vector<AppId> noted_apps_;
};

}  // namespace hookline::store::sqlite
