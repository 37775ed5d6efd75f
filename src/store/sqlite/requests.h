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
  std::optional<IdempotentReply> FindReply(const IdempotencyKey& key, Timestamp since);
  std::int64_t ReplyBytes(AppId app);
  /// Also removes a few of those from before `since`, more than are added, and the app's oldest
  /// while they are more than `bytes_max`.
  void PutReply(const IdempotencyKey& key, const IdempotentReply& reply, Timestamp since,
                std::int64_t bytes_max);

 private:
  Statement find_task_;
  Statement put_task_;
  Statement find_reply_;
  Statement reply_bytes_;
  Statement put_reply_;
  Statement remove_reply_;
  Statement prune_replies_;
  Statement remove_oldest_;
};

}  // namespace hookline::store::sqlite
