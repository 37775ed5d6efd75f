#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/error.h"
#include "net/http_message.h"

namespace hookline::net {

class IoThreads;

/// Answers one request. Runs on the io thread of its connection, which waits for the answer; must
/// not block. An exception is logged and answered with 500. When a drain's deadline passes, the
/// asynchronous operation it waits for is cancelled (terminal cancellation).
using Handler = std::function<boost::asio::awaitable<HttpResponse>(HttpRequest)>;

/// Makes the answer to a request that never reached the handler, or whose handler threw: kInput
/// (malformed, 400), kRequestTimeout (408), kTooLarge (413), kHeadersTooLarge (431), kUnavailable
/// (503), kInternal (500). Called on any io thread; must not throw or block.
using ErrorReply = std::function<HttpResponse(ErrorKind kind, std::string message)>;

/// Gets one line about a fault inside the server: an exception from a handler, a failing accept.
/// Called on any io thread; must not throw or block for long.
using FaultLog = std::function<void(std::string_view line)>;

struct HttpServerOptions {
  std::string address = "127.0.0.1";  ///< An IP address, or "localhost".
  std::uint16_t port = 0;             ///< 0: any free port; port() tells which.
  int backlog = 1024;

  std::size_t header_bytes_max = 16 * 1024;         ///< Request line and fields; beyond: 431.
  std::size_t body_bytes_max = 2 * 1024 * 1024;     ///< Beyond: 413.
  std::size_t linger_bytes_max = 16 * 1024 * 1024;  ///< Read and dropped before closing.

  /// Beyond: the connection that has been idle longest is closed; if all are busy, 503 and close.
  std::size_t connections_max = 10'000;
  std::size_t refusals_max = 256;  ///< Connections being refused; beyond: no accepting.

  std::chrono::milliseconds shortage_log_interval{60'000};  ///< Between lines about the same want.

  std::chrono::milliseconds header_timeout{10'000};  ///< First byte to the end of the header.
  std::chrono::milliseconds body_timeout{30'000};    ///< The whole body.
  std::chrono::milliseconds write_timeout{30'000};   ///< One whole answer.
  std::chrono::milliseconds idle_timeout{75'000};    ///< Between requests of a connection.
  std::chrono::milliseconds linger_timeout{2'000};   ///< Waiting for the peer's close.

  /// Both PEM files set: HTTPS (TLS 1.2 or newer) only. Both empty: plain HTTP.
  std::string tls_certificate_file;
  std::string tls_key_file;
};

/// An HTTP/1.1 (and 1.0) server. Each connection lives on one of the io threads. Requests of one
/// connection are answered one after another, pipelined or not.
///
/// Lifecycle: construct → Start() → StopAccepting() → Drain() → destroy. The IoThreads must outlive
/// the server. What the handler refers to must live until Drain() has returned true or the io
/// threads are stopped. Public functions may be called from any thread but an io thread.
class HttpServer {
 public:
  HttpServer(IoThreads& threads, HttpServerOptions options, Handler handler, ErrorReply error_reply,
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
