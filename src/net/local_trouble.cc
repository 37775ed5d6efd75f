#include "net/local_trouble.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

namespace hookline::net {

bool IsLocalTrouble(int error) {
  return error == EMFILE || error == ENFILE || error == ENOMEM || error == ENOBUFS;
}

bool LacksPortsTo(const sockaddr& address) {
  // A datagram socket has ports of its own: it fails only for want of an address.
  const int fd = ::socket(address.sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return IsLocalTrouble(errno);
  const socklen_t bytes =
      address.sa_family == AF_INET6 ? sizeof(sockaddr_in6) : sizeof(sockaddr_in);
  const bool reachable = ::connect(fd, &address, bytes) == 0 || errno == EAGAIN;
  ::close(fd);
  return reachable;
}

}  // namespace hookline::net
