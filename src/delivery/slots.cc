#include "delivery/slots.h"

#include <algorithm>

#include "base/error.h"

namespace hookline::delivery {

Slots::Slots(int total) : total_(total), troubled_total_((total + 1) / 2) {
  HOOKLINE_CHECK(total >= 1);
}

bool Slots::MayStartTroubled(const Share& share, int lane_in_flight) const {
  const int left = troubled_total_ - troubled_;
  if (left <= 0 || free() <= total_ / 8) return false;
  if (lane_in_flight >= std::max(1, left / 2)) return false;
  const bool first_of_app = share.troubled + share.untroubled == 0;
  return first_of_app || left > troubled_total_ / 8;
}

bool Slots::MayStart(AppId app, int lane_in_flight, LaneTrust trust) const {
  if (free() <= 0) return false;
  const auto found = shares_.find(app);
  const Share share = found == shares_.end() ? Share{} : found->second;
  if (trust == LaneTrust::kTroubled) return MayStartTroubled(share, lane_in_flight);
  if (lane_in_flight > 0) return free() > total_ / (trust == LaneTrust::kProven ? 4 : 2);
  if (share.troubled + share.untroubled == 0) return true;
  if (trust == LaneTrust::kProven || share.untroubled == 0) return free() > total_ / 16;
  if (share.untroubled < total_ / 16) return free() > total_ / 8;
  return free() > total_ / 4;
}

void Slots::Take(AppId app, bool troubled) {
  Share& share = shares_[app];
  ++(troubled ? share.troubled : share.untroubled);
  ++taken_;
  if (troubled) ++troubled_;
}

void Slots::Give(AppId app, bool troubled) {
  const auto found = shares_.find(app);
  HOOKLINE_CHECK(found != shares_.end());
  Share& share = found->second;
  --(troubled ? share.troubled : share.untroubled);
  --taken_;
  if (troubled) --troubled_;
  if (share.troubled + share.untroubled == 0) shares_.erase(found);
}

void Slots::BecomesTroubled(AppId app) {
  Share& share = shares_[app];
  HOOKLINE_CHECK(share.untroubled > 0);
  --share.untroubled;
  ++share.troubled;
  ++troubled_;
}

}  // namespace hookline::delivery
