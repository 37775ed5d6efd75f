#include "server/credentials.h"

#include <fmt/core.h>

#include <bitset>

namespace hookline::server {
namespace {

constexpr std::size_t kSecretBytesMin = 16;
constexpr std::size_t kDifferentBytesMin = 6;

Result<void> CheckSecret(std::string_view key, std::string_view secret) {
  if (secret.empty()) return {};
  std::bitset<256> seen;
  for (const char c : secret) seen.set(static_cast<unsigned char>(c));
  if (secret.size() >= kSecretBytesMin && seen.count() >= kDifferentBytesMin) return {};
  return InputError(fmt::format(
      "{} ({}) is too easy to guess: it must have at least {} characters, {} of them different; "
      "`openssl rand -hex 32` makes a good one",
      key, EnvironmentName(key), kSecretBytesMin, kDifferentBytesMin));
}

}  // namespace

Result<void> CheckCredentials(const Config& config) {
  if (config.dev) return {};
  if (auto checked = CheckSecret("admin_token", config.admin_token); !checked) return checked;
  return CheckSecret("bootstrap_secret", config.bootstrap_secret);
}

}  // namespace hookline::server
