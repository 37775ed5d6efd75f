#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "delivery/store.h"
#include "delivery/work_store.h"
#include "settings/store.h"
#include "support/delivery/world.h"

namespace hookline::testing {

/// One delivery as MemoryStore keeps it.
struct StoredDelivery {
  delivery::PendingDelivery delivery;
  delivery::DeliveryState state = delivery::DeliveryState::kPending;
  std::string reason;
  std::vector<delivery::AttemptView> attempts;
};

/// The settings and deliveries of a store, in plain containers. Copies are independent, except for
/// the immutable events and apps.
class MemoryTables final : public delivery::Tx, public settings::Tx {
 public:
  // delivery::Reader
  std::vector<delivery::PendingDelivery> LoadPending(const delivery::PendingQuery& query) override;
  std::optional<Timestamp> NextDue(HookId hook, Timestamp after) override;
  std::vector<HookId> HooksWithPending() override;
  std::int64_t CountPending(HookId hook) override;
  bool NothingPending() const;
  std::vector<delivery::DeliveryView> ListDeliveries(
      const delivery::DeliveryFilter& filter) override;
  std::optional<delivery::DeliveryView> FindDelivery(const Uuid& uuid) override;
  std::vector<delivery::AttemptView> ListAttempts(DeliveryId delivery) override;
  delivery::EventPayloadPtr FindEvent(EventId event) override;

  // delivery::Tx
  delivery::EventPayloadPtr InsertEvent(delivery::EventPayload event) override;
  DeliveryId InsertDelivery(delivery::PendingDelivery delivery) override;
  void RecordOutcome(const delivery::OutcomeRecord& record) override;
  int CancelPending(HookId hook, DeliveryId up_to, std::span<const DeliveryId> except,
                    std::string_view reason, Timestamp now, int limit) override;
  void Redeliver(DeliveryId delivery, HookId to, Timestamp now) override;

  // settings::Reader and settings::Tx
  settings::AppPtr FindApp(AppId app) override;
  std::vector<settings::AppPtr> ListApps() override;
  AppId InsertApp(const settings::App& app) override;
  void UpdateApp(const settings::App& app) override;
  void InsertKey(AppId app, const settings::ApiKey& key) override;
  void RetireKey(AppId app, std::string_view key, Timestamp at) override;
  bool KeyExists(std::string_view key) override;
  void ReplaceHooks(AppId app, const std::vector<settings::EventHook>& hooks) override;
  DeliveryId LastDelivery() override;

  /// Cancelling more than this many at once throws and changes nothing; 0: no limit.
  int cancel_max = 0;

  const std::map<DeliveryId, StoredDelivery>& deliveries() const { return deliveries_; }
  /// What this transaction hands to the commit listener; taken away.
  std::vector<delivery::PendingDelivery> TakeCommitted() { return std::exchange(committed_, {}); }

 private:
  delivery::DeliveryView View(const StoredDelivery& stored) const;
  void SetDue(StoredDelivery& stored, Timestamp due);
  void EndPending(StoredDelivery& stored, delivery::DeliveryState state, std::string_view reason);

  std::map<DeliveryId, StoredDelivery> deliveries_;
  std::map<HookId, std::set<std::pair<Timestamp, DeliveryId>>> pending_;
  std::map<EventId, delivery::EventPayloadPtr> events_;
  std::map<AppId, settings::AppPtr> apps_;
  std::int64_t last_hook_ = 0;
  std::vector<delivery::PendingDelivery> committed_;
};

/// A store in a simulated world: jobs are grouped into commits, pages are of an older state by the
/// time that they are seen, and both may fail.
class MemoryStore final : public delivery::WorkStore {
 public:
  struct Faults {
    int write_failure_percent = 0;
    int read_failure_percent = 0;
    /// Of commits that are lost at first, so that their jobs are run again.
    int rerun_percent = 0;
    bool down = false;  ///< Everything fails.
    std::chrono::microseconds commit_time_max{500};
    std::chrono::microseconds read_time_max{500};
  };

  MemoryStore(World& world, MemoryTables& tables, std::int64_t epoch)
      : world_(world), tables_(tables), epoch_(epoch) {}

  void Write(std::move_only_function<void(WriteTx&)> run,
             std::move_only_function<void(bool)> done) override;
  void Read(std::move_only_function<void(ReadTx&)> run,
            std::move_only_function<void(bool)> done) override;
  std::int64_t epoch() const override { return epoch_; }

  void SetCommitListener(delivery::CommitListener* listener) { listener_ = listener; }
  /// A write job from outside, done when it is committed; it never fails.
  void Commit(const std::function<void(MemoryTables&)>& run,
              std::move_only_function<void()> on_commit = {});

  Faults faults;
  std::function<void()> before_done;  ///< Called when a commit is durable and nobody knows yet.
  std::chrono::nanoseconds done_delay{0};  ///< Of what jobs are told, once.
  int commits = 0;
  int reads = 0;

 private:
  struct Job {
    std::move_only_function<void(WriteTx&)> run;
    std::move_only_function<void(bool)> done;
    bool failed = false;
  };

  void CommitJobs();
  static void RunJobs(std::vector<Job>& jobs, MemoryTables& tables,
                      std::vector<std::move_only_function<void()>>& on_commit);

  World& world_;
  MemoryTables& tables_;
  const std::int64_t epoch_;
  delivery::CommitListener* listener_ = nullptr;
  std::vector<Job> jobs_;
};

}  // namespace hookline::testing
