#include "net/http_server.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <optional>
#include <vector>

#include "net/address_table.h"
#include "net/http_session.h"
#include "net/io_threads.h"

namespace hookline::net {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;
using std::chrono::steady_clock;

namespace {

constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);
constexpr std::chrono::milliseconds kSweepIntervalMax{100};
constexpr std::chrono::milliseconds kAcceptPause{100};
constexpr std::chrono::seconds kCancelPatience{1};
constexpr std::size_t kPeerRefusalsMax = 8;
constexpr std::size_t kMemoryBytes = 256 * 1024 * 1024;

std::chrono::milliseconds SweepInterval(const HttpServerOptions& options) {
  const auto shortest =
      std::min({options.header_timeout, options.body_timeout, options.write_timeout,
                options.rate_window, options.idle_timeout, options.linger_timeout});
  return std::clamp(shortest / 4, std::chrono::milliseconds(1), kSweepIntervalMax);
}

std::string DescribeEnd(std::exception_ptr exception) {
  try {
    std::rethrow_exception(std::move(exception));
  } catch (const std::exception& e) {
    return e.what();
  } catch (...) {
    return "an exception of unknown type";
  }
}

Result<tcp::endpoint> ParseEndpoint(const HttpServerOptions& options) {
  error_code ec;
  const std::string& text = options.address;
  const auto address = asio::ip::make_address(text == "localhost" ? "127.0.0.1" : text, ec);
  if (ec) return InputError(fmt::format("cannot listen on \"{}\": not an IP address", text));
  return tcp::endpoint(address, options.port);
}

Result<std::unique_ptr<asio::ssl::context>> LoadTls(const HttpServerOptions& options) {
  auto tls = std::make_unique<asio::ssl::context>(asio::ssl::context::tls_server);
  tls->set_options(asio::ssl::context::default_workarounds | asio::ssl::context::no_sslv2 |
                   asio::ssl::context::no_sslv3 | asio::ssl::context::no_tlsv1 |
                   asio::ssl::context::no_tlsv1_1);
  error_code ec;
  tls->use_certificate_chain_file(options.tls_certificate_file, ec);
  if (ec) {
    return InputError(fmt::format("cannot use TLS certificate file \"{}\": {}",
                                  options.tls_certificate_file, ec.message()));
  }
  tls->use_private_key_file(options.tls_key_file, asio::ssl::context::pem, ec);
  if (ec) {
    return InputError(
        fmt::format("cannot use TLS key file \"{}\": {}", options.tls_key_file, ec.message()));
  }
  return tls;
}

}  // namespace

/// Kept alive by the accept loop and by what is posted to the acceptor's thread.
struct HttpServer::Impl : std::enable_shared_from_this<HttpServer::Impl> {
  explicit Impl(IoThreads& io_threads)
      : threads(io_threads), acceptor(io_threads.At(0)), pause(io_threads.At(0)) {}

  asio::awaitable<void> AcceptLoop();
  void StartSession(tcp::socket socket, std::shared_ptr<HttpShard> shard);
  bool CloseLongestIdle();
  bool CloseIdleOf(const std::shared_ptr<PeerConnections>& peer);
  /// What becomes of one more connection of a peer.
  enum class Verdict { kServe, kRefuse, kDrop };
  Verdict JudgePeer(const std::shared_ptr<PeerConnections>& peer);
  void LogShortage(steady_clock::time_point& logged_at, std::string_view line);
  void WakeAccept();
  bool stopped() const { return threads.At(0).stopped(); }

  template <class Function>
  void OnEveryShard(Function function) {
    for (const auto& shard : shards) {
      asio::post(shard->context(), [shard, function] { function(*shard); });
    }
  }

  IoThreads& threads;
  std::shared_ptr<HttpServerCore> core = std::make_shared<HttpServerCore>();
  std::unique_ptr<asio::ssl::context> tls;
  std::vector<std::shared_ptr<HttpShard>> shards;
  std::uint16_t port = 0;
  std::size_t next_shard = 0;

  // Only touched on thread 0.
  tcp::acceptor acceptor;
  asio::steady_timer pause;
  steady_clock::time_point full_logged_at{};
  steady_clock::time_point accept_logged_at{};
  steady_clock::time_point peer_logged_at{};
  std::optional<AddressTable> peers;
};

bool HttpServer::Impl::CloseLongestIdle() {
  const auto longest = std::ranges::min_element(
      shards, {}, [](const std::shared_ptr<HttpShard>& shard) { return shard->idle_since(); });
  HttpShard& shard = **longest;
  if (shard.idle_since() == HttpShard::kNobodyIdle) return false;
  shard.PlanClose();
  asio::post(shard.context(), [shard = *longest] { shard->CloseLongestIdle(); });
  return true;
}

