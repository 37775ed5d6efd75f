// Whose connections are counted together.
#include "net/address_table.h"

#include <gtest/gtest.h>

#include <boost/asio/ip/address_v4.hpp>

namespace hookline::net {
namespace {

namespace ip = boost::asio::ip;

TEST(AddressTableTest, KnowsAPeerAsLongAsItHasConnections) {
  AddressTable table({}, false);
  auto one = table.Find(ip::make_address("10.0.0.1"));
  ASSERT_TRUE(one);
  EXPECT_EQ(table.Find(ip::make_address("10.0.0.1")), one);
  EXPECT_EQ(table.Find(ip::make_address("::ffff:10.0.0.1")), one);
  EXPECT_NE(table.Find(ip::make_address("10.0.0.2")), one);
  const auto network = table.Find(ip::make_address("2001:db8::1"));
  EXPECT_EQ(table.Find(ip::make_address("2001:db8::2")), network);
  one->open = 7;
  one.reset();
  EXPECT_EQ(table.Find(ip::make_address("10.0.0.1"))->open.load(), 0U);
}

TEST(AddressTableTest, CountsNeitherProxiesNorLoopback) {
  AddressTable table({"10.0.0.9"}, false);
  EXPECT_EQ(table.Find(ip::make_address("10.0.0.9")), nullptr);
  EXPECT_EQ(table.Find(ip::make_address("::ffff:10.0.0.9")), nullptr);
  EXPECT_EQ(table.Find(ip::make_address("127.0.0.1")), nullptr);
  EXPECT_EQ(table.Find(ip::make_address("::1")), nullptr);
  EXPECT_NE(AddressTable({}, true).Find(ip::make_address("127.0.0.1")), nullptr);
}

TEST(AddressTableTest, ForgetsThePeersThatHaveGone) {
  AddressTable table({}, false);
  const auto stays = table.Find(ip::make_address("10.0.0.1"));
  for (std::uint32_t i = 0; i < 100'000; ++i) table.Find(ip::make_address_v4(0x0B000000 + i));
  EXPECT_LT(table.size(), 200U);
  EXPECT_EQ(table.Find(ip::make_address("10.0.0.1")), stays);
}

}  // namespace
}  // namespace hookline::net
