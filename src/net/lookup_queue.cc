#include "net/lookup_queue.h"

#include <algorithm>
#include <utility>

namespace hookline::net {

bool LookupQueue::Add(AppId app, std::string name) {
  if (waiting_ >= limits_.waiting_max) return false;
  App& own = apps_[app];
  if (own.waiting.size() >= limits_.app_waiting_max) return false;
  if (own.waiting.empty()) turns_.push_back(app);
  own.waiting.push_back(std::move(name));
  ++waiting_;
  return true;
}

bool LookupQueue::MayBegin(const App& app) const {
  const std::size_t free = limits_.under_way_max - under_way_;
  return app.under_way < std::clamp<std::size_t>(free / 4, 1, limits_.app_under_way_max);
}

std::optional<LookupQueue::Turn> LookupQueue::Next() {
  if (under_way_ >= limits_.under_way_max) return std::nullopt;
  // An app that is passed over has lookups under way, so there are few of those.
  for (auto at = turns_.begin(); at != turns_.end(); ++at) {
    const AppId app = *at;
    App& own = apps_.at(app);
    if (!MayBegin(own)) continue;
    Turn turn{app, std::move(own.waiting.front())};
    own.waiting.pop_front();
    turns_.erase(at);
    if (!own.waiting.empty()) turns_.push_back(app);
    ++own.under_way;
    ++under_way_;
    --waiting_;
    return turn;
  }
  return std::nullopt;
}

void LookupQueue::GiveBack(AppId app) {
  const auto found = apps_.find(app);
  --found->second.under_way;
  --under_way_;
  if (found->second.under_way == 0 && found->second.waiting.empty()) apps_.erase(found);
}

}  // namespace hookline::net
