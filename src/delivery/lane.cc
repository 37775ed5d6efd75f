#include "delivery/lane.h"

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "settings/hook_document.h"

namespace hookline::delivery {
namespace {

// One page's events. Pages are read a few at a time.
constexpr std::size_t kPageBytesMax = std::size_t{2} << 20;

std::uint32_t EventBytes(const PendingDelivery& delivery) {
  return delivery.event == nullptr ? 0 : static_cast<std::uint32_t>(Bytes(*delivery.event));
}

}  // namespace

Lane::Lane(HookId hook, AppId app, LaneLimits limits, const EventPool& events,
           std::atomic<std::int64_t>& loaded)
    : hook_(hook),
      app_(app),
      limits_(limits),
      events_(events),
      loaded_(loaded),
      limit_(limits.in_flight) {
  HOOKLINE_CHECK(limits.in_flight >= 1);
}

void Lane::ApplySettings(settings::AppPtr settings) {
  if (settings != nullptr && settings == settings_) return;
  settings_ = std::move(settings);
  hook_settings_ = settings_ == nullptr ? nullptr : settings_->FindHook(hook_);
  if (hook_settings_ == nullptr) {
    settings_ = nullptr;
    standing_ = Standing::kDeleted;
    return;
  }
  standing_ = hook_settings_->enabled ? Standing::kActive : Standing::kDisabled;
  policy_ = RetryPolicy::For(*hook_settings_);
  limit_ = settings::MaxInFlight(*hook_settings_).value_or(limits_.in_flight);
  // It was disabled, and perhaps enabled again before anybody looked.
  if (hook_settings_->cancel_up_to > cancel_up_to_) {
    cancel_up_to_ = hook_settings_->cancel_up_to;
    // Nothing old can be pending unless it is in memory or known to be in the store.
    if (HasReady() || !held_.empty() || backlogged_ || next_due) cancel_up_to_due_ = true;
  }
}

bool Lane::IsCancelled(const PendingDelivery& delivery) const {
  return !delivery.manual && delivery.id <= cancel_up_to_;
}

void Lane::MakeReady(PendingDelivery delivery) {
  auto& queue = delivery.attempts > delivery.redelivery_base ? again_ : fresh_;
  queue.push_back(std::move(delivery));
}

void Lane::MarkBacklog() {
  backlogged_ = true;
  if (store_op_ == StoreOp::kPage || store_op_ == StoreOp::kCancel) missed_ = true;
}

void Lane::Arrive(PendingDelivery delivery) {
  if (in_memory_.contains(delivery.id.value)) {
    // A page brought it already, or it has ended and been put back before this lane has seen that
    // its last outcome is recorded. Then it must be looked for once it has.
    if (delivery.event == nullptr || delivery.manual) put_back_.insert(delivery.id.value);
    return;
  }
  if (delivery.event == nullptr || standing_ != Standing::kActive) return MarkBacklog();
  if (IsCancelled(delivery)) {
    cancel_up_to_due_ = true;
    return MarkBacklog();
  }
  if (store_op_ == StoreOp::kPage) {
    if (missed_ || room() <= page_limit_ || !HasRoomFor(delivery)) return MarkBacklog();
    Load(delivery);
    held_.push_back(std::move(delivery));
    return;
  }
  if (backlogged_ || !HasRoomFor(delivery)) return MarkBacklog();
  Load(delivery);
  MakeReady(std::move(delivery));
}

bool Lane::WantsPage() const {
  return standing_ == Standing::kActive && !cancel_up_to_due_ && backlogged_ &&
         store_op_ == StoreOp::kNone && room() * 2 >= window() &&
         (in_memory_.empty() || bytes_ * 2 <= BytesAllowed());
}

std::size_t Lane::BytesAllowed() const { return events_.free_bytes() / 4; }

bool Lane::HasRoomFor(const PendingDelivery& delivery) const {
  if (room() <= 0) return false;
  // One delivery at least, so that a lane with large events gets on; within twice the bound.
  if (in_memory_.empty()) return events_.bytes() < events_.bytes_max() * 2;
  return bytes_ + EventBytes(delivery) <= BytesAllowed();
}

Lane::Page Lane::BeginPage() {
  store_op_ = StoreOp::kPage;
  missed_ = false;
  // A part of the room is left to what arrives meanwhile, so that a lane that has nearly caught up
  // can stop paging.
  page_limit_ = room() - room() / 4;
  const std::size_t allowed = BytesAllowed();
  const std::size_t left = allowed > bytes_ ? allowed - bytes_ : 0;
  return {page_limit_, std::clamp<std::size_t>(left, 1, kPageBytesMax), InMemory()};
}

std::vector<DeliveryId> Lane::InMemory() const {
  std::vector<DeliveryId> ids;
  ids.reserve(in_memory_.size());
  for (const auto& [id, bytes] : in_memory_) ids.push_back(DeliveryId{id});
  std::ranges::sort(ids);
  return ids;
}

void Lane::EndPage(std::vector<PendingDelivery> rows, bool at_end) {
  store_op_ = StoreOp::kNone;
  for (PendingDelivery& row : rows) {
    if (in_memory_.contains(row.id.value)) continue;
    if (std::ranges::find(departed_, row.id) != departed_.end()) continue;
    if (IsCancelled(row)) {
      cancel_up_to_due_ = true;
      continue;
    }
    Load(row);
    MakeReady(std::move(row));
  }
  departed_.clear();
  backlogged_ = !at_end || missed_ || cancel_up_to_due_;
  missed_ = false;
  for (PendingDelivery& delivery : held_) {
    if (at_end) {
      MakeReady(std::move(delivery));
    } else {
      Unload(delivery.id);  // Older ones go first.
    }
  }
  held_.clear();
}

void Lane::FailPage() {
  store_op_ = StoreOp::kBackoff;
  departed_.clear();
  for (const PendingDelivery& delivery : held_) Unload(delivery.id);
  held_.clear();
  backlogged_ = true;
  missed_ = false;
}

bool Lane::WantsCancel() const {
  if (store_op_ != StoreOp::kNone) return false;
  if (standing_ == Standing::kActive) return cancel_up_to_due_;
  return backlogged_ || next_due || HasReady();
}

void Lane::DropReady(DeliveryId up_to) {
  const auto drop = [&](const PendingDelivery& delivery) {
    const bool cancelled = !up_to || IsCancelled(delivery);
    if (cancelled) Unload(delivery.id);
    return cancelled;
  };
  std::erase_if(fresh_, drop);
  std::erase_if(again_, drop);
}

Lane::Cancellation Lane::BeginCancel() {
  store_op_ = StoreOp::kCancel;
  missed_ = false;
  backlogged_ = true;
  cancelling_all_ = standing_ != Standing::kActive;
  DropReady(cancelling_all_ ? DeliveryId{} : cancel_up_to_);
  return {cancelling_all_, InMemory()};
}

void Lane::EndCancel(std::optional<DeliveryId> up_to, bool more) {
  store_op_ = StoreOp::kNone;
  cancelling_all_ = false;
  if (more || !up_to) return;
  const bool all = !*up_to;
  if (all || *up_to >= cancel_up_to_) cancel_up_to_due_ = false;
  // Unless all are cancelled, others may be pending still: the next page tells.
  if (all) backlogged_ = missed_;
  missed_ = false;
}

void Lane::FailCancel() {
  store_op_ = StoreOp::kBackoff;
  cancelling_all_ = false;
}

PendingDelivery Lane::TakeNext() {
  const bool retry = again_.empty() ? false : (fresh_.empty() || retry_next_);
  retry_next_ = !retry;
  auto& queue = retry ? again_ : fresh_;
  PendingDelivery delivery = std::move(queue.front());
  queue.pop_front();
  ++in_flight_;
  return delivery;
}

void Lane::Finished(const AttemptOutcome& outcome) {
  --in_flight_;
  local_failures_ = 0;
  trust_ = outcome.succeeded() ? LaneTrust::kProven : LaneTrust::kTroubled;
}

bool Lane::PutBack(PendingDelivery delivery) {
  --in_flight_;
  auto& queue = delivery.attempts > delivery.redelivery_base ? again_ : fresh_;
  queue.push_front(std::move(delivery));
  // Attempts that fail together are one failure.
  if (resting_) return false;
  ++local_failures_;
  resting_ = true;
  return true;
}

bool Lane::BelowLimit() const {
  if (cancelling_all_ || resting_) return false;
  return in_flight_ < (local_failures_ > 0 ? 1 : limit_);
}

void Lane::Load(const PendingDelivery& delivery) {
  const std::uint32_t bytes = EventBytes(delivery);
  in_memory_.emplace(delivery.id.value, bytes);
  bytes_ += bytes;
  loaded_.fetch_add(1, std::memory_order_relaxed);
}

void Lane::Unload(DeliveryId id) {
  const auto found = in_memory_.find(id.value);
  if (found == in_memory_.end()) return;
  bytes_ -= found->second;
  in_memory_.erase(found);
  loaded_.fetch_sub(1, std::memory_order_relaxed);
}

void Lane::Leave(DeliveryId id) {
  Unload(id);
  if (store_op_ == StoreOp::kPage) departed_.push_back(id);
}

void Lane::Recorded(DeliveryId id) {
  Leave(id);
  if (put_back_.erase(id.value) > 0) MarkBacklog();
}

void Lane::HandedBack(DeliveryId id) {
  --in_flight_;
  Leave(id);
  MarkBacklog();
}

bool Lane::Idle() const {
  return in_memory_.empty() && !backlogged_ && store_op_ == StoreOp::kNone && !next_due;
}

}  // namespace hookline::delivery
