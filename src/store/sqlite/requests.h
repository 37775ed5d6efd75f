#pragma once

#include <optional>
#include <string_view>

#include "chat/model.h"
#include "store/sqlite/connection.h"

namespace hookline::store::sqlite {

/// What is remembered of requests: tasks that clients ask for later, and the answers to requests
/// that carried an Idempotency-Key.
class RequestTable {
 public:
  explicit RequestTable(Connection& db);

  std::optional<chat::Task> FindTask(AppId app, std::string_view id);
  void PutTask(const chat::Task& task);

  /// Not the ones from before `since`.
  std::optional<IdempotentReply> FindReply(AppId app, std::string_view key, Timestamp since);
  /// Also removes a few of those from before `since`, more than are added.
  void PutReply(AppId app, std::string_view key, const IdempotentReply& reply, Timestamp since);

 private:
  Statement find_task_;
  Statement put_task_;
  Statement find_reply_;
  Statement put_reply_;
  Statement prune_replies_;
};

}  // namespace hookline::store::sqlite
