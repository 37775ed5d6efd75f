#include "server/serve.h"

#include <fmt/core.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <boost/asio/signal_set.hpp>
#include <cstdio>
#include <future>
#include <memory>
#include <utility>
#include <vector>

#include "api/api.h"
#include "base/clock.h"
#include "base/uuid.h"
#include "delivery/dispatcher.h"
#include "net/http_server.h"
#include "net/io_threads.h"
#include "server/bootstrap.h"
#include "server/credentials.h"
#include "server/outgoing.h"
#include "server/process.h"
#include "server/sweeper.h"
#include "settings/directory.h"
#include "settings/unsupported.h"
#include "sinks/hook_transport.h"
#include "sinks/http_sink.h"
#include "sinks/loop_adapter.h"
#include "sinks/webhook_tester.h"
#include "store/sqlite/open.h"
#include "store/work_store.h"
#include "telemetry/metrics.h"

namespace hookline::server {
namespace {

constexpr int kRuntimeFailure = 1;
constexpr int kConfigurationError = 2;
constexpr std::chrono::seconds kSweepInterval{1};
constexpr std::size_t kAdminConnectionsMax = 64;
constexpr std::size_t kPeerConnectionsLeast = 16;

int ExitCodeFor(const Error& error) {
  return error.kind() == ErrorKind::kInput ? kConfigurationError : kRuntimeFailure;
}

void SetUpLog(const Config& config) {
  // Standard output is for the ready line; everything else goes to standard error.
  auto logger = std::make_shared<spdlog::logger>("hookline",
                                                 std::make_shared<spdlog::sinks::stderr_sink_mt>());
  logger->set_level(spdlog::level::from_str(config.log_level));
  logger->set_pattern("%Y-%m-%dT%H:%M:%S.%fZ %l %v", spdlog::pattern_time_type::utc);
  logger->flush_on(spdlog::level::info);
  spdlog::set_default_logger(std::move(logger));
}

// Everything that runs, in the order in which it depends on each other.
class Server {
 public:
  explicit Server(Config config) : config_(std::move(config)), io_(IoThreadCount()) {}

  Result<void> Start();
  void WaitForSignal();
  void Stop();

 private:
  std::size_t IoThreadCount() const { return static_cast<std::size_t>(config_.io_threads); }
  Result<void> StartStore();
  Result<void> StartDelivery();
  Result<void> StartApi();
  /// Requires: the API and its budget. `connections` is its share of the descriptors.
  Result<std::unique_ptr<net::HttpServer>> MakeListener(const std::string& listen,
                                                        std::size_t connections, api::Door door);
  std::string UrlOf(const std::string& listen, const net::HttpServer& server) const;
  void PrintReady() const;
  void ShareOutDescriptors();
  void TellWhatIsMissing() const;
  void WaitForHangUp();

