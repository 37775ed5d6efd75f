#pragma once

#include <string_view>
#include <vector>

#include "chat/store.h"
#include "store/sqlite/connection.h"

namespace hookline::store::sqlite {

class ChannelTable {
 public:
  explicit ChannelTable(Connection& db);

  chat::ChannelPtr Find(AppId app, std::string_view type, std::string_view id);  ///< Live ones.
  chat::ChannelPtr Find(ChannelId pk);
  Result<std::vector<chat::ChannelPtr>> Query(AppId app, const chat::ChannelQuery& query);
  bool HasType(AppId app, std::string_view type);

  ChannelId Insert(const chat::Channel& channel);
  /// All but `deleted_at`.
  void Update(const chat::Channel& channel);
  void SetDeleted(ChannelId channel, Timestamp deleted_at);

  /// Removes the channel's row and remembers that the rest is to be removed too.
  void StartPurge(ChannelId channel);
  /// A channel whose purge has not come to its end; 0 if there is none.
  ChannelId UnfinishedPurge();
  /// Removes up to about `rows` rows of it.
  void ContinuePurge(ChannelId channel, int rows);
  /// Remembers that the channel's messages of before are to be removed.
  void StartTruncation(ChannelId channel, Timestamp before);
  struct Truncation {
    ChannelId channel;
    Timestamp before;
  };
  /// One that has not come to its end; no channel if there is none.
  Truncation UnfinishedTruncation();
  /// Removes up to about `rows` messages of it.
  void ContinueTruncation(const Truncation& truncation, int rows);
  /// Removes a message with this id that a purge has not come to yet: its id is free already.
  void PurgeMessage(AppId app, std::string_view id);

 private:
  Connection& db_;
  Statement find_by_cid_;
  Statement find_;
  Statement has_type_;
  Statement insert_;
  Statement update_;
  Statement set_deleted_;
  Statement start_purge_;
  Statement delete_channel_;
  Statement unfinished_purge_;
  Statement some_listed_;
  Statement some_unlisted_;
  Statement delete_reactions_;
  Statement delete_message_;
  Statement delete_members_;
  Statement finish_purge_;
  Statement purged_message_;
  Statement start_truncation_;
  Statement unfinished_truncation_;
  Statement old_listed_;
  Statement old_unlisted_;
  Statement finish_truncation_;
};

}  // namespace hookline::store::sqlite
