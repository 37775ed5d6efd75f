#pragma once

#include <cstdint>
#include <functional>

#include "delivery/store.h"
#include "settings/store.h"

namespace hookline::delivery {

/// The jobs that the dispatcher gives to the store: the part of store::Store that it needs.
/// Thread-safe; calls do not block. store/work_store.h makes one of a store::Store.
class WorkStore {
 public:
  struct ReadTx {
    Reader& deliveries;
    settings::Reader& settings;
  };
  struct WriteTx {
    Tx& deliveries;
    settings::Tx& settings;
    /// Runs a function on the writer's thread after the commit, before the job's `done`.
    std::function<void(std::move_only_function<void()>)> on_commit;
  };

  virtual ~WorkStore() = default;

  /// `run` is called on the writer's thread, perhaps more than once: each call starts afresh, only
  /// the last one counts. `done` after the commit, or with false if nothing was kept: the store
  /// failed, or it has stopped. Never refused for want of room.
  virtual void Write(std::move_only_function<void(WriteTx&)> run,
                     std::move_only_function<void(bool committed)> done) = 0;

  /// `run` is called on a reader's thread, with a snapshot of the committed state. `done` with
  /// false: it did not run to its end.
  virtual void Read(std::move_only_function<void(ReadTx&)> run,
                    std::move_only_function<void(bool completed)> done) = 0;

  /// Grows by one with every start on this data: the `epoch` of retry budgets.
  virtual std::int64_t epoch() const = 0;
};

}  // namespace hookline::delivery
