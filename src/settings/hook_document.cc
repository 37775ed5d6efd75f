#include "settings/hook_document.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <initializer_list>
#include <limits>
#include <ranges>
#include <span>
#include <utility>
#include <vector>

#include "base/json_writer.h"
#include "settings/event_catalogue.h"
#include "settings/field_check.h"
#include "settings/nearest.h"
#include "settings/retry_schedule.h"
#include "settings/unsupported.h"
#include "settings/url_template.h"

namespace hookline::settings {
namespace {

constexpr std::size_t kMaxTextBytes = 4096;
constexpr int kMaxInFlightMax = 1000;
constexpr std::size_t kMaxCredentialsBytes = 32 * 1024;

enum class KeyKind {
  kString,
  kBool,
  kInt,
  kCount,
  kEnum,
  kEventTypes,
  kCallback,
  kFailover,
  kRetry
};

// The types of hooks that a key says something to.
constexpr std::string_view kAny = "";
constexpr std::string_view kPush = "webhook sqs sns";
constexpr std::string_view kWebhookAndPending = "webhook pending_message";

struct HookKey {
  std::string_view name;
  KeyKind kind;
  std::string_view allowed;  ///< For kEnum.
  std::string_view types;    ///< Words with blanks between; kAny: all.
};

constexpr std::string_view kAuthTypes = "keys resource role";

// The keys that a hook's document may hold. `enabled`, `product`, `id` and the times are members of
// EventHook; `delete` belongs to the list. Typed clients send both kinds of authentication, and an
// encoding, with every hook.
constexpr std::array kHookKeys = {
    HookKey{"hook_type", KeyKind::kEnum, "webhook sqs sns pending_message", kAny},
    HookKey{"event_types", KeyKind::kEventTypes, "", kAny},
    HookKey{"should_send_custom_events", KeyKind::kBool, "", kAny},
    HookKey{"webhook_url", KeyKind::kString, "", kWebhookAndPending},
    HookKey{"sqs_queue_url", KeyKind::kString, "", "sqs"},
    HookKey{"sqs_region", KeyKind::kString, "", "sqs"},
    HookKey{"sqs_auth_type", KeyKind::kEnum, kAuthTypes, kAny},
    HookKey{"sqs_key", KeyKind::kString, "", "sqs"},
    HookKey{"sqs_secret", KeyKind::kString, "", "sqs"},
    HookKey{"sqs_role_arn", KeyKind::kString, "", "sqs"},
    HookKey{"sns_topic_arn", KeyKind::kString, "", "sns"},
    HookKey{"sns_region", KeyKind::kString, "", "sns"},
    HookKey{"sns_auth_type", KeyKind::kEnum, kAuthTypes, kAny},
    HookKey{"sns_key", KeyKind::kString, "", "sns"},
    HookKey{"sns_secret", KeyKind::kString, "", "sns"},
    HookKey{"sns_role_arn", KeyKind::kString, "", "sns"},
    HookKey{"sns_event_based_message_group_id_enabled", KeyKind::kBool, "", "sns"},
    HookKey{"timeout_ms", KeyKind::kInt, "", "pending_message"},
    HookKey{"callback", KeyKind::kCallback, "", "pending_message"},
    HookKey{"failover_config", KeyKind::kFailover, "", "webhook"},
    HookKey{"retry", KeyKind::kRetry, "", kAny},
    HookKey{"max_in_flight", KeyKind::kCount, "", kAny},
    HookKey{"payload_format", KeyKind::kEnum, "v1 v2", kPush},
    HookKey{"body_encoding", KeyKind::kEnum, "raw base64", kAny},
};

// What an item holds besides: the list's, EventHook's, and what the server sets.
constexpr auto kItemKeys = std::to_array<std::string_view>(
    {"id", "enabled", "product", "delete", "created_at", "updated_at"});

std::span<const std::string_view> KnownKeys() {
  static const std::vector<std::string_view> names = [] {
    std::vector<std::string_view> all(kItemKeys.begin(), kItemKeys.end());
    for (const HookKey& key : kHookKeys) all.push_back(key.name);
    return all;
  }();
  return names;
}

Result<void> CheckStringMembers(const std::string& field, json::Value object,
                                std::initializer_list<std::string_view> names, std::size_t max) {
  if (auto result = CheckObject(field, object); !result) return result;
  if (auto known = CheckKnownKeys(field + ".", object, names); !known) return known;
  for (const std::string_view name : names) {
    const json::Value member = object[name];
    if (member.IsMissingOrNull()) continue;
    const std::string path = fmt::format("{}.{}", field, name);
    if (auto result = CheckString(path, member, max); !result) return result;
  }
  return {};
}

Result<void> CheckCallback(const std::string& field, json::Value value) {
  if (auto result = CheckStringMembers(field, value, {"mode", "server_url"}, kMaxTextBytes);
      !result) {
    return result;
  }
  const json::Value mode = value["mode"];
  if (IsEmptyValue(mode)) return {};
  return CheckEnum(field + ".mode", mode,
                   "CALLBACK_MODE_NONE CALLBACK_MODE_REST CALLBACK_MODE_TWIRP");
}

Result<void> CheckFailover(const std::string& field, json::Value value) {
  return CheckStringMembers(field, value,
                            {"type", "gcs_bucket", "gcs_path", "gcs_credentials", "s3_bucket",
                             "s3_path", "s3_region", "s3_api_key", "s3_secret", "s3_role_arn"},
                            kMaxCredentialsBytes);
}

Result<void> CheckKey(const HookKey& key, const std::string& field, json::Value value) {
  switch (key.kind) {
    case KeyKind::kString:
      return CheckString(field, value, kMaxTextBytes);
    case KeyKind::kBool:
      return CheckBool(field, value);
    case KeyKind::kInt:
      return CheckInt(field, value, 0, std::numeric_limits<std::int32_t>::max());
    case KeyKind::kCount:
      return CheckInt(field, value, 1, kMaxInFlightMax);
    case KeyKind::kEnum:
      return CheckEnum(field, value, key.allowed);
    case KeyKind::kEventTypes:
      return CheckEventTypes(field, value);
    case KeyKind::kCallback:
      return CheckCallback(field, value);
    case KeyKind::kFailover:
      return CheckFailover(field, value);
    case KeyKind::kRetry:
      if (auto schedule = ParseRetrySchedule(value); !schedule) {
        // The message starts with "retry" already: put the item's path before it.
        const std::string prefix = field.substr(0, field.size() - key.name.size());
        return InputError(prefix + schedule.error().message());
      }
      return {};
  }
  return {};
}

/// Empty enum strings mean "not set"; typed clients fail on them when they come back. The same goes
/// for a callback or failover of only such values.
bool MeansNotSet(const HookKey& key, json::Value value) {
  if (value.IsNull()) return true;
  switch (key.kind) {
    case KeyKind::kEnum:
    case KeyKind::kCallback:
    case KeyKind::kFailover:
      return (value.IsString() || value.IsObject() || value.IsArray()) && IsEmptyValue(value);
    default:
      return false;
  }
}

std::string StoredText(const HookKey& key, json::Value value) {
  if (key.kind != KeyKind::kCallback || !IsEmptyValue(value["mode"])) {
    return std::string(value.raw());
  }
  JsonMembers members(value);
  members.Erase("mode");
  return members.ToJson();
}

// True if `types`, words with blanks between, has `type`.
bool HasType(std::string_view types, std::string_view type) {
  for (const auto word : std::views::split(types, ' ')) {
    if (std::string_view(word) == type) return true;
  }
  return types == kAny;
}

// A key of another type of hook would be kept and do nothing: what `item` says in one is refused,
// and what the hook had of one before it changed its type goes.
Result<void> CheckKeysOfType(json::Value item, std::string_view type, const std::string& prefix,
                             JsonMembers& document) {
  for (const HookKey& key : kHookKeys) {
    if (HasType(key.types, type)) continue;
    if (IsOff(item[key.name])) {
      if (!item[key.name]) document.Erase(key.name);
      continue;
    }
    std::string types;
    for (const auto word : std::views::split(key.types, ' ')) {
      types += fmt::format("{}{}", types.empty() ? "" : " or ", std::string_view(word));
    }
    return InputError(
        fmt::format("{}{} is only supported by hooks of type {}", prefix, key.name, types));
  }
  return {};
}

class Validator {
 public:
  Validator(json::Value document, const std::string& prefix, const PatchOptions& options)
      : document_(document), prefix_(prefix), options_(options) {}

