#include "net/dns_cache.h"

#include <algorithm>
#include <utility>

namespace hookline::net {

namespace {

Resolver::Answer Failed(const std::string& failure, bool local, std::chrono::nanoseconds lifetime) {
  return Resolver::Answer{{}, failure, local, lifetime};
}

}  // namespace

std::optional<DnsCache::Known> DnsCache::Find(const std::string& host, Time now) {
  const auto found = entries_.find(host);
  if (found == entries_.end()) return std::nullopt;
  Entry& entry = found->second;
  Touch(entry);
  if (!entry.addresses.empty() && now < entry.good_until) {
    return Known{{entry.addresses, "", false, entry.good_until - now}, false};
  }
  if (!entry.addresses.empty() && now < entry.usable_until) {
    return Known{{entry.addresses, "", false, limits_.again}, now >= entry.again_at};
  }
  if (!entry.failure.empty() && now < entry.again_at) {
    return Known{Failed(entry.failure, false, entry.again_at - now), false};
  }
  return std::nullopt;
}

Resolver::Answer DnsCache::Store(const std::string& host, AppId app, const LookupResult& result,
                                 Time now) {
  using Kind = LookupResult::Kind;
  if (result.kind == Kind::kLocal) {
    const auto found = entries_.find(host);
    const bool usable = found != entries_.end() && !found->second.addresses.empty() &&
                        now < found->second.usable_until;
    if (!usable) return Failed(result.failure, true, std::chrono::nanoseconds(0));
    found->second.again_at = now + limits_.again;
    return Find(host, now)->answer;
  }
  Entry& entry = Take(host, app);
  if (result.kind == Kind::kFound) {
    entry.addresses = result.addresses;
    entry.failure.clear();
    entry.failures = 0;
    entry.good_until = now + std::clamp(result.ttl, limits_.life_min, limits_.life_max);
    entry.usable_until = entry.good_until + limits_.stale_max;
    entry.again_at = entry.good_until;
  } else {
    if (result.kind == Kind::kNoSuchName) entry.addresses.clear();
    entry.failure = result.failure;
    ++entry.failures;
    const bool unclear = result.kind == Kind::kFailed;
    const auto life = unclear ? limits_.failure_life * entry.failures : limits_.no_name_life;
    entry.again_at = now + std::min<std::chrono::seconds>(life, limits_.no_name_life);
    if (now >= entry.usable_until) entry.addresses.clear();
  }
  Measure(host, entry);
  const auto known = Find(host, now);
  Resolver::Answer answer = known ? known->answer : Failed(result.failure, false, limits_.again);
  MakeRoom(app);
  return answer;
}

DnsCache::Entry& DnsCache::Take(const std::string& host, AppId app) {
  const auto [at, added] = entries_.try_emplace(host);
  Entry& entry = at->second;
  if (added) {
    entry.app = app;
    entry.by_use = by_use_.insert(by_use_.end(), &at->first);
    UseOrder& own = by_app_[app];
    entry.by_use_of_app = own.insert(own.end(), &at->first);
  }
  Touch(entry);
  return entry;
}

void DnsCache::Touch(Entry& entry) {
  by_use_.splice(by_use_.end(), by_use_, entry.by_use);
  UseOrder& own = by_app_.at(entry.app);
  own.splice(own.end(), own, entry.by_use_of_app);
}

void DnsCache::Measure(const std::string& host, Entry& entry) {
  bytes_ -= entry.bytes;
  entry.bytes = sizeof(Entry) + host.size() + entry.failure.size() +
                entry.addresses.capacity() * sizeof(IpAddress);
  bytes_ += entry.bytes;
}

void DnsCache::Remove(Entries::iterator entry) {
  const auto own = by_app_.find(entry->second.app);
  by_use_.erase(entry->second.by_use);
  own->second.erase(entry->second.by_use_of_app);
  if (own->second.empty()) by_app_.erase(own);
  bytes_ -= entry->second.bytes;
  entries_.erase(entry);
}

void DnsCache::MakeRoom(AppId app) {
  const auto own = by_app_.find(app);
  if (own != by_app_.end() && own->second.size() > limits_.app_entries_max) {
    Remove(entries_.find(*own->second.front()));
  }
  while (entries_.size() > limits_.entries_max || bytes_ > limits_.bytes_max) {
    Remove(entries_.find(*by_use_.front()));
  }
}

void DnsCache::Clear() {
  entries_.clear();
  by_use_.clear();
  by_app_.clear();
  bytes_ = 0;
}

void DnsCache::Expire(Time now) {
  for (auto at = entries_.begin(); at != entries_.end();) {
    const auto entry = at++;
    Entry& known = entry->second;
    if (known.addresses.empty()) {
      Remove(entry);
      continue;
    }
    known.good_until = std::min(known.good_until, now);
    known.again_at = now;
    known.failures = 0;
  }
}

}  // namespace hookline::net
