#include "settings/unsupported.h"

#include <fmt/core.h>

#include "base/json.h"
#include "settings/access_checks.h"
#include "settings/field_check.h"
#include "settings/json_members.h"

namespace hookline::settings {
namespace {

std::string_view TypeName(HookType type) {
  switch (type) {
    case HookType::kWebhook:
      return "webhook";
    case HookType::kSqs:
      return "sqs";
    case HookType::kSns:
      return "sns";
    case HookType::kPendingMessage:
      return "pending_message";
  }
  return "";
}

/// True for the keys that say where an unsupported hook would send, and how.
bool IsOwnKey(const EventHook& hook, std::string_view key) {
  switch (hook.type) {
    case HookType::kWebhook:
      return key == "failover_config";
    case HookType::kSqs:
      return key.starts_with("sqs_");
    case HookType::kSns:
      return key.starts_with("sns_");
    case HookType::kPendingMessage:
      return key == "webhook_url" || key == "timeout_ms" || key == "callback";
  }
  return false;
}

/// Every own key of `one` that says something is the same in `other`.
bool OwnKeysAreIn(const EventHook& one, const EventHook& other) {
  const json::Document document = ParseStored(one.doc_json);
  const JsonMembers members = JsonMembers::FromStored(other.doc_json);
  for (const json::Value member : document.root()) {
    if (!IsOwnKey(one, member.key()) || IsEmptyValue(member)) continue;
    if (members.Find(member.key()) != member.raw()) return false;
  }
  return true;
}

}  // namespace

std::string_view UnsupportedField(const EventHook& hook, const Capabilities& capabilities) {
  if (!hook.enabled) return {};
  if (!capabilities.Has(hook.type)) return "hook_type";
  if (capabilities.failover) return {};
  const json::Document document = ParseStored(hook.doc_json);
  return IsEmptyValue(document.root()["failover_config"]) ? std::string_view() : "failover_config";
}

Result<void> CheckSupported(const EventHook& hook, const EventHook* stored,
                            const Capabilities& capabilities, const std::string& prefix) {
  const std::string_view field = UnsupportedField(hook, capabilities);
  if (field.empty()) return {};
  // A client that reads the list and writes it back must get through.
  if (stored != nullptr && stored->type == hook.type &&
      UnsupportedField(*stored, capabilities) == field && OwnKeysAreIn(hook, *stored) &&
      OwnKeysAreIn(*stored, hook)) {
    return {};
  }
  return Fail(ErrorKind::kNotImplemented,
              field == "hook_type"
                  ? fmt::format("{}hook_type {} is not carried out by this server; with "
                                "\"enabled\": false the hook is stored",
                                prefix, TypeName(hook.type))
                  : fmt::format("{}{} is not carried out by this server", prefix, field));
}

std::vector<std::string> Warnings(const App& app, const Capabilities& capabilities) {
  std::vector<std::string> lines;
  const AccessChecks checks = ReadAccessChecks(app);
  if (!checks.permissions) {
    lines.push_back(
        "disable_permissions_checks is on: every user may read, change and delete channels and "
        "messages of others");
  }
  if (!checks.signatures) {
    lines.push_back(
        "disable_auth_checks is on: the signatures of tokens are not checked, whoever knows the "
        "API key can act as anybody");
  }
  for (const EventHook& hook : app.hooks) {
    const std::string_view field = UnsupportedField(hook, capabilities);
    if (field == "hook_type") {
      lines.push_back(
          fmt::format("nothing is sent to hook {}: hooks of type {} are not carried out", hook.id,
                      TypeName(hook.type)));
    } else if (!field.empty()) {
      lines.push_back(fmt::format("{} of hook {} is not carried out", field, hook.id));
    }
  }
  return lines;
}

}  // namespace hookline::settings
