#include "settings/version_tag.h"

#include <fmt/core.h>

#include "base/crypto.h"

namespace hookline::settings {

std::string VersionTag(const App& app, std::string_view channel_configs) {
  // Every part ends with a character that none of them holds.
  std::string text =
      fmt::format("{}\x1f{}\x1f{}\x1f{}\x1f{}\x1f{}\x1f", app.id.value, app.name, app.use_hook_v2,
                  app.revoke_tokens_issued_before.ns, app.fields_json, channel_configs);
  for (const EventHook& hook : app.hooks) {
    text += fmt::format("{}\x1f{}\x1f{}\x1f{}\x1f{}\x1f", hook.pk.value, hook.id, hook.enabled,
                        hook.product, hook.doc_json);
  }
  return fmt::format("\"{}\"", Sha256Hex(text).substr(0, 32));
}

bool MatchesTag(std::string_view header, std::string_view tag) {
  while (!header.empty()) {
    const std::size_t comma = header.find(',');
    std::string_view item = header.substr(0, comma);
    while (item.starts_with(' ') || item.starts_with('\t')) item.remove_prefix(1);
    while (item.ends_with(' ') || item.ends_with('\t')) item.remove_suffix(1);
    if (item == "*" || item == tag) return true;
    if (comma == std::string_view::npos) break;
    header.remove_prefix(comma + 1);
  }
  return false;
}

}  // namespace hookline::settings
