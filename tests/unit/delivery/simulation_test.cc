// Many hooks, receivers that do everything, a store that fails, settings that change, processes
// that crash. Each seed is one history; a failing one is printed and replays exactly.

#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <map>
#include <set>
#include <string>

#include "support/delivery/rig.h"

namespace hookline::delivery {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using testing::Failure;
using testing::Reply;
using testing::Rig;
using testing::Status;

constexpr int kHooks = 12;
constexpr int kWindow = 24;
constexpr int kInFlight = 6;
constexpr int kShardInFlight = 20;

Rig::Options SimulationOptions(std::uint64_t seed) {
  Rig::Options options;
  options.seed = seed;
  options.shards = 1 + static_cast<int>(seed % 3);
  options.limits.lane.window = kWindow;
  options.limits.lane.in_flight = kInFlight;
  options.limits.in_flight = kShardInFlight;
  options.limits.reads = 2;
  options.limits.cancel_chunk = 7;
  options.limits.inbox = 10;
  options.limits.idle_lanes = 3;
  options.event_bytes = seed % 2 == 0 ? 40'000 : std::size_t{1} << 20;
  return options;
}

class Simulation {
 public:
  explicit Simulation(std::uint64_t seed) : rig_(SimulationOptions(seed)) {
    first_ = rig_.AddHooks(kHooks - 2);
    rig_.AddHooks(2, R"({"schedule":["100ms","1s","5s","20s"],"timeout_ms":1000})");
    rig_.script = [this](const Attempt& attempt) { return Answer(attempt); };
    Boot();
  }

