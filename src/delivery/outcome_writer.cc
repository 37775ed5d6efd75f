#include "delivery/outcome_writer.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <chrono>
#include <utility>

namespace hookline::delivery {
namespace {

using std::chrono::milliseconds;

constexpr auto kRelaxed = std::memory_order_relaxed;

milliseconds BackoffAfter(int failures) {
  constexpr milliseconds kFirst{50};
  constexpr milliseconds kLongest{5'000};
  return std::min(kLongest, kFirst * (1 << std::min(failures - 1, 7)));
}

}  // namespace

void OutcomeWriter::Add(Entry entry) {
  ports_.counters.unrecorded.fetch_add(1, kRelaxed);
  if (collected_.empty()) {
    ports_.loop.Post([this] {
      Write(std::make_shared<const Batch>(std::exchange(collected_, Batch())), /*failures=*/0);
    });
  }
  collected_.push_back(std::move(entry));
}

void OutcomeWriter::Write(BatchPtr batch, int failures) {
  ports_.store.Write([this, batch](WorkStore::WriteTx& tx) { Record(tx, *batch); },
                     [this, batch, failures](bool committed) {
                       ports_.enqueue([this, batch, failures, committed] {
                         OnWritten(batch, failures, committed);
                       });
                     });
}

void OutcomeWriter::OnWritten(BatchPtr batch, int failures, bool committed) {
  if (committed) {
    ports_.counters.unrecorded.fetch_sub(static_cast<std::int64_t>(batch->size()), kRelaxed);
    ports_.recorded(*batch);
    return;
  }
  ports_.counters.record_failures.fetch_add(1, kRelaxed);
  ++failures;
  LogFailure(batch->size());
  ports_.loop.PostAfter(BackoffAfter(failures),
                        [this, batch, failures] { Retry(batch, failures); });
}

void OutcomeWriter::LogFailure(std::size_t outcomes) {
  constexpr std::chrono::minutes kQuiet{1};
  const auto now = ports_.clock.SteadyNow();
  if (failure_logged_at_ && now - *failure_logged_at_ < kQuiet) return;
  failure_logged_at_ = now;
  spdlog::error("the store did not take the outcomes of {} attempts; trying again", outcomes);
}

void OutcomeWriter::Retry(BatchPtr batch, int failures) {
  if (batch->size() == 1) return Write(std::move(batch), failures);
  const auto middle = batch->begin() + static_cast<std::ptrdiff_t>(batch->size() / 2);
  Write(std::make_shared<const Batch>(batch->begin(), middle), failures);
  Write(std::make_shared<const Batch>(middle, batch->end()), failures);
}

void OutcomeWriter::Record(WorkStore::WriteTx& tx, const Batch& batch) {
  for (const Entry& entry : batch) {
    tx.deliveries.RecordOutcome(entry.record);
    if (entry.record.disable_hook) DisableHook(tx, entry);
  }
}

void OutcomeWriter::DisableHook(WorkStore::WriteTx& tx, const Entry& entry) {
  const settings::AppPtr app = tx.settings.FindApp(entry.app);
  if (app == nullptr) return;
  settings::App changed = *app;
  const auto hook = std::ranges::find(changed.hooks, entry.record.hook, &settings::EventHook::pk);
  // Who has given the hook another URL since does not want it disabled for what the old one said.
  if (hook == changed.hooks.end() || !hook->enabled || hook->url != entry.url) return;
  hook->enabled = false;
  hook->disabled_reason = "410 Gone";
  hook->updated_at = ports_.clock.WallNow();
  hook->cancel_up_to = tx.settings.LastDelivery();
  tx.settings.ReplaceHooks(changed.id, changed.hooks);
  tx.on_commit([this, stored = tx.settings.FindApp(changed.id), id = hook->id] {
    ports_.counters.hooks_disabled.fetch_add(1, kRelaxed);
    spdlog::warn("hook {} of app {} is disabled: its receiver answered 410 Gone", id,
                 stored->id.value);
    ports_.publish(stored);
  });
}

}  // namespace hookline::delivery
