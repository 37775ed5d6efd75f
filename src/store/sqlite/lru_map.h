#pragma once

#include <cstddef>
#include <functional>
#include <list>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "base/ids.h"

namespace hookline::store::sqlite {

/// A bounded map that forgets what was not asked for the longest. Not thread-safe.
template <class Key, class Value, class Hash = std::hash<Key>, class Equal = std::equal_to<>>
class LruMap {
 public:
  explicit LruMap(std::size_t max) : max_(max) {}

  /// Valid until the next Put or Erase. nullptr if it is not there.
  template <class K>
  Value* Find(const K& key) {
    const auto found = index_.find(key);
    if (found == index_.end()) return nullptr;
    if (found->second != items_.begin()) {
      items_.splice(items_.begin(), items_, found->second);
    }
    return &found->second->second;
  }

  void Put(Key key, Value value) {
    const auto [found, added] = index_.try_emplace(key);
    if (!added) {
      found->second->second = std::move(value);
      return;
    }
    items_.emplace_front(std::move(key), std::move(value));
    found->second = items_.begin();
    if (items_.size() > max_) {
      index_.erase(items_.back().first);
      items_.pop_back();
    }
  }

  template <class K>
  void Erase(const K& key) {
    const auto found = index_.find(key);
    if (found == index_.end()) return;
    items_.erase(found->second);
    index_.erase(found);
  }

  void Clear() {
    index_.clear();
    items_.clear();
  }

 private:
  using Items = std::list<std::pair<Key, Value>>;
  const std::size_t max_;
  Items items_;  ///< What was used last comes first.
  std::unordered_map<Key, typename Items::iterator, Hash, Equal> index_;
};

/// A name within an app, and the means to look it up without making a string of it.
struct AppName {
  AppId app;
  std::string name;
  friend bool operator==(const AppName&, const AppName&) = default;
};
struct AppNameView {
  AppId app;
  std::string_view name;
};
struct AppNameHash {
  using is_transparent = void;
  std::size_t operator()(const AppNameView& key) const {
    return std::hash<std::string_view>()(key.name) ^
           (std::hash<AppId>()(key.app) * 0x9E3779B97F4A7C15ULL);
  }
  std::size_t operator()(const AppName& key) const {
    return (*this)(AppNameView{key.app, key.name});
  }
};
struct AppNameEqual {
  using is_transparent = void;
  template <class A, class B>
  bool operator()(const A& a, const B& b) const {
    return a.app == b.app && std::string_view(a.name) == std::string_view(b.name);
  }
};

}  // namespace hookline::store::sqlite
