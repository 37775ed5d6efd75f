#pragma once

#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/json.h"
#include "settings/app.h"
#include "settings/patch_options.h"

/// Hook v1: `webhook_url`, `webhook_events`, `sqs_*`, `sns_*` and `async_moderation_config` of an
/// app (docs/contract/hooks.md#legacy). They become ordinary hooks, so delivery knows of one kind;
/// clients do not see those in `event_hooks`.
namespace hookline::settings {

/// The reason that an app with hook v2 gives when it is sent legacy settings. Users search for it.
inline constexpr std::string_view kLegacyInV2Reason =
    "Cannot set webhook URL, webhook events, SQS URL, SQS key, SQS secret, SNS topic ARN, SNS key, "
    "SNS secret, or async moderation config in new hook v2 system. Use the event_hooks field to "
    "configure webhooks.";
inline constexpr std::string_view kEventHooksInV1Reason =
    "cannot set event hooks in hook v1 system";

/// Checks one legacy field that an app with hook v1 was sent.
Result<void> CheckLegacyField(std::string_view name, json::Value value, bool allow_http_targets);

/// The hooks that the legacy fields in `fields` stand for, after `body` changed some of them. Those
/// of `app` that stay keep their identity. A queue or topic becomes a hook once its key and secret
/// are there too.
Result<std::vector<EventHook>> LegacyHooks(const App& app, json::Value fields, json::Value body,
                                           const PatchOptions& options);

}  // namespace hookline::settings