  void Run() {
    for (int step = 0; step < 150; ++step) {
      Act();
      rig_.world.RunFor(microseconds(rig_.world.Draw(100'000)));
      CheckBounds();
      if (::testing::Test::HasFailure()) return;
    }
    Settle();
  }

 private:
  HookId AnyHook() { return HookId{first_.value + rig_.world.Draw(kHooks)}; }

  void Boot() {
    rig_.faults = {};
    rig_.faults.write_failure_percent = static_cast<int>(rig_.world.Draw(3)) * 10;
    rig_.faults.read_failure_percent = static_cast<int>(rig_.world.Draw(3)) * 10;
    rig_.faults.rerun_percent = static_cast<int>(rig_.world.Draw(3)) * 10;
    rig_.faults.commit_time_max = microseconds(100 + rig_.world.Draw(20'000));
    rig_.faults.read_time_max = microseconds(100 + rig_.world.Draw(20'000));
    rig_.Boot();
    sent_unrecorded_.clear();
  }

  void Act() {
    switch (rig_.world.Draw(13)) {
      case 0: {
        const HookId hook = AnyHook();
        if (!deleted_.contains(hook)) rig_.SetEnabled(hook, rig_.world.Chance(70));
        break;
      }
      case 1:
        if (rig_.world.Chance(30)) {
          rig_.Crash();
          if (rig_.world.Chance(30)) rig_.world.clock.SetWall(minutes(rig_.world.Draw(40) - 20));
          rig_.world.clock.Restart();
          Boot();
        }
        break;
      case 2:
        if (rig_.world.Chance(10) && deleted_.size() < 3) {
          const HookId hook = AnyHook();
          if (deleted_.insert(hook).second) rig_.DeleteHook(hook);
        }
        break;
      case 3:
        trouble_[AnyHook()] = static_cast<int>(rig_.world.Draw(4));
        break;
      case 4:
        rig_.store->faults.down = rig_.world.Chance(20);
        break;
      case 5:
        RedeliverSome();
        break;
      case 12:
        // The process stands still; attempts under way may be made again with their number.
        if (rig_.world.Chance(20)) {
          rig_.world.clock.Advance(seconds(1 + rig_.world.Draw(30)));
          // Here the clock does not move the timers: the tick that tells is up to a second away,
          // and what starts before it counts as under way.
          rig_.world.RunFor(seconds(1));
          sent_unrecorded_.clear();
        }
        break;
      case 6:
        rig_.EmitMany(AnyHook(), static_cast<int>(rig_.world.Draw(80)));
        break;
      default:
        rig_.Emit({AnyHook(), AnyHook(), AnyHook()});
    }
  }

  void RedeliverSome() {
    for (const auto& [id, stored] : rig_.tables.deliveries()) {
      if (stored.state != DeliveryState::kDead && stored.state != DeliveryState::kCancelled)
        continue;
      if (!rig_.world.Chance(5)) continue;
      const DeliveryId chosen = id;
      rig_.Redeliver(chosen, rig_.world.Chance(50) ? AnyHook() : HookId{});
    }
  }

  Reply Answer(const Attempt& attempt) {
    const DeliveryId id = attempt.delivery.id;
    const testing::StoredDelivery& stored = rig_.Stored(id);
    // Numbers go up by one with what is recorded, and nothing is sent again before that.
    EXPECT_EQ(attempt.number, static_cast<int>(stored.attempts.size()) + 1) << id.value;
    const auto sent = sent_unrecorded_.find(id);
    if (sent != sent_unrecorded_.end()) {
      EXPECT_LT(sent->second, attempt.number) << "sent twice: " << id.value;
    }
    sent_unrecorded_[id] = attempt.number;
    EXPECT_EQ(attempt.hook->pk, stored.delivery.hook);
    EXPECT_TRUE(attempt.hook->enabled);

    Reply reply = ReplyOf(trouble_[attempt.hook->pk]);
    if (reply.outcome.failure == FailureClass::kLocal) sent_unrecorded_.erase(id);
    if (reply.outcome.status == 200 && reply.latency < attempt.timeout) accepted_.insert(id);
    return reply;
  }

  Reply ReplyOf(int trouble) {
    const milliseconds latency(rig_.world.Draw(30));
    if (trouble == 3) return Status(200, minutes(1));
    if (rig_.world.Chance(trouble == 0 ? 80 : 40)) {
      Reply reply = Status(200, latency);
      reply.at_once = rig_.world.Chance(5);
      return reply;
    }
    switch (rig_.world.Draw(8)) {
      case 0:
        return Status(404, latency);
      case 1:
        return Failure(FailureClass::kRefused, latency);
      case 2:
        return Failure(FailureClass::kDns, latency);
      case 3:
        return trouble == 2 && rig_.world.Chance(5) ? Status(410, latency) : Status(429, latency);
      case 4: {
        Reply reply = Status(503, latency);
        reply.outcome.retry_after = std::to_string(rig_.world.Draw(20));
        return reply;
      }
      case 5:
        return Status(200, seconds(10));
      case 6:
        return Failure(FailureClass::kLocal, latency);
      default:
        return Status(500, latency);
    }
  }

  void CheckBounds() {
    const DispatcherStats stats = rig_.dispatcher->Stats();
    EXPECT_LE(stats.in_flight, kShardInFlight * static_cast<int>(rig_.sinks.size()));
    EXPECT_LE(stats.in_memory, kWindow * kHooks);
    for (int i = 0; i < kHooks; ++i) {
      const HookId hook{first_.value + i};
      for (const auto& sink : rig_.sinks) EXPECT_LE(sink->most_in_flight(hook), kInFlight);
    }
  }

  /// Trouble ends; everything must come to its end.
  void Settle() {
    trouble_.clear();
    rig_.store->faults = {};
    // A clock that was set back by minutes delays what was scheduled by it.
    rig_.world.RunFor(minutes(40));
    const DispatcherStats stats = rig_.dispatcher->Stats();
    EXPECT_EQ(stats.in_memory, 0);
    EXPECT_EQ(stats.in_flight, 0);
    EXPECT_EQ(stats.unrecorded, 0);
    for (const auto& [id, stored] : rig_.tables.deliveries()) CheckEnd(id, stored);
  }

  void CheckEnd(DeliveryId id, const testing::StoredDelivery& stored) {
    EXPECT_NE(stored.state, DeliveryState::kPending)
        << "lost: " << id.value << " of hook " << stored.delivery.hook.value << ", due in "
        << (stored.delivery.next_attempt_at - rig_.world.clock.ScheduleNow()) / milliseconds(1)
        << " ms, attempts " << stored.delivery.attempts << ", manual " << stored.delivery.manual;
    for (std::size_t i = 0; i < stored.attempts.size(); ++i) {
      EXPECT_EQ(stored.attempts[i].attempt, static_cast<int>(i) + 1) << id.value;
    }
    switch (stored.state) {
      case DeliveryState::kDelivered:
        EXPECT_TRUE(accepted_.contains(id)) << id.value;
        EXPECT_EQ(stored.attempts.back().status, 200) << id.value;
        break;
      case DeliveryState::kDead:
        EXPECT_FALSE(stored.attempts.empty()) << id.value;
        EXPECT_FALSE(stored.reason.empty()) << id.value;
        break;
      case DeliveryState::kCancelled:
        EXPECT_TRUE(stored.reason == "hook_disabled" || stored.reason == "hook_deleted");
        break;
      case DeliveryState::kPending:
        break;
    }
  }

  Rig rig_;
  HookId first_;
  std::set<HookId> deleted_;
  std::map<HookId, int> trouble_;
  std::map<DeliveryId, int> sent_unrecorded_;  // By the present process.
  std::set<DeliveryId> accepted_;
};

TEST(DeliverySimulationTest, NothingIsLostOverlapsOrOutgrowsItsBounds) {
  const char* chosen = std::getenv("HOOKLINE_SEED");
  const std::uint64_t first = chosen != nullptr ? std::strtoull(chosen, nullptr, 10) : 1;
  const std::uint64_t last = chosen != nullptr ? first : 60;
  for (std::uint64_t seed = first; seed <= last; ++seed) {
    SCOPED_TRACE("HOOKLINE_SEED=" + std::to_string(seed));
    Simulation(seed).Run();
    if (HasFailure()) return;
  }
}

}  // namespace
}  // namespace hookline::delivery
