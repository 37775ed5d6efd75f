#include "settings/event_hooks.h"

#include <fmt/core.h>

#include <algorithm>
#include <string>
#include <unordered_set>
#include <utility>

#include "settings/field_check.h"
#include "settings/hook_document.h"

namespace hookline::settings {
namespace {

/// The id that the client gave, empty if it gave none.
Result<std::string> ReadId(json::Value item, const std::string& path) {
  const json::Value id = item["id"];
  if (id.IsMissingOrNull()) return std::string();
  if (auto result = CheckString(path + ".id", id, 255); !result) {
    return std::unexpected(result.error());
  }
  return std::string(*id.AsString());
}

Result<bool> ReadDelete(json::Value item, const std::string& path) {
  const json::Value marked = item["delete"];
  if (marked.IsMissingOrNull()) return false;
  if (auto result = CheckBool(path + ".delete", marked); !result) {
    return std::unexpected(result.error());
  }
  return *marked.AsBool();
}

Result<void> CheckLimits(const std::vector<EventHook>& hooks) {
  if (hooks.size() > kMaxHooksPerApp) {
    return InputError(fmt::format("event_hooks must not have more than {} hooks", kMaxHooksPerApp));
  }
  if (std::ranges::count(hooks, HookType::kPendingMessage, &EventHook::type) >
      kMaxPendingMessageHooks) {
    return InputError(
        fmt::format("event_hooks must not have more than {} hooks of type pending_message",
                    kMaxPendingMessageHooks));
  }
  return {};
}

}  // namespace

Result<std::vector<EventHook>> ApplyEventHooks(const App& app, json::Value list,
                                               bool explicit_deletion,
                                               const PatchOptions& options) {
  if (!list.IsArray()) return InputError("event_hooks must be a list");
  // Deletions do not count, but a list of any length would cost memory before the limit is checked.
  if (list.size() > 2 * kMaxHooksPerApp) {
    return InputError(
        fmt::format("event_hooks must not have more than {} items", 2 * kMaxHooksPerApp));
  }
  std::vector<EventHook> listed;
  std::unordered_set<std::string> ids;
  std::unordered_set<std::string> deleted;
  for (std::size_t index = 0; const json::Value item : list) {
    const std::string path = fmt::format("event_hooks[{}]", index++);
    if (!item.IsObject()) return InputError(path + " must be an object");
    auto id = ReadId(item, path);
    if (!id) return std::unexpected(id.error());
    if (!id->empty() && !ids.insert(*id).second) {
      return InputError(fmt::format("{}.id {} is in the list more than once", path, *id));
    }
    const auto marked = ReadDelete(item, path);
    if (!marked) return std::unexpected(marked.error());
    if (*marked) {
      if (id->empty()) return InputError(path + ".id is required to delete a hook");
      deleted.insert(*id);
      continue;
    }
    const auto stored =
        id->empty() ? app.hooks.end() : std::ranges::find(app.hooks, *id, &EventHook::id);
    const bool is_new = stored == app.hooks.end();
    EventHook base = is_new ? EventHook() : *stored;
    if (is_new) {
      base.app = app.id;
      base.id = id->empty() ? options.new_hook_id() : std::move(*id);
    }
    auto hook = MergeHook(base, is_new, item, path, options);
    if (!hook) return std::unexpected(hook.error());
    listed.push_back(std::move(*hook));
  }
  std::vector<EventHook> hooks;
  if (explicit_deletion) {
    // What is stored keeps its place; new hooks come last.
    for (const EventHook& stored : app.hooks) {
      if (deleted.contains(stored.id)) continue;
      const auto changed = std::ranges::find(listed, stored.id, &EventHook::id);
      hooks.push_back(changed == listed.end() ? stored : *changed);
    }
    for (EventHook& hook : listed) {
      if (std::ranges::find(app.hooks, hook.id, &EventHook::id) == app.hooks.end()) {
        hooks.push_back(std::move(hook));
      }
    }
  } else {
    hooks = std::move(listed);
  }
  if (auto limits = CheckLimits(hooks); !limits) return std::unexpected(limits.error());
  return hooks;
}

}  // namespace hookline::settings
