#include "net/ares_lookup.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <limits>
#include <string_view>

#include "net/ip_address.h"
#include "net/local_trouble.h"

namespace hookline::net {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

namespace {

constexpr std::size_t kAddressesMax = 16;

void InitialiseAresOnce() {
  static const int status = ares_library_init(ARES_LIB_INIT_ALL);
  HOOKLINE_CHECK(status == ARES_SUCCESS);
}

/// "10.0.0.2", "10.0.0.2:53", "fd00::2" or "[fd00::2]:53".
bool IsNameServer(std::string_view text) {
  if (IpAddress::Parse(text)) return true;
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return false;
  std::string_view address = text.substr(0, colon);
  const std::string_view port = text.substr(colon + 1);
  const bool bracketed = address.starts_with('[') && address.ends_with(']');
  if (bracketed) address = address.substr(1, address.size() - 2);
  std::uint16_t number = 0;
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), number);
  const auto parsed = IpAddress::Parse(address);
  return parsed && parsed->is_v4() != bracketed && error == std::errc() &&
         end == port.data() + port.size() && number != 0;
}

}  // namespace

Result<void> CheckNameServers(const std::string& servers) {
  // The library takes "10.0.0" and "10.0.0.2:port" as well, for something.
  std::string_view left = servers;
  while (!left.empty()) {
    const std::string_view item = left.substr(0, left.find(','));
    left.remove_prefix(std::min(left.size(), item.size() + 1));
    if (!IsNameServer(item)) {
      return InputError("must be addresses of name servers, such as 10.0.0.2 or [fd00::2]:53");
    }
  }
  return {};
}

AresLookup::AresLookup(const AresOptions& options, const std::string& host, int families)
    : deadline_(steady_clock::now() + options.patience) {
  InitialiseAresOnce();
  if (!Open(options)) return;
  ares_addrinfo_hints hints{};
  hints.ai_family = families;
  // CARES_HOSTS of the environment names another file than /etc/hosts.
  hints.ai_flags = ARES_AI_ENVHOSTS;
  ares_getaddrinfo(channel_.get(), host.c_str(), nullptr, &hints, &AresLookup::OnAnswer, this);
}

AresLookup::~AresLookup() = default;

bool AresLookup::Open(const AresOptions& options) {
  ares_options own{};
  own.timeout = static_cast<int>(options.server_patience.count());
  own.tries = options.rounds;
  own.udp_port = options.port;
  own.tcp_port = own.udp_port;
  own.sock_state_cb = &AresLookup::OnInterest;
  own.sock_state_cb_data = this;
  std::string resolv_conf = options.resolv_conf;
  own.resolvconf_path = resolv_conf.data();
  const int mask = ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_UDP_PORT | ARES_OPT_TCP_PORT |
                   ARES_OPT_SOCK_STATE_CB | ARES_OPT_RESOLVCONF;
  ares_channel channel = nullptr;
  int status = ares_init_options(&channel, &own, mask);
  if (status == ARES_SUCCESS) {
    channel_.reset(channel);
    static const ares_socket_functions functions = {&AresLookup::OpenSocket,
                                                    &AresLookup::CloseSocket, &AresLookup::Connect,
                                                    &AresLookup::Receive, &AresLookup::Send};
    ares_set_socket_functions(channel, &functions, this);
    if (options.servers.empty()) return true;
    status = ares_set_servers_ports_csv(channel, options.servers.c_str());
    if (status == ARES_SUCCESS) return true;
  }
  LookupResult result;
  result.kind = LookupResult::Kind::kLocal;
  result.failure = ares_strerror(status);
  result_ = std::move(result);
  return false;
}

steady_clock::time_point AresLookup::next_deadline() const {
  timeval left{};
  if (ares_timeout(channel_.get(), nullptr, &left) == nullptr) return deadline_;
  const auto wait = std::chrono::seconds(left.tv_sec) + std::chrono::microseconds(left.tv_usec);
  return std::min(deadline_, steady_clock::now() + wait);
}

void AresLookup::OnReady(const pollfd& ready) {
  const bool broken = (ready.revents & (POLLERR | POLLHUP | POLLNVAL)) != 0;
  const bool reads = (ready.revents & POLLIN) != 0 || broken;
  const bool writes = (ready.revents & POLLOUT) != 0 || (broken && (ready.events & POLLOUT) != 0);
  ares_process_fd(channel_.get(), reads ? ready.fd : ARES_SOCKET_BAD,
                  writes ? ready.fd : ARES_SOCKET_BAD);
}

void AresLookup::OnTime() {
  if (result_) return;
  ares_process_fd(channel_.get(), ARES_SOCKET_BAD, ARES_SOCKET_BAD);
  if (!result_ && steady_clock::now() >= deadline_) ares_cancel(channel_.get());
}

