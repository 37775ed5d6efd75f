// The resolver against a name server on loopback.

#include "net/dns_resolver.h"

#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <future>
#include <string>
#include <vector>

#include "name_server.h"
#include "net/target_policy.h"
#include "support/no_descriptors.h"
#include "unit/store/temp_directory.h"

namespace hookline::net {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;
using test_support::kPatience;

constexpr AppId kApp{1};
constexpr AppId kOtherApp{2};

class DnsResolverTest : public testing::Test {
 protected:
  DnsResolverTest() {
    WriteFile("resolv.conf", "");
    options_.lookup.resolv_conf = Path("resolv.conf");
    options_.lookup.servers = server_.text();
    // A server that is silent is so for as long as a test takes.
    options_.lookup.server_patience = milliseconds(kPatience) * 4;
    options_.lookup.patience = milliseconds(kPatience) * 4;
    options_.files_interval = milliseconds(0);
    options_.both_families = true;
    options_.now = [this] { return steady_clock::time_point(hours(1000) + seconds(passed_s_)); };
  }
  ~DnsResolverTest() override { ::unsetenv("CARES_HOSTS"); }

  /// A server is asked again soon, and for long.
  void RepeatOften() {
    options_.lookup.server_patience = milliseconds(50);
    options_.lookup.rounds = 9;
  }
  void Start() { resolver_ = std::make_unique<DnsResolver>(options_); }

  std::string Path(const std::string& name) const { return directory_.path() + "/" + name; }
  /// By renaming, so that nobody reads half of it.
  void WriteFile(const std::string& name, const std::string& text) {
    std::ofstream(Path("new")) << text;
    std::filesystem::rename(Path("new"), Path(name));
  }

  std::future<Resolver::Answer> Send(std::shared_ptr<NameQuestion> question) {
    auto promise = std::make_shared<std::promise<Resolver::Answer>>();
    resolver_->Resolve(std::move(question), [promise](Resolver::Answer answer) {
      promise->set_value(std::move(answer));
    });
    return promise->get_future();
  }
  std::future<Resolver::Answer> Send(const std::string& host, AppId app = kApp,
                                     LookupLane lane = LookupLane::kDeliveries) {
    return Send(std::make_shared<NameQuestion>(host, LookupShare{lane, app}));
  }
  Resolver::Answer Ask(const std::string& host, AppId app = kApp,
                       LookupLane lane = LookupLane::kDeliveries) {
    auto answer = Send(host, app, lane);
    if (answer.wait_for(kPatience) == std::future_status::ready) return answer.get();
    ADD_FAILURE() << host << " was not answered";
    return Resolver::Answer{{}, "no answer"};
  }
  static std::string Texts(const Resolver::Answer& answer) {
    std::string texts;
    for (const IpAddress& address : answer.addresses) texts += address.ToString() + " ";
    return answer.addresses.empty() ? (answer.local ? "local" : "failed") : texts;
  }
  std::string See(const std::string& host) { return Texts(Ask(host)); }
  /// False if it is not seen after a long time.
  bool WaitToSee(const std::string& host, const std::string& texts) {
    const auto end = steady_clock::now() + kPatience;
    while (steady_clock::now() < end) {
      if (See(host) == texts) return true;
    }
    return false;
  }
  std::vector<std::future<Resolver::Answer>> AskSilentNames(int count, AppId app) {
    std::vector<std::future<Resolver::Answer>> answers;
    for (int i = 0; i < count; ++i) {
      const std::string host = "silent" + std::to_string(i) + ".example";
      server_.SetHabit(host, NameServer::Habit::kSilent);
      answers.push_back(Send(host, app));
    }
    return answers;
  }