  Result<void> Webhook() {
    if (auto url = Url("webhook_url", Placeholders::kHook); !url) return url;
    const json::Value failover = document_["failover_config"];
    if (!failover) return {};
    const auto type = failover["type"].AsString();
    if (type == "s3") return Required("failover_config.s3_bucket", failover["s3_bucket"]);
    if (type != "gcs") return InputError(prefix_ + "failover_config.type must be one of [gcs s3]");
    if (auto result = Required("failover_config.gcs_bucket", failover["gcs_bucket"]); !result) {
      return result;
    }
    return Required("failover_config.gcs_credentials", failover["gcs_credentials"]);
  }

  Result<void> Sqs() {
    if (auto url = Url("sqs_queue_url", Placeholders::kNone); !url) return url;
    return Aws("sqs");
  }

  Result<void> Sns() {
    if (auto result = Required("sns_topic_arn"); !result) return result;
    if (!document_["sns_topic_arn"].AsString()->starts_with("arn:")) {
      return InputError(prefix_ + "sns_topic_arn must be an ARN");
    }
    return Aws("sns");
  }

  Result<void> PendingMessage() {
    const json::Value callback = document_["callback"];
    if (const json::Value server = callback["server_url"]; !IsEmptyValue(server)) {
      if (auto url = Check("callback.server_url", server, Placeholders::kHook); !url) return url;
      if (IsEmptyValue(document_["webhook_url"])) return {};
    }
    if (callback["mode"].AsString() == "CALLBACK_MODE_NONE" &&
        IsEmptyValue(document_["webhook_url"])) {
      return {};
    }
    return Url("webhook_url", Placeholders::kHook);
  }