void AresLookup::OnInterest(void* self, ares_socket_t fd, int readable, int writable) {
  auto& sockets = static_cast<AresLookup*>(self)->sockets_;
  const auto found = std::ranges::find(sockets, fd, &pollfd::fd);
  const auto events =
      static_cast<short>((readable != 0 ? POLLIN : 0) | (writable != 0 ? POLLOUT : 0));
  if (events == 0) {
    if (found != sockets.end()) sockets.erase(found);
  } else if (found != sockets.end()) {
    found->events = events;
  } else {
    sockets.push_back({fd, events, 0});
  }
}

void AresLookup::OnAnswer(void* self, int status, int, ares_addrinfo* found) {
  auto& lookup = *static_cast<AresLookup*>(self);
  const std::unique_ptr<ares_addrinfo, decltype(&ares_freeaddrinfo)> owned(found,
                                                                           &ares_freeaddrinfo);
  if (lookup.result_) return;
  if (status == ARES_SUCCESS && found != nullptr) {
    lookup.Take(*found);
  } else {
    lookup.result_ = lookup.Explain(status);
  }
}

void AresLookup::Take(const ares_addrinfo& found) {
  LookupResult result;
  int ttl = std::numeric_limits<int>::max();
  for (const ares_addrinfo_cname* alias = found.cnames; alias != nullptr; alias = alias->next) {
    ttl = std::min(ttl, alias->ttl);
  }
  for (const ares_addrinfo_node* node = found.nodes; node != nullptr; node = node->ai_next) {
    const auto address = IpAddress::FromSockaddr(*node->ai_addr);
    ttl = std::min(ttl, node->ai_ttl);
    auto& known = result.addresses;
    if (!address || std::ranges::find(known, *address) != known.end()) continue;
    known.push_back(*address);
    if (known.size() == kAddressesMax) break;
  }
  if (result.addresses.empty()) {
    result_ = Explain(ARES_ENODATA);
    return;
  }
  result.kind = LookupResult::Kind::kFound;
  result.ttl = std::chrono::seconds(ttl);
  result_ = std::move(result);
}

LookupResult AresLookup::Explain(int status) const {
  using Kind = LookupResult::Kind;
  LookupResult result;
  result.failure = ares_strerror(status);
  if (IsLocalTrouble(socket_error_)) {
    result.kind = Kind::kLocal;
    result.failure = std::strerror(socket_error_);
    return result;
  }
  switch (status) {
    case ARES_ENOTFOUND:
    case ARES_EBADNAME:
    case ARES_ENONAME:
      result.kind = Kind::kNoSuchName;
      return result;
    case ARES_ENODATA:
      result.kind = Kind::kNoAddress;
      result.failure = "the name has no address";
      return result;
    case ARES_ECONNREFUSED:
      // The library's word for "no server could be asked", for "none had an answer", and, if the
      // configuration wants no server to be asked, for "not in the hosts file".
      if (!asked_) {
        result.kind = Kind::kNoSuchName;
        result.failure = "the name is not in the hosts file";
      } else if (answered_) {
        result.failure = "the name servers have no answer";
      } else {
        result.kind = Kind::kLocal;
        result.failure = "no name server can be reached";
      }
      return result;
    case ARES_ECANCELLED:
      result.failure = "the name servers did not answer in time";
      return result;
    case ARES_ENOMEM:
    case ARES_EFILE:
    case ARES_EDESTRUCTION:
      result.kind = Kind::kLocal;
      return result;
    default:
      return result;
  }
}

// The library's own sockets would do, but these tell what became of them.

ares_socket_t AresLookup::OpenSocket(int family, int type, int protocol, void* self) {
  auto& lookup = *static_cast<AresLookup*>(self);
  const int fd = ::socket(family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, protocol);
  if (fd < 0) {
    lookup.socket_error_ = errno;
    return ARES_SOCKET_BAD;
  }
  lookup.asked_ = true;
  return fd;
}

int AresLookup::CloseSocket(ares_socket_t fd, void*) { return ::close(fd); }

int AresLookup::Connect(ares_socket_t fd, const sockaddr* address, ares_socklen_t bytes, void*) {
  return ::connect(fd, address, bytes);
}

ares_ssize_t AresLookup::Receive(ares_socket_t fd, void* data, std::size_t bytes, int flags,
                                 sockaddr* from, ares_socklen_t* from_bytes, void* self) {
  const ssize_t received = ::recvfrom(fd, data, bytes, flags, from, from_bytes);
  if (received > 0) static_cast<AresLookup*>(self)->answered_ = true;
  return received;
}

ares_ssize_t AresLookup::Send(ares_socket_t fd, const iovec* parts, int count, void*) {
  msghdr message{};
  message.msg_iov = const_cast<iovec*>(parts);
  message.msg_iovlen = static_cast<std::size_t>(count);
  const ssize_t sent = ::sendmsg(fd, &message, MSG_NOSIGNAL);
  if (sent >= 0 || errno != ECONNREFUSED) return sent;
  // What was refused is an earlier datagram. Taken from the socket, the error would be lost to the
  // question that waits for it; one more datagram brings it again, for all.
  return ::sendmsg(fd, &message, MSG_NOSIGNAL);
}

}  // namespace hookline::net
