#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "chat/store.h"
#include "store/sqlite/connection.h"
#include "store/sqlite/unread_cache.h"

namespace hookline::store::sqlite {

class MemberTable {
 public:
  explicit MemberTable(Connection& db);

  std::optional<chat::Member> Find(ChannelId channel, std::string_view user_id);
  std::vector<chat::Member> List(ChannelId channel, int limit, int offset);
  Result<std::vector<chat::Member>> Query(ChannelId channel, const chat::MemberQuery& query);
  chat::UnreadTotals Unread(AppId app, std::string_view user_id);
  /// The user's position in each of the live channels.
  std::vector<UnreadRow> ListUnread(AppId app, std::string_view user_id);

  void Put(const chat::Member& member);
  void Delete(ChannelId channel, std::string_view user_id);

 private:
  Connection& db_;
  Statement find_;
  Statement list_;
  Statement unread_;
  Statement list_unread_;
  Statement put_;
  Statement delete_;
};

}  // namespace hookline::store::sqlite
