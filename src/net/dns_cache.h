#pragma once

#include <chrono>
#include <cstddef>
#include <list>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/ids.h"
#include "net/ip_address.h"
#include "net/resolver.h"

namespace hookline::net {

/// What came of asking the name servers.
struct LookupResult {
  enum class Kind {
    kFound,
    kNoSuchName,
    kNoAddress,  ///< The name exists, or one of two questions about it could not be answered.
    kFailed,     ///< No server had an answer, or none in time.
    kLocal,      ///< Nobody could be asked, for want of something of ours.
  };

  Kind kind = Kind::kFailed;
  std::vector<IpAddress> addresses;  ///< Of kFound: at least one, in order of preference.
  std::chrono::seconds ttl{0};       ///< Of kFound.
  std::string failure;               ///< Else: for a person.
};

/// What was found out about names, bounded. A good answer that has expired is given out for a while
/// as it is, with the advice to look again. Pure: no clock of its own. Not thread-safe.
class DnsCache {
 public:
  using Time = std::chrono::steady_clock::time_point;

  struct Limits {
    std::size_t entries_max = 8192;
    std::size_t app_entries_max = 1024;  ///< Found out for one app.
    std::size_t bytes_max = 2 * 1024 * 1024;

    std::chrono::seconds life_min{5};  ///< Of a good answer, whatever its TTL.
    std::chrono::seconds life_max{300};
    std::chrono::seconds stale_max{1800};   ///< How long an expired one is given out; if it is not
                                            ///< known by then that the name is gone.
    std::chrono::seconds no_name_life{30};  ///< That there is no such name, or no address.
    /// That nobody could tell: as long for each time in a row, up to no_name_life. The trouble may
    /// be a moment's, and a delivery does not try for long.
    std::chrono::seconds failure_life{5};
    /// Until an expired answer is looked up again after trouble of our own, and how long an
    /// expired answer is used without asking here again.
    std::chrono::seconds again{1};
  };

  struct Known {
    Resolver::Answer answer;
    bool refresh = false;  ///< It is time to look again.
  };

  DnsCache() : DnsCache(Limits()) {}
  explicit DnsCache(Limits limits) : limits_(limits) {}

  /// Nothing: to be looked up. Counts as use.
  std::optional<Known> Find(const std::string& host, Time now);

  /// Remembers what a lookup for `app` has brought, and returns what to tell those who wait.
  Resolver::Answer Store(const std::string& host, AppId app, const LookupResult& result, Time now);

  void Clear();

  /// Other servers are asked from now on: failures are forgotten, good answers have expired.
  void Expire(Time now);

  std::size_t entries() const { return entries_.size(); }
  std::size_t bytes() const { return bytes_; }

 private:
  struct Entry {
    std::vector<IpAddress> addresses;  ///< Empty: only a failure is known.
    Time good_until;
    Time usable_until;
    Time again_at;        ///< Before that: not to be looked up (again).
    std::string failure;  ///< Of the latest lookup; empty: it went well.
    int failures = 0;     ///< In a row.
    AppId app;
    std::size_t bytes = 0;
    std::list<const std::string*>::iterator by_use;
    std::list<const std::string*>::iterator by_use_of_app;
  };
  using Entries = std::unordered_map<std::string, Entry>;
  using UseOrder = std::list<const std::string*>;  ///< The keys of entries, latest use last.

  Entry& Take(const std::string& host, AppId app);
  void Touch(Entry& entry);
  void Measure(const std::string& host, Entry& entry);
  void Remove(Entries::iterator entry);
  void MakeRoom(AppId app);

  const Limits limits_;
  Entries entries_;
  UseOrder by_use_;
  std::unordered_map<AppId, UseOrder> by_app_;
  std::size_t bytes_ = 0;
};

}  // namespace hookline::net
