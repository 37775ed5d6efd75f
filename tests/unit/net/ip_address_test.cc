#include "net/ip_address.h"

#include <gtest/gtest.h>

namespace hookline::net {
namespace {

TEST(IpAddressTest, ParsesOnlyPlainSpellings) {
  EXPECT_EQ(IpAddress::Parse("192.0.2.1")->ToString(), "192.0.2.1");
  EXPECT_EQ(IpAddress::Parse("2001:DB8::0:1")->ToString(), "2001:db8::1");
  for (const char* text : {"", "127.1", "0x7f.0.0.1", "1.2.3.4.", "[::1]", "::1%lo", "1.2.3.4/8",
                           "2130706433", "256.1.1.1", "example.com"}) {
    EXPECT_FALSE(IpAddress::Parse(text).has_value()) << text;
  }
}

TEST(CidrTest, ContainsWhatSharesThePrefix) {
  const auto network = Cidr::Parse("10.20.0.0/14");
  ASSERT_TRUE(network.has_value());
  EXPECT_TRUE(network->Contains(*IpAddress::Parse("10.23.255.255")));
  EXPECT_FALSE(network->Contains(*IpAddress::Parse("10.24.0.0")));
  EXPECT_FALSE(network->Contains(*IpAddress::Parse("::ffff:10.20.0.1")));
  EXPECT_TRUE(Cidr::Parse("::/0")->Contains(*IpAddress::Parse("fe80::1")));
  EXPECT_TRUE(Cidr::Parse("10.0.0.1")->Contains(*IpAddress::Parse("10.0.0.1")));
  EXPECT_FALSE(Cidr::Parse("10.0.0.1")->Contains(*IpAddress::Parse("10.0.0.2")));
}

TEST(CidrTest, RefusesMalformedRanges) {
  for (const char* text : {"10.0.0.0/33", "10.0.0.0/", "10.0.0.0/-1", "10.0.0.1/8", "::1/127",
                           "10.0.0.0/8x", "host/8", ""}) {
    EXPECT_FALSE(Cidr::Parse(text).has_value()) << text;
  }
}

}  // namespace
}  // namespace hookline::net
