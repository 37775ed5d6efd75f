#pragma once

#include <atomic>
#include <boost/asio/ip/address.hpp>
#include <cstddef>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

namespace hookline::net {

/// The connections of one peer (see PeerGroup) that are open now. Counted on any thread.
struct PeerConnections {
  explicit PeerConnections(std::string text) : name(std::move(text)) {}

  const std::string name;
  std::atomic<std::size_t> open{0};
  std::atomic<std::size_t> idle{0};
  std::atomic<std::size_t> planned_closes{0};  ///< Idle ones that are about to be closed.
};

/// One idle connection of a peer is to be closed, on whichever shard there is one.
struct ClosePlan {
  ClosePlan(std::shared_ptr<PeerConnections> whose, std::size_t shards)
      : peer(std::move(whose)), shards_left(shards) {}

  const std::shared_ptr<PeerConnections> peer;
  std::atomic<bool> done{false};
  std::atomic<std::size_t> shards_left;
};

/// Knows the peers that have connections. For one thread.
class AddressTable {
 public:
  /// Peers at one of the `exempt` addresses are not counted, nor is loopback unless
  /// `counts_loopback`.
  AddressTable(std::vector<std::string> exempt, bool counts_loopback)
      : exempt_(std::move(exempt)), counts_loopback_(counts_loopback) {}

  /// Null if the peer is not counted.
  std::shared_ptr<PeerConnections> Find(const boost::asio::ip::address& address);

  std::size_t size() const { return peers_.size(); }

 private:
  void ForgetTheGone();

  const std::vector<std::string> exempt_;
  const bool counts_loopback_;
  std::unordered_map<std::string, std::weak_ptr<PeerConnections>> peers_;
  std::size_t forget_at_ = kForgetAtLeast;

  static constexpr std::size_t kForgetAtLeast = 64;
};

/// An address as text; one that is IPv4-mapped as the IPv4 address.
std::string AddressText(const boost::asio::ip::address& address);

}  // namespace hookline::net
