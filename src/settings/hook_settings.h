#pragma once

#include <chrono>
#include <string>

#include "settings/app.h"

namespace hookline::settings {

/// What calls to customers need of an app's settings besides its event hooks. Reading them parses
/// App::fields_json: keep the result as long as the AppPtr stays the same.
struct HookSettings {
  std::string before_message_send_url;                      ///< Empty: no such hook.
  std::chrono::milliseconds before_message_send_timeout{};  ///< Of the attempt; 0: the default.
  bool refuse_unmoderated = false;         ///< before_message_send_failure: "refuse".
  std::string command_url_template;        ///< Empty: no handler.
  bool fail_message_with_command = false;  ///< custom_command_failure: "error".
  bool compress_payloads = false;          ///< docs/contract/rulings.md#8.
};

HookSettings ReadHookSettings(const App& app);

}  // namespace hookline::settings
