#include "support/raw_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <utility>

namespace hookline::test_support {

RawConnection::RawConnection(RawServer& server, Fd fd, std::size_t index)
    : server_(server), fd_(std::move(fd)), index_(index) {}

std::optional<std::string> RawConnection::ReadRequest() {
  while (true) {
    if (const auto bytes = CompleteMessageBytes(buffer_)) {
      std::string request = buffer_.substr(0, *bytes);
      buffer_.erase(0, *bytes);
      server_.Count(request);
      return request;
    }
    if (!ReadMore(fd_.get(), server_.stop_.get(), buffer_)) return std::nullopt;
  }
}

bool RawConnection::Answer(int status, std::string_view body, std::string_view extra_headers) {
  std::string text = "HTTP/1.1 " + std::to_string(status) + " X\r\n";
  text.append(extra_headers);
  text += "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n";
  text.append(body);
  return Send(text);
}

bool RawConnection::Drip(std::string_view bytes, std::chrono::milliseconds interval) {
  for (const char byte : bytes) {
    // Readable means: more data, the peer has closed, or we are stopped. Waiting it out otherwise.
    if (WaitReadable(fd_.get(), server_.stop_.get(), interval)) {
      std::string more;
      if (!ReadMore(fd_.get(), server_.stop_.get(), more)) return false;
    }
    if (!Send({&byte, 1})) return false;
  }
  return true;
}

void RawConnection::Hang() {
  std::string dropped;
  while (ReadMore(fd_.get(), server_.stop_.get(), dropped)) dropped.clear();
}

RawServer::RawServer(Script script)
    : script_(std::move(script)),
      listener_(ListenOnLoopback(port_)),
      stop_(::eventfd(0, EFD_CLOEXEC)),
      accept_thread_([this] { AcceptLoop(); }) {}

RawServer::~RawServer() { Stop(); }

std::string RawServer::url(std::string_view path) const {
  return "http://127.0.0.1:" + std::to_string(port_) + std::string(path);
}

std::size_t RawServer::requests() const {
  const std::lock_guard lock(mutex_);
  return requests_.size();
}

std::size_t RawServer::connections() const {
  const std::lock_guard lock(mutex_);
  return peers_.size();
}

std::vector<std::string> RawServer::peers() const {
  const std::lock_guard lock(mutex_);
  return peers_;
}

std::vector<std::string> RawServer::request_texts() const {
  const std::lock_guard lock(mutex_);
  return requests_;
}

bool RawServer::WaitForRequests(std::size_t count) {
  std::unique_lock lock(mutex_);
  return counted_.wait_for(lock, kPatience, [&] { return requests_.size() >= count; });
}

void RawServer::Stop() {
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = ::write(stop_.get(), &one, sizeof(one));
  if (accept_thread_.joinable()) accept_thread_.join();
  // Nobody adds workers any more.
  for (std::thread& worker : workers_) {
    if (worker.joinable()) worker.join();
  }
}

void RawServer::AcceptLoop() {
  while (true) {
    if (!WaitReadable(listener_.get(), stop_.get(), std::chrono::hours(1))) return;
    sockaddr_in address{};
    socklen_t length = sizeof(address);
    Fd fd(::accept4(listener_.get(), reinterpret_cast<sockaddr*>(&address), &length, SOCK_CLOEXEC));
    if (!fd.valid()) continue;
    std::array<char, INET_ADDRSTRLEN> peer{};
    ::inet_ntop(AF_INET, &address.sin_addr, peer.data(), peer.size());
    const int on = 1;
    ::setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    const std::lock_guard lock(mutex_);
    workers_.emplace_back([this, index = peers_.size(), owned = std::move(fd)]() mutable {
      RawConnection connection(*this, std::move(owned), index);
      script_(connection);
    });
    peers_.emplace_back(peer.data());
  }
}

void RawServer::Count(std::string request) {
  const std::lock_guard lock(mutex_);
  requests_.push_back(std::move(request));
  counted_.notify_all();
}

}  // namespace hookline::test_support
