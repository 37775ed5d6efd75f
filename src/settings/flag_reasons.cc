#include "settings/flag_reasons.h"

#include "base/json.h"
#include "settings/json_members.h"

namespace hookline::settings {

std::vector<std::string> AllowedFlagReasons(const App& app) {
  const json::Document document = ParseStored(app.fields_json);
  std::vector<std::string> reasons;
  for (const json::Value reason : document.root()["allowed_flag_reasons"]) {
    reasons.emplace_back(reason.AsString().value_or(""));
  }
  return reasons;
}

}  // namespace hookline::settings
