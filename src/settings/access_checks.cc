#include "settings/access_checks.h"

#include "base/json.h"
#include "settings/json_members.h"

namespace hookline::settings {

AccessChecks ReadAccessChecks(const App& app) {
  const json::Document document = ParseStored(app.fields_json);
  const json::Value fields = document.root();
  AccessChecks checks;
  checks.signatures = !fields["disable_auth_checks"].AsBool().value_or(false);
  checks.permissions = !fields["disable_permissions_checks"].AsBool().value_or(false);
  return checks;
}

}  // namespace hookline::settings
