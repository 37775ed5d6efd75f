#include "net/host_table.h"

#include <utility>

namespace hookline::net {

namespace {
constexpr std::size_t kTargetsMax = 4096;
}  // namespace

std::shared_ptr<const Target> HostTable::TargetOf(const std::string& url) {
  const auto found = targets_.find(url);
  if (found != targets_.end()) return found->second;
  auto target = std::make_shared<Target>();
  Result<TargetUrl> parsed = ParseTargetUrl(url);
  if (parsed) {
    target->url = std::move(*parsed);
    target->endpoint = target->url.Endpoint();
    target->trusted_host = policy_.TrustsHost(target->url.host);
    const Result<void> judged = policy_.JudgeUrl(target->url);
    if (!judged) target->refusal = judged.error().message();
    const auto& literal = target->url.literal;
    if (judged && literal) {
      const Result<void> address = policy_.JudgeAddresses(target->url.host, {*literal});
      if (!address) target->refusal = address.error().message();
    }
  } else {
    target->refusal = parsed.error().message();
  }
  // Templated URLs may all differ; a cache that starts over now and then is still mostly right.
  if (targets_.size() >= kTargetsMax) targets_.clear();
  targets_.emplace(url, target);
  return target;
}

Host& HostTable::HostOf(const Target& target, bool needs_resolving) {
  const auto found = hosts_.find(target.endpoint);
  if (found != hosts_.end()) {
    Host& host = *found->second;
    by_recency_.splice(by_recency_.end(), by_recency_, host.recency);
    return host;
  }
  if (hosts_.size() >= hosts_max_) ForgetIdle();
  auto owned = std::make_unique<Host>();
  Host& host = *owned;
  host.endpoint = target.endpoint;
  host.name = target.url.host;
  host.port = target.url.port;
  host.trusted = target.trusted_host;
  host.needs_resolving = needs_resolving;
  host.recency = by_recency_.insert(by_recency_.end(), &host);
  hosts_.emplace(host.endpoint, std::move(owned));
  return host;
}

Host* HostTable::Find(const std::string& endpoint) {
  const auto found = hosts_.find(endpoint);
  return found == hosts_.end() ? nullptr : found->second.get();
}

void HostTable::ForgetIdle() {
  // Hosts in use stay; they are bounded by the number of calls.
  for (auto at = by_recency_.begin(); at != by_recency_.end() && hosts_.size() >= hosts_max_;) {
    Host& host = **at;
    if (!host.idle()) {
      ++at;
      continue;
    }
    at = by_recency_.erase(at);
    forgotten_.push_back("-" + host.endpoint);
    hosts_.erase(host.endpoint);
  }
}

std::vector<std::string> HostTable::TakeForgotten() { return std::exchange(forgotten_, {}); }

}  // namespace hookline::net
