#pragma once

#include <string_view>

#include "chat/store.h"
#include "store/sqlite/connection.h"

namespace hookline::store::sqlite {

/// When users wrote last in channels with slow mode.
class LastSentTable {
 public:
  explicit LastSentTable(Connection& db);

  Timestamp Find(ChannelId channel, std::string_view user_id);
  void Put(ChannelId channel, std::string_view user_id, Timestamp at);
  bool Any(Timestamp before);
  int DeleteSome(Timestamp before, int limit);

 private:
  Connection& db_;
  Statement find_;
  Statement put_;
  Statement any_;
  Statement delete_some_;
};

}  // namespace hookline::store::sqlite
