#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "delivery/sink.h"
#include "support/delivery/world.h"

namespace hookline::testing {

/// What a receiver does to one attempt, and how long that takes.
struct Reply {
  delivery::AttemptOutcome outcome;
  std::chrono::nanoseconds latency{std::chrono::milliseconds(1)};
  bool at_once = false;  ///< `done` is called before Start returns.
};

Reply Status(int status, std::chrono::nanoseconds latency = std::chrono::milliseconds(1));
Reply Failure(FailureClass failure,
              std::chrono::nanoseconds latency = std::chrono::milliseconds(1));

/// A Sink that asks a function what happens. It fails the test if an attempt overlaps another one
/// of the same delivery.
class ScriptedSink final : public delivery::Sink {
 public:
  struct Seen {
    DeliveryId delivery;
    HookId hook;
    int number = 0;
    std::string url;
    std::chrono::milliseconds timeout{0};
    std::chrono::nanoseconds at{0};
  };

  ScriptedSink(World& world, std::function<Reply(const delivery::Attempt&)> script)
      : world_(world), script_(std::move(script)) {}

  void Start(delivery::Attempt attempt,
             std::move_only_function<void(delivery::AttemptOutcome)> done) override;

  /// Ends every attempt that is under way as handed back.
  void CancelAll();

  const std::vector<Seen>& seen() const { return seen_; }
  std::vector<Seen> SeenOf(HookId hook) const;
  int in_flight() const { return static_cast<int>(open_.size()); }
  int in_flight(HookId hook) const;
  int most_in_flight(HookId hook) const;

 private:
  struct Open {
    HookId hook;
    std::uint64_t serial = 0;
    std::move_only_function<void(delivery::AttemptOutcome)> done;
  };

  void Finish(DeliveryId delivery, std::uint64_t serial, delivery::AttemptOutcome outcome);

  World& world_;
  std::function<Reply(const delivery::Attempt&)> script_;
  std::vector<Seen> seen_;
  std::uint64_t serial_ = 0;
  std::map<DeliveryId, Open> open_;
  std::map<HookId, int> open_by_hook_;
  std::map<HookId, int> most_;
};

}  // namespace hookline::testing
