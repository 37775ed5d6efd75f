#pragma once

#include <string_view>

#include "base/error.h"
#include "base/json.h"
#include "chat/catalog.h"
#include "chat/channel_type.h"
#include "chat/context.h"

/// Channel types as servers manage them (docs/contract/routes.md#channel-types): no user token may.
namespace hookline::chat {

/// CreateChannelType: `name` and whatever is to differ from the defaults. Without `commands` all
/// commands are enabled, as the official clients ask for by themselves.
Result<ChannelTypePtr> CreateChannelType(Context& context, json::Value body);

/// UpdateChannelType: changes what is there; null is absent (docs/contract/rulings.md#30).
Result<ChannelTypePtr> UpdateChannelType(Context& context, std::string_view name, json::Value body);

/// Whether what each type has is small enough for every event that shows a channel. Of a type that
/// was too large in `before` the same is accepted.
Result<void> CheckConfigBytes(Context& context, const Catalog& before);

/// DeleteChannelType: not of built-in ones, nor while there are live channels.
Result<void> DeleteChannelType(Context& context, std::string_view name);

}  // namespace hookline::chat