  Config config_;
  DescriptorShares descriptors_;
  SystemClock clock_;
  settings::Directory directory_;
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<store::WorkStoreAdapter> work_store_;
  Loops loops_;
  std::vector<std::unique_ptr<sinks::LoopAdapter>> loop_adapters_;
  std::vector<std::unique_ptr<sinks::HttpSink>> http_sinks_;
  std::unique_ptr<sinks::WebhookTester> tester_;
  std::unique_ptr<sinks::HookTransport> hook_transport_;
  std::unique_ptr<hooks::SyncCaller> sync_caller_;
  std::unique_ptr<delivery::Dispatcher> dispatcher_;
  std::unique_ptr<api::Api> api_;
  net::IoThreads io_;
  std::promise<int> signal_;
  boost::asio::signal_set signals_{io_.At(0), SIGTERM, SIGINT};
  boost::asio::signal_set hang_up_{io_.At(0), SIGHUP};
  std::shared_ptr<net::MemoryBudget> request_memory_;
  std::unique_ptr<net::HttpServer> http_;
  std::unique_ptr<net::HttpServer> admin_http_;  ///< If it has a listener of its own.
  std::unique_ptr<Sweeper> sweeper_;
};

Result<void> Server::StartStore() {
  store::SqliteOptions options;
  options.directory = config_.data;
  options.clock = &clock_;
  options.write_queue_bytes_max = static_cast<std::size_t>(config_.write_queue_bytes);
  options.read_time_max = std::chrono::milliseconds(config_.query_ms);
  options.retention = {.bodies = std::chrono::seconds(config_.retention_bodies_s),
                       .deliveries = std::chrono::seconds(config_.retention_deliveries_s),
                       .dead_letters = std::chrono::seconds(config_.retention_dead_letters_s),
                       .tasks = std::chrono::seconds(config_.retention_tasks_s),
                       .bytes_max = config_.retention_bytes};
  options.log = [](std::string_view line) { spdlog::warn("store: {}", line); };
  auto opened = store::OpenSqlite(options);
  if (!opened) return std::unexpected(opened.error());
  store_ = std::move(*opened);
  if (auto loaded = LoadApps(*store_, clock_, config_, directory_); !loaded) return loaded;
  for (const settings::AppPtr& app : directory_.All()) {
    for (const std::string& line : settings::Warnings(*app, settings::Capabilities{})) {
      spdlog::warn("app {}: {}", app->id.value, line);
    }
  }
  return {};
}

Result<void> Server::StartDelivery() {
  auto loops = MakeLoops(config_, descriptors_);
  if (!loops) return std::unexpected(loops.error());
  loops_ = std::move(*loops);
  std::vector<delivery::ShardSpec> shards;
  for (const auto& loop : loops_.delivery) {
    loop_adapters_.push_back(std::make_unique<sinks::LoopAdapter>(*loop));
    http_sinks_.push_back(std::make_unique<sinks::HttpSink>(*loop));
    delivery::ShardSpec shard;
    shard.loop = loop_adapters_.back().get();
    shard.sinks[static_cast<std::size_t>(settings::HookType::kWebhook)] = http_sinks_.back().get();
    shards.push_back(shard);
  }
  tester_ = std::make_unique<sinks::WebhookTester>(*loops_.delivery.front());
  hook_transport_ =
      std::make_unique<sinks::HookTransport>(std::vector<net::HttpLoop*>{loops_.hooks.get()});
  hooks::SyncCallerOptions caller_options;
  caller_options.gate = HookCallLimits(descriptors_.hook_connections);
  sync_caller_ = std::make_unique<hooks::SyncCaller>(*hook_transport_, clock_, caller_options);
  work_store_ = std::make_unique<store::WorkStoreAdapter>(*store_);
  delivery::DispatcherOptions options;
  // A loop has a connection for every attempt that its shard may have under way.
  options.limits.in_flight = AttemptsPerLoop(config_, descriptors_.delivery_connections);
  options.limits.lane.in_flight = static_cast<int>(config_.hook_concurrency);
  options.seed = static_cast<std::uint64_t>(clock_.WallNow().ns);
  dispatcher_ = std::make_unique<delivery::Dispatcher>(
      delivery::Dispatcher::Ports{*work_store_, directory_, clock_, {}}, shards, options);
  store_->SetCommitListener(dispatcher_.get());
  loops_.Start();
  dispatcher_->Start();
  return {};
}

Result<void> Server::StartApi() {
  api::ApiOptions options;
  options.allow_http_targets = config_.dev || config_.allow_http_targets;
  options.admin_token = config_.admin_token;
  options.rate_limit_per_minute = config_.rate_limit_per_minute;
  options.trusted_proxies = config_.trusted_proxies;
  options.cors_origins = config_.cors_origins;
  options.public_url = config_.public_url;
  options.tls = !config_.tls_cert.empty();
  options.body_bytes_max = static_cast<std::size_t>(config_.body_bytes_max);
  options.limits = {.custom_bytes = static_cast<std::size_t>(config_.custom_bytes_max),
                    .message_bytes = static_cast<std::size_t>(config_.message_bytes_max),
                    .event_bytes = static_cast<std::size_t>(config_.event_bytes_max)};
  options.ephemeral_lifetime = std::chrono::seconds(config_.ephemeral_lifetime_s);
  options.command_timeout = std::chrono::milliseconds(config_.command_timeout_ms);
  api::Api::Dependencies dependencies{
      *store_,
      directory_,
      clock_,
      *sync_caller_,
      [this](settings::AppPtr app, std::string url, std::string body,
             std::move_only_function<void(delivery::AttemptOutcome)> done) {
        tester_->Test(std::move(app), std::move(url), std::move(body), std::move(done));
      },
      [this](const settings::AppPtr& app) { dispatcher_->OnAppChanged(app); },
      [this] {
        return telemetry::RenderMetrics(dispatcher_->Stats(),
                                        {static_cast<std::int64_t>(http_->connections()),
                                         static_cast<std::int64_t>(request_memory_->used()),
                                         store_->healthy(), store_->queues(), store_->storage()},
                                        sync_caller_->Snapshot());
      }};
  api_ = std::make_unique<api::Api>(std::move(dependencies), std::move(options));

  auto memory = MemoryShare(static_cast<std::size_t>(config_.memory_bytes_max), UsableMemory(),
                            static_cast<std::size_t>(config_.body_bytes_max));
  if (!memory) return std::unexpected(memory.error());
  request_memory_ = std::make_shared<net::MemoryBudget>(*memory);
  std::size_t connections = descriptors_.api_connections;
  const bool apart = !config_.admin_listen.empty();
  if (apart) {
    const std::size_t few = std::clamp<std::size_t>(connections / 8, 1, kAdminConnectionsMax);
    auto server = MakeListener(config_.admin_listen, few, api::Door::kAdmin);
    if (!server) return std::unexpected(server.error());
    admin_http_ = std::move(*server);
    connections -= std::min(few, connections - 1);
  }
  auto server =
      MakeListener(config_.listen, connections, apart ? api::Door::kPublic : api::Door::kAll);
  if (!server) return std::unexpected(server.error());
  http_ = std::move(*server);
  io_.Start();
  if (auto started = http_->Start(); !started) return started;
  return apart ? admin_http_->Start() : Result<void>();
}

Result<std::unique_ptr<net::HttpServer>> Server::MakeListener(const std::string& listen,
                                                              std::size_t connections,
                                                              api::Door door) {
  const auto address = ParseListenAddress(listen);
  if (!address) return std::unexpected(address.error());
  net::HttpServerOptions options;
  options.address = address->host;
  options.port = address->port;
  options.body_bytes_max = static_cast<std::size_t>(config_.body_bytes_max);
  // Out of the same share: a refusal needs a descriptor too.
  options.refusals_max = std::clamp<std::size_t>(connections / 16, 1, 256);
  options.connections_max = connections - std::min(options.refusals_max, connections - 1);
  const auto per_address = static_cast<std::size_t>(config_.connections_per_address);
  options.connections_per_peer =
      per_address > 0 ? per_address : std::max<std::size_t>(connections / 4, kPeerConnectionsLeast);
  options.counts_loopback = per_address > 0;
  options.uncounted_peers = config_.trusted_proxies;
  options.memory = request_memory_;
  options.bytes_per_second_min = static_cast<std::size_t>(config_.bytes_per_second_min);
  options.tls_certificate_file = config_.tls_cert;
  options.tls_key_file = config_.tls_key;
  return std::make_unique<net::HttpServer>(
      io_, std::move(options),
      [this, door](const net::HttpRequest& head) { return api_->Admit(head, door); },
      [this](ErrorKind kind, const std::string& message, const net::HttpRequest* head) {
        return api_->TransportError(kind, message, head);
      },
      [](std::string_view line) { spdlog::error("http: {}", line); });
}

std::string Server::UrlOf(const std::string& listen, const net::HttpServer& server) const {
  const auto address = ParseListenAddress(listen);
  const std::string host = address->host.find(':') == std::string::npos
                               ? address->host
                               : fmt::format("[{}]", address->host);
  return fmt::format("{}://{}:{}", config_.tls_cert.empty() ? "http" : "https", host,
                     server.port());
}

void Server::PrintReady() const {
  std::string text = fmt::format("hookline: listening on {}\n", UrlOf(config_.listen, *http_));
  if (admin_http_) {
    text += fmt::format("  metrics and admin routes on {}\n",
                        UrlOf(config_.admin_listen, *admin_http_));
  }
  if (config_.dev) {
    for (const settings::AppPtr& app : directory_.All()) {
      text += fmt::format("  app {}: API key {}  secret {}\n", app->id.value,
                          app->signing_key().key, app->signing_key().secret);
    }
    text += fmt::format("  admin token {}\n", config_.admin_token);
  }
  PrintOut(text);
}

Result<void> Server::Start() {
  if (config_.tls_cert.empty() != config_.tls_key.empty()) {
    return InputError("tls_cert and tls_key must be set together");
  }
  ShareOutDescriptors();
  if (auto checked = CheckCredentials(config_); !checked) return checked;
  if (auto started = StartStore(); !started) return started;
  if (config_.dev && config_.admin_token.empty()) {
    auto token = KeptDevToken(config_.data);
    if (!token) return std::unexpected(token.error());
    config_.admin_token = std::move(*token);
  }
  TellWhatIsMissing();
  if (auto started = StartDelivery(); !started) return started;
  if (auto started = StartApi(); !started) return started;
  // Before the ready line: who reads it may send a signal at once.
  signals_.async_wait([this](const boost::system::error_code& error, int signal) {
    signal_.set_value(error ? 0 : signal);
  });
  WaitForHangUp();
  sweeper_ = std::make_unique<Sweeper>(*store_, clock_, kSweepInterval);
  PrintReady();
  return {};
}

void Server::ShareOutDescriptors() {
  const std::size_t limit = RaiseDescriptorLimit();
  const DescriptorShares wanted{static_cast<std::size_t>(config_.connections_max),
                                WantedDeliveryConnections(config_), WantedHookConnections(),
                                WantedLookupDescriptors()};
  descriptors_ = ShareDescriptors(limit, wanted);
  if (descriptors_ == wanted) return;
  spdlog::warn(
      "only {} file descriptors (ulimit -n): {} API connections of {}, {} for deliveries of {}, {} "
      "for synchronous hooks of {}",
      limit, descriptors_.api_connections, wanted.api_connections,
      descriptors_.delivery_connections, wanted.delivery_connections, descriptors_.hook_connections,
      wanted.hook_connections);
}

void Server::TellWhatIsMissing() const {
  const bool no_app = directory_.All().empty();
  if (config_.admin_token.empty() && no_app) {
    spdlog::warn(
        "there is no app and no way to make one: set HOOKLINE_BOOTSTRAP_KEY and "
        "HOOKLINE_BOOTSTRAP_SECRET for a first app, or HOOKLINE_ADMIN_TOKEN for the admin routes");
  } else if (config_.admin_token.empty()) {
    spdlog::warn("the admin routes are off: set HOOKLINE_ADMIN_TOKEN to use them");
  } else if (no_app) {
    spdlog::warn("there is no app yet: create one with POST /admin/v1/apps");
  }
}

void Server::WaitForHangUp() {
  hang_up_.async_wait([this](const boost::system::error_code& error, int) {
    if (error) return;
    spdlog::info("SIGHUP is ignored: settings are read at the start only");
    WaitForHangUp();
  });
}

void Server::WaitForSignal() {
  const int signal = signal_.get_future().get();
  spdlog::info("stopping on signal {}", signal);
}

void Server::Stop() {
  const std::chrono::milliseconds patience(config_.drain_timeout_ms);
  for (const auto& server : {http_.get(), admin_http_.get()}) {
    if (server == nullptr) continue;
    server->StopAccepting();
    if (!server->Drain(patience)) spdlog::warn("some requests were cut off");
  }
  if (dispatcher_) {
    dispatcher_->StopAccepting();
    if (!dispatcher_->Drain(patience)) {
      spdlog::warn("some attempts are handed back; they are made again after the next start");
    }
  }
  if (sweeper_) sweeper_->Stop();
  loops_.Stop();
  io_.Stop();
  if (store_) store_->Stop();
}

}  // namespace

int Serve(const Config& config, const std::vector<std::string>& unknown_variables) {
  SetUpLog(config);
  for (const std::string& name : unknown_variables) {
    spdlog::warn("environment: {} is no setting and does nothing", name);
  }
  Server server(config);
  const auto started = server.Start();
  if (started) {
    server.WaitForSignal();
  } else {
    PrintError(fmt::format("hookline: {}\n", started.error().message()));
  }
  server.Stop();
  return started ? 0 : ExitCodeFor(started.error());
}

}  // namespace hookline::server
