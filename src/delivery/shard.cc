#include "delivery/shard.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/error.h"

namespace hookline::delivery {
namespace {

constexpr auto kRelaxed = std::memory_order_relaxed;

// Attempts that a lane starts before another gets its turn.
constexpr int kBurst = 16;

// After one or two of these an attempt is slow.
constexpr std::chrono::milliseconds kPeriod{500};

}  // namespace

Shard::Shard(ShardSpec spec, Ports ports, ShardLimits limits, std::uint64_t seed)
    : spec_(spec),
      ports_(std::move(ports)),
      limits_(limits),
      outcomes_(OutcomeWriter::Ports{
          *spec.loop, ports_.store, ports_.clock, counters_,
          [this](std::move_only_function<void()> fn) { Enqueue(std::move(fn)); }, ports_.publish,
          [this](const OutcomeWriter::Batch& batch) { OnRecorded(batch); }}),
      sweep_at_(static_cast<std::size_t>(limits.idle_lanes)),
      random_(seed) {
  HOOKLINE_CHECK(limits.in_flight >= 1 && limits.reads >= 1 && limits.cancel_chunk >= 1);
}

void Shard::Arrived(std::vector<PendingDelivery> deliveries) {
  bool post = false;
  {
    const std::lock_guard lock(mutex_);
    const auto limit = static_cast<std::size_t>(limits_.inbox);
    if (inbox_.arrivals.empty() && deliveries.size() <= limit) {
      inbox_.arrivals = std::move(deliveries);
    } else {
      for (PendingDelivery& delivery : deliveries) {
        if (inbox_.arrivals.size() < limit) {
          inbox_.arrivals.push_back(std::move(delivery));
        } else {
          const AppId app = delivery.event == nullptr ? AppId{} : delivery.event->app;
          inbox_.left_in_store.emplace(delivery.hook, app);
        }
      }
    }
    post = !std::exchange(inbox_.posted, true);
  }
  if (post) spec_.loop->Post([this] { DrainInbox(); });
}

void Shard::Enqueue(std::move_only_function<void()> fn) {
  bool post = false;
  {
    const std::lock_guard lock(mutex_);
    inbox_.work.push_back(std::move(fn));
    post = !std::exchange(inbox_.posted, true);
  }
  if (post) spec_.loop->Post([this] { DrainInbox(); });
}

void Shard::DrainInbox() {
  Inbox inbox;
  {
    const std::lock_guard lock(mutex_);
    std::swap(inbox, inbox_);
  }
  // Arrivals come first: an outcome must not be seen before the news that its delivery is there,
  // or the delivery would be taken for one that is still to be sent.
  for (PendingDelivery& delivery : inbox.arrivals) {
    const AppId app = delivery.event == nullptr ? AppId{} : delivery.event->app;
    Lane& lane = LaneOf(delivery.hook, app);
    lane.Arrive(std::move(delivery));
    Touch(lane);
  }
  for (const auto& [hook, app] : inbox.left_in_store) {
    Lane& lane = LaneOf(hook, app);
    lane.MarkBacklog();
    Touch(lane);
  }
  for (auto& fn : inbox.work) fn();
  Pump();
}

Lane& Shard::LaneOf(HookId hook, AppId app) {
  auto& lane = lanes_[hook];
  if (lane == nullptr) {
    if (!app) {
      for (const settings::AppPtr& known : ports_.directory.All()) {
        if (known->FindHook(hook) != nullptr) app = known->id;
      }
    }
    lane = std::make_unique<Lane>(hook, app, limits_.lane, counters_.in_memory);
    RefreshSettings(*lane);
    counters_.lanes.store(static_cast<std::int64_t>(lanes_.size()), kRelaxed);
  }
  return *lane;
}

Lane& Shard::FindLane(HookId hook) {
  const auto found = lanes_.find(hook);
  HOOKLINE_CHECK(found != lanes_.end());
  return *found->second;
}

void Shard::ForgetIdleLanes() {
  if (lanes_.size() <= sweep_at_) return;
  std::erase_if(lanes_, [](const auto& entry) {
    const Lane& lane = *entry.second;
    return lane.Idle() && !lane.in_service && !lane.waiting;
  });
  sweep_at_ = std::max(static_cast<std::size_t>(limits_.idle_lanes), lanes_.size() * 2);
  counters_.lanes.store(static_cast<std::int64_t>(lanes_.size()), kRelaxed);
}

void Shard::AddBacklog(HookId hook, AppId app) {
  Lane& lane = LaneOf(hook, app);
  lane.MarkBacklog();
  Touch(lane);
  Pump();
}

void Shard::ApplySettings(AppId app) {
  for (const auto& [hook, lane] : lanes_) {
    if (lane->app() == app) Touch(*lane);
  }
  Pump();
}

void Shard::StopAccepting() {
  stopping_ = true;
  UpdateQuiet();
}

std::optional<HookHealth> Shard::Health(HookId hook) const {
  const auto found = lanes_.find(hook);
  if (found == lanes_.end()) return std::nullopt;
  const Lane& lane = *found->second;
  HookHealth health;
  health.in_memory = lane.in_memory();
  health.in_flight = lane.in_flight();
  health.in_flight_limit = lane.limit();
  health.backlogged = lane.backlogged();
  health.consecutive_failures = lane.consecutive_failures();
  health.next_retry_at = lane.next_due;
  if (lane.last_outcome()) {
    health.last_attempt_at = lane.last_outcome()->at;
    health.last_failure = lane.last_outcome()->failure;
    health.last_status = lane.last_outcome()->status;
  }
  return health;
}

void Shard::Touch(Lane& lane) {
  if (std::exchange(lane.in_service, true)) return;
  service_.push_back(&lane);
}

/// Lanes that something happened to come first, then those that wait for a slot that is free now.
Lane* Shard::NextToService() {
  if (!service_.empty()) {
    Lane* lane = service_.front();
    service_.pop_front();
    lane->in_service = false;
    return lane;
  }
  if (stopping_ || free_slots() <= 0) return nullptr;
  auto& queue = !waiting_.empty() ? waiting_ : waiting_troubled_;
  if (queue.empty() || (&queue == &waiting_troubled_ && !TroubledSlotFree())) return nullptr;
  Lane* lane = queue.front();
  queue.pop_front();
  lane->waiting = false;
  return lane;
}

void Shard::Pump() {
  // A sink may call back while it is being called.
  if (std::exchange(pumping_, true)) return;
  while (Lane* lane = NextToService()) Service(*lane);
  pumping_ = false;
  ForgetIdleLanes();
}

void Shard::RefreshSettings(Lane& lane) {
  lane.ApplySettings(lane.app() ? ports_.directory.Find(lane.app()) : nullptr);
}

void Shard::Service(Lane& lane) {
  if (stopping_) return;
  RefreshSettings(lane);
  if (lane.WantsCancel()) RequestCancel(lane);
  if (lane.standing() != Lane::Standing::kActive) return;
  if (lane.WantsPage()) RequestPage(lane);
  for (int started = 0; lane.HasReady() && MayStart(lane); ++started) {
    if (started == kBurst) return Touch(lane);
    Start(lane);
  }
  // With an attempt under way, its end brings the lane back here.
  if (lane.HasReady() && lane.in_flight() == 0) Wait(lane);
}

int Shard::free_slots() const {
  const int slow_beyond = std::max(0, slow_ - limits_.in_flight);
  return limits_.in_flight - young_[0] - young_[1] - slow_beyond;
}

bool Shard::MayStart(const Lane& lane) const {
  if (!lane.BelowLimit() || lane.in_flight() >= std::max(1, free_slots() / 2)) return false;
  if (free_slots() <= 0) return false;
  return !lane.troubled() || TroubledSlotFree();
}

void Shard::Wait(Lane& lane) {
  if (std::exchange(lane.waiting, true)) return;
  auto& queue = lane.troubled() && free_slots() > 0 ? waiting_troubled_ : waiting_;
  queue.push_back(&lane);
}

void Shard::Start(Lane& lane) {
  const settings::EventHook& hook = lane.hook_settings();
  Attempt attempt;
  attempt.app = lane.settings();
  attempt.hook = &hook;
  attempt.delivery = lane.TakeNext();

  InFlight info;
  info.id = attempt.delivery.id;
  info.round = RetryRound::Of(attempt.delivery, ports_.store.epoch());
  info.number = attempt.delivery.attempts + 1;
  info.troubled = lane.troubled();
  info.started_at = ports_.clock.WallNow();
  attempt.number = info.number;
  attempt.timeout = lane.policy().AttemptTimeout(info.round);

  info.period = period_;
  ++in_flight_;
  ++young_[info.period % 2];
  ArmPeriod();
  if (info.troubled) ++troubled_in_flight_;
  counters_.in_flight.store(in_flight_, kRelaxed);

  Sink* const sink = spec_.sinks[static_cast<std::size_t>(hook.type)];
  if (sink == nullptr) {
    AttemptOutcome outcome;
    outcome.failure = FailureClass::kBlocked;
    outcome.detail = "this server does not send to hooks of this type";
    return OnDone(lane, attempt.app, info, std::move(outcome));
  }
  sink->Start(std::move(attempt),
              [this, &lane, app = lane.settings(), info](AttemptOutcome outcome) {
                OnDone(lane, app, info, std::move(outcome));
              });
}

void Shard::OnDone(Lane& lane, const settings::AppPtr& app, const InFlight& info,
                   AttemptOutcome outcome) {
  --in_flight_;
  --(info.period + 1 >= period_ ? young_[info.period % 2] : slow_);
  if (info.troubled) --troubled_in_flight_;
  counters_.in_flight.store(in_flight_, kRelaxed);
  if (outcome.cancelled) {
    lane.HandedBack(info.id);
    UpdateQuiet();
    // Not before a while: whoever hands attempts back is not ready for the next one.
    if (lane.store_op() == Lane::StoreOp::kNone) BackOff(lane);
    return Pump();
  }
  lane.Finished(outcome, ports_.clock.WallNow());

  const RetryDecision decision =
      lane.policy().Decide(info.round, outcome, ports_.clock.WallNow(), NextJitter());

  OutcomeWriter::Entry entry;
  entry.app = app->id;
  if (decision.disable_hook) entry.url = app->FindHook(lane.hook())->url;
  OutcomeRecord& record = entry.record;
  record.delivery = info.id;
  record.hook = lane.hook();
  record.attempt = info.number;
  record.started_at = info.started_at;
  record.outcome = std::move(outcome);
  record.state = decision.state;
  record.reason = decision.reason;
  if (decision.state == DeliveryState::kPending) {
    record.next_attempt_at = ports_.clock.ScheduleNow() + decision.wait;
  }
  record.budget_used = decision.budget_used;
  record.epoch = ports_.store.epoch();
  record.disable_hook = decision.disable_hook;
  outcomes_.Add(std::move(entry));

  Touch(lane);
  Pump();
}

void Shard::OnRecorded(const OutcomeWriter::Batch& batch) {
  for (const OutcomeWriter::Entry& entry : batch) {
    const OutcomeRecord& record = entry.record;
    counters_.attempts.fetch_add(1, kRelaxed);
    if (record.state == DeliveryState::kDelivered) {
      counters_.delivered.fetch_add(1, kRelaxed);
    } else {
      const auto failure = static_cast<std::size_t>(record.outcome.failure);
      counters_.failed_attempts[failure].fetch_add(1, kRelaxed);
      if (record.state == DeliveryState::kDead) counters_.dead.fetch_add(1, kRelaxed);
    }
    Lane& lane = FindLane(record.hook);
    lane.Recorded(record.delivery);
    if (record.state == DeliveryState::kPending) NoteDue(lane, record.next_attempt_at);
    Touch(lane);
  }
  UpdateQuiet();
}

void Shard::UpdateQuiet() {
  const bool quiet = stopping_ && in_flight_ == 0 && counters_.unrecorded.load(kRelaxed) == 0;
  if (quiet && !quiet_.exchange(true, std::memory_order_acq_rel)) ports_.quiet();
}

void Shard::ArmPeriod() {
  if (std::exchange(period_armed_, true)) return;
  spec_.loop->PostAfter(kPeriod, [this] {
    period_armed_ = false;
    ++period_;
    slow_ += std::exchange(young_[period_ % 2], 0);
    if (young_[0] + young_[1] > 0) ArmPeriod();
    Pump();
  });
}

double Shard::NextJitter() {
  // splitmix64: quick, and good enough to spread retries.
  random_ += 0x9E3779B97F4A7C15ULL;
  std::uint64_t bits = random_;
  bits = (bits ^ (bits >> 30)) * 0xBF58476D1CE4E5B9ULL;
  bits = (bits ^ (bits >> 27)) * 0x94D049BB133111EBULL;
  bits ^= bits >> 31;
  return static_cast<double>(bits >> 11) * 0x1.0p-53;
}

}  // namespace hookline::delivery
