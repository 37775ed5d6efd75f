#pragma once

#include <array>
#include <cstddef>
#include <functional>
#include <list>
#include <unordered_map>

#include "base/ids.h"

namespace hookline::delivery {

class Lane;

/// Where a lane stands while it waits for a slot; kept by the lane, used by WaitingLanes only.
struct WaitingPlace {
  int queue = -1;  ///< -1: it does not wait.
  std::list<Lane*>::iterator at;
};

/// Lanes that have something to send and no slot for it. Apps take turns, and so do the lanes of an
/// app, within each of the queues, which are served in their order: what waits for a first attempt
/// goes before what wants one more, and lanes in trouble come last. Not thread-safe.
class WaitingLanes {
 public:
  enum Queue : int { kFirst, kMore, kTroubledFirst, kTroubledMore, kQueues };

  /// Requires: the lane does not wait yet.
  void Add(Lane& lane, Queue queue);
  /// Nothing happens if it does not wait.
  void Remove(Lane& lane);
  /// Takes out the next lane that `may_start` allows; null if there is none.
  Lane* TakeNext(const std::function<bool(const Lane&)>& may_start);

 private:
  struct OfApp {
    AppId app;
    std::list<Lane*> lanes;
  };
  struct Ring {
    std::list<OfApp> apps;
    std::unordered_map<AppId, std::list<OfApp>::iterator> by_app;
  };

  std::array<Ring, kQueues> rings_;
};

}  // namespace hookline::delivery
