#pragma once

#include <ares.h>
#include <poll.h>
#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "net/dns_cache.h"

namespace hookline::net {

/// How names are looked up.
struct AresOptions {
  std::string resolv_conf = "/etc/resolv.conf";
  /// "address" or "address:port" ("[::1]:53"), comma-separated: asked in place of the name servers
  /// of resolv_conf, whose search domains stay. Empty: none.
  std::string servers;
  std::uint16_t port = 53;  ///< Of servers that come without one.
  /// Without an answer the next server is asked, round after round, each with twice the patience.
  std::chrono::milliseconds server_patience{1000};
  int rounds = 3;
  std::chrono::milliseconds patience{5000};  ///< Of the whole lookup.
};

/// kInput if `servers` (see AresOptions) cannot be read.
Result<void> CheckNameServers(const std::string& servers);

/// One lookup of a name: /etc/hosts and the name servers, in the order of nsswitch.conf, with
/// search domains. It has sockets (and source ports) of its own and reads the configuration anew,
/// so that it can end by itself and is hard to forge. The owner waits for its sockets. One thread.
class AresLookup {
 public:
  /// `families`: AF_INET, AF_INET6 or AF_UNSPEC for both. May well have ended already afterwards.
  AresLookup(const AresOptions& options, const std::string& host, int families);
  ~AresLookup();
  AresLookup(const AresLookup&) = delete;
  AresLookup& operator=(const AresLookup&) = delete;

  /// Once it has ended.
  const std::optional<LookupResult>& result() const { return result_; }

  /// What to wait for.
  const std::vector<pollfd>& sockets() const { return sockets_; }
  std::chrono::steady_clock::time_point next_deadline() const;

  /// `ready` is one of sockets(), with what poll() has said of it.
  void OnReady(const pollfd& ready);
  /// Whatever has become due is done.
  void OnTime();

 private:
  struct ChannelDeleter {
    void operator()(ares_channeldata* channel) const { ares_destroy(channel); }
  };

  bool Open(const AresOptions& options);
  void Take(const ares_addrinfo& found);
  LookupResult Explain(int status) const;

  static void OnInterest(void* self, ares_socket_t fd, int readable, int writable);
  static void OnAnswer(void* self, int status, int timeouts, ares_addrinfo* found);
  static ares_socket_t OpenSocket(int family, int type, int protocol, void* self);
  static int CloseSocket(ares_socket_t fd, void* self);
  static int Connect(ares_socket_t fd, const sockaddr* address, ares_socklen_t bytes, void* self);
  static ares_ssize_t Receive(ares_socket_t fd, void* data, std::size_t bytes, int flags,
                              sockaddr* from, ares_socklen_t* from_bytes, void* self);
  static ares_ssize_t Send(ares_socket_t fd, const iovec* parts, int count, void* self);

  const std::chrono::steady_clock::time_point deadline_;
  std::vector<pollfd> sockets_;
  int socket_error_ = 0;   ///< Of a socket that could not be opened.
  bool asked_ = false;     ///< A socket was opened.
  bool answered_ = false;  ///< Some server has said something.
  std::optional<LookupResult> result_;
  // Last: it calls back while it is destroyed.
  std::unique_ptr<ares_channeldata, ChannelDeleter> channel_;
};

}  // namespace hookline::net
