#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "chat/store.h"
#include "store/sqlite/connection.h"

namespace hookline::store::sqlite {

class UserTable {
 public:
  explicit UserTable(Connection& db);

  chat::UserPtr Find(AppId app, std::string_view id);
  Result<std::vector<chat::UserPtr>> Query(AppId app, const chat::UserQuery& query);
  void Put(const chat::User& user);

 private:
  Connection& db_;
  Statement find_;
  Statement put_;
};

}  // namespace hookline::store::sqlite
