#include "delivery/dispatcher.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <unordered_map>
#include <utility>

#include "base/error.h"

namespace hookline::delivery {
namespace {

struct Backlog {
  HookId hook;
  AppId app;  // 0 if the hook is deleted.
};

std::vector<Backlog> ReadBacklog(WorkStore::ReadTx& tx) {
  std::unordered_map<HookId, AppId> apps;
  std::vector<Backlog> backlog;
  const std::vector<HookId> hooks = tx.deliveries.HooksWithPending();
  if (hooks.empty()) return backlog;
  for (const settings::AppPtr& app : tx.settings.ListApps()) {
    for (const settings::EventHook& hook : app->hooks) apps.emplace(hook.pk, app->id);
  }
  backlog.reserve(hooks.size());
  for (const HookId hook : hooks) {
    const auto app = apps.find(hook);
    backlog.push_back({hook, app == apps.end() ? AppId{} : app->second});
  }
  return backlog;
}

}  // namespace

Dispatcher::Dispatcher(Ports ports, const std::vector<ShardSpec>& shards, DispatcherOptions options)
    : ports_(std::move(ports)), first_loop_(*shards.at(0).loop), events_(options.event_bytes) {
  for (const ShardSpec& spec : shards) {
    Shard::Ports shard_ports{ports_.store,
                             ports_.directory,
                             ports_.clock,
                             events_,
                             [this](const settings::AppPtr& app) { Publish(app); },
                             [this] {
                               const std::lock_guard lock(mutex_);
                               quiet_.notify_all();
                             }};
    shards_.push_back(std::make_unique<Shard>(spec, std::move(shard_ports), options.limits,
                                              options.seed + shards_.size()));
  }
}

void Dispatcher::Start() { LoadBacklog(/*failures=*/0); }

void Dispatcher::LoadBacklog(int failures) {
  auto backlog = std::make_shared<std::vector<Backlog>>();
  ports_.store.Read([backlog](WorkStore::ReadTx& tx) { *backlog = ReadBacklog(tx); },
                    [this, backlog, failures](bool completed) {
                      if (!completed) return RetryLoadBacklog(failures + 1);
                      for (const Backlog& one : *backlog) {
                        Shard& shard = ShardOf(one.hook);
                        shard.Enqueue([&shard, one] { shard.AddBacklog(one.hook, one.app); });
                      }
                    });
}

void Dispatcher::RetryLoadBacklog(int failures) {
  if (failures == 1 || failures % 16 == 0) {
    spdlog::error("cannot read which deliveries are pending; trying again");
  }
  const auto wait = std::chrono::milliseconds(50 << std::min(failures, 6));
  first_loop_.Post([this, wait, failures] {
    first_loop_.PostAfter(wait, [this, failures] { LoadBacklog(failures); });
  });
}

void Dispatcher::ShareEvents(std::vector<PendingDelivery>& deliveries) {
  const EventPayload* last = nullptr;
  EventPayloadPtr shared;
  for (PendingDelivery& delivery : deliveries) {
    if (delivery.event == nullptr) continue;
    // The deliveries of one event come one after another.
    if (delivery.event.get() != last) {
      last = delivery.event.get();
      shared = events_.Share(delivery.event);
    }
    delivery.event = shared;
  }
}

void Dispatcher::OnDeliveriesCommitted(std::vector<PendingDelivery> deliveries) {
  ShareEvents(deliveries);
  if (shards_.size() == 1) return shards_.front()->Arrived(std::move(deliveries));
  std::vector<std::vector<PendingDelivery>> by_shard(shards_.size());
  for (PendingDelivery& delivery : deliveries) {
    const auto shard = static_cast<std::uint64_t>(delivery.hook.value) % shards_.size();
    by_shard[shard].push_back(std::move(delivery));
  }
  for (std::size_t i = 0; i < shards_.size(); ++i) {
    if (!by_shard[i].empty()) shards_[i]->Arrived(std::move(by_shard[i]));
  }
}

void Dispatcher::OnAppChanged(const settings::AppPtr& app) {
  for (const auto& shard : shards_) {
    shard->Enqueue([&shard = *shard, id = app->id] { shard.ApplySettings(id); });
  }
}

void Dispatcher::Publish(const settings::AppPtr& app) {
  ports_.directory.Publish(app);
  OnAppChanged(app);
  if (ports_.on_app_changed) ports_.on_app_changed(app);
}

void Dispatcher::StopAccepting() {
  for (const auto& shard : shards_) {
    shard->Enqueue([&shard = *shard] { shard.StopAccepting(); });
  }
}

bool Dispatcher::AllQuiet() const {
  return std::ranges::all_of(shards_, [](const auto& shard) { return shard->quiet(); });
}

bool Dispatcher::Drain(std::chrono::nanoseconds timeout) {
  std::unique_lock lock(mutex_);
  return quiet_.wait_for(lock, timeout, [this] { return AllQuiet(); });
}

DispatcherStats Dispatcher::Stats() const {
  DispatcherStats sum;
  for (const auto& shard : shards_) shard->counters().AddTo(sum);
  sum.event_bytes = static_cast<std::int64_t>(events_.bytes());
  return sum;
}

}  // namespace hookline::delivery
