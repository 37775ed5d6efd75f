#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <string_view>

#include "base/error.h"
#include "base/json.h"

/// The settings that PATCH /app knows, besides `event_hooks` and `revoke_tokens_issued_before`.
namespace hookline::settings {

enum class FieldKind {
  kBool,
  kInt,
  kString,
  kEnum,
  kUrl,         ///< "" clears it.
  kCommandUrl,  ///< The same, and may hold {type}.
  kStringList,
  kObject,
  kUploadConfig,
  kPushConfig,
  kPushProvider,  ///< Credentials and templates of one provider.
  kGrants,
  kIntMap,
  kLegacy,  ///< Hook v1 only: legacy_hooks.h.
};

struct AppField {
  std::string_view name;
  FieldKind kind;
  std::int64_t min = 0;  ///< For kInt.
  std::int64_t max = std::numeric_limits<std::int32_t>::max();
  std::string_view allowed = {};  ///< For kEnum: words with blanks between.
  std::size_t max_items = 1000;   ///< For kStringList.
  /// False: nothing follows from the field, so only what asks for nothing is accepted.
  bool carried_out = true;
  /// JSON that asks for nothing, besides what is off in every client's language.
  std::string_view neutral = {};
};

/// Every field, in the order of Stream's schema.
std::span<const AppField> AppFields();

/// Whether the field's value is an object, for which an empty list may stand in requests.
bool IsObjectField(const AppField& field);

/// True for a field of AppFields() that is not carried out: what an older version stored of it
/// means nothing.
bool IsRefusedAppField(std::string_view name);

/// True if `value` asks for nothing that this server does not do.
bool IsNeutral(const AppField& field, json::Value value);

/// Fails with kInput and a message that names the field if its type or value is wrong. `value` is
/// neither missing nor null.
Result<void> CheckAppField(const AppField& field, json::Value value, bool allow_http_targets);

}  // namespace hookline::settings
