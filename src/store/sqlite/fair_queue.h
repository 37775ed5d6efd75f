#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <unordered_map>
#include <utility>

#include "store/store.h"

namespace hookline::store::sqlite {

/// Whether one more job may wait, by what waits already: bounds on the number and the bytes of all
/// jobs, of which one app may have as much as is left free by everybody. An app with nothing in the
/// queue gets in as long as there is room at all. One thread at a time.
class QueueShares {
 public:
  QueueShares(std::size_t jobs_max, std::size_t bytes_max)
      : jobs_max_(jobs_max), bytes_max_(bytes_max) {}

  /// Counts the job if it may wait. Whoever was admitted is released once.
  bool Admit(const Origin& origin) {
    if (all_.jobs > 0 && !Fits(all_ + origin.bytes, {})) return false;
    Use& own = by_app_[origin.app.value];
    const Use grown = own + origin.bytes;
    if (own.jobs > 0 && !Fits(all_ + origin.bytes, grown)) return false;
    own = grown;
    all_ = all_ + origin.bytes;
    return true;
  }
  void Release(const Origin& origin) {
    const auto own = by_app_.find(origin.app.value);
    all_ = all_ - origin.bytes;
    own->second = own->second - origin.bytes;
    if (own->second.jobs == 0) by_app_.erase(own);
  }

  std::size_t jobs() const { return all_.jobs; }
  std::size_t bytes() const { return all_.bytes; }

 private:
  struct Use {
    std::size_t jobs = 0;
    std::size_t bytes = 0;
    Use operator+(std::size_t more) const { return {jobs + 1, bytes + more}; }
    Use operator-(std::size_t less) const { return {jobs - 1, bytes - less}; }
  };
  // With all of these in the queue, is as much left free as `own`?
  bool Fits(const Use& all, const Use& own) const {
    return all.jobs + own.jobs <= jobs_max_ && all.bytes + own.bytes <= bytes_max_;
  }

  const std::size_t jobs_max_;
  const std::size_t bytes_max_;
  Use all_;
  boost::unordered_flat_map<std::int64_t, Use> by_app_;
};

/// Jobs that wait, by app: apps take turns, a job each; an app's own jobs leave in the order of
/// their coming. One thread at a time.
template <class Job>
class FairQueue {
 public:
  bool empty() const { return turns_.empty(); }
  std::size_t size() const { return size_; }

  void Push(AppId app, Job job) {
    std::deque<Job>& own = by_app_[app.value];
    if (own.empty()) turns_.push_back(app.value);
    own.push_back(std::move(job));
    ++size_;
  }

  /// The next job of the app whose turn it is. Requires: not empty.
  Job Pop() {
    return *PopIf([](AppId) { return true; });
  }

  /// The same among the apps for which `may` holds; none if there is no such app.
  template <std::predicate<AppId> May>
  std::optional<Job> PopIf(May&& may) {
    for (auto turn = turns_.begin(); turn != turns_.end(); ++turn) {
      const std::int64_t app = *turn;
      if (!may(AppId{app})) continue;
      turns_.erase(turn);
      const auto own = by_app_.find(app);
      std::optional<Job> job(std::move(own->second.front()));
      own->second.pop_front();
      --size_;
      own->second.empty() ? static_cast<void>(by_app_.erase(own)) : turns_.push_back(app);
      return job;
    }
    return std::nullopt;
  }

 private:
  std::deque<std::int64_t> turns_;  ///< Apps with jobs, the next one first.
  std::unordered_map<std::int64_t, std::deque<Job>> by_app_;
  std::size_t size_ = 0;
};

}  // namespace hookline::store::sqlite
