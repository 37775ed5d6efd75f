#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>

#include "net/ares_lookup.h"
#include "net/dns_cache.h"
#include "net/lookup_queue.h"
#include "net/resolver.h"

namespace hookline::net {

struct DnsResolverOptions {
  AresOptions lookup;
  LookupQueue::Limits queue;           ///< Of each lane.
  DnsCache::Limits cache;              ///< Of all.
  std::size_t questions_max = 65'536;  ///< Waiting for an answer; beyond: refused.
  /// How often, at most, to look whether resolv.conf or the hosts file is another than before. A
  /// new hosts file holds at once; with a new resolv.conf what is known has expired.
  std::chrono::milliseconds files_interval{5000};
  /// Ask for IPv4 and IPv6 addresses even if this machine has an address of one kind only.
  bool both_families = false;
  /// What the cache lives by; for tests.
  std::function<std::chrono::steady_clock::time_point()> now = std::chrono::steady_clock::now;
};

/// Looks names up as the system would (/etc/hosts, resolv.conf, search domains), on one thread that
/// never blocks on a server. Questions for a name that is being looked up share that lookup. See
/// DnsCache for what is remembered, and LookupQueue for whose turn it is. The destructor answers
/// what waits with a local failure.
class DnsResolver final : public Resolver {
 public:
  explicit DnsResolver(DnsResolverOptions options = {});
  ~DnsResolver() override;
  DnsResolver(const DnsResolver&) = delete;
  DnsResolver& operator=(const DnsResolver&) = delete;

  void Resolve(std::shared_ptr<NameQuestion> question, Callback callback) override;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace hookline::net
