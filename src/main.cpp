#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>

#include "server/config.h"
#include "server/process.h"
#include "server/serve.h"

namespace {

constexpr int kUsageError = 2;

struct ServeFlags {
  std::string config_file;
  std::optional<std::string> listen, data, tls_cert, tls_key;
  bool dev = false;
};

int RunServe(const ServeFlags& flags) {
  using namespace hookline;
  auto config = server::LoadConfig(
      flags.config_file, [](const std::string& name) { return std::getenv(name.c_str()); });
  if (config && flags.listen) {
    if (auto address = server::ParseListenAddress(*flags.listen); !address) {
      config = InputError("--listen " + address.error().message());
    } else {
      config->listen = *flags.listen;
    }
  }
  if (!config) {
    std::fprintf(stderr, "hookline: %s\n", config.error().message().c_str());
    return kUsageError;
  }
  if (flags.data) config->data = *flags.data;
  if (flags.tls_cert) config->tls_cert = *flags.tls_cert;
  if (flags.tls_key) config->tls_key = *flags.tls_key;
  if (flags.dev) config->dev = true;
  return server::Serve(*config, server::UnknownVariables(environ));
}

}  // namespace

int main(int argc, char** argv) {
  hookline::server::DetachFromTerminal();
  CLI::App app{"Hookline: a self-hosted webhook platform, wire-compatible with Stream Chat."};
  app.set_version_flag("--version", "hookline " HOOKLINE_VERSION);
  app.allow_extras();  // So that a misspelt command can be named.

  ServeFlags flags;
  CLI::App* const serve = app.add_subcommand("serve", "Run the server.");
  serve->add_option("--listen", flags.listen, "Address and port of the API (127.0.0.1:3030).");
  serve->add_option("--data", flags.data, "Directory of the database.");
  serve->add_option("--config", flags.config_file, "TOML file; every key also by environment.");
  serve->add_option("--tls-cert", flags.tls_cert, "PEM file of the API's certificate chain.");
  serve->add_option("--tls-key", flags.tls_key, "PEM file of the certificate's key.");
  serve->add_flag("--dev", flags.dev,
                  "Development mode: private and plain-http targets, an app to start with.");

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : kUsageError;
  }
  if (const auto extras = app.remaining(true); !extras.empty()) {
    std::fprintf(stderr, "hookline: unknown argument '%s'\n", extras.front().c_str());
    return kUsageError;
  }
  if (!serve->parsed()) {
    std::fputs(app.help().c_str(), stderr);
    return kUsageError;
  }
  return RunServe(flags);
}
