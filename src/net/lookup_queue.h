#pragma once

#include <cstddef>
#include <deque>
#include <list>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>

#include "base/ids.h"

namespace hookline::net {

/// Which name is looked up next, so that the names of one app that nobody answers for do not hold
/// up those of another: apps take turns, and an app has the fewer lookups under way the fewer are
/// free. Pure; not thread-safe.
class LookupQueue {
 public:
  struct Limits {
    std::size_t under_way_max = 64;
    std::size_t app_under_way_max =
        8;  ///< Of one app, and no more than a quarter of the free ones.
    std::size_t waiting_max = 16'384;
    std::size_t app_waiting_max = 1024;  ///< Of one app.
  };
  struct Turn {
    AppId app;
    std::string name;
  };

  explicit LookupQueue(Limits limits) : limits_(limits) {}

  /// False if too many names wait already.
  bool Add(AppId app, std::string name);

  /// The name whose turn it is, if another one may be looked up. GiveBack must follow, once.
  std::optional<Turn> Next();
  void GiveBack(AppId app);

  std::size_t under_way() const { return under_way_; }
  std::size_t waiting() const { return waiting_; }

 private:
  struct App {
    std::size_t under_way = 0;
    std::deque<std::string> waiting;
  };

  bool MayBegin(const App& app) const;

  const Limits limits_;
  std::unordered_map<AppId, App> apps_;  // With a name under way or waiting.
  std::list<AppId> turns_;               // Those with a name waiting.
  std::size_t under_way_ = 0;
  std::size_t waiting_ = 0;
};

}  // namespace hookline::net
