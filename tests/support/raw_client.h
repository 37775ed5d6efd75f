#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "support/socket_io.h"

namespace hookline::test_support {

/// A TCP client that sends exactly the bytes it is told to. One thread.
class RawClient {
 public:
  explicit RawClient(std::uint16_t port) : fd_(ConnectToLoopback(port)) {}

  /// False if the server went away.
  bool Send(std::string_view bytes) { return WriteAll(fd_.get(), bytes); }

  /// The next complete response (header and body); nothing if the connection ends first. Set
  /// `head_only` for the answer to HEAD.
  std::optional<std::string> ReadResponse(bool head_only = false);

  /// True if the server closes the connection before it sends anything else. A reset counts only
  /// with `or_reset`.
  bool SeesClose(bool or_reset = false);

  /// Says that nothing more comes.
  void HalfClose();

  void Reset() { CloseWithReset(fd_); }
  void Close() { fd_.Close(); }

 private:
  Fd fd_;
  std::string buffer_;
};

}  // namespace hookline::test_support
