#include "net/target_policy.h"

#include <gtest/gtest.h>

namespace hookline::net {
namespace {

struct KindCase {
  const char* address;
  AddressKind kind;
};

class AddressKindTest : public testing::TestWithParam<KindCase> {};

TEST_P(AddressKindTest, IsRecognised) {
  const auto address = IpAddress::Parse(GetParam().address);
  ASSERT_TRUE(address.has_value());
  EXPECT_EQ(Describe(KindOf(*address)), Describe(GetParam().kind));
  const bool allowed = TargetPolicy({}).AllowsAddress(*address);
  EXPECT_EQ(allowed, GetParam().kind == AddressKind::kPublic);
}

INSTANTIATE_TEST_SUITE_P(
    Addresses, AddressKindTest,
    testing::Values(
        KindCase{"8.8.8.8", AddressKind::kPublic}, KindCase{"1.1.1.1", AddressKind::kPublic},
        KindCase{"100.63.255.255", AddressKind::kPublic},
        KindCase{"100.128.0.0", AddressKind::kPublic},
        KindCase{"172.15.255.255", AddressKind::kPublic},
        KindCase{"172.32.0.0", AddressKind::kPublic}, KindCase{"11.0.0.0", AddressKind::kPublic},
        KindCase{"2606:4700::1111", AddressKind::kPublic},
        KindCase{"127.0.0.1", AddressKind::kLoopback},
        KindCase{"127.255.255.255", AddressKind::kLoopback},
        KindCase{"::1", AddressKind::kLoopback}, KindCase{"10.0.0.1", AddressKind::kPrivate},
        KindCase{"172.16.0.1", AddressKind::kPrivate},
        KindCase{"172.31.255.255", AddressKind::kPrivate},
        KindCase{"192.168.255.1", AddressKind::kPrivate},
        KindCase{"fec0::1", AddressKind::kPrivate}, KindCase{"fd12::1", AddressKind::kUniqueLocal},
        KindCase{"fc00::", AddressKind::kUniqueLocal},
        KindCase{"169.254.1.1", AddressKind::kLinkLocal},
        KindCase{"fe80::1", AddressKind::kLinkLocal}, KindCase{"febf::1", AddressKind::kLinkLocal},
        KindCase{"100.64.0.1", AddressKind::kShared},
        KindCase{"100.127.255.255", AddressKind::kShared},
        KindCase{"169.254.169.254", AddressKind::kMetadata},
        KindCase{"100.100.100.200", AddressKind::kMetadata},
        KindCase{"168.63.129.16", AddressKind::kMetadata},
        KindCase{"fd00:ec2::254", AddressKind::kMetadata},
        KindCase{"224.0.0.1", AddressKind::kMulticast},
        KindCase{"239.1.1.1", AddressKind::kMulticast},
        KindCase{"ff02::1", AddressKind::kMulticast},
        KindCase{"0.0.0.0", AddressKind::kUnspecified},
        KindCase{"0.1.2.3", AddressKind::kUnspecified}, KindCase{"::", AddressKind::kUnspecified},
        KindCase{"255.255.255.255", AddressKind::kBroadcast},
        KindCase{"240.0.0.1", AddressKind::kReserved},
        KindCase{"192.0.0.1", AddressKind::kReserved},
        KindCase{"192.0.2.1", AddressKind::kDocumentation},
        KindCase{"198.51.100.7", AddressKind::kDocumentation},
        KindCase{"203.0.113.9", AddressKind::kDocumentation},
        KindCase{"2001:db8::1", AddressKind::kDocumentation},
        KindCase{"3fff::1", AddressKind::kDocumentation},
        KindCase{"198.19.0.1", AddressKind::kBenchmark},
        KindCase{"2001:2::1", AddressKind::kBenchmark},
        KindCase{"::ffff:8.8.8.8", AddressKind::kMapped},
        KindCase{"::ffff:127.0.0.1", AddressKind::kMapped},
        KindCase{"::127.0.0.1", AddressKind::kCompatible},
        KindCase{"64:ff9b::7f00:1", AddressKind::kNat64},
        KindCase{"64:ff9b:1::a00:1", AddressKind::kNat64},
        KindCase{"2002:7f00:1::", AddressKind::kSixToFour},
        KindCase{"2001:0:1234::1", AddressKind::kTeredo},
        KindCase{"2001:20::1", AddressKind::kReserved}, KindCase{"100::1", AddressKind::kReserved},
        KindCase{"4000::1", AddressKind::kReserved}));

IpAddress Address(const char* text) { return *IpAddress::Parse(text); }

TEST(TargetPolicyTest, DevelopmentAllowsLocalButNotTrickyAddresses) {
  TargetPolicyOptions options;
  options.allow_private = true;
  const TargetPolicy policy(options);
  for (const char* text : {"127.0.0.1", "::1", "10.0.0.1", "192.168.1.1", "fd12::1", "8.8.8.8"}) {
    EXPECT_TRUE(policy.AllowsAddress(Address(text))) << text;
  }
  for (const char* text : {"169.254.169.254", "0.0.0.0", "::ffff:127.0.0.1", "64:ff9b::7f00:1",
                           "224.0.0.1", "255.255.255.255", "fe80::1", "100.64.0.1"}) {
    EXPECT_FALSE(policy.AllowsAddress(Address(text))) << text;
  }
}

TEST(TargetPolicyTest, OperatorAllowsNetworksAndHosts) {
  TargetPolicyOptions options;
  options.allowed_networks.push_back(*Cidr::Parse("10.1.0.0/16"));
  options.allowed_hosts = {"receiver.internal", "*.svc.local"};
  const TargetPolicy policy(options);
  EXPECT_TRUE(policy.AllowsAddress(Address("10.1.2.3")));
  EXPECT_FALSE(policy.AllowsAddress(Address("10.2.0.1")));
  EXPECT_FALSE(policy.AllowsAddress(Address("::ffff:10.1.2.3")));
  EXPECT_TRUE(policy.TrustsHost("receiver.internal"));
  EXPECT_FALSE(policy.TrustsHost("evil-receiver.internal"));
  EXPECT_TRUE(policy.TrustsHost("a.b.svc.local"));
  EXPECT_FALSE(policy.TrustsHost("svc.local"));
  EXPECT_FALSE(policy.TrustsHost("evilsvc.local"));
  EXPECT_TRUE(policy.JudgeAddresses("receiver.internal", {Address("127.0.0.1")}).has_value());
}

TEST(TargetPolicyTest, OneBadAddressCondemnsAll) {
  const TargetPolicy policy({});
  EXPECT_TRUE(policy.JudgeAddresses("h", {Address("8.8.8.8"), Address("1.1.1.1")}).has_value());
  const auto mixed = policy.JudgeAddresses("h", {Address("8.8.8.8"), Address("10.0.0.1")});
  ASSERT_FALSE(mixed.has_value());
  EXPECT_EQ(mixed.error().message(),
            "h resolves to 10.0.0.1 (a private address), which is not allowed");
}

TEST(TargetPolicyTest, JudgesSchemeAndPort) {
  TargetPolicyOptions options;
  options.ports = {443, 8443};
  const TargetPolicy strict(options);
  EXPECT_TRUE(strict.JudgeUrl(*ParseTargetUrl("https://example.com/")).has_value());
  EXPECT_TRUE(strict.JudgeUrl(*ParseTargetUrl("https://example.com:8443/")).has_value());
  EXPECT_FALSE(strict.JudgeUrl(*ParseTargetUrl("https://example.com:22/")).has_value());
  EXPECT_FALSE(strict.JudgeUrl(*ParseTargetUrl("http://example.com:443/")).has_value());
  options.allow_http = true;
  options.ports.clear();
  EXPECT_TRUE(TargetPolicy(options).JudgeUrl(*ParseTargetUrl("http://example.com")).has_value());
}

}  // namespace
}  // namespace hookline::net
