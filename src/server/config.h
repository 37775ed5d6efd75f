#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace hookline::server {

/// Everything that an operator can set. Later sources win: defaults, the TOML file, environment
/// variables, command-line flags.
struct Config {
  std::string listen = "127.0.0.1:3030";
  std::string admin_listen;  ///< Of metrics and admin routes; empty: they are where the API is.
  std::string data = "hookline-data";
  bool dev = false;
  std::string tls_cert;
  std::string tls_key;
  std::string public_url;  ///< Where clients reach the API; empty: where a request says it does.
  std::string admin_token;
  std::string log_level = "info";
  std::string bootstrap_key;
  std::string bootstrap_secret;
  std::int64_t io_threads = 0;        ///< 0: one per core.
  std::int64_t delivery_threads = 0;  ///< 0: one per two cores.
  std::int64_t body_bytes_max = 2 * 1024 * 1024;
  std::int64_t custom_bytes_max = 5 * 1024;
  std::int64_t message_bytes_max = 64 * 1024;
  std::int64_t event_bytes_max = 256 * 1024;
  std::int64_t write_queue_bytes = std::int64_t{64} << 20;
  std::int64_t query_ms = 2000;
  std::int64_t connections_max = 10'000;
  std::int64_t connections_per_address = 0;  ///< 0: a quarter, and no limit for loopback.
  std::int64_t memory_bytes_max = 0;         ///< Of requests and answers; 0: MemoryShare() decides.
  std::int64_t bytes_per_second_min = 1024;  ///< Of bodies, and of answers that are read.
  std::int64_t rate_limit_per_minute = 1'000'000'000;
  std::int64_t hook_concurrency = 64;  ///< Attempts under way at once for one hook.
  std::int64_t drain_timeout_ms = 15'000;
  std::int64_t retention_bodies_s = 3 * 24 * 3600;
  std::int64_t retention_deliveries_s = 30 * 24 * 3600;
  std::int64_t retention_dead_letters_s = 30 * 24 * 3600;
  std::int64_t retention_tasks_s = 30 * 24 * 3600;
  std::int64_t retention_bytes = 0;  ///< 0: no bound.
  std::int64_t ephemeral_lifetime_s = 3600;
  std::int64_t command_timeout_ms = 1000;
  bool allow_http_targets = false;
  bool allow_private_targets = false;
  std::vector<std::string> allow_targets;      ///< Subnets (CIDR) and host names.
  std::vector<std::string> cors_origins{"*"};  ///< Web pages that may use the API; "*": all.
  std::vector<std::string> trusted_proxies;    ///< Peers whose X-Forwarded-For is believed.
  std::string proxy;                           ///< For outgoing calls; empty: none.
  bool proxy_judges_targets = false;           ///< It gets names, and looks where they lead.
  std::string source_address;                  ///< For outgoing calls; empty: any.
  std::vector<std::string> name_servers;       ///< Asked in place of the system's.
  std::string ca_file;                         ///< PEM bundle that https targets are judged by.
};

/// One setting as users meet it: in the file by `key` ("delivery.threads"), in the environment as
/// HOOKLINE_DELIVERY_THREADS.
struct Setting {
  std::string_view key;
  std::string_view help;
  /// Takes the text form; lists are comma-separated.
  Result<void> (*set)(Config&, std::string_view);
  bool secret = false;  ///< Never shown.
};

std::span<const Setting> Settings();

/// "delivery.threads" → "HOOKLINE_DELIVERY_THREADS".
std::string EnvironmentName(std::string_view key);

using GetEnv = std::function<const char*(const std::string&)>;

/// Defaults, then `file` (may be empty: none), then the environment. Errors name the key and where
/// it was set.
Result<Config> LoadConfig(const std::string& file, const GetEnv& get_env);

/// The names in `environment` ("NAME=value" entries, null at the end) that begin with HOOKLINE_ and
/// belong to no setting: misspelt ones, most likely.
std::vector<std::string> UnknownVariables(const char* const* environment);

/// Splits "host:port" or "[::1]:port".
struct ListenAddress {
  std::string host;
  std::uint16_t port = 0;
};
Result<ListenAddress> ParseListenAddress(std::string_view text);

}  // namespace hookline::server
