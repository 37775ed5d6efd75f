#include "net/memory_budget.h"

#include <algorithm>
#include <utility>

namespace hookline::net {

namespace {

// An app's number and an address must not be taken for one another.
std::string ShareName(char kind, std::string_view name) {
  return name.empty() ? std::string() : std::string(1, kind).append(name);
}

}  // namespace

std::size_t MemoryBudget::Part::ShareOf(const std::string& name) const {
  const auto found = shares.find(name);
  return found == shares.end() ? 0 : found->second;
}

bool MemoryBudget::Part::HasRoom(const Claim& claim, std::size_t more) const {
  if (used + more > bytes) return false;
  const std::size_t left = bytes - used - more;
  const auto fits = [&](const std::string& name) {
    return name.empty() || ShareOf(name) + more <= left;
  };
  return fits(claim.app_) && fits(claim.address_);
}

void MemoryBudget::Part::Take(const Claim& claim, std::size_t more) {
  used += more;
  for (const std::string* name : {&claim.app_, &claim.address_}) {
    if (!name->empty() && more > 0) shares[*name] += more;
  }
}

void MemoryBudget::Part::GiveBack(const Claim& claim, std::size_t given) {
  used -= given;
  GiveBack(claim.app_, given);
  GiveBack(claim.address_, given);
}

void MemoryBudget::Part::GiveBack(const std::string& name, std::size_t given) {
  const auto share = shares.find(name);
  if (share == shares.end()) return;
  share->second -= given;
  if (share->second == 0) shares.erase(share);
}

std::optional<MemoryBudget::Claim> MemoryBudget::Open(std::string_view app,
                                                      std::string_view address) {
  Claim claim(*this, ShareName('a', app), ShareName('@', address));
  const std::lock_guard lock(mutex_);
  if (!beginnings_.HasRoom(claim, kBeginningBytes)) {
    claim.budget_ = nullptr;
    return std::nullopt;
  }
  beginnings_.Take(claim, kBeginningBytes);
  return claim;
}

std::size_t MemoryBudget::used() const {
  const std::lock_guard lock(mutex_);
  return beginnings_.used + rest_.used;
}

bool MemoryBudget::Change(Claim& claim, std::size_t more, bool force) {
  const std::lock_guard lock(mutex_);
  if (more > claim.more_) {
    const std::size_t wanted = more - claim.more_;
    if (!force && !rest_.HasRoom(claim, wanted)) return false;
    rest_.Take(claim, wanted);
  } else {
    rest_.GiveBack(claim, claim.more_ - more);
  }
  claim.more_ = more;
  return true;
}

MemoryBudget::Claim::Claim(Claim&& other) noexcept
    : budget_(std::exchange(other.budget_, nullptr)),
      app_(std::move(other.app_)),
      address_(std::move(other.address_)),
      more_(other.more_) {}

MemoryBudget::Claim& MemoryBudget::Claim::operator=(Claim&& other) noexcept {
  if (this == &other) return *this;
  Release();
  budget_ = std::exchange(other.budget_, nullptr);
  app_ = std::move(other.app_);
  address_ = std::move(other.address_);
  more_ = other.more_;
  return *this;
}

MemoryBudget::Claim::~Claim() { Release(); }

void MemoryBudget::Claim::Release() {
  if (budget_ == nullptr) return;
  const std::lock_guard lock(budget_->mutex_);
  budget_->beginnings_.GiveBack(*this, kBeginningBytes);
  budget_->rest_.GiveBack(*this, more_);
}

bool MemoryBudget::Claim::Resize(std::size_t bytes) {
  const std::size_t more = bytes - std::min(bytes, kBeginningBytes);
  return more == more_ || budget_->Change(*this, more, false);
}

void MemoryBudget::Claim::Force(std::size_t bytes) {
  const std::size_t more = bytes - std::min(bytes, kBeginningBytes);
  if (more != more_) budget_->Change(*this, more, true);
}

}  // namespace hookline::net
