#include "support/socket_io.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <utility>

namespace hookline::test_support {

namespace {

[[noreturn]] void Abort(const char* what) {
  std::perror(what);
  std::abort();
}

sockaddr_in Loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  return address;
}

/// The length of a complete chunked body at the start of `body`.
std::optional<std::size_t> ChunkedBytes(std::string_view body) {
  std::size_t at = 0;
  while (true) {
    const std::size_t line_end = body.find("\r\n", at);
    if (line_end == std::string_view::npos) return std::nullopt;
    const std::size_t size =
        std::strtoull(std::string(body.substr(at, line_end - at)).c_str(), nullptr, 16);
    at = line_end + 2 + size + 2;
    if (at > body.size()) return std::nullopt;
    if (size == 0) return at;
  }
}

}  // namespace

Fd& Fd::operator=(Fd&& other) noexcept {
  if (this != &other) {
    Close();
    fd_ = other.Release();
  }
  return *this;
}

int Fd::Release() { return std::exchange(fd_, -1); }

void Fd::Close() {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
}

bool WaitReadable(int fd, int stop_fd, std::chrono::milliseconds patience) {
  std::array<pollfd, 2> fds = {pollfd{fd, POLLIN, 0}, pollfd{stop_fd, POLLIN, 0}};
  const int ready = ::poll(fds.data(), fds.size(), static_cast<int>(patience.count()));
  return ready > 0 && fds[1].revents == 0 && fds[0].revents != 0;
}

bool ReadMore(int fd, int stop_fd, std::string& buffer, std::chrono::milliseconds patience) {
  if (!WaitReadable(fd, stop_fd, patience)) return false;
  std::array<char, 16384> block;
  const ssize_t bytes = ::recv(fd, block.data(), block.size(), 0);
  if (bytes <= 0) return false;
  buffer.append(block.data(), static_cast<std::size_t>(bytes));
  return true;
}

bool WriteAll(int fd, std::string_view data) {
  while (!data.empty()) {
    const ssize_t bytes = ::send(fd, data.data(), data.size(), MSG_NOSIGNAL);
    if (bytes < 0 && errno == EINTR) continue;
    if (bytes <= 0) return false;
    data.remove_prefix(static_cast<std::size_t>(bytes));
  }
  return true;
}

std::optional<std::string> FindHeader(std::string_view message, std::string_view name) {
  std::size_t at = message.find("\r\n");
  while (at != std::string_view::npos) {
    at += 2;
    const std::size_t end = message.find("\r\n", at);
    if (end == std::string_view::npos || end == at) return std::nullopt;
    const std::string_view line = message.substr(at, end - at);
    const std::size_t colon = line.find(':');
    if (colon == name.size() && ::strncasecmp(line.data(), name.data(), colon) == 0) {
      std::string_view value = line.substr(colon + 1);
      while (!value.empty() && value.front() == ' ') value.remove_prefix(1);
      return std::string(value);
    }
    at = end;
  }
  return std::nullopt;
}

std::optional<std::size_t> CompleteMessageBytes(std::string_view buffer, bool head_only) {
  const std::size_t end = buffer.find("\r\n\r\n");
  if (end == std::string_view::npos) return std::nullopt;
  const std::size_t head = end + 4;
  const std::string_view status =
      buffer.substr(0, 5) == "HTTP/" ? buffer.substr(9, 3) : std::string_view();
  const bool no_body = status == "204" || status == "304" || status.substr(0, 1) == "1";
  if (head_only || no_body) return head;
  const std::string_view message = buffer.substr(0, head);
  if (FindHeader(message, "Transfer-Encoding")) {
    const auto body = ChunkedBytes(buffer.substr(head));
    return body ? std::optional(head + *body) : std::nullopt;
  }
  const std::string length = FindHeader(message, "Content-Length").value_or("0");
  const std::size_t total = head + std::strtoull(length.c_str(), nullptr, 10);
  return total <= buffer.size() ? std::optional(total) : std::nullopt;
}

Fd ListenOnLoopback(std::uint16_t& port) {
  Fd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address = Loopback(0);
  socklen_t length = sizeof(address);
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  if (!fd.valid() || ::bind(fd.get(), generic, length) != 0 || ::listen(fd.get(), 512) != 0 ||
      ::getsockname(fd.get(), generic, &length) != 0) {
    Abort("listen on 127.0.0.1");
  }
  port = ntohs(address.sin_port);
  return fd;
}

Fd ConnectToLoopback(std::uint16_t port) {
  Fd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const sockaddr_in address = Loopback(port);
  if (!fd.valid() ||
      ::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) {
    Abort("connect to 127.0.0.1");
  }
  const int on = 1;
  ::setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  return fd;
}

void CloseWithReset(Fd& fd) {
  const linger hard{1, 0};
  ::setsockopt(fd.get(), SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
  fd.Close();
}

}  // namespace hookline::test_support
