#pragma once

#include <string>
#include <string_view>

#include "base/error.h"

/// Hooks' URLs: absolute, http(s), with placeholders (docs/contract/rulings.md#3). A placeholder
/// is written `{type}`, or `%7Btype%7D` by clients that escape what they are given.
namespace hookline::settings {

/// Which placeholders a URL may hold.
enum class Placeholders {
  kNone,
  kCommand,  ///< {type}: the command's name.
  kHook,     ///< {type}, {product}, {app_id}, {channel_type}, {channel_id}, {cid}, {user_id}
};

/// The longest URL that is taken, in bytes.
inline constexpr std::size_t kMaxUrlBytes = 4096;

/// Checks a URL when it is saved. `field` names it in the message. Only the form is judged: which
/// addresses may be called is decided when connecting.
Result<void> ValidateUrl(std::string_view field, std::string_view url, Placeholders allowed,
                         bool allow_http);

/// What the placeholders stand for; an empty value expands to nothing.
struct UrlValues {
  std::string_view type;
  std::string_view product;
  std::string_view app_id;
  std::string_view channel_type;
  std::string_view channel_id;
  std::string_view cid;
  std::string_view user_id;
};

/// False if ExpandUrlTemplate would return `url` as it is, whatever the values.
bool IsUrlTemplate(std::string_view url);

/// Fills the placeholders with percent-encoded values. A value can never add a path segment, a
/// query parameter or a fragment. Text that is no placeholder stays as it is.
/// Requires: `url` has passed ValidateUrl.
std::string ExpandUrlTemplate(std::string_view url, const UrlValues& values);

}  // namespace hookline::settings
