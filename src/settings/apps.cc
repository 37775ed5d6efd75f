#include "settings/apps.h"

#include <fmt/core.h>

#include <algorithm>

#include "base/uuid.h"

namespace hookline::settings {
namespace {

constexpr std::size_t kKeyLength = 12;
constexpr std::size_t kSecretLength = 64;
constexpr std::size_t kMaxGivenBytes = 255;
constexpr std::size_t kMaxKeysPerApp = 20;

Result<void> CheckGiven(std::string_view what, std::string_view text) {
  const bool printable = std::ranges::all_of(text, [](char c) { return c > 0x20 && c < 0x7F; });
  if (text.empty() || text.size() > kMaxGivenBytes || !printable) {
    return InputError(fmt::format("{} must be 1 to {} printable ASCII characters without blanks",
                                  what, kMaxGivenBytes));
  }
  return {};
}

Result<ApiKey> MakeKey(Tx& tx, const std::optional<GivenKey>& given, Timestamp now) {
  ApiKey key;
  key.created_at = now;
  if (given) {
    if (auto result = CheckGiven("the API key", given->key); !result) {
      return std::unexpected(result.error());
    }
    if (auto result = CheckGiven("the API secret", given->secret); !result) {
      return std::unexpected(result.error());
    }
    if (tx.KeyExists(given->key)) return InputError("the API key is in use already");
    key.key = given->key;
    key.secret = given->secret;
    return key;
  }
  // 36^12 keys: a second draw is next to impossible, a third means that randomness is broken.
  for (int draw = 0; draw < 3; ++draw) {
    key.key = RandomKey(kKeyLength);
    if (tx.KeyExists(key.key)) continue;
    key.secret = RandomKey(kSecretLength);
    return key;
  }
  return Fail(ErrorKind::kInternal, "no unused API key was found");
}

std::unexpected<Error> NoSuchApp() { return Fail(ErrorKind::kNotFound, "the app does not exist"); }

}  // namespace

Result<AppPtr> CreateApp(Tx& tx, const NewApp& request, Timestamp now) {
  if (request.name.empty() || request.name.size() > 255) {
    return InputError("the app's name must be 1 to 255 bytes long");
  }
  const auto key = MakeKey(tx, request.key, now);
  if (!key) return std::unexpected(key.error());
  App app;
  app.name = request.name;
  app.use_hook_v2 = request.use_hook_v2;
  app.created_at = now;
  app.updated_at = now;
  const AppId id = tx.InsertApp(app);
  tx.InsertKey(id, *key);
  return tx.FindApp(id);
}

Result<AppPtr> AddKey(Tx& tx, AppId app, const std::optional<GivenKey>& given, Timestamp now) {
  const AppPtr stored = tx.FindApp(app);
  if (stored == nullptr) return NoSuchApp();
  if (stored->keys.size() >= kMaxKeysPerApp) {
    return InputError(fmt::format("an app must not have more than {} keys", kMaxKeysPerApp));
  }
  const auto key = MakeKey(tx, given, now);
  if (!key) return std::unexpected(key.error());
  tx.InsertKey(app, *key);
  return tx.FindApp(app);
}

Result<AppPtr> RetireKey(Tx& tx, AppId app, std::string_view key, Timestamp now) {
  const AppPtr stored = tx.FindApp(app);
  if (stored == nullptr) return NoSuchApp();
  if (std::ranges::find(stored->keys, key, &ApiKey::key) == stored->keys.end()) {
    return Fail(ErrorKind::kNotFound, "the app has no such key in force");
  }
  if (stored->keys.size() == 1) return InputError("the last key of an app cannot be retired");
  tx.RetireKey(app, key, now);
  return tx.FindApp(app);
}

}  // namespace hookline::settings
