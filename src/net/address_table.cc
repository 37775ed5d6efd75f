#include "net/address_table.h"

#include <algorithm>
#include <boost/asio/ip/address_v4.hpp>
#include <boost/asio/ip/address_v6.hpp>

#include "net/peer_group.h"

namespace hookline::net {

std::string AddressText(const boost::asio::ip::address& address) {
  namespace ip = boost::asio::ip;
  const bool mapped = address.is_v6() && address.to_v6().is_v4_mapped();
  return mapped ? ip::make_address_v4(ip::v4_mapped, address.to_v6()).to_string()
                : address.to_string();
}

std::shared_ptr<PeerConnections> AddressTable::Find(const boost::asio::ip::address& address) {
  const std::string text = AddressText(address);
  if (std::ranges::find(exempt_, text) != exempt_.end()) return nullptr;
  if (!counts_loopback_ && IsLoopback(text)) return nullptr;
  std::string name = PeerGroup(text);
  if (const auto known = peers_.find(name); known != peers_.end()) {
    if (auto peer = known->second.lock()) return peer;
  }
  if (peers_.size() >= forget_at_) ForgetTheGone();
  auto peer = std::make_shared<PeerConnections>(name);
  peers_[std::move(name)] = peer;
  return peer;
}

// Seldom enough to cost little for each of them.
void AddressTable::ForgetTheGone() {
  std::erase_if(peers_, [](const auto& entry) { return entry.second.expired(); });
  forget_at_ = std::max(kForgetAtLeast, 2 * peers_.size());
}

}  // namespace hookline::net
