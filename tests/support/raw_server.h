#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "support/socket_io.h"

namespace hookline::test_support {

class RawServer;

/// One accepted connection, as its script sees it. Used by the script's thread only. Every wait
/// ends when the server is stopped.
class RawConnection {
 public:
  /// The next complete request (header and body); nothing if the peer is gone. Counted.
  std::optional<std::string> ReadRequest();

  /// False if the peer is gone.
  bool Send(std::string_view bytes) { return WriteAll(fd_.get(), bytes); }

  /// Sends a complete answer with Content-Length.
  bool Answer(int status, std::string_view body = "", std::string_view extra_headers = "");

  /// Sends a byte at a time, `interval` apart, until the peer has gone or all is sent.
  bool Drip(std::string_view bytes, std::chrono::milliseconds interval);

  /// Does nothing until the peer closes or the server is stopped; what comes in is dropped.
  void Hang();

  void Reset() { CloseWithReset(fd_); }
  void Close() { fd_.Close(); }

  /// 0 for the server's first connection.
  std::size_t index() const { return index_; }

 private:
  friend class RawServer;
  RawConnection(RawServer& server, Fd fd, std::size_t index);

  RawServer& server_;
  Fd fd_;
  std::size_t index_;
  std::string buffer_;
};

/// A TCP server on 127.0.0.1 whose connections each follow a script, on a thread of their own; the
/// connection is closed when the script returns. The destructor stops and joins everything.
class RawServer {
 public:
  using Script = std::function<void(RawConnection&)>;

  explicit RawServer(Script script);
  ~RawServer();
  RawServer(const RawServer&) = delete;
  RawServer& operator=(const RawServer&) = delete;

  std::uint16_t port() const { return port_; }
  std::string url(std::string_view path = "/") const;

  /// Complete requests read, and connections accepted, so far.
  std::size_t requests() const;
  std::size_t connections() const;

  /// All requests read so far, in order.
  std::vector<std::string> request_texts() const;

  /// The address that each connection came from, in order.
  std::vector<std::string> peers() const;

  /// False if there are fewer after kPatience.
  bool WaitForRequests(std::size_t count);

  void Stop();

 private:
  friend class RawConnection;

  void AcceptLoop();
  void Count(std::string request);

  const Script script_;
  std::uint16_t port_ = 0;
  Fd listener_;
  Fd stop_;  ///< Readable once stopped.

  mutable std::mutex mutex_;
  std::condition_variable counted_;
  std::vector<std::string> requests_;
  std::vector<std::thread> workers_;
  std::vector<std::string> peers_;

  std::thread accept_thread_;
};

}  // namespace hookline::test_support
