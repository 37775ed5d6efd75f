#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace hookline::test_support {

/// Nothing in a test waits longer than this for a peer.
inline constexpr std::chrono::seconds kPatience{30};

/// Owns a file descriptor.
class Fd {
 public:
  Fd() = default;
  explicit Fd(int fd) : fd_(fd) {}
  ~Fd() { Close(); }
  Fd(Fd&& other) noexcept : fd_(other.Release()) {}
  Fd& operator=(Fd&& other) noexcept;

  int get() const { return fd_; }
  bool valid() const { return fd_ >= 0; }
  int Release();
  void Close();

 private:
  int fd_ = -1;
};

/// True once `fd` is readable (or closed by the peer); false after `patience`, or as soon as
/// `stop_fd` (ignored if negative) is readable.
bool WaitReadable(int fd, int stop_fd, std::chrono::milliseconds patience);

/// Appends what is there. False at the end of the stream, on an error, a time-out or a stop.
bool ReadMore(int fd, int stop_fd, std::string& buffer,
              std::chrono::milliseconds patience = kPatience);

/// False if the peer went away.
bool WriteAll(int fd, std::string_view data);

/// The length of the first complete message (header, and body by Content-Length or chunked) in
/// `buffer`; nothing if it is not complete. A response to HEAD, 204 and 304 have no body.
std::optional<std::size_t> CompleteMessageBytes(std::string_view buffer, bool head_only = false);

/// The value of a header field of a message, in any case of letters.
std::optional<std::string> FindHeader(std::string_view message, std::string_view name);

/// A listening or connected TCP socket on 127.0.0.1; aborts the test program when impossible.
Fd ListenOnLoopback(std::uint16_t& port);
Fd ConnectToLoopback(std::uint16_t port);

/// Makes close() send a reset.
void CloseWithReset(Fd& fd);

}  // namespace hookline::test_support
