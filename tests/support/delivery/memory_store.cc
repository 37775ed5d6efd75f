#include "support/delivery/memory_store.h"

#include <algorithm>
#include <stdexcept>

#include "base/error.h"

namespace hookline::testing {

using delivery::DeliveryState;
using delivery::PendingDelivery;

std::vector<PendingDelivery> MemoryTables::LoadPending(const delivery::PendingQuery& query) {
  std::vector<PendingDelivery> rows;
  std::size_t bytes = 0;
  for (const auto& [due, id] : pending_[query.hook]) {
    if (due <= query.due_after || due > query.due_by) continue;
    if (std::ranges::binary_search(query.except, id)) continue;
    if (static_cast<int>(rows.size()) == query.limit || bytes >= query.bytes_max) break;
    rows.push_back(deliveries_.at(id).delivery);
    PendingDelivery& row = rows.back();
    bytes += delivery::Bytes(*row.event);
    if (query.events == nullptr) continue;
    // A copy of its own, as a database reads one.
    const auto known = query.events->Find(row.event->id);
    row.event =
        known ? known : query.events->Share(std::make_shared<delivery::EventPayload>(*row.event));
  }
  return rows;
}

std::optional<Timestamp> MemoryTables::NextDue(HookId hook, Timestamp after) {
  for (const auto& [due, id] : pending_[hook]) {
    if (due > after) return due;
  }
  return std::nullopt;
}

std::vector<HookId> MemoryTables::HooksWithPending() {
  std::vector<HookId> hooks;
  for (const auto& [hook, rows] : pending_) {
    if (!rows.empty()) hooks.push_back(hook);
  }
  return hooks;
}

bool MemoryTables::NothingPending() const {
  return std::ranges::all_of(pending_, [](const auto& entry) { return entry.second.empty(); });
}

std::int64_t MemoryTables::CountPending(HookId hook) {
  return static_cast<std::int64_t>(pending_[hook].size());
}

delivery::DeliveryView MemoryTables::View(const StoredDelivery& stored) const {
  delivery::DeliveryView view;
  view.id = stored.delivery.id;
  view.uuid = stored.delivery.uuid;
  view.app = stored.delivery.event->app;
  view.event = stored.delivery.event->id;
  view.event_type = stored.delivery.event->type;
  view.state = stored.state;
  view.attempts = stored.delivery.attempts;
  view.manual = stored.delivery.manual;
  view.reason = stored.reason;
  view.next_attempt_at = stored.delivery.next_attempt_at;
  return view;
}

std::vector<delivery::DeliveryView> MemoryTables::ListDeliveries(
    const delivery::DeliveryFilter& filter) {
  std::vector<delivery::DeliveryView> views;
  for (auto it = deliveries_.rbegin(); it != deliveries_.rend(); ++it) {
    const StoredDelivery& stored = it->second;
    if (filter.before && stored.delivery.id >= filter.before) continue;
    if (filter.app && stored.delivery.event->app != filter.app) continue;
    if (filter.state && stored.state != *filter.state) continue;
    if (static_cast<int>(views.size()) == filter.limit) break;
    views.push_back(View(stored));
  }
  return views;
}

std::optional<delivery::DeliveryView> MemoryTables::FindDelivery(const Uuid& uuid) {
  for (const auto& [id, stored] : deliveries_) {
    if (stored.delivery.uuid == uuid) return View(stored);
  }
  return std::nullopt;
}

std::vector<delivery::AttemptView> MemoryTables::ListAttempts(DeliveryId delivery) {
  return deliveries_.at(delivery).attempts;
}

delivery::EventPayloadPtr MemoryTables::FindEvent(EventId event) {
  const auto found = events_.find(event);
  return found == events_.end() ? nullptr : found->second;
}

delivery::EventPayloadPtr MemoryTables::InsertEvent(delivery::EventPayload event) {
  event.id = EventId{static_cast<std::int64_t>(events_.size()) + 1};
  auto stored = std::make_shared<const delivery::EventPayload>(std::move(event));
  events_.emplace(stored->id, stored);
  return stored;
}

DeliveryId MemoryTables::InsertDelivery(PendingDelivery delivery) {
  delivery.id = DeliveryId{static_cast<std::int64_t>(deliveries_.size()) + 1};
  StoredDelivery& stored = deliveries_[delivery.id];
  stored.delivery = delivery;
  pending_[delivery.hook].emplace(delivery.next_attempt_at, delivery.id);
  committed_.push_back(delivery);
  return delivery.id;
}

void MemoryTables::SetDue(StoredDelivery& stored, Timestamp due) {
  auto& rows = pending_[stored.delivery.hook];
  rows.erase({stored.delivery.next_attempt_at, stored.delivery.id});
  stored.delivery.next_attempt_at = due;
  rows.emplace(due, stored.delivery.id);
}

void MemoryTables::EndPending(StoredDelivery& stored, DeliveryState state,
                              std::string_view reason) {
  pending_[stored.delivery.hook].erase({stored.delivery.next_attempt_at, stored.delivery.id});
  stored.state = state;
  stored.reason = reason;
}

void MemoryTables::RecordOutcome(const delivery::OutcomeRecord& record) {
  StoredDelivery& stored = deliveries_.at(record.delivery);
  delivery::AttemptView attempt;
  attempt.attempt = record.attempt;
  attempt.started_at = record.started_at;
  attempt.failure = record.outcome.failure;
  attempt.status = record.outcome.status;
  attempt.elapsed = record.outcome.elapsed;
  attempt.detail = record.outcome.detail;
  stored.attempts.push_back(attempt);
  stored.delivery.attempts = record.attempt;
  stored.delivery.budget_used = record.budget_used;
  stored.delivery.epoch = record.epoch;
  if (record.state == DeliveryState::kDelivered) {
    EndPending(stored, record.state, "");
  } else if (stored.state == DeliveryState::kPending) {
    if (record.state == DeliveryState::kPending) {
      SetDue(stored, record.next_attempt_at);
    } else {
      EndPending(stored, record.state, record.reason);
    }
  }
}

int MemoryTables::CancelPending(HookId hook, DeliveryId up_to, std::span<const DeliveryId> except,
                                std::string_view reason, Timestamp, int limit) {
  if (cancel_max > 0 && limit > cancel_max) throw std::runtime_error("too much to cancel at once");
  std::set<DeliveryId> chosen;
  for (const auto& [due, id] : pending_[hook]) {
    if (std::ranges::find(except, id) != except.end()) continue;
    if (!up_to || (id <= up_to && !deliveries_.at(id).delivery.manual)) chosen.insert(id);
  }
  int count = 0;
  for (const DeliveryId id : chosen) {
    if (count == limit) break;
    EndPending(deliveries_.at(id), DeliveryState::kCancelled, reason);
    ++count;
  }
  return count;
}

void MemoryTables::Redeliver(DeliveryId delivery, HookId to, Timestamp now) {
  StoredDelivery& stored = deliveries_.at(delivery);
  HOOKLINE_CHECK(stored.state != DeliveryState::kPending);
  stored.state = DeliveryState::kPending;
  stored.reason.clear();
  stored.delivery.manual = true;
  stored.delivery.redelivery_base = stored.delivery.attempts;
  stored.delivery.budget_used = {};
  if (to) stored.delivery.hook = to;
  SetDue(stored, now);
  PendingDelivery news = stored.delivery;
  news.event = nullptr;
  committed_.push_back(news);
}

settings::AppPtr MemoryTables::FindApp(AppId app) {
  const auto found = apps_.find(app);
  return found == apps_.end() ? nullptr : found->second;
}

std::vector<settings::AppPtr> MemoryTables::ListApps() {
  std::vector<settings::AppPtr> all;
  for (const auto& [id, app] : apps_) all.push_back(app);
  return all;
}

AppId MemoryTables::InsertApp(const settings::App& app) {
  auto stored = std::make_shared<settings::App>(app);
  stored->id = AppId{static_cast<std::int64_t>(apps_.size()) + 1};
  stored->hooks.clear();
  apps_[stored->id] = stored;
  return stored->id;
}

void MemoryTables::UpdateApp(const settings::App& app) {
  auto stored = std::make_shared<settings::App>(app);
  stored->keys = apps_.at(app.id)->keys;
  stored->hooks = apps_.at(app.id)->hooks;
  apps_[app.id] = stored;
}

void MemoryTables::InsertKey(AppId app, const settings::ApiKey& key) {
  auto stored = std::make_shared<settings::App>(*apps_.at(app));
  stored->keys.push_back(key);
  apps_[app] = stored;
}

void MemoryTables::RetireKey(AppId app, std::string_view key, Timestamp) {
  auto stored = std::make_shared<settings::App>(*apps_.at(app));
  std::erase_if(stored->keys, [&](const settings::ApiKey& one) { return one.key == key; });
  apps_[app] = stored;
}

bool MemoryTables::KeyExists(std::string_view key) {
  return std::ranges::any_of(apps_, [&](const auto& entry) {
    return std::ranges::find(entry.second->keys, key, &settings::ApiKey::key) !=
           entry.second->keys.end();
  });
}

void MemoryTables::ReplaceHooks(AppId app, const std::vector<settings::EventHook>& hooks) {
  auto stored = std::make_shared<settings::App>(*apps_.at(app));
  stored->hooks = hooks;
  for (settings::EventHook& hook : stored->hooks) {
    if (!hook.pk) hook.pk = HookId{++last_hook_};
    hook.app = app;
  }
  apps_[app] = stored;
}

DeliveryId MemoryTables::LastDelivery() {
  return DeliveryId{static_cast<std::int64_t>(deliveries_.size())};
}

void MemoryStore::Write(std::move_only_function<void(WriteTx&)> run,
                        std::move_only_function<void(bool)> done) {
  jobs_.push_back({std::move(run), std::move(done)});
  if (jobs_.size() > 1) return;
  world_.After(std::chrono::microseconds(20 + world_.Draw(faults.commit_time_max.count())),
               [this] { CommitJobs(); });
}

void MemoryStore::RunJobs(std::vector<Job>& jobs, MemoryTables& tables,
                          std::vector<std::move_only_function<void()>>& on_commit) {
  for (Job& job : jobs) {
    const std::size_t kept = on_commit.size();
    WriteTx tx{tables, tables,
               [&](std::move_only_function<void()> fn) { on_commit.push_back(std::move(fn)); }};
    try {
      job.run(tx);
      job.failed = false;
    } catch (const std::runtime_error&) {
      on_commit.resize(kept);
      job.failed = true;
    }
  }
}

void MemoryStore::CommitJobs() {
  std::vector<Job> jobs;
  std::swap(jobs, jobs_);
  ++commits;
  const bool fails = faults.down || world_.Chance(faults.write_failure_percent);
  std::vector<std::move_only_function<void()>> on_commit;
  // A failed commit has run its jobs too; what they wrote is thrown away.
  MemoryTables scratch;
  if (fails || world_.Chance(faults.rerun_percent)) {
    scratch = tables_;
    RunJobs(jobs, scratch, on_commit);
    on_commit.clear();
  }
  if (!fails) {
    RunJobs(jobs, tables_, on_commit);
    for (auto& fn : on_commit) fn();
    auto committed = tables_.TakeCommitted();
    if (listener_ != nullptr && !committed.empty()) {
      listener_->OnDeliveriesCommitted(std::move(committed));
    }
  }
  if (before_done) before_done();
  world_.After(std::exchange(done_delay, {}), [fails, done_jobs = std::move(jobs)]() mutable {
    for (Job& job : done_jobs) job.done(!fails && !job.failed);
  });
}

void MemoryStore::Commit(const std::function<void(MemoryTables&)>& run,
                         std::move_only_function<void()> on_commit) {
  run(tables_);
  auto committed = tables_.TakeCommitted();
  if (on_commit) on_commit();
  if (listener_ != nullptr && !committed.empty()) {
    listener_->OnDeliveriesCommitted(std::move(committed));
  }
}

void MemoryStore::Read(std::move_only_function<void(ReadTx&)> run,
                       std::move_only_function<void(bool)> done) {
  ++reads;
  const std::int64_t time_max = faults.read_time_max.count();
  world_.After(std::chrono::microseconds(5 + world_.Draw(time_max)),
               [this, time_max, run = std::move(run), done = std::move(done)]() mutable {
                 const bool fails = faults.down || world_.Chance(faults.read_failure_percent);
                 if (!fails) {
                   ReadTx tx{tables_, tables_};
                   run(tx);
                 }
                 world_.After(std::chrono::microseconds(5 + world_.Draw(time_max)),
                              [fails, done = std::move(done)]() mutable { done(!fails); });
               });
}

}  // namespace hookline::testing
