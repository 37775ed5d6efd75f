#include "delivery/shard.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/error.h"

namespace hookline::delivery {
namespace {

constexpr auto kRelaxed = std::memory_order_relaxed;

// Attempts that a lane starts before another gets its turn.
constexpr int kBurst = 16;

// After about two of these an attempt is slow.
constexpr std::chrono::milliseconds kTickInterval{500};
constexpr std::chrono::milliseconds kSlowAfter{1'000};
// A loop that looks this much later than it meant to did not run.
constexpr std::chrono::milliseconds kStandstill{1'000};

constexpr std::chrono::minutes kLocalLogInterval{1};

std::chrono::milliseconds RestAfter(int local_failures) {
  constexpr std::chrono::milliseconds kFirst{100};
  constexpr std::chrono::milliseconds kLongest{3'000};
  return std::min(kLongest, kFirst * (1 << std::clamp(local_failures - 1, 0, 6)));
}

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
      slots_(limits.in_flight),
      random_(seed) {
  HOOKLINE_CHECK(limits.reads >= 1 && limits.cancel_chunk >= 1);
}

void Shard::Arrived(std::vector<PendingDelivery> deliveries) {
  bool post = false;
  {
    const std::lock_guard lock(mutex_);
    // Events that find no room in memory stay in the store.
    const auto limit =
        ports_.events.free_bytes() == 0 ? 0 : static_cast<std::size_t>(limits_.inbox);
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
    lane = std::make_unique<Lane>(hook, app, limits_.lane, ports_.events, counters_.in_memory);
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
    return lane.Idle() && !lane.in_service && lane.waiting.queue < 0;
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
  if (stopping_ || slots_.free() <= 0) return nullptr;
  return waiting_.TakeNext([this](const Lane& lane) { return MayStart(lane); });
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
  waiting_.Remove(lane);
  RefreshSettings(lane);
  if (lane.WantsCancel()) RequestCancel(lane);
  if (lane.standing() != Lane::Standing::kActive) return;
  if (lane.WantsPage()) RequestPage(lane);
  for (int started = 0; lane.HasReady() && MayStart(lane); ++started) {
    if (started == kBurst) return Touch(lane);
    Start(lane);
  }
  // At its own limit, the end of one of its attempts, or of its rest, brings the lane back here.
  if (lane.HasReady() && lane.BelowLimit()) Wait(lane);
}

bool Shard::MayStart(const Lane& lane) const {
  return lane.BelowLimit() && slots_.MayStart(lane.app(), lane.in_flight(), lane.trust());
}

void Shard::Wait(Lane& lane) {
  const bool troubled = lane.trust() == LaneTrust::kTroubled;
  if (lane.in_flight() == 0) {
    waiting_.Add(lane, troubled ? WaitingLanes::kTroubledFirst : WaitingLanes::kFirst);
  } else {
    waiting_.Add(lane, troubled ? WaitingLanes::kTroubledMore : WaitingLanes::kMore);
  }
}

void Shard::Start(Lane& lane) {
  const settings::EventHook& hook = lane.hook_settings();
  NoteStandstill();
  const Serial serial = ++last_serial_;
  InFlight& info = in_flight_[serial];
  info.troubled = lane.trust() == LaneTrust::kTroubled;
  info.delivery = lane.TakeNext();
  info.hook = lane.hook();
  info.app = lane.settings();
  info.round = RetryRound::Of(info.delivery, ports_.store.epoch());
  info.started_at = ports_.clock.WallNow();
  info.stood_still = stood_still_;

  Attempt attempt;
  attempt.app = info.app;
  attempt.hook = &hook;
  attempt.delivery = info.delivery;
  attempt.number = info.delivery.attempts + 1;
  attempt.timeout = lane.policy().AttemptTimeout(info.round);
  info.timeout = attempt.timeout;

  slots_.Take(lane.app(), info.troubled);
  young_.emplace_back(ports_.clock.SteadyNow(), serial);
  ArmTick();
  counters_.in_flight.store(slots_.taken(), kRelaxed);

  Sink* const sink = spec_.sinks[static_cast<std::size_t>(hook.type)];
  if (sink == nullptr) {
    AttemptOutcome outcome;
    outcome.failure = FailureClass::kBlocked;
    outcome.detail = "this server does not send to hooks of this type";
    return OnDone(serial, std::move(outcome));
  }
  sink->Start(std::move(attempt),
              [this, serial](AttemptOutcome outcome) { OnDone(serial, std::move(outcome)); });
}

void Shard::OnDone(Serial serial, AttemptOutcome outcome) {
  NoteStandstill();
  auto node = in_flight_.extract(serial);
  HOOKLINE_CHECK(!node.empty());
  InFlight info = std::move(node.mapped());
  // Delivery or lane: the lane is there as long as it has something in memory.
  Lane& lane = FindLane(info.hook);
  if (info.slow) lane.SlowAttemptEnded();
  slots_.Give(lane.app(), info.troubled);
  counters_.in_flight.store(slots_.taken(), kRelaxed);
  if (outcome.cancelled()) {
    lane.HandedBack(info.delivery.id);
    UpdateQuiet();
    // Not before a while: whoever hands attempts back is not ready for the next one.
    if (lane.store_op() == Lane::StoreOp::kNone) BackOff(lane);
    return Pump();
  }
  const std::chrono::nanoseconds stood_still = stood_still_ - info.stood_still;
  outcome.elapsed = std::max(outcome.elapsed - stood_still, std::chrono::nanoseconds(0));
  if (outcome.failure == FailureClass::kTimeout && outcome.elapsed < info.timeout &&
      stood_still > std::chrono::nanoseconds(0)) {
    outcome.failure = FailureClass::kLocal;
    outcome.detail = "the server stood still while it waited for the answer";
  }
  if (outcome.failure == FailureClass::kLocal) {
    OnLocalTrouble(lane, std::move(info), outcome.detail);
  } else {
    Record(lane, std::move(info), std::move(outcome));
  }
  Touch(lane);
  Pump();
}

void Shard::CountFailure(FailureClass failure) {
  counters_.failed_attempts[static_cast<std::size_t>(failure)].fetch_add(1, kRelaxed);
}

void Shard::OnLocalTrouble(Lane& lane, InFlight info, const std::string& detail) {
  CountFailure(FailureClass::kLocal);
  const auto now = ports_.clock.SteadyNow();
  if (!local_logged_at_ || now - *local_logged_at_ >= kLocalLogInterval) {
    local_logged_at_ = now;
    spdlog::warn(
        "attempts cannot be made, for a reason of this server: {}; they cost their "
        "deliveries nothing and are made again",
        detail);
  }
  if (stopping_) {
    lane.HandedBack(info.delivery.id);
    return UpdateQuiet();
  }
  if (!lane.PutBack(std::move(info.delivery))) return;
  spec_.loop->PostAfter(RestAfter(lane.local_failures()), [this, hook = info.hook] {
    // It may have been cancelled and forgotten meanwhile.
    const auto found = lanes_.find(hook);
    if (found == lanes_.end()) return;
    found->second->Rested();
    Touch(*found->second);
    Pump();
  });
}

void Shard::Record(Lane& lane, InFlight info, AttemptOutcome outcome) {
  lane.Finished(outcome);
  const RetryDecision decision =
      lane.policy().Decide(info.round, outcome, ports_.clock.WallNow(), NextJitter());

  OutcomeWriter::Entry entry;
  entry.app = info.app->id;
  if (decision.disable_hook) entry.url = info.app->FindHook(lane.hook())->url;
  OutcomeRecord& record = entry.record;
  record.delivery = info.delivery.id;
  record.hook = lane.hook();
  record.attempt = info.delivery.attempts + 1;
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
}

void Shard::OnRecorded(const OutcomeWriter::Batch& batch) {
  for (const OutcomeWriter::Entry& entry : batch) {
    const OutcomeRecord& record = entry.record;
    counters_.attempts.fetch_add(1, kRelaxed);
    if (record.state == DeliveryState::kDelivered) {
      counters_.delivered.fetch_add(1, kRelaxed);
    } else {
      const bool answered = record.outcome.failure == FailureClass::kNone;
      CountFailure(answered ? FailureClass::kStatus : record.outcome.failure);
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
  const bool quiet = stopping_ && in_flight_.empty() && counters_.unrecorded.load(kRelaxed) == 0;
  if (quiet && !quiet_.exchange(true, std::memory_order_acq_rel)) ports_.quiet();
}

void Shard::ArmTick() {
  if (next_tick_) return;
  next_tick_ = ports_.clock.SteadyNow() + kTickInterval;
  spec_.loop->PostAfter(kTickInterval, [this] { Tick(); });
}

void Shard::Tick() {
  NoteStandstill();
  next_tick_.reset();
  FindSlow();
  if (!in_flight_.empty()) ArmTick();
  Pump();
}

/// The first to look after a standstill adds it up, so that whatever ended meanwhile is judged by
/// it: the tick itself, or the end of an attempt.
void Shard::NoteStandstill() {
  if (!next_tick_) return;
  const auto now = ports_.clock.SteadyNow();
  if (now - *next_tick_ < kStandstill) return;
  stood_still_ += now - *next_tick_;
  next_tick_ = now;
}

void Shard::FindSlow() {
  const auto limit = ports_.clock.SteadyNow() - kSlowAfter;
  while (!young_.empty() && young_.front().first <= limit) {
    const auto found = in_flight_.find(young_.front().second);
    young_.pop_front();
    if (found == in_flight_.end()) continue;
    InFlight& info = found->second;
    Lane& lane = FindLane(info.hook);
    info.slow = true;
    lane.AttemptIsSlow();
    if (!info.troubled) slots_.BecomesTroubled(lane.app());
    info.troubled = true;
    Touch(lane);
  }
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