  Result<void> Base64OnlyOfQueues() {
    const auto type = document_["hook_type"].AsString();
    if (document_["body_encoding"].AsString() != "base64" || type == "sqs" || type == "sns")
      return {};
    return InputError(prefix_ +
                      "body_encoding base64 is only supported by hooks of type sqs and sns");
  }

 private:
  Result<void> Required(std::string_view name, json::Value value) {
    if (!IsEmptyValue(value)) return {};
    return InputError(fmt::format("{}{} is required", prefix_, name));
  }
  Result<void> Required(std::string_view name) { return Required(name, document_[name]); }

  Result<void> Check(std::string_view name, json::Value value, Placeholders placeholders) {
    return ValidateUrl(fmt::format("{}{}", prefix_, name), *value.AsString(), placeholders,
                       options_.allow_http_targets);
  }
  Result<void> Url(std::string_view name, Placeholders placeholders) {
    if (auto result = Required(name); !result) return result;
    return Check(name, document_[name], placeholders);
  }

  Result<void> Aws(const std::string& service) {
    if (auto result = Required(service + "_region"); !result) return result;
    const std::string_view auth = document_[service + "_auth_type"].AsString().value_or("keys");
    if (auth == "role") return Required(service + "_role_arn");
    if (auth != "keys") return {};
    if (auto result = Required(service + "_key"); !result) return result;
    return Required(service + "_secret");
  }

