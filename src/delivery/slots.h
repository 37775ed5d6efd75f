#pragma once

#include <unordered_map>

#include "base/ids.h"

namespace hookline::delivery {

/// What is known of the receiver of a lane that wants to start an attempt.
enum class LaneTrust {
  kUnknown,   ///< Nothing yet: no attempt of it has ended.
  kProven,    ///< Its last attempt succeeded, and none has been under way for long.
  kTroubled,  ///< Its last attempt failed, or some have been under way for long.
};

/// The attempts that may be under way on one loop, shared so that nobody's trouble is another's.
/// Pure; decides, does nothing. Not thread-safe.
///
/// Lanes in trouble have half of the slots together; they share them by halves of what is left, and
/// the last eighth is for apps that have none. All others take what is free, in tiers that leave
/// the more the less they have: a lane may hold many attempts while half of the slots is free (a
/// quarter, if its receiver is known to answer), its first one may take the free quarter (or a
/// sixteenth), and the last ones are for apps that have nothing under way. So a flood at first
/// contact, before anybody can know that its receivers hang, delays no other app's first event.
class Slots {
 public:
  /// Requires: total is at least 1.
  explicit Slots(int total);

  /// May a lane of `app` that has `lane_in_flight` attempts under way start one more?
  bool MayStart(AppId app, int lane_in_flight, LaneTrust trust) const;

  void Take(AppId app, bool troubled);
  /// `troubled`: as taken, or as changed by BecomesTroubled.
  void Give(AppId app, bool troubled);
  /// An attempt that was taken untroubled counts as a troubled one from now on.
  void BecomesTroubled(AppId app);

  int taken() const { return taken_; }
  int free() const { return total_ - taken_; }

 private:
  struct Share {
    int untroubled = 0;
    int troubled = 0;
  };

  bool MayStartTroubled(const Share& share, int lane_in_flight) const;

  const int total_;
  const int troubled_total_;
  int taken_ = 0;
  int troubled_ = 0;
  std::unordered_map<AppId, Share> shares_;  // Of apps with an attempt under way.
};

}  // namespace hookline::delivery
