#include "server/config.h"

#include <fmt/core.h>

#include <toml++/toml.h>
#include <algorithm>
#include <charconv>
#include <limits>
#include <utility>

namespace hookline::server {
namespace {

std::vector<std::string> SplitList(std::string_view text) {
  std::vector<std::string> items;
  while (!text.empty()) {
    const std::size_t comma = text.find(',');
    std::string_view item = text.substr(0, comma);
    while (item.starts_with(' ')) item.remove_prefix(1);
    while (item.ends_with(' ')) item.remove_suffix(1);
    if (!item.empty()) items.emplace_back(item);
    if (comma == std::string_view::npos) break;
    text.remove_prefix(comma + 1);
  }
  return items;
}

Result<void> ReadBool(std::string_view text, bool& out) {
  if (text != "true" && text != "false" && text != "1" && text != "0") {
    return InputError("must be true or false");
  }
  out = text == "true" || text == "1";
  return {};
}

Result<void> ReadInt(std::string_view text, std::int64_t min, std::int64_t max, std::int64_t& out) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || number < min || number > max) {
    return InputError(fmt::format("must be a whole number from {} to {}", min, max));
  }
  out = number;
  return {};
}

template <std::string Config::* field>
Result<void> Text(Config& config, std::string_view text) {
  config.*field = text;
  return {};
}
template <bool Config::* field>
Result<void> Flag(Config& config, std::string_view text) {
  return ReadBool(text, config.*field);
}
template <std::int64_t Config::* field, std::int64_t min, std::int64_t max>
Result<void> Number(Config& config, std::string_view text) {
  return ReadInt(text, min, max, config.*field);
}
template <std::vector<std::string> Config::* field>
Result<void> List(Config& config, std::string_view text) {
  config.*field = SplitList(text);
  return {};
}

Result<void> LogLevel(Config& config, std::string_view text) {
  for (const std::string_view level : {"debug", "info", "warn", "error"}) {
    if (text == level) {
      config.log_level = text;
      return {};
    }
  }
  return InputError("must be one of debug, info, warn, error");
}

template <std::string Config::* field>
Result<void> Listen(Config& config, std::string_view text) {
  if (auto address = ParseListenAddress(text); !address) return std::unexpected(address.error());
  config.*field = text;
  return {};
}

Result<void> PublicUrl(Config& config, std::string_view text) {
  while (text.ends_with('/')) text.remove_suffix(1);
  const bool known = text.empty() || text.starts_with("http://") || text.starts_with("https://");
  const bool clean = text.find_first_of(" \t\r\n\"<>?#") == std::string_view::npos;
  if (!known || !clean) return InputError("must be a URL like https://chat.example.com");
  config.public_url = text;
  return {};
}

constexpr std::int64_t kMillion = 1'000'000;