  json::Value document_;
  const std::string& prefix_;
  const PatchOptions& options_;
};

Result<HookType> ValidateDocument(json::Value document, const std::string& prefix,
                                  const PatchOptions& options) {
  Validator validator(document, prefix, options);
  const auto type = document["hook_type"].AsString();
  if (!type) return InputError(prefix + "hook_type is required");
  if (auto result = validator.Base64OnlyOfQueues(); !result) return std::unexpected(result.error());
  if (type == "webhook") {
    if (auto result = validator.Webhook(); !result) return std::unexpected(result.error());
    return HookType::kWebhook;
  }
  const auto pick = [](Result<void> result, HookType hook_type) -> Result<HookType> {
    if (!result) return std::unexpected(result.error());
    return hook_type;
  };
  if (type == "sqs") return pick(validator.Sqs(), HookType::kSqs);
  if (type == "sns") return pick(validator.Sns(), HookType::kSns);
  return pick(validator.PendingMessage(), HookType::kPendingMessage);
}

}  // namespace

Result<void> CheckEventTypes(std::string_view field, json::Value value) {
  if (auto list = CheckStringList(field, value, kMaxEventTypes, false); !list) return list;
  for (const json::Value type : value) {
    if (auto known = CheckEventType(field, *type.AsString()); !known) return known;
  }
  return {};
}

Result<EventHook> BuildHook(EventHook hook, const JsonMembers& document, const std::string& prefix,
                            const PatchOptions& options) {
  hook.doc_json = document.ToJson();
  const json::Document parsed = ParseStored(hook.doc_json);
  const json::Value root = parsed.root();
  const auto type = ValidateDocument(root, prefix, options);
  if (!type) return std::unexpected(type.error());
  hook.type = *type;
  hook.event_types.clear();
  for (const json::Value event_type : root["event_types"]) {
    hook.event_types.emplace_back(*event_type.AsString());
  }
  hook.custom_events = root["should_send_custom_events"].AsBool().value_or(true);
  hook.url.clear();
  if (hook.type == HookType::kWebhook || hook.type == HookType::kPendingMessage) {
    hook.url = root["webhook_url"].AsString().value_or("");
  }
  if (hook.type == HookType::kPendingMessage && hook.url.empty()) {
    hook.url = root["callback"]["server_url"].AsString().value_or("");
  }
  hook.retry_json = root["retry"].raw();
  hook.payload_v2 = root["payload_format"].AsString() == "v2";
  return hook;
}

std::optional<int> MaxInFlight(const EventHook& hook) {
  if (hook.doc_json.find("max_in_flight") == std::string::npos) return std::nullopt;
  const json::Document document = ParseStored(hook.doc_json);
  const auto value = document.root()["max_in_flight"].AsInt();
  if (!value) return std::nullopt;
  return static_cast<int>(std::clamp<std::int64_t>(*value, 1, kMaxInFlightMax));
}

void FinishHook(EventHook& hook, const EventHook& stored, bool is_new,
                const PatchOptions& options) {
  if (hook.enabled) hook.disabled_reason.clear();
  if (is_new) {
    hook.created_at = options.now;
    hook.updated_at = options.now;
    return;
  }
  if (stored.enabled && !hook.enabled) hook.cancel_up_to = options.last_delivery;
  if (hook != stored) hook.updated_at = options.now;
}

Result<EventHook> MergeHook(const EventHook& stored, bool is_new, json::Value item,
                            std::string_view path, const PatchOptions& options) {
  const std::string prefix = fmt::format("{}.", path);
  if (auto known = CheckKnownKeys(prefix, item, KnownKeys()); !known) {
    return std::unexpected(known.error());
  }
  EventHook hook = stored;
  JsonMembers document = JsonMembers::FromStored(stored.doc_json);
  for (const HookKey& key : kHookKeys) {
    const json::Value value = item[key.name];
    if (!value) continue;
    if (MeansNotSet(key, value)) {
      document.Erase(key.name);
      continue;
    }
    const std::string field = prefix + std::string(key.name);
    if (auto result = CheckKey(key, field, value); !result) {
      return std::unexpected(result.error());
    }
    document.Set(key.name, StoredText(key, value));
  }
  if (const std::string type_json(document.Find("hook_type")); !type_json.empty()) {
    const json::Document type = ParseStored(type_json);
    if (auto result = CheckKeysOfType(item, *type.root().AsString(), prefix, document); !result) {
      return std::unexpected(result.error());
    }
  }
  if (const json::Value enabled = item["enabled"]) {
    if (!enabled.IsNull() && !enabled.IsBool()) {
      return InputError(prefix + "enabled must be a boolean");
    }
    hook.enabled = enabled.AsBool().value_or(true);
  }
  if (const json::Value product = item["product"]) {
    if (IsEmptyValue(product)) {
      hook.product = "all";
    } else if (auto result =
                   CheckEnum(prefix + "product", product, "all chat video moderation feeds");
               !result) {
      return std::unexpected(result.error());
    } else {
      hook.product = *product.AsString();
    }
  }
  // The calls about pending messages have one format only.
  if (is_new && options.payload_v2 && item["payload_format"].IsMissingOrNull() &&
      item["hook_type"].AsString() != "pending_message") {
    document.Set("payload_format", R"("v2")");
  }
  auto built = BuildHook(std::move(hook), document, prefix, options);
  if (built) {
    if (auto supported =
            CheckSupported(*built, is_new ? nullptr : &stored, options.capabilities, prefix);
        !supported) {
      return std::unexpected(supported.error());
    }
  }
  if (built) FinishHook(*built, stored, is_new, options);
  return built;
}

}  // namespace hookline::settings
