#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <random>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "delivery/sink.h"

namespace hookline::testing {

/// Time that only moves when told to.
class ManualClock final : public Clock {
 public:
  static constexpr Timestamp kStart{1'800'000'000'000'000'000};

  Timestamp WallNow() const override { return kStart + elapsed_ + wall_ahead_; }
  std::chrono::steady_clock::time_point SteadyNow() const override {
    return std::chrono::steady_clock::time_point(elapsed_);
  }
  Timestamp ScheduleNow() const override { return kStart + elapsed_ + schedule_offset_; }

  void Advance(std::chrono::nanoseconds by) { elapsed_ += by; }
  /// Sets the wall clock, by how much it is ahead, while the process runs: schedules do not follow.
  void SetWall(std::chrono::nanoseconds ahead) { wall_ahead_ = ahead; }
  /// A restart: schedules are by the wall clock as it is now.
  void Restart() { schedule_offset_ = wall_ahead_; }

 private:
  std::chrono::nanoseconds elapsed_{0};
  std::chrono::nanoseconds wall_ahead_{0};
  std::chrono::nanoseconds schedule_offset_{0};
};

/// Everything that happens in a simulation, one thing after another, in the order of its time.
/// The seed decides all that is left to chance.
class World {
 public:
  explicit World(std::uint64_t seed) : random(seed) {}

  /// Runs `fn` after `delay` of simulated time.
  void After(std::chrono::nanoseconds delay, std::move_only_function<void()> fn) {
    events_.emplace(std::pair(now_ + delay, ++sequence_), std::move(fn));
  }

  /// Runs what is due within `span` and moves the clock to its end.
  void RunFor(std::chrono::nanoseconds span);
  /// Runs until `done` holds; false if nothing is left to do or `limit` has passed.
  bool RunUntil(const std::function<bool()>& done, std::chrono::nanoseconds limit);

  /// A crash: nothing that was to happen happens.
  void ForgetEvents() { events_.clear(); }

  std::chrono::nanoseconds now() const { return now_; }
  /// Evenly drawn from [0, limit).
  std::int64_t Draw(std::int64_t limit) {
    return std::uniform_int_distribution<std::int64_t>(0, limit - 1)(random);
  }
  bool Chance(int percent) { return Draw(100) < percent; }

  ManualClock clock;
  std::mt19937_64 random;

 private:
  bool Step(std::chrono::nanoseconds until);

  using Key = std::pair<std::chrono::nanoseconds, std::uint64_t>;
  std::map<Key, std::move_only_function<void()>> events_;
  std::chrono::nanoseconds now_{0};
  std::uint64_t sequence_ = 0;
};

/// A Loop whose turns are events of the world.
class ManualLoop final : public delivery::Loop {
 public:
  explicit ManualLoop(World& world) : world_(world) {}

  void Post(std::move_only_function<void()> fn) override;
  void PostAfter(std::chrono::nanoseconds delay, std::move_only_function<void()> fn) override;

  int posts() const { return posts_; }

 private:
  World& world_;
  std::vector<std::move_only_function<void()>> queue_;
  int posts_ = 0;
};

}  // namespace hookline::testing
