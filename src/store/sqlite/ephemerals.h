#pragma once

#include <optional>
#include <string_view>

#include "chat/store.h"
#include "store/sqlite/connection.h"

namespace hookline::store::sqlite {

/// Messages that only their sender sees, for a while.
class EphemeralTable {
 public:
  explicit EphemeralTable(Connection& db);

  std::optional<chat::Message> Find(AppId app, std::string_view id, Timestamp now);
  void Put(const chat::Message& message, Timestamp expires_at);
  void Delete(AppId app, std::string_view id);
  bool AnyExpired(Timestamp now);
  int DeleteExpired(Timestamp now, int limit);

 private:
  Connection& db_;
  Statement find_;
  Statement put_;
  Statement delete_;
  Statement any_expired_;
  Statement delete_expired_;
};

}  // namespace hookline::store::sqlite
