#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "net/http_message.h"
#include "net/memory_budget.h"

namespace hookline::net {

class IoThreads;

/// Answers one request. Runs on the io thread of its connection, which waits for the answer; must
/// not block. An exception is logged and answered with 500. When a drain's deadline passes, the
/// asynchronous operation it waits for is cancelled (terminal cancellation).
using Handler = std::move_only_function<boost::asio::awaitable<HttpResponse>(HttpRequest)>;

/// What becomes of a request, judged by its head alone.
struct Admission {
  /// Set: the answer. Nothing of the body is kept.
  std::optional<HttpResponse> answer;
  /// Otherwise who answers it.
  Handler handler;
  /// The body is read; without this it is dropped.
  bool takes_body = false;
  /// What it takes up is counted in these shares of the budget (see MemoryBudget); nullopt: it
  /// takes up little, and is answered whatever the others do.
  struct Shares {
    std::string app;
    std::string address;
  };
  std::optional<Shares> shares;
};

/// Judges a request whose head has come: everything but the body is there. Runs on the io thread of
/// its connection; must not block. An exception is logged and answered with 500.
using Admit = std::function<Admission(const HttpRequest& head)>;

/// Makes the answer to a request that never reached its handler, or whose handler threw: kInput
/// (malformed, 400), kRequestTimeout (408), kTooLarge (413), kHeadersTooLarge (431), kUnavailable
/// (503), kInternal (500). `head` is what is known of the request, perhaps nothing; null if that is
/// gone. Called on any io thread; must not throw or block.
using ErrorReply =
    std::function<HttpResponse(ErrorKind kind, std::string message, const HttpRequest* head)>;

/// Gets one line about a fault inside the server: an exception from a handler, a failing accept.
/// Called on any io thread; must not throw or block for long.
using FaultLog = std::function<void(std::string_view line)>;

struct HttpServerOptions {
  std::string address = "127.0.0.1";  ///< An IP address, or "localhost".
  std::uint16_t port = 0;             ///< 0: any free port; port() tells which.
  int backlog = 1024;

  std::size_t header_bytes_max = 16 * 1024;         ///< Request line and fields; beyond: 431.
  std::size_t body_bytes_max = 2 * 1024 * 1024;     ///< Beyond: 413.
  std::size_t drop_bytes_max = 64 * 1024;           ///< Of a body that nobody wants; beyond: close.
  std::size_t linger_bytes_max = 16 * 1024 * 1024;  ///< Read and dropped before closing.

  /// What requests and answers may take up; beyond: 503. May be shared by servers. Null: 256 MiB.
  std::shared_ptr<MemoryBudget> memory;

  /// Beyond: the connection that has been idle longest is closed; if all are busy, 503 and close.
  std::size_t connections_max = 10'000;
  /// Of one peer (an address, or the /64 network of an IPv6 one). Beyond: its own connection that
  /// has been idle longest is closed; if all are busy, 503 and close. Proxies speak for many:
  /// `uncounted_peers` may open as many as there are, and so may loopback if not counted.
  std::size_t connections_per_peer = 10'000;
  std::vector<std::string> uncounted_peers;
  bool counts_loopback = false;
  std::size_t refusals_max = 256;  ///< Connections being refused; beyond: no accepting.

  std::chrono::milliseconds shortage_log_interval{60'000};  ///< Between lines about the same want.

  std::chrono::milliseconds header_timeout{10'000};  ///< First byte to the end of the header.
  std::chrono::milliseconds body_timeout{30'000};    ///< The whole body.
  std::chrono::milliseconds write_timeout{30'000};   ///< One whole answer.
  /// A body that comes, and an answer that is read, more slowly is given up, even before its
  /// time-out: so many bytes in every `rate_window` at the least. 0: any rate will do.
  std::size_t bytes_per_second_min = 1024;
  std::chrono::milliseconds rate_window{10'000};
  std::chrono::milliseconds idle_timeout{75'000};   ///< Between requests of a connection.
  std::chrono::milliseconds linger_timeout{2'000};  ///< Waiting for the peer's close.

  /// Both PEM files set: HTTPS (TLS 1.2 or newer) only. Both empty: plain HTTP.
  std::string tls_certificate_file;
  std::string tls_key_file;
};

/// An HTTP/1.1 (and 1.0) server. Each connection lives on one of the io threads. Requests of one
/// connection are answered one after another, pipelined or not.
///
/// Lifecycle: construct → Start() → StopAccepting() → Drain() → destroy. The IoThreads must outlive
/// the server. What the functions refer to must live until Drain() has returned true or the io
/// threads are stopped. Public functions may be called from any thread but an io thread.
class HttpServer {
 public:
  HttpServer(IoThreads& threads, HttpServerOptions options, Admit admit, ErrorReply error_reply,
             FaultLog fault_log);
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  /// Binds and starts to accept; kInput if the address or the TLS files are no good, kUnavailable
  /// if the address cannot be listened on now.
  Result<void> Start();

  /// The port listened on, once started.
  std::uint16_t port() const;

  /// Connections open at this moment.
  std::size_t connections() const;

  /// Closes the listening socket. Connections go on. May be called twice.
  void StopAccepting();

  /// Closes idle connections at once, lets active requests finish (their connections close after
  /// the answer), and cancels what is left when `patience` has passed. True if every connection has
  /// ended; false if a handler ignored its cancellation for another second.
  bool Drain(std::chrono::milliseconds patience);

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace hookline::net
