#pragma once

#include <utility>

#include "delivery/work_store.h"
#include "store/store.h"

namespace hookline::store {

/// A Store as delivery sees it. The Store outlives it.
class WorkStoreAdapter final : public delivery::WorkStore {
 public:
  explicit WorkStoreAdapter(Store& store) : store_(store) {}

  void Write(std::move_only_function<void(WriteTx&)> run,
             std::move_only_function<void(bool)> done) override {
    store_.WriteInternal(
        [run = std::move(run)](Tx& tx) mutable {
          WriteTx view{tx, tx,
                       [&tx](std::move_only_function<void()> fn) { tx.OnCommit(std::move(fn)); }};
          run(view);
          return true;
        },
        [done = std::move(done)](Commit commit) mutable { done(commit == Commit::kCommitted); });
  }

  void Read(std::move_only_function<void(ReadTx&)> run,
            std::move_only_function<void(bool)> done) override {
    store_.ReadInternal(
        [run = std::move(run)](Reader& reader) mutable {
          ReadTx view{reader, reader};
          run(view);
        },
        [done = std::move(done)](Commit commit) mutable { done(commit == Commit::kCommitted); });
  }

  std::int64_t epoch() const override { return store_.epoch(); }

 private:
  Store& store_;
};

}  // namespace hookline::store
