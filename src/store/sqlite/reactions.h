#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "chat/model.h"
#include "store/sqlite/connection.h"

namespace hookline::store::sqlite {

class ReactionTable {
 public:
  explicit ReactionTable(Connection& db);

  std::optional<chat::Reaction> Find(MessageId message, std::string_view user_id,
                                     std::string_view type);
  std::vector<chat::Reaction> List(MessageId message, int limit, int offset);
  std::vector<chat::Reaction> ListOf(MessageId message, std::string_view user_id);
  std::vector<chat::ReactionGroup> Sum(MessageId message);

  void Put(const chat::Reaction& reaction);
  void Delete(MessageId message, std::string_view user_id, std::string_view type);
  void DeleteAll(MessageId message);

 private:
  Statement find_;
  Statement list_;
  Statement list_of_;
  Statement sum_;
  Statement put_;
  Statement delete_;
  Statement delete_all_;
};

}  // namespace hookline::store::sqlite