  hookline::store::TempDirectory directory_;
  NameServer server_;
  DnsResolverOptions options_;
  std::atomic<int> passed_s_{0};
  std::unique_ptr<DnsResolver> resolver_;
};

TEST_F(DnsResolverTest, RemembersAnAnswerAsLongAsItsTtlSays) {
  server_.Set("a.example", {"192.0.2.1", "192.0.2.2"}, 60);
  Start();
  const Resolver::Answer answer = Ask("a.example");
  EXPECT_EQ(answer.addresses.size(), 2U) << answer.failure;
  EXPECT_EQ(answer.lifetime, seconds(60));
  passed_s_ = 59;
  EXPECT_EQ(Ask("a.example").addresses.size(), 2U);
  EXPECT_EQ(server_.questions("a.example"), 1U);
}

TEST_F(DnsResolverTest, AsksForBothFamilies) {
  server_.Set("both.example", {"192.0.2.1", "2001:db8::1"});
  server_.Set("six.example", {"2001:db8::1"});
  Start();
  EXPECT_EQ(Ask("both.example").addresses.size(), 2U);
  EXPECT_EQ(See("six.example"), "2001:db8::1 ");
}

TEST_F(DnsResolverTest, AServerThatDoesNotKnowIpv6IsNoHindrance) {
  options_.lookup.patience = milliseconds(2000);
  for (const NameServer::Habit habit :
       {NameServer::Habit::kFailsV6, NameServer::Habit::kIgnoresV6}) {
    server_.Set("a.example", {"192.0.2.1"});
    server_.SetHabit("a.example", habit);
    Start();
    EXPECT_EQ(See("a.example"), "192.0.2.1 ");
  }
}

TEST_F(DnsResolverTest, AnExpiredAnswerIsGivenAtOnceAndLookedUpAnew) {
  server_.Set("a.example", {"192.0.2.1"}, 60);
  Start();
  EXPECT_EQ(See("a.example"), "192.0.2.1 ");
  passed_s_ = 61;
  server_.Set("a.example", {"192.0.2.2"}, 60);
  EXPECT_EQ(See("a.example"), "192.0.2.1 ");
  EXPECT_TRUE(WaitToSee("a.example", "192.0.2.2 "));
  EXPECT_EQ(server_.questions("a.example"), 2U);
}

TEST_F(DnsResolverTest, AnExpiredAnswerDoesNotWaitForAServerThatIsSilent) {
  server_.Set("a.example", {"192.0.2.1"}, 60);
  Start();
  EXPECT_EQ(See("a.example"), "192.0.2.1 ");
  passed_s_ = 61;
  server_.SetHabit("a.example", NameServer::Habit::kSilent);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(See("a.example"), "192.0.2.1 ");
  EXPECT_TRUE(server_.WaitForQuestions("a.example", 2));
}

TEST_F(DnsResolverTest, ANameThatIsGoneIsGoneOnceThatIsKnown) {
  server_.Set("a.example", {"192.0.2.1"}, 60);
  Start();
  EXPECT_EQ(See("a.example"), "192.0.2.1 ");
  server_.Remove("a.example");
  passed_s_ = 61;
  EXPECT_EQ(See("a.example"), "192.0.2.1 ");
  EXPECT_TRUE(WaitToSee("a.example", "failed"));
}

TEST_F(DnsResolverTest, ANameThatHasNoAddressAnyMoreKeepsTheOldOneForAWhile) {
  server_.Set("a.example", {"192.0.2.1"}, 60);
  Start();
  EXPECT_EQ(See("a.example"), "192.0.2.1 ");
  passed_s_ = 61;
  server_.SetAlias("a.example", "nowhere.example");  // Exists, has no address: might be a failure.
  EXPECT_EQ(See("a.example"), "192.0.2.1 ");
  EXPECT_TRUE(server_.WaitForQuestions("a.example", 2));
  EXPECT_EQ(See("a.example"), "192.0.2.1 ");
  passed_s_ = 61 + 3600;
  EXPECT_EQ(See("a.example"), "failed");
}

TEST_F(DnsResolverTest, ThatThereIsNoSuchNameLivesThirtySeconds) {
  Start();
  EXPECT_EQ(See("new.example"), "failed");
  server_.Set("new.example", {"192.0.2.1"});
  passed_s_ = 29;
  EXPECT_EQ(See("new.example"), "failed");
  EXPECT_EQ(server_.questions("new.example"), 1U);
  passed_s_ = 30;
  EXPECT_EQ(See("new.example"), "192.0.2.1 ");
}

TEST_F(DnsResolverTest, AFailureOfTheServersIsOneOfTheNameAndShortLived) {
  server_.SetHabit("a.example", NameServer::Habit::kFails);
  Start();
  EXPECT_EQ(See("a.example"), "failed");
  const std::size_t questions = server_.questions("a.example");
  EXPECT_EQ(See("a.example"), "failed");
  EXPECT_EQ(server_.questions("a.example"), questions);
  server_.SetHabit("a.example", NameServer::Habit::kAnswers);
  server_.Set("a.example", {"192.0.2.1"});
  passed_s_ = 5;
  EXPECT_EQ(See("a.example"), "192.0.2.1 ");
}

TEST_F(DnsResolverTest, ASilentServerIsGivenUp) {
  options_.lookup.server_patience = milliseconds(50);
  options_.lookup.patience = milliseconds(100);
  server_.SetHabit("a.example", NameServer::Habit::kSilent);
  Start();
  const Resolver::Answer answer = Ask("a.example");
  EXPECT_EQ(Texts(answer), "failed");
  EXPECT_FALSE(answer.local);
}

TEST_F(DnsResolverTest, ALostQuestionIsRepeated) {
  RepeatOften();
  server_.SetHabit("a.example", NameServer::Habit::kSilent);
  server_.Set("a.example", {"192.0.2.1"});
  Start();
  auto answer = Send("a.example");
  ASSERT_TRUE(server_.WaitForQuestions("a.example", 1));
  server_.SetHabit("a.example", NameServer::Habit::kAnswers);
  ASSERT_EQ(answer.wait_for(kPatience), std::future_status::ready);
  EXPECT_EQ(Texts(answer.get()), "192.0.2.1 ");
}

TEST_F(DnsResolverTest, FiftySilentNamesOfOneAppHoldUpNeitherAnotherNorItsHooks) {
  server_.Set("alive.example", {"192.0.2.1"});
  server_.Set("hook.example", {"192.0.2.2"});
  Start();
  auto silent = AskSilentNames(50, kApp);
  EXPECT_EQ(Texts(Ask("alive.example", kOtherApp)), "192.0.2.1 ");
  EXPECT_EQ(Texts(Ask("hook.example", kApp, LookupLane::kHooks)), "192.0.2.2 ");
  for (auto& answer : silent) {
    EXPECT_EQ(answer.wait_for(seconds(0)), std::future_status::timeout);
  }
  // And the other way round: hooks do not hold up deliveries.
  for (int i = 0; i < 50; ++i) {
    server_.SetHabit("s" + std::to_string(i), NameServer::Habit::kSilent);
    silent.push_back(Send("s" + std::to_string(i), kOtherApp, LookupLane::kHooks));
  }
  server_.Set("late.example", {"192.0.2.3"});
  EXPECT_EQ(Texts(Ask("late.example", kOtherApp)), "192.0.2.3 ");
}

TEST_F(DnsResolverTest, ANameThatWaitsInOneAppsShareIsLookedUpInAnothers) {
  server_.Set("shared.example", {"192.0.2.1"});
  Start();
  auto silent = AskSilentNames(50, kApp);
  auto behind = Send("shared.example", kApp);
  EXPECT_EQ(Texts(Ask("shared.example", kOtherApp)), "192.0.2.1 ");
  ASSERT_EQ(behind.wait_for(kPatience), std::future_status::ready);
  EXPECT_EQ(server_.questions("shared.example"), 1U);
}

TEST_F(DnsResolverTest, QuestionsForOneNameShareALookup) {
  server_.SetHabit("a.example", NameServer::Habit::kSilent);
  server_.Set("fence.example", {"192.0.2.1"});
  Start();
  std::vector<std::future<Resolver::Answer>> answers;
  for (int i = 0; i < 20; ++i) answers.push_back(Send("a.example", AppId{i % 3}));
  ASSERT_TRUE(server_.WaitForQuestions("a.example", 1));
  Ask("fence.example");
  EXPECT_EQ(server_.questions("a.example"), 1U);
}

TEST_F(DnsResolverTest, TellsWhetherALookupHasBegunAndForgetsWhatIsAbandoned) {
  options_.queue.app_under_way_max = 1;
  RepeatOften();
  server_.SetHabit("silent.example", NameServer::Habit::kSilent);
  server_.Set("silent.example", {"192.0.2.1"});
  server_.Set("fence.example", {"192.0.2.1"});
  Start();
  const LookupShare share{LookupLane::kDeliveries, kApp};
  auto first = std::make_shared<NameQuestion>("silent.example", share);
  auto second = std::make_shared<NameQuestion>("later.example", share);
  auto answer = Send(first);
  Send(second);
  ASSERT_TRUE(server_.WaitForQuestions("silent.example", 1));
  EXPECT_FALSE(second->begun());
  second->Abandon();
  server_.SetHabit("silent.example", NameServer::Habit::kAnswers);
  ASSERT_EQ(answer.wait_for(kPatience), std::future_status::ready);
  EXPECT_TRUE(first->begun());
  Ask("fence.example");
  EXPECT_FALSE(second->begun());
  EXPECT_EQ(server_.questions("later.example"), 0U);
}

TEST_F(DnsResolverTest, ThousandsOfNamesAreBounded) {
  options_.queue.app_waiting_max = 100;
  server_.Set("alive.example", {"192.0.2.1"});
  Start();
  auto silent = AskSilentNames(3000, kApp);
  EXPECT_EQ(Texts(Ask("alive.example", kOtherApp)), "192.0.2.1 ");
  std::size_t refused = 0;
  for (auto& answer : silent) {
    if (answer.wait_for(seconds(0)) != std::future_status::ready) continue;
    EXPECT_TRUE(answer.get().local);
    ++refused;
  }
  // Those under way made room for as many, unless all had been refused by then.
  EXPECT_LE(refused, 3000U - 100U);
  EXPECT_GE(refused, 3000U - 100U - options_.queue.app_under_way_max);
}

TEST_F(DnsResolverTest, ThousandsOfNamesInARowAreRememberedWithinBounds) {
  options_.cache.entries_max = 10;
  Start();
  std::vector<std::future<Resolver::Answer>> answers;
  for (int i = 0; i < 1000; ++i) answers.push_back(Send(std::to_string(i) + ".example"));
  for (auto& answer : answers) {
    ASSERT_EQ(answer.wait_for(kPatience), std::future_status::ready);
    EXPECT_EQ(Texts(answer.get()), "failed");
  }
  EXPECT_EQ(See("0.example"), "failed");
  EXPECT_EQ(server_.questions("0.example"), 2U);
}

TEST_F(DnsResolverTest, FollowsAliasesAndLivesAsShortAsTheShortest) {
  server_.SetAlias("a.example", "b.example", 300);
  server_.SetAlias("b.example", "c.example", 20);
  server_.Set("c.example", {"192.0.2.1"}, 100);
  Start();
  const Resolver::Answer answer = Ask("a.example");
  EXPECT_EQ(Texts(answer), "192.0.2.1 ");
  EXPECT_EQ(answer.lifetime, seconds(20));
}

TEST_F(DnsResolverTest, ATruncatedAnswerIsAskedForByTcp) {
  std::vector<std::string> many;
  for (int i = 1; i <= 60; ++i) many.push_back("192.0.2." + std::to_string(i));
  server_.Set("big.example", many);
  server_.SetHabit("big.example", NameServer::Habit::kTruncates);
  Start();
  EXPECT_EQ(Ask("big.example").addresses.size(), 16U);  // As many as are of use.
  EXPECT_GE(server_.questions_by_tcp(), 1U);
}

TEST_F(DnsResolverTest, GarbageIsNoAnswer) {
  options_.lookup.server_patience = milliseconds(50);
  options_.lookup.patience = milliseconds(300);
  server_.Set("garbage.example", {"192.0.2.1"});
  server_.SetHabit("garbage.example", NameServer::Habit::kGarbage);
  Start();
  EXPECT_EQ(See("garbage.example"), "failed");
}

TEST_F(DnsResolverTest, AForgedAnswerIsNotBelieved) {
  server_.Set("forged.example", {"192.0.2.2"});
  server_.SetHabit("forged.example", NameServer::Habit::kForges);
  Start();
  EXPECT_EQ(See("forged.example"), "192.0.2.2 ");
}

TEST_F(DnsResolverTest, SearchesTheDomainsOfResolvConf) {
  options_.lookup.servers.clear();
  options_.lookup.port = server_.port();
  WriteFile("resolv.conf", "nameserver 127.0.0.1\nsearch corp.example\n");
  server_.Set("intra.corp.example", {"192.0.2.1"});
  server_.Set("www.corp.example", {"192.0.2.2"});
  server_.Set("www.other.example", {"192.0.2.3"});
  Start();
  EXPECT_EQ(See("intra"), "192.0.2.1 ");
  EXPECT_EQ(See("www.other.example"), "192.0.2.3 ");
  EXPECT_EQ(server_.questions("www.other.example.corp.example"), 0U);
}

TEST_F(DnsResolverTest, ANewResolvConfIsSeen) {
  NameServer other("127.0.0.2", server_.port());
  options_.lookup.servers.clear();
  options_.lookup.port = server_.port();
  WriteFile("resolv.conf", "nameserver 127.0.0.1\n");
  server_.Set("moved.example", {"192.0.2.1"}, 300);
  other.Set("moved.example", {"192.0.2.2"}, 300);
  other.Set("new.example", {"192.0.2.3"});
  Start();
  EXPECT_EQ(See("moved.example"), "192.0.2.1 ");
  EXPECT_EQ(See("new.example"), "failed");
  WriteFile("resolv.conf", "nameserver 127.0.0.2\n");
  EXPECT_EQ(See("new.example"), "192.0.2.3 ");
  EXPECT_TRUE(WaitToSee("moved.example", "192.0.2.2 "));
}

TEST_F(DnsResolverTest, TheHostsFileComesFirstAndANewOneIsSeen) {
  WriteFile("hosts", "192.0.2.9 a.example alias.example\n");
  ::setenv("CARES_HOSTS", Path("hosts").c_str(), 1);
  server_.Set("a.example", {"192.0.2.1"});
  Start();
  EXPECT_EQ(See("a.example"), "192.0.2.9 ");
  EXPECT_EQ(See("alias.example"), "192.0.2.9 ");
  EXPECT_EQ(server_.questions("a.example"), 0U);
  WriteFile("hosts", "192.0.2.10 a.example\n");
  EXPECT_EQ(See("a.example"), "192.0.2.10 ");
  WriteFile("hosts", "\n");
  EXPECT_EQ(See("a.example"), "192.0.2.1 ");
}

TEST_F(DnsResolverTest, LocalhostIsThisMachineAndNoNameIsNone) {
  Start();
  const Resolver::Answer answer = Ask("localhost");
  ASSERT_FALSE(answer.addresses.empty()) << answer.failure;
  EXPECT_EQ(KindOf(answer.addresses[0]), AddressKind::kLoopback);
  for (const std::string& host : {std::string("invalid name"), std::string(300, 'a') + ".example",
                                  std::string("a..example"), std::string("x.onion")}) {
    EXPECT_EQ(See(host), "failed") << host;
  }
}

TEST_F(DnsResolverTest, ServersThatCannotBeReachedAreTroubleOfOurOwn) {
  {
    const NameServer gone;
    options_.lookup.servers = gone.text();
  }
  Start();
  EXPECT_EQ(See("a.example"), "local");
}

TEST_F(DnsResolverTest, TheNextServerIsAskedWhenOneIsGone) {
  {
    const NameServer gone("127.0.0.2");
    options_.lookup.servers = gone.text() + "," + server_.text();
  }
  server_.Set("a.example", {"192.0.2.1"});
  Start();
  EXPECT_EQ(See("a.example"), "192.0.2.1 ");
}

TEST_F(DnsResolverTest, NoDescriptorIsTroubleOfOurOwnAndGoneWithTheShortage) {
  server_.Set("a.example", {"192.0.2.1"});
  Start();
  {
    const test_support::NoDescriptors shortage;
    const Resolver::Answer answer = Ask("a.example");
    EXPECT_EQ(Texts(answer), "local") << answer.failure;
  }
  EXPECT_EQ(See("a.example"), "192.0.2.1 ");
}

TEST_F(DnsResolverTest, AnswersWhatWaitsWhenItEnds) {
  Start();
  auto silent = AskSilentNames(20, kApp);
  ASSERT_TRUE(server_.WaitForQuestions("silent0.example", 1));
  resolver_.reset();
  for (auto& answer : silent) EXPECT_TRUE(answer.get().local);
}

TEST(CheckNameServersTest, TakesAddressesWithAndWithoutPorts) {
  for (const char* good :
       {"10.0.0.2", "10.0.0.2:5353", "fd00::2", "[fd00::2]:53", "10.0.0.2,10.0.0.3:53"}) {
    EXPECT_TRUE(CheckNameServers(good)) << good;
  }
  for (const char* bad : {"dns.example", "10.0.0", "10.0.0.2:port", "10.0.0.2:0", "[10.0.0.2]:53",
                          "fd00::g", ",10.0.0.2"}) {
    EXPECT_FALSE(CheckNameServers(bad)) << bad;
  }
}

}  // namespace
}  // namespace hookline::net
