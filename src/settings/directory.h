#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "settings/access_checks.h"
#include "settings/app.h"

namespace hookline::settings {

/// The committed state of every app, in memory, for the many readers (authentication, routing,
/// delivery). Thread-safe. Written only after a commit. A lookup takes a lock only to copy one
/// pointer; what it returns stays valid and unchanged for as long as it is held.
class Directory {
 public:
  struct KeyMatch {
    AppPtr app;  ///< nullptr if the key is not known.
    const ApiKey* key = nullptr;
    AccessChecks checks;
  };

  /// Only keys in force are known here.
  KeyMatch FindByKey(std::string_view key) const;
  AppPtr Find(AppId id) const;
  /// In the order of their ids.
  std::vector<AppPtr> All() const;

  /// Adds the app or replaces what is known of it.
  void Publish(AppPtr app);

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const {
      return std::hash<std::string_view>()(text);
    }
  };
  struct Entry {
    AppPtr app;
    AccessChecks checks;  ///< Read once, because every request asks for them.
  };
  struct Snapshot {
    std::unordered_map<AppId, AppPtr> by_id;
    std::unordered_map<std::string, Entry, Hash, std::equal_to<>> by_key;
  };

  std::shared_ptr<const Snapshot> Load() const;

  std::mutex publish_mutex_;  ///< One Publish at a time; readers do not wait for the copying.
  mutable std::mutex mutex_;  ///< Held only while the pointer is copied or swapped.
  std::shared_ptr<const Snapshot> snapshot_ = std::make_shared<Snapshot>();
};

}  // namespace hookline::settings
