#include "chat/tasks.h"

#include <utility>

#include "base/uuid.h"

namespace hookline::chat {

Task KeepCompletedTask(Context& context, std::string result_json) {
  Task task;
  task.app = context.app;
  task.id = ToString(RandomUuid());
  task.status = "completed";
  task.created_at = context.now;
  task.updated_at = context.now;
  task.result_json = std::move(result_json);
  context.store.PutTask(task);
  return task;
}

}  // namespace hookline::chat
