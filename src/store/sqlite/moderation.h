#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "chat/store.h"
#include "store/sqlite/connection.h"

namespace hookline::store::sqlite {

/// Mutes, bans and flags.
class ModerationTable {
 public:
  explicit ModerationTable(Connection& db);

  std::optional<chat::Mute> FindMute(AppId app, std::string_view user_id,
                                     std::string_view target_id);
  std::vector<chat::Mute> ListMutes(AppId app, std::string_view user_id, int limit);
  std::vector<chat::Mute> ListExpiredMutes(Timestamp now, int limit);
  void PutMute(const chat::Mute& mute);
  void DeleteMute(AppId app, std::string_view user_id, std::string_view target_id);

  std::vector<chat::Ban> ListBans(AppId app, ChannelId channel, std::string_view user_id);
  std::int64_t CountBans(AppId app, std::string_view user_id);
  std::vector<chat::Ban> ListExpiredBans(Timestamp now, int limit);
  void PutBan(const chat::Ban& ban);
  void DeleteBan(AppId app, ChannelId channel, std::string_view user_id, bool shadow);

  std::optional<chat::Flag> FindFlag(AppId app, std::string_view user_id,
                                     std::string_view target_user_id,
                                     std::string_view target_message_id);
  std::int64_t CountFlags(AppId app, std::string_view target_user_id,
                          std::string_view target_message_id);
  void PutFlag(const chat::Flag& flag);
  void DeleteFlag(const chat::Flag& flag);

 private:
  Statement find_mute_;
  Statement list_mutes_;
  Statement expired_mutes_;
  Statement put_mute_;
  Statement delete_mute_;
  Statement list_bans_;
  Statement count_bans_;
  Statement expired_bans_;
  Statement put_ban_;
  Statement delete_ban_;
  Statement find_flag_;
  Statement count_flags_;
  Statement put_flag_;
  Statement delete_flag_;
};

}  // namespace hookline::store::sqlite