constexpr Setting kSettings[] = {
    {"listen", "Address and port of the API; port 0 picks a free one.", Listen<&Config::listen>},
    {"admin_listen",
     "Address and port of metrics and admin routes, which the API's port has no more then.",
     Listen<&Config::admin_listen>},
    {"data", "Directory of the database; created if missing.", Text<&Config::data>},
    {"dev", "Development mode: private and plain-http targets are allowed.", Flag<&Config::dev>},
    {"tls_cert", "PEM file of the API's certificate chain.", Text<&Config::tls_cert>},
    {"tls_key", "PEM file of the certificate's key.", Text<&Config::tls_key>},
    {"public_url",
     "Address under which clients reach the API, for links that it hands out; without one, the "
     "request's Host.",
     PublicUrl},
    {"admin_token", "Bearer token of the admin routes; they are off without one.",
     Text<&Config::admin_token>, true},
    {"bootstrap_key", "API key of the first app, which is created if absent.",
     Text<&Config::bootstrap_key>, true},
    {"bootstrap_secret", "API secret that goes with bootstrap_key.",
     Text<&Config::bootstrap_secret>, true},
    {"log_level", "debug, info, warn or error.", LogLevel},
    {"io_threads", "Threads that serve API connections; 0: one per core.",
     Number<&Config::io_threads, 0, 256>},
    {"delivery.threads", "Threads that send webhooks; 0: one per two cores.",
     Number<&Config::delivery_threads, 0, 64>},
    {"delivery.hook_concurrency",
     "Attempts under way at once for one hook, unless it sets max_in_flight.",
     Number<&Config::hook_concurrency, 1, 1000>},
    {"limits.body_bytes", "Largest request body.",
     Number<&Config::body_bytes_max, 1024, 64 * kMillion>},
    {"limits.custom_bytes",
     "Largest custom data of one message, channel, member, reaction or user.",
     Number<&Config::custom_bytes_max, 256, kMillion>},
    {"limits.message_bytes", "Largest message: its text, attachments, mml and custom data.",
     Number<&Config::message_bytes_max, 1024, kMillion>},
    {"limits.event_bytes", "Largest payload of an event.",
     Number<&Config::event_bytes_max, 4096, 16 * kMillion>},
    {"limits.write_queue_bytes",
     "Requests that wait for the store, in bytes; one app has at most half of it.",
     Number<&Config::write_queue_bytes, kMillion, 4096 * kMillion>},
    {"limits.query_ms", "How long one request may read in the store; then it is answered 408.",
     Number<&Config::query_ms, 10, 600'000>},
    {"limits.connections", "API connections open at once.",
     Number<&Config::connections_max, 1, kMillion>},
    {"limits.connections_per_address",
     "API connections of one address (IPv6: of one /64 network); 0: a quarter of all, and as many "
     "as there are for loopback. Never limited: trusted_proxies.",
     Number<&Config::connections_per_address, 0, kMillion>},
    {"limits.memory_bytes",
     "What requests and answers may take up at once; 0: an eighth of the memory, 128 MiB to 1 GiB.",
     Number<&Config::memory_bytes_max, 0, 1'000'000 * kMillion>},
    {"limits.bytes_per_second",
     "Rate at which a body must come and an answer be read at the least; 0: any.",
     Number<&Config::bytes_per_second_min, 0, kMillion>},
    {"limits.requests_per_minute", "Requests per app and operation; more are answered 429.",
     Number<&Config::rate_limit_per_minute, 1, 1000 * kMillion>},
    {"retention.bodies_s",
     "How long payloads are kept that have arrived at all of their hooks; 0: for ever.",
     Number<&Config::retention_bodies_s, 0, kMillion * 1000>},
    {"retention.deliveries_s",
     "How long delivered deliveries are kept, with their attempts; 0: for ever.",
     Number<&Config::retention_deliveries_s, 0, kMillion * 1000>},
    {"retention.dead_letters_s",
     "How long dead and cancelled deliveries are kept, with their payloads; 0: for ever.",
     Number<&Config::retention_dead_letters_s, 0, kMillion * 1000>},
    {"retention.tasks_s", "How long tasks can be asked for; 0: for ever.",
     Number<&Config::retention_tasks_s, 0, kMillion * 1000>},
    {"retention.bytes",
     "Size of the database from which the oldest of these go earlier; 0: no bound.",
     Number<&Config::retention_bytes, 0, kMillion * kMillion * 1000>},
    {"drain_timeout_ms", "How long a stopping server waits for what is under way.",
     Number<&Config::drain_timeout_ms, 0, 600'000>},
    {"chat.ephemeral_lifetime_s",
     "How long a command's ephemeral message is kept for its sender's actions.",
     Number<&Config::ephemeral_lifetime_s, 1, 7 * 24 * 3600>},
    {"chat.command_timeout_ms", "How long the handler of a custom command may take.",
     Number<&Config::command_timeout_ms, 1, 10'000>},
    {"targets.allow_http", "Take http:// webhook URLs outside development mode.",
     Flag<&Config::allow_http_targets>},
    {"targets.allow_private", "Let webhooks reach loopback and private addresses.",
     Flag<&Config::allow_private_targets>},
    {"targets.allow", "Subnets (CIDR) and host names that webhooks may reach in any case.",
     List<&Config::allow_targets>},
    {"api.cors_origins",
     "Origins whose web pages may use the API (https://chat.example.com); *: every one.",
     List<&Config::cors_origins>},
    {"trusted_proxies", "Peers whose X-Forwarded-For is believed.", List<&Config::trusted_proxies>},
    {"egress.proxy",
     "Proxy for outgoing calls (http://, https://, socks5:// or socks5h://); it is asked for a "
     "tunnel to the address that was judged.",
     Text<&Config::proxy>},
    {"egress.proxy_judges_targets",
     "The proxy is given names, and is what keeps webhooks from internal addresses.",
     Flag<&Config::proxy_judges_targets>},
    {"egress.source_address", "Local address of outgoing calls.", Text<&Config::source_address>},
    {"resolver.servers",
     "Name servers (10.0.0.2, [fd00::2]:5353) that are asked in place of those of "
     "/etc/resolv.conf.",
     List<&Config::name_servers>},
    {"egress.ca_file",
     "PEM bundle of the authorities that https targets are judged by; empty: SSL_CERT_FILE of the "
     "environment, else the system's.",
     Text<&Config::ca_file>},
};

Result<std::string> TextOf(const toml::node& node) {
  if (const auto* text = node.as_string()) return text->get();
  if (const auto* number = node.as_integer()) return fmt::format("{}", number->get());
  if (const auto* flag = node.as_boolean()) return std::string(flag->get() ? "true" : "false");
  if (const auto* list = node.as_array()) {
    std::string joined;
    for (const auto& item : *list) {
      const auto* text = item.as_string();
      if (text == nullptr) return InputError("must be a list of strings");
      if (!joined.empty()) joined += ',';
      joined += text->get();
    }
    return joined;
  }
  return InputError("must be a string, number, boolean or list of strings");
}

const Setting* FindSetting(std::string_view key) {
  const auto found = std::ranges::find(kSettings, key, &Setting::key);
  return found == std::end(kSettings) ? nullptr : &*found;
}

Result<void> ApplyTable(const toml::table& table, const std::string& prefix,
                        const std::string& file, Config& config) {
  for (const auto& [name, node] : table) {
    const std::string key =
        prefix.empty() ? std::string(name.str()) : fmt::format("{}.{}", prefix, name.str());
    if (const auto* inner = node.as_table()) {
      if (auto applied = ApplyTable(*inner, key, file, config); !applied) return applied;
      continue;
    }
    const Setting* setting = FindSetting(key);
    if (setting == nullptr) return InputError(fmt::format("{}: unknown key '{}'", file, key));
    auto text = TextOf(node);
    if (!text) return InputError(fmt::format("{}: '{}' {}", file, key, text.error().message()));
    if (auto set = setting->set(config, *text); !set) {
      return InputError(fmt::format("{}: '{}' {}", file, key, set.error().message()));
    }
  }
  return {};
}

Result<void> ApplyFile(const std::string& file, Config& config) {
  try {
    return ApplyTable(toml::parse_file(file), "", file, config);
  } catch (const toml::parse_error& error) {
    return InputError(
        fmt::format("{}:{}: {}", file, error.source().begin.line, error.description()));
  }
}

}  // namespace

std::span<const Setting> Settings() { return kSettings; }

std::string EnvironmentName(std::string_view key) {
  std::string name = "HOOKLINE_";
  for (const char c : key) {
    name += c == '.' ? '_' : static_cast<char>(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
  }
  return name;
}

Result<Config> LoadConfig(const std::string& file, const GetEnv& get_env) {
  Config config;
  if (!file.empty()) {
    if (auto applied = ApplyFile(file, config); !applied) return std::unexpected(applied.error());
  }
  for (const Setting& setting : kSettings) {
    const std::string name = EnvironmentName(setting.key);
    const char* const value = get_env(name);
    if (value == nullptr) continue;
    if (auto set = setting.set(config, value); !set) {
      return InputError(fmt::format("environment: {} {}", name, set.error().message()));
    }
  }
  return config;
}

std::vector<std::string> UnknownVariables(const char* const* environment) {
  std::vector<std::string> unknown;
  for (; environment != nullptr && *environment != nullptr; ++environment) {
    const std::string_view entry = *environment;
    const std::string_view name = entry.substr(0, entry.find('='));
    if (!name.starts_with("HOOKLINE_")) continue;
    const bool known = std::ranges::any_of(
        kSettings, [&](const Setting& setting) { return EnvironmentName(setting.key) == name; });
    if (!known) unknown.emplace_back(name);
  }
  return unknown;
}

Result<ListenAddress> ParseListenAddress(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  std::int64_t port = 0;
  if (colon == std::string_view::npos || colon == 0 ||
      !ReadInt(text.substr(colon + 1), 0, std::numeric_limits<std::uint16_t>::max(), port)) {
    return InputError("must be HOST:PORT");
  }
  std::string_view host = text.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) {
    host.remove_prefix(1);
    host.remove_suffix(1);
  }
  return ListenAddress{std::string(host), static_cast<std::uint16_t>(port)};
}

}  // namespace hookline::server
