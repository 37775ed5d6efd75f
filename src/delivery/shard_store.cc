// What a shard asks of the store, and when: pages, cancellations, timers.

#include <spdlog/spdlog.h>

#include <algorithm>
#include <chrono>
#include <iterator>
#include <limits>
#include <utility>

#include "base/error.h"
#include "delivery/shard.h"

namespace hookline::delivery {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;

// Retries of a lane that are due within one tick are paged in together.
constexpr nanoseconds kTick = milliseconds(20);
// A due time further away than the policy's longest wait and this was planned by another clock.
constexpr nanoseconds kClockSlack = std::chrono::minutes(1);
constexpr int kCancelHalvingsMax = 16;
constexpr std::chrono::minutes kStoreLogInterval{1};
// How long a lane with nothing in memory waits while events take all that they may.
constexpr nanoseconds kMemoryWait = milliseconds(50);
constexpr Timestamp kEndOfTime{std::numeric_limits<std::int64_t>::max()};

Timestamp RoundUpToTick(Timestamp t) {
  const std::int64_t tick = kTick.count();
  const std::int64_t over = t.ns % tick;
  return over <= 0 ? t : Timestamp{t.ns - over + tick};
}

}  // namespace

struct Shard::PageAnswer {
  std::vector<PendingDelivery> rows;
  bool at_end = false;
  std::optional<Timestamp> next_due;

  /// Reads on a reader's thread.
  void Read(Reader& reader, const Clock& clock, EventPool& events, HookId hook,
            const Lane::Page& page, nanoseconds max_wait) {
    PendingQuery query;
    query.hook = hook;
    // Taken here rather than when the page was asked for, so that what was committed meanwhile is
    // due and not found to be "next".
    query.due_by = clock.ScheduleNow();
    query.limit = page.limit;
    query.bytes_max = page.bytes_max;
    query.events = &events;
    query.except = page.except;
    const Timestamp now = query.due_by;
    rows = reader.LoadPending(query);
    std::size_t bytes = 0;
    for (const PendingDelivery& row : rows) bytes += Bytes(*row.event);
    if (static_cast<int>(rows.size()) >= page.limit || bytes >= page.bytes_max) return;

    const Timestamp horizon = now + max_wait + kClockSlack;
    query.due_after = horizon;
    query.due_by = kEndOfTime;
    query.limit = page.limit - static_cast<int>(rows.size());
    query.bytes_max = page.bytes_max - bytes;
    std::vector<PendingDelivery> misdated = reader.LoadPending(query);
    for (const PendingDelivery& row : misdated) bytes += Bytes(*row.event);
    std::ranges::move(misdated, std::back_inserter(rows));
    at_end = static_cast<int>(rows.size()) < page.limit && bytes < page.bytes_max;
    next_due = reader.NextDue(hook, now);
    if (next_due && *next_due > horizon) next_due.reset();
  }
};

struct Shard::CancelAnswer {
  std::optional<DeliveryId> up_to;
  int limit = 0;
  int count = 0;
};

void Shard::RequestPage(Lane& lane) {
  if (reading_ < limits_.reads) return ReadPage(lane);
  lane.set_store_op(Lane::StoreOp::kQueued);
  to_read_.push_back(&lane);
}

void Shard::ReadPage(Lane& lane) {
  if (ports_.events.bytes() >= ports_.events.bytes_max() * 2) {
    return PauseStoreWork(lane, kMemoryWait);
  }
  ++reading_;
  auto answer = std::make_shared<PageAnswer>();
  ports_.store.Read(
      [this, answer, hook = lane.hook(), page = lane.BeginPage(),
       max_wait = lane.policy().MaxWait()](WorkStore::ReadTx& tx) {
        answer->Read(tx.deliveries, ports_.clock, ports_.events, hook, page, max_wait);
      },
      [this, answer, hook = lane.hook()](bool committed) {
        Enqueue([this, answer, hook, committed] { OnPage(hook, *answer, committed); });
      });
}

void Shard::ReadQueued() {
  while (!to_read_.empty() && reading_ < limits_.reads) {
    Lane& lane = *to_read_.front();
    to_read_.pop_front();
    lane.set_store_op(Lane::StoreOp::kNone);
    if (!stopping_ && lane.WantsPage()) {
      ReadPage(lane);
    } else {
      Touch(lane);
    }
  }
}

void Shard::OnPage(HookId hook, PageAnswer& answer, bool committed) {
  --reading_;
  Lane& lane = FindLane(hook);
  if (!committed) {
    lane.FailPage();
    LogStoreTrouble("read pending deliveries");
    BackOff(lane);
  } else {
    lane.store_failures = 0;
    lane.EndPage(std::move(answer.rows), answer.at_end);
    if (answer.next_due) NoteDue(lane, *answer.next_due);
    Touch(lane);
  }
  ReadQueued();
}

