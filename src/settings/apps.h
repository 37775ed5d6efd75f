#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "settings/app.h"
#include "settings/store.h"

/// Creating apps and changing their keys. Each call writes through `tx` and returns the app as it
/// is stored then, for Directory::Publish after the commit. On failure nothing was written.
namespace hookline::settings {

/// A key pair that the operator brings along (HOOKLINE_BOOTSTRAP_KEY and _SECRET). Any printable
/// text without blanks will do; generated ones have the shape of docs/contract/rulings.md#21.
struct GivenKey {
  std::string key;
  std::string secret;
};

struct NewApp {
  std::string name;
  bool use_hook_v2 = true;
  std::optional<GivenKey> key;  ///< None: one is generated.
};

/// Fails with kInput if the name or key is not usable, or the key is or was some app's.
Result<AppPtr> CreateApp(Tx& tx, const NewApp& request, Timestamp now);

/// Adds a key pair; the oldest one goes on signing. Fails as CreateApp, or with kNotFound.
Result<AppPtr> AddKey(Tx& tx, AppId app, const std::optional<GivenKey>& key, Timestamp now);

/// Takes a key out of force. Fails with kNotFound if the app has no such key in force, with kInput
/// if it is the last one.
Result<AppPtr> RetireKey(Tx& tx, AppId app, std::string_view key, Timestamp now);

}  // namespace hookline::settings
