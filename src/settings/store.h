#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "settings/app.h"

/// What the settings room needs from a store: its port. See chat/store.h for the rules of use.
namespace hookline::settings {

class Reader {
 public:
  virtual ~Reader() = default;

  /// Uncommitted changes of this transaction included. nullptr if there is none.
  virtual AppPtr FindApp(AppId app) = 0;
  virtual std::vector<AppPtr> ListApps() = 0;
};

class Tx : public virtual Reader {
 public:
  virtual AppId InsertApp(const App& app) = 0;  ///< Without its keys and hooks.
  virtual void UpdateApp(const App& app) = 0;   ///< Without its keys and hooks.

  virtual void InsertKey(AppId app, const ApiKey& key) = 0;
  virtual void RetireKey(AppId app, std::string_view key, Timestamp at) = 0;
  /// True if any app has or had the key.
  virtual bool KeyExists(std::string_view key) = 0;

  /// Makes the app's hooks exactly `hooks`, in this order: rows with pk 0 are inserted, known ones
  /// updated, all others deleted.
  virtual void ReplaceHooks(AppId app, const std::vector<EventHook>& hooks) = 0;
  /// The newest delivery of the store, whatever its app: the mark for EventHook::cancel_up_to.
  virtual DeliveryId LastDelivery() = 0;
};

}  // namespace hookline::settings
