// Which addresses count as one peer.
#include "net/peer_group.h"

#include <gtest/gtest.h>

namespace hookline::net {
namespace {

TEST(PeerGroupTest, IsAnAddressOrTheNetworkOfOne) {
  EXPECT_EQ(PeerGroup("10.1.2.3"), "10.1.2.3");
  EXPECT_EQ(PeerGroup("::ffff:10.1.2.3"), "10.1.2.3");
  EXPECT_EQ(PeerGroup("2001:db8:0:7::1"), PeerGroup("2001:db8::7:ffff:0:0:2"));
  EXPECT_NE(PeerGroup("2001:db8:0:7::1"), PeerGroup("2001:db8:0:8::1"));
  EXPECT_EQ(PeerGroup("2001:db8:0:7::1"), "20010db800000007/64");
  EXPECT_EQ(PeerGroup("unknown"), "unknown");
  EXPECT_EQ(PeerGroup(std::string(1000, 'x')).size(), 64U);
}

TEST(PeerGroupTest, KnowsLoopback) {
  for (const char* text : {"127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"}) {
    EXPECT_TRUE(IsLoopback(text)) << text;
  }
  for (const char* text : {"128.0.0.1", "::2", "::", "::ffff:10.0.0.1", "localhost", ""}) {
    EXPECT_FALSE(IsLoopback(text)) << text;
  }
}

}  // namespace
}  // namespace hookline::net
