#pragma once

#include <string>
#include <string_view>

#include "chat/built_in_commands.h"

/// /giphy without Giphy: a picture of the text, drawn by this server. Internal to the chat room but
/// for the picture itself.
namespace hookline::chat {

/// Keeps the ephemeral message that lets its sender choose a picture. Requires: the draft's message
/// has its command and args.
Message StartGiphy(Context& context, Draft draft, const BuiltInOptions& options);

/// The picture, as SVG: what it shows depends on nothing but `text` and `seed`, which may be
/// whatever a stranger has made up. Bounded in size.
std::string GiphySvg(std::string_view text, std::string_view seed);

}  // namespace hookline::chat
