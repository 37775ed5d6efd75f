#include "settings/update_app.h"

#include <fmt/core.h>

#include <array>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json_writer.h"
#include "settings/app_fields.h"
#include "settings/encode_app.h"
#include "settings/event_hooks.h"
#include "settings/field_check.h"
#include "settings/json_members.h"
#include "settings/legacy_hooks.h"
#include "settings/nearest.h"

namespace hookline::settings {
namespace {

/// The one field that null does not leave alone. Go's zero time clears it as well.
Result<void> ApplyRevocation(App& app, json::Value body) {
  static constexpr std::string_view kName = "revoke_tokens_issued_before";
  const json::Value before = body[kName];
  if (!before) return {};
  const auto text = before.AsString();
  if (before.IsNull() || (text && (text->empty() || text->starts_with("0001-01-01T")))) {
    app.revoke_tokens_issued_before = {};
    return {};
  }
  const auto time = text ? ParseRfc3339(*text) : std::nullopt;
  if (!time) return InputError(fmt::format("{} must be an RFC 3339 time", kName));
  app.revoke_tokens_issued_before = *time;
  return {};
}

// Members of GET's answer that cannot be set. Typed clients send the whole object back.
constexpr auto kReadOnly = std::to_array<std::string_view>({
    "allow_multi_user_devices",
    "call_types",
    "campaign_enabled",
    "channel_configs",
    "geofences",
    "id",
    "moderation_audio_call_moderation_enabled",
    "moderation_keyframe_video_enabled",
    "moderation_llm_configurability_enabled",
    "moderation_multitenant_blocklist_enabled",
    "moderation_video_call_moderation_enabled",
    "name",
    "organization",
    "placement",
    "policies",
    "push_notifications",
    "suspended",
    "suspended_explanation",
    "use_hook_v2",
});
constexpr auto kOtherFields = std::to_array<std::string_view>(
    {"event_hooks", "explicit_event_hooks_deletion", "revoke_tokens_issued_before"});

std::span<const std::string_view> KnownFields() {
  static const std::vector<std::string_view> names = [] {
    std::vector<std::string_view> all(kReadOnly.begin(), kReadOnly.end());
    all.insert(all.end(), kOtherFields.begin(), kOtherFields.end());
    for (const AppField& field : AppFields()) all.push_back(field.name);
    return all;
  }();
  return names;
}

/// True if `sent` says nothing else than `now`. What a client's type has and the answer has not
/// comes with a zero value; times are written in more ways than one.
bool SaysTheSame(json::Value sent, json::Value now) {
  if (sent.raw() == now.raw() || IsEmptyValue(sent) || (!now && IsOff(sent))) return true;
  if (sent.IsObject() && (now.IsObject() || !now)) {
    for (const json::Value member : sent) {
      if (member.key() == "created_at" || member.key() == "updated_at") continue;
      if (!SaysTheSame(member, now[member.key()])) return false;
    }
    return true;
  }
  if (!sent.IsArray() || !now.IsArray() || sent.size() != now.size()) return false;
  auto other = now.begin();
  for (const json::Value item : sent) {
    if (!SaysTheSame(item, *other)) return false;
    ++other;
  }
  return true;
}

/// A read-only member may come back as it is, or as nothing.
Result<void> CheckReadOnly(const App& app, json::Value body, std::string_view channel_configs) {
  json::Writer present;
  EncodeApp(present, app, channel_configs, TimeFormat::kRfc3339);
  const json::Document document = ParseStored(present.text());
  for (const std::string_view name : kReadOnly) {
    if (SaysTheSame(body[name], document.root()[name])) continue;
    return Fail(ErrorKind::kNotImplemented,
                fmt::format("{} cannot be changed by this server{}", name,
                            name == "channel_configs" ? "; update the channel type" : ""));
  }
  return {};
}

/// Queues, topics and pending messages of hook v1: what is stored may be sent again or cleared.
Result<void> CheckLegacyIsSupported(const AppField& field, json::Value value,
                                    const JsonMembers& fields, const Capabilities& capabilities) {
  if (field.kind != FieldKind::kLegacy) return {};
  const HookType type = field.name.starts_with("webhook_") ? HookType::kWebhook
                        : field.name.starts_with("sqs_")   ? HookType::kSqs
                        : field.name.starts_with("sns_")   ? HookType::kSns
                                                           : HookType::kPendingMessage;
  if (capabilities.Has(type)) return {};
  if (IsEmptyValue(value) || fields.Find(field.name) == value.raw()) return {};
  return Fail(ErrorKind::kNotImplemented,
              fmt::format("{} is not carried out by this server", field.name));
}

/// Puts the known fields of `body` into `fields`. Sets `legacy_changed` if hook v1 fields were
/// among them.
Result<void> ApplyFields(const App& app, json::Value body, const PatchOptions& options,
                         JsonMembers& fields, bool& legacy_changed) {
  for (const AppField& field : AppFields()) {
    const json::Value value = body[field.name];
    if (value.IsMissingOrNull()) continue;
    if (field.kind == FieldKind::kLegacy && app.use_hook_v2) {
      if (!IsEmptyValue(value)) return InputError(std::string(kLegacyInV2Reason));
      continue;
    }
    // Typed clients send "" for an enumeration that was never chosen.
    if (field.kind == FieldKind::kEnum && value.IsString() && IsEmptyValue(value)) continue;
    if (field.kind == FieldKind::kInt && !field.carried_out && value.AsInt() == 0) continue;
    if (auto result = CheckAppField(field, value, options.allow_http_targets); !result) {
      return result;
    }
    if (!field.carried_out) {
      if (!IsNeutral(field, value)) {
        return Fail(ErrorKind::kNotImplemented,
                    fmt::format("{} is not carried out by this server", field.name));
      }
      fields.Erase(field.name);
      continue;
    }
    if (auto result = CheckLegacyIsSupported(field, value, fields, options.capabilities); !result)
      return result;
    fields.Set(field.name, IsObjectField(field) && value.IsArray() ? "{}" : value.raw());
    legacy_changed |= field.kind == FieldKind::kLegacy;
  }
  return {};
}

Result<bool> ReadExplicitDeletion(json::Value body) {
  const json::Value value = body["explicit_event_hooks_deletion"];
  if (value.IsMissingOrNull()) return false;
  if (auto result = CheckBool("explicit_event_hooks_deletion", value); !result) {
    return std::unexpected(result.error());
  }
  return *value.AsBool();
}

}  // namespace

Result<App> ApplyPatch(const App& stored, json::Value body, const PatchOptions& options) {
  if (body && !IsEmptyValue(body) && !body.IsObject()) {
    return InputError("the request body must be a JSON object");
  }
  if (auto known = CheckKnownKeys("", body, KnownFields()); !known) {
    return std::unexpected(known.error());
  }
  if (auto kept = CheckReadOnly(stored, body, options.channel_configs_json); !kept) {
    return std::unexpected(kept.error());
  }
  App app = stored;
  if (auto result = ApplyRevocation(app, body); !result) return std::unexpected(result.error());

  JsonMembers fields = JsonMembers::FromStored(stored.fields_json);
  bool legacy_changed = false;
  if (auto result = ApplyFields(app, body, options, fields, legacy_changed); !result) {
    return std::unexpected(result.error());
  }
  app.fields_json = fields.ToJson();
  if (app.fields_json.size() > kMaxFieldsBytes) {
    return InputError(fmt::format("the app's settings must not exceed {} bytes", kMaxFieldsBytes));
  }

  const auto explicit_deletion = ReadExplicitDeletion(body);
  if (!explicit_deletion) return std::unexpected(explicit_deletion.error());
  if (const json::Value list = body["event_hooks"]; !list.IsMissingOrNull()) {
    if (!app.use_hook_v2) return InputError(std::string(kEventHooksInV1Reason));
    auto hooks = ApplyEventHooks(stored, list, *explicit_deletion, options);
    if (!hooks) return std::unexpected(hooks.error());
    app.hooks = std::move(*hooks);
  }
  if (legacy_changed) {
    const json::Document parsed = ParseStored(app.fields_json);
    auto hooks = LegacyHooks(stored, parsed.root(), body, options);
    if (!hooks) return std::unexpected(hooks.error());
    app.hooks = std::move(*hooks);
  }
  if (app != stored) app.updated_at = options.now;
  return app;
}

Result<AppPtr> UpdateApp(Tx& tx, AppId id, json::Value body, PatchOptions options) {
  const AppPtr stored = tx.FindApp(id);
  if (stored == nullptr) return Fail(ErrorKind::kNotFound, "the app does not exist");
  options.last_delivery = tx.LastDelivery();
  const auto app = ApplyPatch(*stored, body, options);
  if (!app) return std::unexpected(app.error());
  if (*app == *stored) return stored;
  tx.UpdateApp(*app);
  if (app->hooks != stored->hooks) tx.ReplaceHooks(id, app->hooks);
  return tx.FindApp(id);
}

}  // namespace hookline::settings