void Shard::RequestCancel(Lane& lane) {
  if (lane.standing() != Lane::Standing::kActive) ClearDue(lane);
  // A job that the store does not take is not asked for again unchanged.
  const int limit = std::max(1, limits_.cancel_chunk >> lane.cancel_halvings);
  auto answer = std::make_shared<CancelAnswer>();
  ports_.store.Write(
      [this, answer, hook = lane.hook(), app = lane.app(), request = lane.BeginCancel(),
       limit](WorkStore::WriteTx& tx) { *answer = Cancel(tx, hook, app, request, limit); },
      [this, answer, hook = lane.hook()](bool committed) {
        Enqueue([this, answer, hook, committed] { OnCancelled(hook, *answer, committed); });
      });
}

/// On the writer's thread. What the lane knew when it asked may be out of date: the hook may have
/// been enabled again, and what is pending since must not be cancelled.
Shard::CancelAnswer Shard::Cancel(WorkStore::WriteTx& tx, HookId hook, AppId app,
                                  const Lane::Cancellation& request, int limit) const {
  CancelAnswer answer;
  answer.limit = limit;
  const settings::AppPtr settings = app ? tx.settings.FindApp(app) : nullptr;
  const settings::EventHook* found = settings == nullptr ? nullptr : settings->FindHook(hook);
  answer.up_to = DeliveryId{};
  // Nor may more be cancelled than was asked for: `except` tells what is under way only of that.
  if (found != nullptr && (found->enabled || !request.all)) {
    if (!found->cancel_up_to) return CancelAnswer{};
    answer.up_to = found->cancel_up_to;
  }
  answer.count = tx.deliveries.CancelPending(hook, *answer.up_to, request.except,
                                             found == nullptr ? "hook_deleted" : "hook_disabled",
                                             ports_.clock.WallNow(), limit);
  return answer;
}

void Shard::OnCancelled(HookId hook, const CancelAnswer& answer, bool committed) {
  Lane& lane = FindLane(hook);
  if (!committed) {
    lane.FailCancel();
    lane.cancel_halvings = std::min(lane.cancel_halvings + 1, kCancelHalvingsMax);
    LogStoreTrouble("cancel deliveries");
    return BackOff(lane);
  }
  lane.store_failures = 0;
  lane.cancel_halvings = std::max(lane.cancel_halvings - 1, 0);
  counters_.cancelled.fetch_add(answer.count, std::memory_order_relaxed);
  lane.EndCancel(answer.up_to, answer.count >= answer.limit);
  // The hook was enabled again, but the directory does not say so yet.
  if (!answer.up_to) return BackOff(lane);
  Touch(lane);
}

void Shard::LogStoreTrouble(std::string_view what) {
  const auto now = ports_.clock.SteadyNow();
  if (store_logged_at_ && now - *store_logged_at_ < kStoreLogInterval) return;
  store_logged_at_ = now;
  spdlog::error("the store failed to {}; trying again", what);
}

void Shard::BackOff(Lane& lane) {
  constexpr milliseconds kFirst{50};
  constexpr milliseconds kLongest{5'000};
  const milliseconds wait = std::min(kLongest, kFirst * (1 << std::min(lane.store_failures, 7)));
  ++lane.store_failures;
  PauseStoreWork(lane, wait);
}

void Shard::PauseStoreWork(Lane& lane, nanoseconds wait) {
  lane.set_store_op(Lane::StoreOp::kBackoff);
  spec_.loop->PostAfter(wait, [this, hook = lane.hook()] {
    Lane& waited = FindLane(hook);
    waited.set_store_op(Lane::StoreOp::kNone);
    Touch(waited);
    Pump();
  });
}

void Shard::NoteDue(Lane& lane, Timestamp due) {
  due = RoundUpToTick(due);
  if (lane.next_due && *lane.next_due <= due) return;
  ClearDue(lane);
  lane.next_due = due;
  due_.emplace(due, lane.hook());
  ArmTimer();
}

void Shard::ClearDue(Lane& lane) {
  if (!lane.next_due) return;
  due_.erase({*lane.next_due, lane.hook()});
  lane.next_due.reset();
}

void Shard::ArmTimer() {
  if (due_.empty()) return;
  const Timestamp first = due_.begin()->first;
  if (!armed_.empty() && *armed_.begin() <= first) return;
  armed_.insert(first);
  const nanoseconds wait = first - ports_.clock.ScheduleNow();
  spec_.loop->PostAfter(std::max<nanoseconds>(wait, milliseconds(1)),
                        [this, first] { FireTimers(first); });
}

void Shard::FireTimers(Timestamp armed) {
  armed_.erase(armed);
  const Timestamp now = ports_.clock.ScheduleNow();
  while (!due_.empty() && due_.begin()->first <= now) {
    Lane& lane = FindLane(due_.begin()->second);
    ClearDue(lane);
    lane.MarkBacklog();
    Touch(lane);
  }
  ArmTimer();
  Pump();
}

}  // namespace hookline::delivery
