#include "api/keyed_mutex.h"

#include <utility>

#include "api/await_store.h"

namespace hookline::api {

boost::asio::awaitable<std::optional<KeyedMutex::Lock>> KeyedMutex::Acquire(std::string name) {
  auto start = [this, &name](Waiter granted) {
    bool taken = true;
    {
      const std::lock_guard guard(mutex_);
      const auto [entry, free] = held_.try_emplace(name);
      if (!free) {
        taken = false;
        if (entry->second.size() < waiting_max_) {
          entry->second.push_back(std::move(granted));
          return;
        }
      }
    }
    granted(taken);
  };
  const bool granted = co_await AwaitCallback<bool>(std::move(start));
  if (!granted) co_return std::nullopt;
  co_return Lock(*this, std::move(name));
}

void KeyedMutex::Release(const std::string& name) {
  Waiter next;
  {
    const std::lock_guard guard(mutex_);
    const auto entry = held_.find(name);
    if (entry->second.empty()) {
      held_.erase(entry);
      return;
    }
    next = std::move(entry->second.front());
    entry->second.pop_front();
  }
  next(true);
}

}  // namespace hookline::api
