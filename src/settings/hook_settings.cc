#include "settings/hook_settings.h"

#include "base/json.h"
#include "settings/json_members.h"

namespace hookline::settings {

HookSettings ReadHookSettings(const App& app) {
  const json::Document document = ParseStored(app.fields_json);
  const json::Value fields = document.root();
  HookSettings result;
  result.before_message_send_url = fields["before_message_send_hook_url"].AsString().value_or("");
  result.before_message_send_timeout = std::chrono::milliseconds(
      fields["before_message_send_hook_attempt_timeout_ms"].AsInt().value_or(0));
  result.command_url_template = fields["custom_action_handler_url"].AsString().value_or("");
  result.fail_message_with_command = fields["custom_command_failure"].AsString() == "error";
  result.refuse_unmoderated = fields["before_message_send_failure"].AsString() == "refuse";
  result.compress_payloads = fields["enable_hook_payload_compression"].AsBool().value_or(false);
  return result;
}

}  // namespace hookline::settings