bool HttpServer::Impl::CloseIdleOf(const std::shared_ptr<PeerConnections>& peer) {
  if (peer->idle.load() <= peer->planned_closes.load()) return false;
  peer->planned_closes.fetch_add(1);
  const auto plan = std::make_shared<ClosePlan>(peer, shards.size());
  OnEveryShard([plan](HttpShard& shard) { shard.CarryOut(*plan); });
  return true;
}

HttpServer::Impl::Verdict HttpServer::Impl::JudgePeer(
    const std::shared_ptr<PeerConnections>& peer) {
  const std::size_t most = core->options.connections_per_peer;
  if (!peer || peer->open.load() < most || CloseIdleOf(peer)) return Verdict::kServe;
  LogShortage(peer_logged_at,
              fmt::format("{} has all {} connections that an address may have: more are refused",
                          peer->name, most));
  // Who goes on all the same is not even told any more.
  return peer->open.load() < most + kPeerRefusalsMax ? Verdict::kRefuse : Verdict::kDrop;
}

void HttpServer::Impl::LogShortage(steady_clock::time_point& logged_at, std::string_view line) {
  const auto now = steady_clock::now();
  const bool first = logged_at == steady_clock::time_point();
  if (!first && now - logged_at < core->options.shortage_log_interval) return;
  logged_at = now;
  core->Log(line);
}

asio::awaitable<void> HttpServer::Impl::AcceptLoop() {
  const std::size_t limit = core->options.connections_max + core->options.refusals_max;
  while (acceptor.is_open()) {
    core->accept_waits.store(true);
    if (core->sessions.load() >= limit) {
      // Whoever ends a session after this point sees accept_waits and cancels the timer.
      pause.expires_after(kAcceptPause);
      co_await pause.async_wait(kAwait);
      continue;
    }
    core->accept_waits.store(false);
    const std::shared_ptr<HttpShard> shard = shards[next_shard++ % shards.size()];
    auto [ec, socket] = co_await acceptor.async_accept(shard->context(), kAwait);
    if (!ec) {
      StartSession(std::move(socket), shard);
      continue;
    }
    if (ec == asio::error::operation_aborted || !acceptor.is_open()) co_return;
    if (ec == asio::error::connection_aborted) continue;
    // Most likely out of file descriptors: trying again at once would only burn the processor. The
    // end of a session wakes us.
    LogShortage(accept_logged_at,
                "accept failed: " + ec.message() + "; idle connections are closed");
    core->accept_waits.store(true);
    CloseLongestIdle();
    pause.expires_after(kAcceptPause);
    co_await pause.async_wait(kAwait);
  }
}

void HttpServer::Impl::StartSession(tcp::socket socket, std::shared_ptr<HttpShard> shard) {
  error_code ec;
  socket.set_option(tcp::no_delay(true), ec);
  const auto endpoint = socket.remote_endpoint(ec);
  if (ec) return;  // The peer has gone already.
  const std::shared_ptr<PeerConnections> peer = peers->Find(endpoint.address());
  const Verdict verdict = JudgePeer(peer);
  if (verdict == Verdict::kDrop) return;
  const bool full = core->sessions.fetch_add(1) >= core->options.connections_max;
  const bool crowded = full && !CloseLongestIdle();
  const bool refuse = crowded || verdict == Verdict::kRefuse;
  if (full) {
    LogShortage(full_logged_at,
                fmt::format("all {} connections are taken: {}", core->options.connections_max,
                            crowded ? "a new one is refused, for none is idle"
                                    : "the longest idle one is closed"));
  }
  core->gate.Enter();
  if (peer) peer->open.fetch_add(1);
  std::shared_ptr<HttpSession> session =
      tls ? MakeTlsSession(core, shard, refuse, std::move(socket), *tls)
          : MakePlainSession(core, shard, refuse, std::move(socket));
  session->BelongTo(peer);
  // What waits in one context must not own what belongs to another (the acceptor): contexts are
  // destroyed one by one.
  asio::post(shard->context(), [weak = weak_from_this(), core = core, shard, session, peer] {
    shard->Add(*session);
    auto on_end = [weak, core, shard, session, peer](std::exception_ptr exception) {
      shard->Remove(*session);
      // Before the gate opens: who has waited for the end must find no connection open.
      session->CloseSocket();
      if (exception && !shard->draining()) {
        core->Log("connection ended by " + DescribeEnd(std::move(exception)));
      }
      core->sessions.fetch_sub(1);
      if (peer) peer->open.fetch_sub(1);
      const std::shared_ptr<Impl> self = weak.lock();
      if (self && core->accept_waits.load()) self->WakeAccept();
      core->gate.Leave();
    };
    asio::co_spawn(shard->context(), session->Run(),
                   asio::bind_cancellation_slot(session->cancellation_slot(), std::move(on_end)));
  });
}

