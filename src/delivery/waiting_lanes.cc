#include "delivery/waiting_lanes.h"

#include "base/error.h"
#include "delivery/lane.h"

namespace hookline::delivery {

void WaitingLanes::Add(Lane& lane, Queue queue) {
  HOOKLINE_CHECK(lane.waiting.queue < 0);
  Ring& ring = rings_[queue];
  auto found = ring.by_app.find(lane.app());
  if (found == ring.by_app.end()) {
    ring.apps.push_back({lane.app(), {}});
    found = ring.by_app.emplace(lane.app(), std::prev(ring.apps.end())).first;
  }
  std::list<Lane*>& lanes = found->second->lanes;
  lane.waiting = {queue, lanes.insert(lanes.end(), &lane)};
}

void WaitingLanes::Remove(Lane& lane) {
  if (lane.waiting.queue < 0) return;
  Ring& ring = rings_[static_cast<std::size_t>(lane.waiting.queue)];
  const auto found = ring.by_app.find(lane.app());
  HOOKLINE_CHECK(found != ring.by_app.end());
  found->second->lanes.erase(lane.waiting.at);
  lane.waiting.queue = -1;
  if (!found->second->lanes.empty()) return;
  ring.apps.erase(found->second);
  ring.by_app.erase(found);
}

Lane* WaitingLanes::TakeNext(const std::function<bool(const Lane&)>& may_start) {
  for (Ring& ring : rings_) {
    for (std::size_t tried = 0; tried < ring.apps.size(); ++tried) {
      OfApp& first = ring.apps.front();
      ring.apps.splice(ring.apps.end(), ring.apps, ring.apps.begin());
      Lane* lane = first.lanes.front();
      if (!may_start(*lane)) continue;
      Remove(*lane);
      return lane;
    }
  }
  return nullptr;
}

}  // namespace hookline::delivery
