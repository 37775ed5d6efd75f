#pragma once

#include <curl/curl.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "net/http_call.h"
#include "net/ip_address.h"
#include "net/resolver.h"
#include "net/target_policy.h"
#include "net/target_url.h"

namespace hookline::net {

struct PendingCall;

/// A URL that calls use, parsed once.
struct Target {
  TargetUrl url;
  std::string refusal;  ///< Not empty: why no call may go there.
  std::string endpoint;
  bool trusted_host = false;
};

/// The addresses of a name, as libcurl's cache takes them.
struct Pin {
  explicit Pin(std::string entry) : text(std::move(entry)), node{text.data(), nullptr} {}
  Pin(const Pin&) = delete;
  Pin& operator=(const Pin&) = delete;

  std::string text;
  curl_slist node;
  bool loaded = false;  ///< libcurl has it.
};

/// A host and port that calls go to.
struct Host {
  enum class State { kUnknown, kResolving, kKnown };

  std::string endpoint;
  std::string name;
  std::uint16_t port = 0;
  bool needs_resolving = true;
  bool trusted = false;

  State state = State::kUnknown;
  std::chrono::steady_clock::time_point known_since{};
  std::chrono::steady_clock::time_point known_until{};
  FailureClass failure = FailureClass::kNone;  ///< Of the latest lookup.
  std::string detail;
  std::shared_ptr<Pin> pin;
  std::vector<IpAddress> addresses;  ///< For the proxy, instead of a pin.
  std::size_t best_address = 0;      ///< The one that a tunnel was last made to.
  /// While kResolving: one for each app whose calls wait, within reason.
  std::vector<std::shared_ptr<NameQuestion>> questions;

  std::optional<std::chrono::seconds> keep_alive;  ///< What the latest answer said.
  /// A kept connection was found broken or silent then: those not used since are not used any more.
  std::optional<std::chrono::steady_clock::time_point> distrusted_at;

  std::list<PendingCall*> waiting;
  std::size_t running = 0;
  bool in_turn = false;  ///< In the loop's list of hosts that could start a call.

  std::list<Host*>::iterator recency;
  bool idle() const {
    return waiting.empty() && running == 0 && !in_turn && state != State::kResolving;
  }
};

/// What a loop remembers about URLs and hosts, bounded. One thread.
class HostTable {
 public:
  HostTable(std::size_t hosts_max, const TargetPolicy& policy)
      : hosts_max_(hosts_max), policy_(policy) {}

  /// Never null; stays valid as long as it is held.
  std::shared_ptr<const Target> TargetOf(const std::string& url);

  /// The target's host. Valid as long as it is not idle(), and until the next call of HostOf().
  Host& HostOf(const Target& target, bool needs_resolving);

  /// Null if unknown.
  Host* Find(const std::string& endpoint);

  /// Entries "-host:port" that libcurl's cache no longer needs, for its next call.
  std::vector<std::string> TakeForgotten();

 private:
  void ForgetIdle();

  const std::size_t hosts_max_;
  const TargetPolicy& policy_;
  std::unordered_map<std::string, std::shared_ptr<const Target>> targets_;
  std::unordered_map<std::string, std::unique_ptr<Host>> hosts_;
  std::list<Host*> by_recency_;  ///< Least recently used first.
  std::vector<std::string> forgotten_;
};

}  // namespace hookline::net
