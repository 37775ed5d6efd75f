#pragma once

#include "base/error.h"
#include "base/json.h"
#include "settings/app.h"
#include "settings/patch_options.h"
#include "settings/store.h"

/// PATCH /app (docs/contract/routes.md#app).
namespace hookline::settings {

/// Most bytes that an app's stored settings may take, hooks not counted.
inline constexpr std::size_t kMaxFieldsBytes = 256 * 1024;

/// `stored` as changed by `body`, or the reason why it may not be changed so; nothing is changed by
/// half. Absent and null fields are ignored, and read-only ones that come back as GET wrote them or
/// empty; unknown ones are refused, and so is what is not carried out. A missing body is an empty
/// one. Equals `stored` if nothing changes. New hooks have no pk yet.
Result<App> ApplyPatch(const App& stored, json::Value body, const PatchOptions& options);

/// Applies `body` to the stored app and writes what has changed. Returns the app as it is stored
/// now, for Directory::Publish after the commit. `options.last_delivery` is filled in here.
/// Fails with kInput, or kNotFound if there is no such app; then nothing was written.
Result<AppPtr> UpdateApp(Tx& tx, AppId app, json::Value body, PatchOptions options);

}  // namespace hookline::settings
