#pragma once

#include <cstdint>
#include <list>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "chat/model.h"
#include "store/sqlite/lru_map.h"

namespace hookline::store::sqlite {

/// A user's position in one channel.
struct UnreadRow {
  ChannelId channel;
  std::int64_t read_count = 0;
  std::int64_t countable_messages = 0;
};

/// Unread totals of some users, kept right while messages are written: a message changes the
/// totals of those members of its channel that are known here, in memory only. Not thread-safe.
class UnreadCache {
 public:
  std::optional<chat::UnreadTotals> Find(AppId app, std::string_view user_id);
  /// `rows`: all live channels of the user. Returns the totals.
  chat::UnreadTotals Load(AppId app, std::string_view user_id, const std::vector<UnreadRow>& rows);

  void SetCountable(ChannelId channel, std::int64_t countable_messages);
  void SetRead(ChannelId channel, AppId app, std::string_view user_id, std::int64_t read_count);

  void EraseUser(AppId app, std::string_view user_id);
  /// Forgets all users that are members of the channel.
  void EraseChannel(ChannelId channel);
  void Clear();

 private:
  // Bounds for memory, and for the work that one message can cause.
  static constexpr std::size_t kMaxLinks = 100'000;
  static constexpr std::size_t kMaxLinksPerChannel = 256;

  struct User {
    AppName key;
    chat::UnreadTotals totals;
    std::vector<ChannelId> channels;
  };
  using Users = std::list<User>;
  struct Link {
    User* user;
    std::int64_t read_count;
  };
  struct Channel {
    std::int64_t countable_messages = 0;
    std::vector<Link> links;
  };

  static void Add(chat::UnreadTotals& totals, std::int64_t unread, int sign);
  void Erase(Users::iterator user);

  Users users_;  ///< What was used last comes first.
  std::unordered_map<AppName, Users::iterator, AppNameHash, AppNameEqual> index_;
  std::unordered_map<ChannelId, Channel> channels_;
  std::size_t links_ = 0;
};

}  // namespace hookline::store::sqlite
