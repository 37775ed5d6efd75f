#pragma once

#include <algorithm>
#include <chrono>

namespace hookline::store::sqlite {

/// When the next piece of work in the background is due, and how large it is. A piece that fails is
/// cut in two and tried later; one that succeeds makes the next one larger again. One thread.
class Purger {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;
  // Small enough that the jobs between two pieces wait for a moment only.
  static constexpr int kRowsMax = 64;

  bool queued() const { return queued_; }
  int rows() const { return rows_; }
  TimePoint due() const { return due_; }

  void OnQueued() { queued_ = true; }
  /// After a piece that was kept: there is no hurry.
  void RestUntil(TimePoint due) { due_ = due; }
  void OnEnded(bool kept, TimePoint now) {
    queued_ = false;
    if (kept) {
      failures_ = 0;
      rows_ = std::min(kRowsMax, rows_ * 2);
      due_ = now;
      return;
    }
    rows_ = std::max(1, rows_ / 2);
    due_ = now + std::min(kLongest, kFirst * (1 << std::min(failures_, 10)));
    ++failures_;
  }

 private:
  static constexpr std::chrono::milliseconds kFirst{50};
  static constexpr std::chrono::milliseconds kLongest{30'000};

  bool queued_ = false;
  int rows_ = kRowsMax;
  int failures_ = 0;
  TimePoint due_{};
};

}  // namespace hookline::store::sqlite
