#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "net/http_call.h"
#include "net/ip_address.h"
#include "net/resolver.h"
#include "net/target_policy.h"

namespace hookline::net {

struct HttpLoopOptions {
  std::size_t connections_per_host_max = 64;  ///< Calls running at once per host and port.
  std::size_t connections_max = 512;          ///< Calls running at once.
  std::size_t calls_max = 65'536;             ///< Calls running or waiting; beyond: kLocal.
  std::size_t tasks_max = 1'000'000;          ///< Posted and not yet run; beyond: refused.
  std::size_t hosts_max = 4096;               ///< Remembered at once.

  std::size_t response_header_bytes_max = 64 * 1024;      ///< Beyond: kTooLarge.
  std::size_t response_body_bytes_max = 4 * 1024 * 1024;  ///< Beyond: kTooLarge.

  LookupLane lookup_lane = LookupLane::kDeliveries;
  std::chrono::seconds dns_lifetime{30};  ///< Of an answer of the resolver, at most.
  std::chrono::seconds dns_failure_lifetime{1};
  /// Connections that were idle for longer are not used again, unless the receiver has said
  /// "Keep-Alive: timeout=N": then it is N - 1 seconds, up to keep_alive_max.
  std::chrono::seconds connection_idle_max{4};
  std::chrono::seconds keep_alive_max{60};
  std::chrono::seconds connection_age_max{600};  ///< Nor are connections older than this.
  bool http2 = false;                            ///< Offer HTTP/2 to https targets.

  /// "http://host:port", or with https, socks5 or socks5h; empty: none, whatever the environment
  /// says. A target is resolved and judged here, and the proxy is asked for a tunnel to the address
  /// that was judged: a name could be another address by the time that the proxy looks it up.
  std::string proxy;
  /// The proxy gets the name, and decides by itself whether it may be called. A plain http target
  /// needs no tunnel then.
  bool proxy_judges_targets = false;

  /// Proxied, to addresses that were judged here.
  bool tunnels_to_addresses() const { return !proxy.empty() && !proxy_judges_targets; }

  std::string ca_file;  ///< PEM bundle of the authorities trusted; empty: the system's.
  /// Names under "localhost" are this machine's loopback, without asking anybody.
  bool localhost_names = false;

  /// Deliveries leave from these addresses; a family with no address of its own is not used if the
  /// other one has one.
  std::optional<IpAddress> source_v4;
  std::optional<IpAddress> source_v6;
  std::string interface;  ///< Name of the only network interface to use; empty: any.
};

/// One thread that makes HTTP calls. Lifecycle: construct → Start() → Stop() → destroy (the
/// destructor stops too).
///
/// A request whose bytes may have left is sent again in one case only: a kept connection breaks
/// before any byte of the answer, which is how a stale connection shows. Then there is one more try
/// at once, on a fresh connection and within the same time-out. After that, as after a time-out on
/// a kept connection, those of the host that were not used since are not used any more. Any other
/// break is kReset, and the caller decides. Redirects are not followed. A name is resolved here,
/// refused if any of its addresses is not allowed by the policy, pinned, and judged once more when
/// the socket is opened; behind a proxy, one address after another is named to the proxy.
class HttpLoop {
 public:
  using Task = std::move_only_function<void()>;
  using Completion = std::move_only_function<void(HttpOutcome)>;

  HttpLoop(HttpLoopOptions options, std::shared_ptr<const TargetPolicy> policy,
           std::shared_ptr<Resolver> resolver);
  ~HttpLoop();
  HttpLoop(const HttpLoop&) = delete;
  HttpLoop& operator=(const HttpLoop&) = delete;

  void Start();

  /// Runs the tasks posted so far, completes all calls with kCancelled, drops what PostAfter() has
  /// scheduled, and joins the thread. Calls sent meanwhile complete with kCancelled as well. May be
  /// called twice; not from the loop's thread.
  void Stop();

  /// Runs `task` on the loop's thread, in order with other posted tasks. Never blocks. False if the
  /// loop is stopped or has too many tasks; the task is then destroyed unrun. Thread-safe.
  bool Post(Task task);

  /// Runs `task` once `delay` has passed. Loop thread only.
  void PostAfter(std::chrono::nanoseconds delay, Task task);

  /// Starts a call; `done` runs exactly once, on the loop's thread, never inside Send(). Loop
  /// thread only.
  void Send(HttpCall call, Completion done);

 private:
  bool OnLoopThread() const;

  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace hookline::net
