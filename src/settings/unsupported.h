#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "settings/app.h"
#include "settings/capabilities.h"

/// What can be stored but is not carried out: hooks that nothing is sent to.
namespace hookline::settings {

/// The field of an enabled hook that keeps it from being carried out ("hook_type",
/// "failover_config"); empty if there is none.
std::string_view UnsupportedField(const EventHook& hook, const Capabilities& capabilities);

/// Fails with kNotImplemented and a message that names the field if `hook` asks for something that
/// is not carried out. What is stored like that already may stay: `stored` is nullptr for a new
/// hook. `prefix` stands before field names, dot included.
Result<void> CheckSupported(const EventHook& hook, const EventHook* stored,
                            const Capabilities& capabilities, const std::string& prefix);

/// What the operator should know of an app's settings, one line each, for the log.
std::vector<std::string> Warnings(const App& app, const Capabilities& capabilities);

}  // namespace hookline::settings