void HttpServer::Impl::WakeAccept() {
  asio::post(acceptor.get_executor(), [self = shared_from_this()] { self->pause.cancel(); });
}

HttpServer::HttpServer(IoThreads& threads, HttpServerOptions options, Admit admit,
                       ErrorReply error_reply, FaultLog fault_log)
    : impl_(std::make_shared<Impl>(threads)) {
  if (options.memory == nullptr) options.memory = std::make_shared<MemoryBudget>(kMemoryBytes);
  impl_->core->options = std::move(options);
  impl_->peers.emplace(impl_->core->options.uncounted_peers, impl_->core->options.counts_loopback);
  impl_->core->admit = std::move(admit);
  impl_->core->error_reply = std::move(error_reply);
  impl_->core->fault_log = std::move(fault_log);
}

HttpServer::~HttpServer() {
  StopAccepting();
  Drain(std::chrono::milliseconds(0));
}

Result<void> HttpServer::Start() {
  HOOKLINE_CHECK(impl_->shards.empty());
  const HttpServerOptions& options = impl_->core->options;
  const auto endpoint = ParseEndpoint(options);
  if (!endpoint) return std::unexpected(endpoint.error());
  if (!options.tls_certificate_file.empty() || !options.tls_key_file.empty()) {
    auto tls = LoadTls(options);
    if (!tls) return std::unexpected(tls.error());
    impl_->tls = std::move(*tls);
  }

  error_code ec;
  tcp::acceptor& acceptor = impl_->acceptor;
  acceptor.open(endpoint->protocol(), ec);
  if (!ec) acceptor.set_option(tcp::acceptor::reuse_address(true), ec);
  if (!ec) acceptor.bind(*endpoint, ec);
  if (!ec) acceptor.listen(options.backlog, ec);
  if (!ec) impl_->port = acceptor.local_endpoint(ec).port();
  if (ec) {
    error_code ignored;
    acceptor.close(ignored);
    return Fail(ErrorKind::kUnavailable, fmt::format("cannot listen on {} port {}: {}",
                                                     options.address, options.port, ec.message()));
  }

  const auto sweep_interval = SweepInterval(options);
  for (std::size_t i = 0; i < impl_->threads.size(); ++i) {
    impl_->shards.push_back(std::make_shared<HttpShard>(impl_->threads.At(i), sweep_interval));
  }
  impl_->OnEveryShard([](HttpShard& shard) { shard.StartSweeping(); });
  impl_->core->gate.Enter();
  asio::co_spawn(acceptor.get_executor(), impl_->AcceptLoop(),
                 [impl = impl_](std::exception_ptr exception) {
                   if (exception) {
                     impl->core->Log("accepting ended by " + DescribeEnd(std::move(exception)));
                   }
                   impl->core->gate.Leave();
                 });
  return {};
}

std::uint16_t HttpServer::port() const { return impl_->port; }

std::size_t HttpServer::connections() const { return impl_->core->sessions.load(); }

void HttpServer::StopAccepting() {
  asio::post(impl_->acceptor.get_executor(), [impl = impl_] {
    error_code ignored;  // Closed before, or never open.
    impl->acceptor.close(ignored);
    impl->pause.cancel();
  });
}

bool HttpServer::Drain(std::chrono::milliseconds patience) {
  if (impl_->shards.empty() || impl_->stopped()) return impl_->core->gate.count() == 0;
  for (const auto& shard : impl_->shards) shard->AnnounceDrain();
  impl_->OnEveryShard([](HttpShard& shard) { shard.Drain(); });
  const bool finished = impl_->core->gate.WaitEmpty(steady_clock::now() + patience);
  if (!finished) {
    impl_->OnEveryShard([](HttpShard& shard) { shard.CancelAll(); });
  }
  const bool ended = finished || impl_->core->gate.WaitEmpty(steady_clock::now() + kCancelPatience);
  impl_->OnEveryShard([](HttpShard& shard) { shard.StopSweeping(); });
  return ended;
}

}  // namespace hookline::net
